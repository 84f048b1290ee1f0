import type { LogPage, LogRange, MessageId, PageBound, StoredMessage, TrimPolicy } from '../contract';
import type { LogPage as TailPage } from '../shared/paged-tail';

const KEPT_MESSAGES = 20_000;
const KEPT_BYTES = 32 * 2 ** 20;
const PAGE_MESSAGES = 1000;
/** Removed entries in front of the array before it is cut. */
const SLACK = 4096;

export interface WindowEntry {
  readonly message: StoredMessage;
  /** P2P target; null: for whoever subscribed. */
  readonly p2pClientId: string | null;
}

/** The newest messages, in id order. What falls out is forgotten. */
export class MessageWindow {
  private entries: WindowEntry[] = [];
  private first = 0;
  private bytes = 0;

  get size(): number {
    return this.entries.length - this.first;
  }

  get payloadBytes(): number {
    return this.bytes;
  }

  get full(): boolean {
    return this.size > KEPT_MESSAGES || this.bytes > KEPT_BYTES;
  }

  /** The next to go. */
  get oldest(): MessageId | undefined {
    return this.entries[this.first]?.message.id;
  }

  push(entry: WindowEntry): void {
    this.entries.push(entry);
    this.bytes += entry.message.payload.length;
  }

  find(id: MessageId): StoredMessage | undefined {
    const message = this.entries[this.position(id)]?.message;
    return message?.id === id ? message : undefined;
  }

  /** Above `after`, ascending. */
  *above(after: MessageId): Generator<WindowEntry, void> {
    for (let at = this.position(after + 1); at < this.entries.length; at++) yield this.entries[at]!;
  }

  page(after: MessageId, followed: ReadonlySet<string>, lastId: MessageId): TailPage {
    const messages: StoredMessage[] = [];
    for (const { message } of this.above(after)) {
      if (followed.has(message.log)) messages.push(message);
      if (messages.length >= PAGE_MESSAGES) return { messages, position: message.id };
    }
    return { messages, position: lastId };
  }

  /** A page of one log. */
  read(log: string, { after, before, newestFirst }: LogRange, bound: PageBound): LogPage {
    const [first, end] = [this.position(after + 1), before === null ? this.entries.length : this.position(before)];
    const messages: StoredMessage[] = [];
    let bytes = 0;
    for (let n = 0; n < end - first; n++) {
      const { message } = this.entries[newestFirst ? end - 1 - n : first + n]!;
      if (message.log !== log) continue;
      messages.push(message);
      bytes += message.payload.length;
      if (messages.length >= bound.messages || bytes >= bound.bytes) return { messages, next: message.id };
    }
    return { messages, next: null };
  }

  all(): readonly WindowEntry[] {
    return this.entries.slice(this.first);
  }

  trim({ retentionSeconds, storedMessages }: TrimPolicy, now: number): number {
    const youngestToGo = (now - retentionSeconds * 1000) * 1000;
    const before = this.size;
    while (this.size > 0 && (this.size > storedMessages || this.oldest! <= youngestToGo)) this.drop();
    return before - this.size;
  }

  deleteLog(log: string): void {
    this.entries = this.all().filter(({ message }) => message.log !== log);
    this.first = 0;
    this.bytes = this.entries.reduce((sum, { message }) => sum + message.payload.length, 0);
  }

  drop(): void {
    this.bytes -= this.entries[this.first]!.message.payload.length;
    this.first++;
    if (this.first < SLACK) return;
    this.entries = this.entries.slice(this.first);
    this.first = 0;
  }

  /** Of the first entry at or above the id. */
  private position(id: MessageId): number {
    let low = this.first;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.entries[middle]!.message.id < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
