import type { StatusEvent, Store } from '../store/contract';
import type { ClientConnection } from './client-connection';

/** Events that wait while the store is away; what exceeds it is forgotten, oldest first. */
const PENDING_EVENTS = 10_000;

/** Tells backends who comes and goes (S3). Whatever one turn brings shares a call; a lost event stops no client. */
export class StatusRecorder {
  private pending: StatusEvent[] = [];
  private writing = false;

  constructor(private readonly store: Store) {}

  /** A client without a group has nobody to follow it. */
  tell({ principal, clientId, connection }: ClientConnection, ...types: readonly StatusEvent['eventType'][]): void {
    const group = principal?.group;
    if (group === null || group === undefined) return;
    for (const eventType of types) this.record({ group, clientId, time: Date.now(), eventType, channelId: connection.id, clientIp: connection.remoteAddress });
  }

  record(event: StatusEvent): void {
    this.pending.push(event);
    if (this.pending.length > PENDING_EVENTS) this.pending.shift();
    if (this.writing) return;
    this.writing = true;
    setImmediate(() => void this.write());
  }

  private async write(): Promise<void> {
    while (this.pending.length > 0) {
      const batch = this.pending;
      this.pending = [];
      try {
        await this.store.recordStatus(batch);
      } catch {
        this.pending.unshift(...batch);
        this.pending.splice(0, this.pending.length - PENDING_EVENTS);
        break; // the next event tries again
      }
    }
    this.writing = false;
  }
}
