import { judgeSubscribe } from '../auth/permissions';
import { refusal, type Refusal } from '../errors';
import { EVENTS } from '../events';
import type { MessageId, QoS } from '../store/contract';
import { FencedError } from '../store/errors';
import { isShare } from '../topics/share';
import type { BrokerContext } from './broker-context';
import type { ClientConnection, PendingFilter } from './client-connection';
import { SESSION_PRESENT_FILTER } from './engine';
import { RetainedFeed } from './retained-feed';
import type { LiveSubscription, Receiver } from './router';
import type { Session } from './session';

interface Accepted {
  readonly pending: PendingFilter;
  readonly log: string;
  readonly wildcardLimit: number | null;
  readonly subscription: LiveSubscription<Receiver>;
  /** The session has it already, at this QoS; what is newer than `routed` comes to it as it would have. Null: it is new. */
  readonly before: { readonly qos: QoS; readonly routed: MessageId } | null;
}

/**
 * SUBSCRIBE and UNSUBSCRIBE. aedes asks for each filter of a packet within one turn; they are judged in that order and
 * stored in one step. A filter enters the router *before* it is stored, with deliveries on hold, so that nothing falls
 * between the store's `since` and the first live message.
 */
export class SubscribeSeam {
  constructor(private readonly context: BrokerContext) {}

  authorize(connection: ClientConnection, filter: string, qos: QoS, callback: (error: Error | null, granted: boolean) => void): void {
    if (filter === SESSION_PRESENT_FILTER) return callback(null, false);
    if (connection.session === null || connection.session.closed) return callback(new Error('the session is closed'), false);
    connection.subscribing.push({ filter, qos, answer: callback });
    if (connection.subscribing.length === 1) queueMicrotask(() => void this.subscribe(connection));
  }

  /** After SUBACK was written: retained messages, then what waited. */
  acknowledged(connection: ClientConnection, filters: readonly string[]): void {
    const { session } = connection;
    for (const filter of filters) {
      const granted = connection.granted.get(filter);
      if (session === null || granted === undefined) continue;
      connection.granted.delete(filter);
      if (session.closed) continue;
      // [MQTT5-3.8.4] no retained messages, and nothing was held: the queue keeps what comes meanwhile
      if (isShare(filter)) this.context.shares.join(filter, session.subscriptions.get(filter)!.log, session, granted.qos);
      else if (this.context.view().features.retained) this.feedOf(connection, session).add(filter, granted.qos, granted.retainedUpTo);
      else session.release();
    }
  }

  private feedOf(connection: ClientConnection, session: Session): RetainedFeed {
    return connection.retained ??= new RetainedFeed(this.context.store, session, () => connection.close(EVENTS.sessionFailed));
  }

  /** Rejects never: an error closes the connection, and UNSUBACK is not sent for what is not stored. */
  async unsubscribe(connection: ClientConnection, filters: readonly string[]): Promise<void> {
    const { session } = connection;
    if (session === null || session.closed) return;
    const known = filters.filter((filter) => session.subscriptions.has(filter));
    for (const filter of known) {
      if (isShare(filter)) this.context.shares.leave(filter, session);
      else this.context.router.remove(session.subscriptions.get(filter)!);
      session.subscriptions.delete(filter);
    }
    this.context.quota.subscriptions -= known.length;
    if (known.length === 0) return;
    for (const filter of known) this.context.trace(EVENTS.clientUnsubscribed, connection, { filter });
    try {
      await this.context.store.unsubscribe(session.key, known);
    } catch (error) {
      this.fail(connection, error);
      await new Promise(() => {}); // aedes would acknowledge what did not happen
    }
  }

  private async subscribe(connection: ClientConnection): Promise<void> {
    const batch = connection.subscribing;
    connection.subscribing = [];
    const session = connection.session!;
    if (session.closed) return;
    const accepted = batch.map((pending) => this.judge(connection, session, pending));
    const storing = accepted.filter((entry): entry is Accepted => entry !== null);
    try {
      if (storing.length > 0) {
        const { quota, store } = this.context;
        const stored = await store.subscribe(
          session.key, storing.map(({ pending: { filter, qos }, log, wildcardLimit }) => ({ filter, log, qos, ...(wildcardLimit === null ? {} : { wildcardLimit }) })),
          quota.ceilings.subscriptions ?? undefined,
        );
        if (session.closed) return;
        storing.forEach((entry, i) => {
          const result = stored[i]!;
          if (typeof result !== 'string') entry.subscription.since = result.since;
          else {
            this.takeBack(session, entry);
            if (result === 'subscriptions-ceiling') quota.refusedSubscriptions++;
            this.refuse(connection, entry.pending.filter, result === 'subscriptions-ceiling' ? refusal(result) : refusal(result, `allowed ${entry.wildcardLimit}`));
            accepted[accepted.indexOf(entry)] = null;
          }
        });
      }
    } catch (error) {
      this.fail(connection, error);
      return;
    }
    if (session.closed) return;
    batch.forEach((pending, i) => {
      const entry = accepted[i]!;
      const granted = entry !== null;
      if (granted) {
        this.context.trace(EVENTS.clientSubscribed, connection, { filter: pending.filter, qos: pending.qos });
        connection.granted.set(pending.filter, { qos: pending.qos, retainedUpTo: entry.before?.routed ?? entry.subscription.since });
      }
      // MQTT 3.1 has no 0x80: the connection closes instead (T1)
      const refused = !granted && connection.client.version === 3;
      pending.answer(refused ? new Error('the subscription is refused') : null, granted);
    });
  }

  private judge(connection: ClientConnection, session: Session, pending: PendingFilter): Accepted | null {
    const { filter, qos } = pending;
    const held = session.subscriptions.get(filter);
    const judged = judgeSubscribe(this.context.view(), connection.principal!, filter, qos, {
      held: session.subscriptions.size - (held === undefined ? 0 : 1),
    });
    if (!judged.ok) {
      this.refuse(connection, filter, judged.refusal);
      return null;
    }
    const { log, wildcardLimit } = judged;
    if (!isShare(filter)) session.hold();
    if (held !== undefined) {
      const before = { qos: held.qos, routed: this.context.sessionContext.routedPosition() };
      held.qos = qos; // [MQTT-3.8.4-3]: replaced, and the flow of messages is not interrupted
      return { pending, log, wildcardLimit, subscription: held, before };
    }
    const subscription: LiveSubscription<Receiver> = { receiver: session, filter, log, qos, since: 0 };
    session.subscriptions.set(filter, subscription);
    this.context.quota.subscriptions++;
    if (!isShare(filter)) this.context.router.add(subscription);
    return { pending, log, wildcardLimit, subscription, before: null };
  }

  /** The store refused it: everything is as it was before it was judged. */
  private takeBack(session: Session, { subscription, before }: Accepted): void {
    const { filter } = subscription;
    if (before !== null) subscription.qos = before.qos;
    else {
      session.subscriptions.delete(filter);
      this.context.quota.subscriptions--;
      if (!isShare(filter)) this.context.router.remove(subscription);
    }
    if (!isShare(filter)) session.release();
  }

  private refuse(connection: ClientConnection, filter: string, { code, message }: Refusal): void {
    if (connection.client.version === 3) connection.closeReason ??= code;
    this.context.event(EVENTS.subscribeRefused, connection, { filter, reason: code, detail: message });
  }

  private fail(connection: ClientConnection, error: unknown): void {
    connection.close(error instanceof FencedError ? EVENTS.clientTakenOver : EVENTS.storeAway);
  }
}

