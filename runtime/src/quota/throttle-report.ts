import { EVENTS, type EventName } from '../events';

/** So long nobody must have waited before throttling is over: a client at the ceiling waits every other moment. */
const QUIET_MS = 5_000;

/** Tells when throttling begins and ends, once each (E5). */
export class ThrottleReport {
  /** Milliseconds since 1970; null: nothing is held back. */
  since: number | null = null;
  count = 0;
  private lastWaiting = 0;
  private waits = 0;

  constructor(private readonly event: (name: EventName, fields: { readonly [name: string]: unknown }) => void) {}

  observe(now: number, { waiting, waits }: { readonly waiting: number; readonly waits: number }, fields: { readonly [name: string]: unknown }): void {
    const waited = waiting > 0 || waits !== this.waits;
    this.waits = waits;
    if (waited) {
      this.lastWaiting = now;
      if (this.since !== null) return;
      this.since = now;
      this.count++;
      this.event(EVENTS.throttleStarted, { waiting, ...fields });
    } else if (this.since !== null && now - this.lastWaiting >= QUIET_MS) {
      this.event(EVENTS.throttleEnded, { seconds: Math.round((this.lastWaiting - this.since) / 1_000), ...fields });
      this.since = null;
    }
  }
}
