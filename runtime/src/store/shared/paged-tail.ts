import type { MessageId, Notice, StoredMessage, Tail, TailListener } from '../contract';

/** Messages in id order, and how far they reach: everything at or below `position` is among them or was before. */
export interface LogPage {
  readonly messages: readonly StoredMessage[];
  readonly position: MessageId;
}

export interface TailSource {
  /** How far the store is. */
  look(): { readonly lastId: MessageId; readonly noticeNumber: number };
  page(position: MessageId, followed: ReadonlySet<string>): LogPage;
  notices(after: number): readonly Notice[];
}

/** Follows the logs of a store inside the process: woken, it reads pages until it reaches the end. */
export class PagedTail implements Tail {
  private followed: ReadonlySet<string> = new Set();
  private closed = false;
  private rung = false;
  private running: Promise<void> | undefined;

  constructor(
    private readonly source: TailSource, private readonly listener: TailListener, private at: MessageId, private noticeNumber: number,
    private readonly onClose: () => void) {}

  get position(): MessageId {
    return this.at;
  }

  setLogs(logs: readonly string[]): void {
    this.followed = new Set(logs);
    this.ring();
  }

  /** There may be something new. */
  readonly ring = (): void => {
    this.rung = true;
    this.running ??= this.run().finally(() => {
      this.running = undefined;
      if (this.rung && !this.closed) this.ring(); // rung between the last look and here
    });
  };

  async close(): Promise<void> {
    this.closed = true;
    this.onClose();
  }

  private async run(): Promise<void> {
    // Never inside the caller's stack: whoever rings is in the middle of an append.
    await Promise.resolve();
    while (this.rung && !this.closed) {
      this.rung = false;
      try {
        const { lastId, noticeNumber } = this.source.look();
        this.giveNotices(noticeNumber);
        await this.giveMessages(lastId);
      } catch {
        return; // the store is away: the poll rings again
      }
    }
  }

  private giveNotices(noticeNumber: number): void {
    if (noticeNumber <= this.noticeNumber) return;
    const notices = this.source.notices(this.noticeNumber);
    this.noticeNumber += notices.length;
    if (this.noticeNumber < noticeNumber) this.noticeNumber = noticeNumber; // the oldest of them were gone
    for (const notice of notices) this.listener.onNotice(notice);
  }

  private async giveMessages(upTo: MessageId): Promise<void> {
    while (this.at < upTo && !this.closed) {
      const page = this.source.page(this.at, this.followed);
      this.at = page.position;
      const done = this.listener.onMessages(page.messages, page.position);
      if (done !== undefined) await done;
      // A long backlog must not keep the process from its sockets.
      if (this.at < upTo) await new Promise(setImmediate);
    }
  }
}
