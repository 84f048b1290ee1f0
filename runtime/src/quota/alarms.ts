/** What an instance warns of: each alarm is raised once, and cleared when it is clearly over (E3, E7, T5). */

export type AlarmName = 'tps' | 'connections' | 'subscriptions' | 'expiry' | 'stored-messages';

export interface Alarm {
  readonly alarm: AlarmName;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** When it was looked at last: TPS, connections, subscriptions, seconds until the expiry, messages trimmed. */
  readonly value: number;
  /** What raised it, in the unit of the value. */
  readonly threshold: number;
}

/** A value that moves around its threshold must not ring each time: it has to fall this far below. */
const CLEARED_BELOW = 0.9;

export type AlarmListener = (change: 'raised' | 'cleared', alarm: Alarm) => void;

export class Alarms {
  private readonly active = new Map<AlarmName, Alarm>();

  constructor(private readonly listener: AlarmListener) {}

  get list(): readonly Alarm[] {
    return [...this.active.values()];
  }

  /** A measure with a threshold (E3). */
  measure(name: AlarmName, value: number, threshold: number, now: number): void {
    const held = this.active.get(name);
    // a threshold that was declared anew is judged as it stands
    const bound = held !== undefined && held.threshold === threshold ? threshold * CLEARED_BELOW : threshold;
    this.set(name, value >= bound && value > 0, value, threshold, now);
  }

  /** A condition that stands or does not. */
  set(name: AlarmName, stands: boolean, value: number, threshold: number, now: number): void {
    const held = this.active.get(name);
    if (!stands && held === undefined) return;
    const alarm: Alarm = { alarm: name, since: held?.since ?? now, value, threshold };
    if (stands) {
      this.active.set(name, alarm);
      if (held === undefined) this.listener('raised', alarm);
      return;
    }
    this.active.delete(name);
    this.listener('cleared', alarm);
  }
}
