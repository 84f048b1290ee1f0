import type { MessageId, QoS, StoredMessage } from '../store/contract';
import { hasWildcard } from '../topics/match';
import { FilterTrie } from '../topics/trie';
import { Outgoing } from './outgoing';

/** What the router needs of a session. */
export interface Receiver {
  readonly clientId: string;
  offer(outgoing: Outgoing, qos: QoS): void;
}

/** A subscription in force on this gateway. */
export interface LiveSubscription<R extends Receiver> {
  readonly receiver: R;
  readonly filter: string;
  /** Its parent topic. */
  readonly log: string;
  qos: QoS;
  /** Messages up to this id are not for it. */
  since: MessageId;
}

/**
 * Finds the sessions of this gateway that a stored message is for. Exact filters live in a map, only wildcards in the
 * trie. A session whose filters overlap gets the message once, at the highest QoS it was granted [MQTT-3.3.5-1].
 */
export class Router<R extends Receiver> {
  private readonly exact = new Map<string, Set<LiveSubscription<R>>>();
  private readonly wildcard = new FilterTrie<LiveSubscription<R>>();
  private readonly byClient = new Map<string, R>();

  /** `p2pTarget` tells the Client ID that a topic is addressed to (T4), or null. */
  constructor(private readonly p2pTarget: (topic: string) => string | null) {}

  addReceiver(receiver: R): void {
    this.byClient.set(receiver.clientId, receiver);
  }

  removeReceiver(receiver: R): void {
    if (this.byClient.get(receiver.clientId) === receiver) this.byClient.delete(receiver.clientId);
  }

  add(subscription: LiveSubscription<R>): void {
    if (hasWildcard(subscription.filter)) {
      this.wildcard.add(subscription.filter, subscription);
      return;
    }
    let holders = this.exact.get(subscription.filter);
    if (holders === undefined) this.exact.set(subscription.filter, (holders = new Set()));
    holders.add(subscription);
  }

  remove(subscription: LiveSubscription<R>): void {
    if (hasWildcard(subscription.filter)) {
      this.wildcard.remove(subscription.filter, subscription);
      return;
    }
    const holders = this.exact.get(subscription.filter);
    if (holders?.delete(subscription) && holders.size === 0) this.exact.delete(subscription.filter);
  }

  route(message: StoredMessage): void {
    const target = this.p2pTarget(message.topic);
    if (target !== null) {
      this.byClient.get(target)?.offer(new Outgoing(message), message.qos);
      return;
    }
    const holders = this.exact.get(message.topic);
    if (holders === undefined && this.wildcard.size === 0) return;
    const outgoing = new Outgoing(message);
    if (this.wildcard.size === 0) {
      // one exact filter a session: nothing overlaps
      for (const subscription of holders!) offer(subscription, outgoing);
      return;
    }
    const granted = new Map<R, QoS>();
    const collect = (subscription: LiveSubscription<R>): void => {
      if (message.id <= subscription.since) return;
      const held = granted.get(subscription.receiver);
      if (held === undefined || held < subscription.qos) granted.set(subscription.receiver, subscription.qos);
    };
    holders?.forEach(collect);
    this.wildcard.match(message.topic, collect);
    for (const [receiver, qos] of granted) receiver.offer(outgoing, Math.min(qos, message.qos) as QoS);
  }
}

function offer<R extends Receiver>(subscription: LiveSubscription<R>, outgoing: Outgoing): void {
  const { message } = outgoing;
  if (message.id > subscription.since) subscription.receiver.offer(outgoing, Math.min(subscription.qos, message.qos) as QoS);
}
