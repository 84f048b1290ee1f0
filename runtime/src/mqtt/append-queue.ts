import type { AppendRequest, AppendResult, Store } from '../store/contract';
import { OutOfTurnError, StoreUnavailableError } from '../store/errors';
import type { Durations } from '../metrics/durations';

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

type Outcome = readonly AppendResult[] | Error;

interface Waiting {
  /** Milliseconds since 1970 at which it was pushed. */
  readonly since: number;
  readonly request: AppendRequest;
  readonly done: AppendDone;
}

/** From here on, two batches cost the store hardly more than one of both. */
const WORTH_HALVING = 64;
const WORTH_A_BATCH = 32;

/**
 * The one FIFO of a gateway towards the log. It batches what is already waiting and never lingers: a timer would cost every
 * publisher its delay. A batch whose answer was lost is sent again under its old number, which the store answers without
 * storing twice.
 *
 * One batch is in flight. A store in another process works while this one does, so it gets a second one, which it takes only
 * behind the first: half of what waits, so that publishers with a full window do not wait for all of it and then send all at
 * once. What is sent again goes one after the other.
 */
export class AppendQueue {
  private waiting: Waiting[] = [];
  private inFlight = 0;
  /** What became of the newest batch. */
  private newest: Promise<Outcome> | null = null;
  private scheduled = false;
  private closed = false;
  private batchNumber = 0;
  private bytes = 0;
  private sent = 0;
  private idleWaiters: (() => void)[] = [];

  constructor(
    private readonly store: Store,
    private readonly gatewayId: string,
    private readonly limits: AppendQueueLimits,
    private readonly durations?: Durations,
  ) {}

  /** Payload bytes that are not answered yet. */
  get pendingBytes(): number {
    return this.bytes;
  }

  /** Messages of the same. */
  get pendingMessages(): number {
    return this.waiting.length + this.sent;
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
    if (this.inFlight === 0 && this.waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleWaiters.push(resolve));
  }

  /** Refuses what comes and fails what waits; a batch in flight is still answered. */
  close(): void {
    this.closed = true;
    this.fail(this.waiting.splice(0), new StoreUnavailableError('the gateway is stopping'));
  }

  private schedule(): void {
    if (this.scheduled || !this.mayStart()) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.flush();
    });
  }

  private mayStart(): boolean {
    if (this.waiting.length === 0) return false;
    return this.inFlight === 0 || (this.store.ownProcess && this.inFlight === 1 && this.waiting.length >= WORTH_A_BATCH);
  }

  private flush(): void {
    while (this.mayStart()) {
      const batch = this.takeBatch();
      this.inFlight++;
      this.sent += batch.length;
      const since = performance.now();
      const outcome = this.send(batch, ++this.batchNumber, this.inFlight > 1 ? this.newest : null);
      this.newest = outcome;
      void outcome.then((results) => {
        this.durations?.observe((performance.now() - since) / 1_000);
        this.settle(batch, results);
      });
    }
  }

  private settle(batch: readonly Waiting[], results: Outcome): void {
    this.inFlight--;
    this.sent -= batch.length;
    if (this.store.ownProcess && !(results instanceof Error)) this.flush();
    if (results instanceof Error) this.fail(batch, results);
    else for (const [i, waiting] of batch.entries()) this.answer(waiting, null, results[i]!);
    this.schedule();
    if (this.inFlight === 0 && this.waiting.length === 0) this.idleWaiters.splice(0).forEach((resolve) => resolve());
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

  /** `before`: the batch that is still in flight; what becomes of it is known first. */
  private async send(batch: readonly Waiting[], number: number, before: Promise<Outcome> | null): Promise<Outcome> {
    const requests = batch.map(({ request }) => request);
    const deadline = batch[0]!.since + this.limits.holdMilliseconds;
    let behind = before !== null;
    for (;;) {
      try {
        const results = await this.store.append(this.gatewayId, number, requests, behind);
        await before;
        return results;
      } catch (error) {
        await before;
        behind = false;
        if (error instanceof OutOfTurnError) continue;
        if (!(error instanceof StoreUnavailableError) || this.closed || Date.now() >= deadline) return error as Error;
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
