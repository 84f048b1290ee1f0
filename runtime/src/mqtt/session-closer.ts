import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLogger } from '../events';
import type { ClaimedMessage, SessionKey, SessionProgress, Store } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';

/**
 * Closes sessions in the store. What ends while the store is away is closed when it is back: left open, a clean session
 * would keep its filters (L4) and a persistent one would never expire, for as long as this gateway lives. A gateway that
 * ends before leaves them to the reaper. No more can wait than were connected, or were about to be when the store went:
 * without a store nobody comes in.
 */
export class SessionCloser {
  private waiting: (() => Promise<void>)[] = [];
  private trying = false;
  private stopped = false;

  constructor(private readonly store: Store, private readonly logger: EventLogger, private readonly retryMilliseconds: number) {}

  /** Resolves when it is closed, or after the first attempt. An epoch that was raised meanwhile is left alone by the store. `owesWill`: its will could not be fired yet. */
  async close(session: SessionKey, progress: SessionProgress | null, taken?: readonly ClaimedMessage[], owesWill = false): Promise<void> {
    const close = (): Promise<void> => this.store.closeSession(session, progress, taken, owesWill);
    if (!await this.attempt(close)) this.whenBack(close);
  }

  /** Closes something else, until the store was there for all of it. */
  whenBack(close: () => Promise<void>): void {
    if (this.stopped) return;
    this.waiting.push(close);
    void this.retry();
  }

  stop(): void {
    this.stopped = true;
    this.waiting = [];
  }

  /** False: the store is away. */
  private async attempt(close: () => Promise<void>): Promise<boolean> {
    try {
      await close();
    } catch (error) {
      if (error instanceof StoreUnavailableError) return false;
      this.logger.warn({ error: (error as Error).message }, 'session-not-closed');
    }
    return true;
  }

  private async retry(): Promise<void> {
    if (this.trying) return;
    this.trying = true;
    while (this.waiting.length > 0 && !this.stopped) {
      await sleep(this.retryMilliseconds, undefined, { ref: false });
      while (this.waiting.length > 0 && this.store.availability.available && await this.attempt(this.waiting[0]!)) this.waiting.shift();
    }
    this.trying = false;
  }
}
