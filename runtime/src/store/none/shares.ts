import type { ClaimedMessage, MessageId, Share, ShareSettlement, StoredMessage } from '../contract';
import { FilterTrie } from '../../topics/trie';

interface Queue {
  readonly share: Share;
  members: number;
  waiting: MessageId[];
  givenBack: MessageId[];
  readonly claims: Map<MessageId, string>;
}

/** Shared subscriptions with their queues of ids; the messages are in the window, and what fell out of it is passed over. */
export class Shares {
  private readonly queues = new Map<string, Queue>();
  private readonly filters = new FilterTrie<Queue>();

  constructor(private readonly find: (id: MessageId) => StoredMessage | undefined) {}

  join(share: Share): void {
    const key = keyOf(share);
    let queue = this.queues.get(key);
    if (queue === undefined) {
      queue = { share, members: 0, waiting: [], givenBack: [], claims: new Map() };
      this.queues.set(key, queue);
      this.filters.add(share.filter, queue);
    }
    queue.members++;
  }

  leave(share: Share): void {
    const queue = this.queues.get(keyOf(share));
    if (queue === undefined || --queue.members > 0) return;
    this.queues.delete(keyOf(share));
    this.filters.remove(share.filter, queue);
  }

  offer({ id, topic }: StoredMessage): void {
    if (this.filters.size > 0) this.filters.match(topic, (queue) => queue.waiting.push(id));
  }

  /** `held`: all that the gateway knows to have claimed; what else it had is given back. */
  claim(share: Share, gatewayId: string, limit: number, isDead: (gatewayId: string) => boolean, held?: readonly MessageId[]): StoredMessage[] {
    const queue = this.queues.get(keyOf(share));
    if (queue === undefined) return [];
    for (const [id, claimer] of queue.claims) {
      if (isDead(claimer) || (claimer === gatewayId && held !== undefined && !held.includes(id))) giveBack(queue, id);
    }
    const messages: StoredMessage[] = [];
    for (const source of [queue.givenBack.sort((a, b) => a - b), queue.waiting]) {
      let taken = 0;
      for (; taken < source.length && messages.length < limit; taken++) {
        const message = this.find(source[taken]!);
        if (message === undefined) continue;
        messages.push(message);
        queue.claims.set(message.id, gatewayId);
      }
      source.splice(0, taken);
    }
    return messages;
  }

  /** Ends these claims, all or none; false: one of them has ended otherwise. `has`: what the session took before. */
  take(taken: readonly ClaimedMessage[], has: ReadonlySet<MessageId>): boolean {
    const missing = taken.filter(({ share, gatewayId, id }) => {
      const queue = this.queues.get(keyOf(share)); // none: the share was dropped, and nobody else gets the message
      return queue !== undefined && queue.claims.get(id) !== gatewayId;
    });
    if (missing.some(({ id }) => !has.has(id))) return false;
    for (const { share, gatewayId, id } of taken) this.settle(share, gatewayId, { done: [id], released: [] });
    return true;
  }

  /** Whether something was given back. */
  settle(share: Share, gatewayId: string, { done, released }: ShareSettlement): boolean {
    const queue = this.queues.get(keyOf(share));
    if (queue === undefined) return false;
    const own = (id: MessageId): boolean => queue.claims.get(id) === gatewayId;
    for (const id of done.filter(own)) queue.claims.delete(id);
    const back = released.filter(own);
    for (const id of back) giveBack(queue, id);
    return back.length > 0;
  }

  /** The gateway has gone; answers the shares that have something to claim by it. */
  forgetGateway(gatewayId: string): Share[] {
    return [...this.queues.values()].filter((queue) => {
      const ids = [...queue.claims].filter(([, claimer]) => claimer === gatewayId).map(([id]) => id);
      for (const id of ids) giveBack(queue, id);
      return ids.length > 0;
    }).map(({ share }) => share);
  }

  /** What was removed from the window need not be remembered. */
  forgetBelow(oldest: MessageId): void {
    for (const queue of this.queues.values()) {
      if ((queue.waiting[0] ?? oldest) < oldest) queue.waiting = queue.waiting.filter((id) => id >= oldest);
    }
  }
}

function giveBack(queue: Queue, id: MessageId): void {
  queue.claims.delete(id);
  queue.givenBack.push(id);
}

function keyOf({ log, name, filter }: Share): string {
  return JSON.stringify([log, name, filter]);
}
