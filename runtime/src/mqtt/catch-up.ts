import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageId, QoS, SessionKey, Store, StoredMessage } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';

/** What catching up needs of a session. */
export interface CatchingUp {
  readonly key: SessionKey;
  readonly clientId: string;
  readonly closed: boolean;
}

/** Messages of one page: enough to hide the round trip, little enough to hold for thousands of returning sessions. */
const PAGE_MESSAGES = 100;
const RETRY_MILLISECONDS = 200;

/** Reads what a session missed; waits while the store is away, because the client keeps its connection (B5). */
export class CatchUp {
  constructor(
    private readonly store: Store,
    private readonly p2pTarget: (topic: string) => string | null,
  ) {}

  isAddressedTo(session: CatchingUp, topic: string): boolean {
    return this.p2pTarget(topic) === session.clientId;
  }

  async *missed(session: CatchingUp, after: MessageId, upTo: MessageId): AsyncGenerator<{ message: StoredMessage; qos: QoS }> {
    let position = after;
    while (!session.closed && position < upTo) {
      const page = await this.retry(session, () => this.store.readMissed(session.key, position, upTo, PAGE_MESSAGES));
      if (page === null) return;
      yield* page.messages;
      if (page.complete) return;
      position = page.next;
    }
  }

  async messages(session: CatchingUp, keys: readonly { log: string; id: MessageId }[]): Promise<Map<MessageId, StoredMessage>> {
    const found = new Map<MessageId, StoredMessage>();
    if (keys.length === 0) return found;
    const messages = await this.retry(session, () => this.store.readMessages(keys.map(({ log, id }) => ({ log, id }))));
    for (const message of messages ?? []) if (message !== undefined) found.set(message.id, message);
    return found;
  }

  /** Null when the session was closed meanwhile. */
  private async retry<T>(session: CatchingUp, read: () => Promise<T>): Promise<T | null> {
    for (;;) {
      if (session.closed) return null;
      try {
        return await read();
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error;
        await sleep(RETRY_MILLISECONDS, undefined, { ref: false });
      }
    }
  }
}
