/** Works the outbox off: what is due is posted, and what became of it is written into the journal. */
import type { EventLog } from '../event-log';
import { EVENTS } from '../events';
import { StoreUnavailableError } from '../store/errors';
import type { Journal, JournalKeeper, NotificationEntry } from './journal';
import { due, settled } from './outbox';
import { post } from './post';
import { signedHeaders } from './signature';

export interface Webhook {
  readonly url: string;
  readonly secret: string;
  /** PEM; undefined: the public certificate authorities. */
  readonly caCertificate?: string;
}

export interface SenderOptions {
  readonly keeper: JournalKeeper;
  readonly events: EventLog;
  /** After an attempt. */
  onJournal(journal: Journal): void;
  /** Asked before each attempt: another gateway may have taken over meanwhile. */
  maySend(): boolean;
}

const TIMEOUT_MS = 10_000;
/** Receivers are few and slow ones must not hold the rest up. */
const AT_ONCE = 4;

export class Sender {
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly abort = new AbortController();

  constructor(private readonly options: SenderOptions) {}

  /** Returns at once. */
  work(journal: Journal, webhook: Webhook): void {
    if (this.abort.signal.aborted) return;
    for (const entry of due(journal, Date.now())) {
      if (this.underWay.size >= AT_ONCE) return;
      if (this.underWay.has(entry.id) || !this.options.maySend()) continue;
      this.underWay.set(entry.id, this.send(entry, webhook).finally(() => this.underWay.delete(entry.id)));
    }
  }

  /** What is under way may finish for so long; the gateway that takes over sends the rest, and what did not finish again. */
  async stop(patienceMs: number): Promise<void> {
    const timer = setTimeout(() => this.abort.abort(), patienceMs);
    await Promise.all(this.underWay.values());
    clearTimeout(timer);
    this.abort.abort();
  }

  private async send({ id, event, subject, body, attempts }: NotificationEntry, { url, secret, caCertificate }: Webhook): Promise<void> {
    const { keeper, events, onJournal } = this.options;
    const text = body ?? '';
    const headers = { 'content-type': 'application/json', 'user-agent': 'mqttgw', ...signedHeaders(secret, id, Math.floor(Date.now() / 1_000), text) };
    const problem = await post(url, headers, text, { timeoutMs: TIMEOUT_MS, signal: this.abort.signal, caCertificate });
    const fields = { id, event, subject, attempt: attempts + 1 };
    if (problem === null) events.write(EVENTS.notificationDelivered, fields);
    else events.write(EVENTS.notificationFailed, { ...fields, reason: problem });
    try {
      onJournal(await keeper.change((journal) => settled(journal, id, problem, Date.now())));
    } catch (error) {
      // it will be sent again, with the same id
      if (!(error instanceof StoreUnavailableError)) events.write(EVENTS.notificationFailed, { ...fields, reason: (error as Error).message });
    }
  }
}
