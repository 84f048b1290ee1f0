import { LIMITS } from '../limits';
import type { MessageId, QoS, Store, StoredMessage } from '../store/contract';
import { readPatiently } from './patient-read';

/** What the feed needs of a session. */
export interface RetainedReceiver {
  readonly closed: boolean;
  readonly subscriptions: ReadonlyMap<string, unknown>;
  /** Into its queue, behind what waits there. */
  offerRetained(messages: readonly StoredMessage[], granted: QoS): void;
  /** Resolves when no retained message waits in the queue, or the session is closed. */
  retainedSent(): Promise<void>;
  /** Ends the hold of one SUBSCRIBE. */
  release(): void;
}

interface Wanted {
  readonly filter: string;
  readonly granted: QoS;
  /** What is newer comes live. */
  readonly upTo: MessageId;
  /** Page to go on with; null: the first one. */
  after: string | null;
  /** Messages that it may still bring. */
  left: number;
  holding: boolean;
}

const PAGE = { messages: LIMITS.retainedPageMessages, bytes: LIMITS.retainedPageBytes };

/**
 * Retained messages of a session's new subscriptions (T6), one filter after the other. About a page of them waits in memory:
 * the next one is read when the socket has taken it, so a SUBSCRIBE costs the same whatever it matches. Deliveries are held
 * for the first pages, but never while the socket is waited for. A page goes behind what is queued and skips what is newer
 * than the subscription, so a topic's retained message never follows a newer one of it.
 */
export class RetainedFeed {
  private wanted: Wanted[] = [];
  private running = false;
  private waiting = false;
  private readonly given = { messages: 0, bytes: 0 };

  constructor(
    private readonly store: Pick<Store, 'readRetained'>,
    private readonly session: RetainedReceiver,
    private readonly failed: (error: Error) => void,
  ) {}

  /** Takes over the hold of the SUBSCRIBE. A filter that is subscribed again begins anew. */
  add(filter: string, granted: QoS, upTo: MessageId): void {
    for (const before of this.wanted) if (before.filter === filter) this.release(before);
    this.wanted = this.wanted.filter((before) => before.filter !== filter);
    const wanted = { filter, granted, upTo, after: null, left: LIMITS.retainedPerFilter, holding: true };
    this.wanted.push(wanted);
    if (this.waiting) this.release(wanted);
    if (!this.running) void this.run().catch(this.failed);
  }

  private async run(): Promise<void> {
    this.running = true;
    for (let next = this.wanted[0]; next !== undefined; next = this.wanted[0]) {
      const more = await this.page(next);
      if (this.session.closed) return;
      this.release(next);
      if (!more) this.wanted = this.wanted.filter((wanted) => wanted !== next);
      if (this.given.messages >= PAGE.messages || this.given.bytes >= PAGE.bytes) await this.untilSent();
    }
    this.running = false;
  }

  /** Whether there is more of it. */
  private async page(wanted: Wanted): Promise<boolean> {
    const { filter, granted, upTo, after, left } = wanted;
    if (!this.session.subscriptions.has(filter)) return false; // unsubscribed meanwhile
    const page = await readPatiently(this.session, () => this.store.readRetained(filter, after, { ...PAGE, messages: Math.min(left, PAGE.messages) }));
    if (page === null || !this.session.subscriptions.has(filter)) return false;
    if (!this.wanted.includes(wanted)) return false; // subscribed again
    const messages = page.messages.filter(({ id }) => id <= upTo);
    this.given.messages += messages.length;
    for (const { payload } of messages) this.given.bytes += payload.length;
    this.session.offerRetained(messages, granted);
    wanted.after = page.next;
    wanted.left -= messages.length;
    return page.next !== null && wanted.left > 0;
  }

  private async untilSent(): Promise<void> {
    this.waiting = true;
    for (const wanted of this.wanted) this.release(wanted);
    await this.session.retainedSent();
    this.waiting = false;
    this.given.messages = 0;
    this.given.bytes = 0;
  }

  private release(wanted: Wanted): void {
    if (!wanted.holding) return;
    wanted.holding = false;
    this.session.release();
  }
}
