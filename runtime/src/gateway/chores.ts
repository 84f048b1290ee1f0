/** What one gateway of a storage does for all, under a lease: removing what is older than the retention, or too much (T5), and records that have expired. */
import { StoreUnavailableError } from '../store/errors';
import type { Store, TrimPolicy } from '../store/contract';
import type { Logger } from '../logging';

export interface ChoreOptions {
  readonly store: Store;
  readonly gatewayId: string;
  readonly logger: Logger;
  policy(): TrimPolicy;
  /** The cap removed messages that were not too old yet (T5). */
  onCapped?(messages: number, cap: number): void;
  readonly intervalMs?: number;
}

const INTERVAL_MS = 10_000;
/** Above two intervals, so that a slow round does not hand the lease over. */
const LEASE_SECONDS = 30;
/** A call does bounded work; more than this many in a round would keep the store from its clients. */
const CALLS_PER_ROUND = 20;

export class Chores {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly options: ChoreOptions) {}

  start(): void {
    this.timer = setInterval(() => {
      this.running ??= this.round().finally(() => { this.running = undefined; });
    }, this.options.intervalMs ?? INTERVAL_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  async round(): Promise<void> {
    const { store, gatewayId, logger, policy } = this.options;
    try {
      if (!await store.lease('chores', gatewayId, LEASE_SECONDS)) return;
      // by age first and to the end: what the cap removes beyond that is news
      const aged = await this.trim({ ...policy(), storedMessages: Number.MAX_SAFE_INTEGER });
      const capped = aged.complete ? await this.trim(policy()) : { removed: 0 };
      if (capped.removed > 0) this.options.onCapped?.(capped.removed, policy().storedMessages);
      const trimmed = aged.removed + capped.removed;
      const expired = await store.expireSessions(policy().retentionSeconds);
      for (let call = 0; call < CALLS_PER_ROUND && await store.expireRecords() > 0; call++);
      if (trimmed + expired > 0) logger.info({ messages: trimmed, sessions: expired }, 'removed what is older than the retention or beyond the cap');
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) logger.warn({ err: error }, 'chores failed, the next round tries again');
    }
  }

  private async trim(policy: TrimPolicy): Promise<{ readonly removed: number; readonly complete: boolean }> {
    let removed = 0;
    for (let call = 0; call < CALLS_PER_ROUND; call++) {
      const trimmed = await this.options.store.trim(policy);
      if (trimmed === 0) return { removed, complete: true };
      removed += trimmed;
    }
    return { removed, complete: false };
  }
}
