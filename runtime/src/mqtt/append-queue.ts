import type { AppendRequest, AppendResult, Store } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';

export interface AppendQueueLimits {
  /** Messages a batch. */
  readonly batchMessages: number;
  /** Payload bytes a batch. */
  readonly batchBytes: number;
  /** How long a message is held while the store is away before its publisher is closed. */
  readonly holdMilliseconds: number;
  /** Pause between two attempts of a held batch. */
  readonly retryMilliseconds: number;
}

export type AppendDone = (error: Error | null, result: AppendResult | null) => void;

interface Waiting {
  /** Milliseconds since 1970 at which it was pushed. */
  readonly since: number;
  readonly request: AppendRequest;
  readonly done: AppendDone;
}

/** From here on, two batches cost the store hardly more than one of both. */
const WORTH_HALVING = 64;

/**
 * The one FIFO of a gateway towards the log, with one batch in flight. It batches what is already waiting and never
 * lingers: a timer would cost every publisher its delay. A batch whose answer was lost is sent again under its old number,
 * which the store answers without storing twice.
 *
 * A store in another process works while this one does: it gets the next batch before the last one is answered, and only
 * half of what waits, so that publishers with a full window do not wait for all of it and then send all at once.
 */
export class AppendQueue {
  private waiting: Waiting[] = [];
  private inFlight = false;
  private scheduled = false;
  private closed = false;
  private batchNumber = 0;
  private bytes = 0;
  private idleWaiters: (() => void)[] = [];

  constructor(
    private readonly store: Store,
    private readonly gatewayId: string,
    private readonly limits: AppendQueueLimits,
  ) {}

  /** Payload bytes that are not answered yet. */
  get pendingBytes(): number {
    return this.bytes;
  }

  /** Takes the request in the order of the calls; `done` is called in the same order. */
  push(request: AppendRequest, done: AppendDone): void {
    if (this.closed) {
      done(new StoreUnavailableError('the gateway is stopping'), null);
      return;
    }
    this.bytes += request.payload.length;
    this.waiting.push({ since: Date.now(), request, done });
    this.schedule();
  }

  /** Resolves when everything pushed so far was answered. */
  idle(): Promise<void> {
    if (!this.inFlight && this.waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleWaiters.push(resolve));
  }

  /** Refuses what comes and fails what waits; a batch in flight is still answered. */
  close(): void {
    this.closed = true;
    this.fail(this.waiting.splice(0), new StoreUnavailableError('the gateway is stopping'));
  }

  private schedule(): void {
    if (this.inFlight || this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.flush();
    });
  }

  private async flush(): Promise<void> {
    if (this.inFlight || this.waiting.length === 0) return;
    this.inFlight = true;
    const batch = this.takeBatch();
    let results: readonly AppendResult[] | Error;
    try {
      results = await this.appendWithRetry(batch.map((w) => w.request), batch[0]!.since + this.limits.holdMilliseconds);
    } catch (error) {
      results = error as Error;
    }
    this.inFlight = false;
    if (this.store.ownProcess && !(results instanceof Error)) void this.flush();
    if (results instanceof Error) this.fail(batch, results);
    else for (const [i, waiting] of batch.entries()) this.answer(waiting, null, results[i]!);
    if (this.waiting.length > 0) this.schedule();
    else if (!this.inFlight) this.idleWaiters.splice(0).forEach((resolve) => resolve());
  }

  private takeBatch(): Waiting[] {
    const { batchMessages } = this.limits;
    const most = this.store.ownProcess && this.waiting.length >= WORTH_HALVING ? Math.min(batchMessages, Math.ceil(this.waiting.length / 2)) : batchMessages;
    let count = 0;
    let bytes = 0;
    while (count < this.waiting.length && count < most) {
      bytes += this.waiting[count]!.request.payload.length;
      if (count > 0 && bytes > this.limits.batchBytes) break;
      count++;
    }
    if (count === this.waiting.length) {
      const all = this.waiting;
      this.waiting = [];
      return all;
    }
    return this.waiting.splice(0, count);
  }

  private async appendWithRetry(requests: readonly AppendRequest[], deadline: number): Promise<readonly AppendResult[]> {
    const number = ++this.batchNumber;
    for (;;) {
      try {
        return await this.store.append(this.gatewayId, number, requests);
      } catch (error) {
        if (!(error instanceof StoreUnavailableError) || this.closed || Date.now() >= deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, this.limits.retryMilliseconds));
      }
    }
  }

  private answer(waiting: Waiting, error: Error | null, result: AppendResult | null): void {
    this.bytes -= waiting.request.payload.length;
    waiting.done(error, result);
  }

  private fail(batch: readonly Waiting[], error: Error): void {
    for (const waiting of batch) this.answer(waiting, error, null);
  }
}
