import { EVENTS } from '../events';
import { LIMITS } from '../limits';
import type { AppendResult, InboxEntry } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';
import { isValidTopic } from '../topics/match';
import { p2pTarget } from '../auth/permissions';
import type { BrokerContext } from './broker-context';

const PAGE_ENTRIES = 500;
/** The lease outlives this, so one gateway moves, and another takes over when it dies. */
const RENEW_MILLISECONDS = 2_000;
const LEASE_SECONDS = 6;

/**
 * Moves what backend services write into the inboxes to the logs (S1), in their order, under a lease: so it gets its id, its
 * index entries and its way to the clients like any message. An entry leaves its inbox in the step that stores it.
 */
export class InboxMover {
  private timer: NodeJS.Timeout | null = null;
  private unwatch: (() => Promise<void>) | null = null;
  private watched = '';
  private moving = false;
  private renewing = false;
  private wanted = false;
  private stopped = false;

  constructor(private readonly context: BrokerContext) {}

  start(): void {
    this.timer = setInterval(() => void this.renew(), RENEW_MILLISECONDS);
    this.timer.unref();
    void this.renew();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearInterval(this.timer);
    await this.unwatch?.().catch(() => undefined);
  }

  private async renew(): Promise<void> {
    if (this.renewing) return;
    this.renewing = true;
    const { store, gatewayId, logger } = this.context;
    try {
      const mine = await store.lease('inbox', gatewayId, LEASE_SECONDS);
      const logs = mine && !this.stopped ? this.context.view().logs : [];
      if (logs.join() === this.watched) return;
      this.watched = ''; // until the new watch stands: one that fails is tried again
      await this.unwatch?.();
      this.unwatch = null;
      if (logs.length > 0) this.unwatch = await store.watchInbox(logs, () => this.wake());
      this.watched = logs.join();
      if (logs.length > 0) this.wake();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) logger.warn({ chore: 'inbox', error: (error as Error).message }, 'chore-failed');
    } finally {
      this.renewing = false;
    }
  }

  private wake(): void {
    this.wanted = true;
    if (this.moving || this.stopped) return;
    this.moving = true;
    void this.move().finally(() => { this.moving = false; });
  }

  private async move(): Promise<void> {
    const { store, logger } = this.context;
    while (this.wanted && !this.stopped) {
      this.wanted = false;
      try {
        const entries = await store.readInbox(this.context.view().logs, PAGE_ENTRIES);
        if (entries.length === 0) continue;
        await Promise.all(entries.map((entry) => this.moveOne(entry)));
        this.wanted = true;
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) logger.warn({ chore: 'inbox', error: (error as Error).message }, 'chore-failed');
        await new Promise((resolve) => setTimeout(resolve, LIMITS.storeRetryMs).unref());
        this.wanted = true;
      }
    }
  }

  private async moveOne(entry: InboxEntry): Promise<void> {
    const refused = this.refusalOf(entry);
    if (refused !== null) {
      this.context.event(EVENTS.inboxRefused, null, { log: entry.log, entry: entry.entryId, reason: refused });
      await this.context.store.refuseInbox({ ...entry, reason: refused });
      return;
    }
    const message = entry.message!;
    const view = this.context.view();
    const result = await new Promise<AppendResult>((resolve, reject) => {
      this.context.appends.push({
        log: entry.log, topic: message.topic, payload: message.payload, qos: message.qos, cleanSession: message.cleanSession,
        clientId: message.clientId, epoch: null, qos2PacketId: null, p2pClientId: p2pTarget(view, message.topic), retain: false,
        inboxEntry: entry.entryId,
      }, (error, stored) => (error === null ? resolve(stored!) : reject(error)));
    });
    // `rejected`: another gateway had moved it already
    if (!result.ok && result.reason === 'full') throw new StoreUnavailableError(result.message);
  }

  private refusalOf({ message, reason }: InboxEntry): string | null {
    if (message === null) return reason;
    const { payloadBytes } = this.context.view().limits;
    if (message.payload.length > payloadBytes) return `payload: got ${message.payload.length} bytes, allowed ${payloadBytes} (L4)`;
    return isValidTopic(message.topic) ? null : 'topic: got a wildcard, NUL or nothing, allowed a topic name';
  }
}
