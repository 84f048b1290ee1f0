import type { MessageId, Notice, Tail, TailListener } from '../contract';
import type { LogPage } from './reader';

export interface TailSource {
  page(position: MessageId, followed: ReadonlySet<string>): LogPage;
  notices(after: number): { readonly notices: readonly Notice[]; readonly number: number };
}

/** Follows the logs: woken by the bell, it reads pages until it reaches the end. */
export class EmbeddedTail implements Tail {
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
        this.giveNotices();
        await this.giveMessages();
      } catch {
        return; // the store is away: the poll rings again
      }
    }
  }

  private giveNotices(): void {
    const { notices, number } = this.source.notices(this.noticeNumber);
    this.noticeNumber = number;
    for (const notice of notices) this.listener.onNotice(notice);
  }

  private async giveMessages(): Promise<void> {
    for (let end = false; !end && !this.closed;) {
      const page = this.source.page(this.at, this.followed);
      end = page.end;
      if (page.position === this.at) continue;
      this.at = page.position;
      const done = this.listener.onMessages(page.messages, page.position);
      if (done !== undefined) await done;
      // A long backlog must not keep the process from its sockets.
      if (!end) await new Promise(setImmediate);
    }
  }
}
