import { StoreUnavailableError } from '../store/errors';
import type { BrokerContext } from './broker-context';

/**
 * Runs a chore again and again while it holds the lease; a store that is away only postpones it, with a grace by so long
 * after it is back. So does a sleep of this process.
 */
export class LeasedChore {
  private timer: NodeJS.Timeout | null = null;
  private running = false;
  private roundAt = -Infinity;
  private troubleAt = -Infinity;

  constructor(
    private readonly context: BrokerContext,
    private readonly name: string,
    private readonly intervalMilliseconds: number,
    private readonly run: () => Promise<unknown>,
    private readonly graceMilliseconds = 0,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.round(), this.intervalMilliseconds);
    this.timer.unref();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  async round(): Promise<void> {
    const now = performance.now();
    if (this.roundAt > -Infinity && now - this.roundAt > 2 * this.intervalMilliseconds) this.troubleAt = now;
    this.roundAt = now;
    if (this.running) return;
    this.running = true;
    const { store, gatewayId, logger } = this.context;
    try {
      // twice the interval and a little: a slow round does not hand the lease over
      const mine = await store.lease(this.name, gatewayId, Math.ceil((this.intervalMilliseconds * 2) / 1_000) + 2);
      if (mine && performance.now() - this.troubleAt >= this.graceMilliseconds) await this.run();
    } catch (error) {
      this.troubleAt = performance.now();
      if (!(error instanceof StoreUnavailableError)) logger.warn({ chore: this.name, error: (error as Error).message }, 'chore-failed');
    } finally {
      this.running = false;
    }
  }
}
