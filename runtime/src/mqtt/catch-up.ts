import type { MessageId, MissedPage, SessionKey, Store, StoredMessage } from '../store/contract';
import { readPatiently } from './patient-read';

/** What catching up needs of a session. */
export interface CatchingUp {
  readonly key: SessionKey;
  readonly clientId: string;
  readonly closed: boolean;
}

/** Messages of the first page: enough to hide the round trip, little enough to hold for thousands of returning sessions. */
const FIRST_PAGE_MESSAGES = 100;
/** Later pages are cut to about this size by what the messages before were like, within bounds. */
const PAGE_BYTES = 128 * 1024;
const LEAST_MESSAGES = 8;
const MOST_MESSAGES = 400;
/** About what a message takes beside its payload. */
const MESSAGE_BYTES = 200;

/** Reads what a session missed; waits while the store is away, because the client keeps its connection (B5). */
export class CatchUp {
  constructor(
    private readonly store: Store,
    private readonly p2pTarget: (topic: string) => string | null,
    private readonly onSkipped: (session: CatchingUp, messages: number) => void = () => undefined,
  ) {}

  isAddressedTo(session: CatchingUp, topic: string): boolean {
    return this.p2pTarget(topic) === session.clientId;
  }

  /** Page by page; the next one is read while the session is busy with this one. */
  async *missed(session: CatchingUp, after: MessageId, upTo: MessageId): AsyncGenerator<MissedPage['messages']> {
    if (after >= upTo) return;
    for (let reading: Promise<MissedPage | null> | null = this.page(session, after, upTo, FIRST_PAGE_MESSAGES); reading !== null;) {
      const page: MissedPage | null = await reading;
      if (page === null || session.closed) return;
      if (page.skipped) this.onSkipped(session, page.skipped);
      reading = page.complete || page.next >= upTo ? null : this.page(session, page.next, upTo, pageSize(page));
      reading?.catch(() => undefined); // told when it is awaited, if the session still wants it
      yield page.messages;
    }
  }

  private page(session: CatchingUp, after: MessageId, upTo: MessageId, limit: number): Promise<MissedPage | null> {
    return readPatiently(session, () => this.store.readMissed(session.key, after, upTo, limit));
  }

  async messages(session: CatchingUp, keys: readonly { log: string; id: MessageId }[]): Promise<Map<MessageId, StoredMessage>> {
    const found = new Map<MessageId, StoredMessage>();
    if (keys.length === 0) return found;
    const messages = await readPatiently(session, () => this.store.readMessages(keys.map(({ log, id }) => ({ log, id }))));
    for (const message of messages ?? []) if (message !== undefined) found.set(message.id, message);
    return found;
  }
}

function pageSize({ messages }: MissedPage): number {
  if (messages.length === 0) return FIRST_PAGE_MESSAGES;
  const bytes = messages.reduce((sum, { message }) => sum + message.payload.length + MESSAGE_BYTES, 0);
  return Math.max(LEAST_MESSAGES, Math.min(MOST_MESSAGES, Math.floor((PAGE_BYTES * messages.length) / bytes)));
}
