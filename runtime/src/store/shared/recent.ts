import type { MessageId, StoredMessage } from '../contract';
import type { LogPage } from './paged-tail';

/** What one batch stored: all messages above `before` at or below `last`, whoever else writes to the store. */
export interface RecentBatch {
  readonly before: MessageId;
  readonly last: MessageId;
  readonly messages: readonly StoredMessage[];
}

/** Beyond these a tail that is so far behind reads from the file. */
const KEPT_MESSAGES = 4096;
const KEPT_BYTES = 4 * 2 ** 20;
const PAGE_MESSAGES = 1000;

/**
 * The newest batches of this process, so that its tails need not read back what it has just written. An unbroken chain: a
 * batch of another process in between begins a new one.
 */
export class RecentBatches {
  private readonly batches: RecentBatch[] = [];
  private messages = 0;
  private bytes = 0;

  /** Highest id of what is here; 0: nothing is. */
  get last(): MessageId {
    return this.batches.at(-1)?.last ?? 0;
  }

  /** After the commit. */
  push(batch: RecentBatch): void {
    if (batch.before !== this.batches.at(-1)?.last) this.clear();
    this.batches.push(batch);
    this.count(batch, 1);
    while (this.batches.length > 1 && (this.messages > KEPT_MESSAGES || this.bytes > KEPT_BYTES)) this.count(this.batches.shift()!, -1);
  }

  /** What lies behind the position; undefined: it is not here. */
  page(position: MessageId, followed: ReadonlySet<string>): LogPage | undefined {
    // A tail that keeps up stands at the newest batch.
    let at = this.batches.length - 1;
    while (at >= 0 && this.batches[at]!.before > position) at--;
    if (at < 0 || this.batches[at]!.last <= position) return undefined;
    const messages: StoredMessage[] = [];
    let last = position;
    for (; at < this.batches.length && messages.length < PAGE_MESSAGES; at++) {
      const batch = this.batches[at]!;
      for (const message of batch.messages) if (message.id > position && followed.has(message.log)) messages.push(message);
      last = batch.last;
    }
    return { messages, position: last };
  }

  /** Every tail is at this position or beyond: what is kept longer than it is needed costs the garbage collector a copy. */
  forget(position: MessageId): void {
    let given = 0;
    while (given < this.batches.length && this.batches[given]!.last <= position) this.count(this.batches[given++]!, -1);
    this.batches.splice(0, given);
  }

  clear(): void {
    this.batches.length = this.messages = this.bytes = 0;
  }

  private count({ messages }: RecentBatch, sign: 1 | -1): void {
    this.messages += sign * messages.length;
    for (const { payload, topic } of messages) this.bytes += sign * (payload.length + topic.length);
  }
}
