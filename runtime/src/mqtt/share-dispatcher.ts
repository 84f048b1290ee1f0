import { EVENTS } from '../events';
import type { ClaimedMessage, MessageId, QoS, Share, Store, StoredMessage } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';
import { Outgoing } from './outgoing';
import type { Receiver } from './router';

/** What the dispatcher needs of a session that is a member of a share. */
export interface ShareMember {
  readonly clientId: string;
  readonly closed: boolean;
  /** Messages that it can take now. */
  readonly capacity: number;
  /** False: no message of this log, whatever its topic. */
  mayRead(log: string): boolean;
  mayTake(message: StoredMessage): boolean;
  /** `settle` is called once: true when the message is the client's, false when it must go to another member. */
  offerShared(outgoing: Outgoing, qos: QoS, settle: (done: boolean) => void, claimed: ClaimedMessage): void;
}

export interface ShareContext {
  readonly store: Store;
  readonly gatewayId: string;
  report(name: typeof EVENTS.sessionFailed, fields: { readonly [name: string]: unknown }): void;
}

/** Claims that one call takes: enough to hide the round trip, little enough to leave work for the other gateways. */
const CLAIM_MESSAGES = 100;
/** Looks for what other gateways gave back although no notice came. */
const POLL_MILLISECONDS = 2_000;
const RETRY_MILLISECONDS = 200;
/** A claim whose answer was lost may still be on its way to the store for this long. */
const UNCERTAIN_MILLISECONDS = 60_000;

/**
 * One shared subscription on this gateway. The store's queue decides which gateway gets a message; the dispatcher decides
 * which member, in turn. It claims only what its members can take, so that a gateway of slow clients does not sit on work.
 */
export class ShareDispatcher implements Receiver {
  readonly clientId = '';
  private readonly members = new Map<ShareMember, QoS>();
  private order: ShareMember[] = [];
  private next = 0;
  private claiming = false;
  private wanted = false;
  private done: MessageId[] = [];
  private released: MessageId[] = [];
  private settling = false;
  /** Claimed, and not known to be settled. */
  private readonly held = new Set<MessageId>();
  /** Until then the store may hold claims for us that we know nothing of; also those of an earlier dispatcher of this share. */
  private uncertainUntil = Date.now() + UNCERTAIN_MILLISECONDS;
  private failed = false;
  private readonly timer: NodeJS.Timeout;

  constructor(readonly share: Share, private readonly context: ShareContext) {
    this.timer = setInterval(() => this.wake(), POLL_MILLISECONDS);
    this.timer.unref();
  }

  get empty(): boolean {
    return this.members.size === 0;
  }

  join(member: ShareMember, qos: QoS): void {
    this.members.set(member, qos);
    this.order = [...this.members.keys()];
    this.wake();
  }

  leave(member: ShareMember): void {
    this.members.delete(member);
    this.order = [...this.members.keys()];
    if (this.empty) clearInterval(this.timer);
  }

  /**
   * Nobody here is a member any more: claims of which no answer came are given back, also those whose answer is still waited for.
   * Ends when another dispatcher takes over.
   */
  async recover(replaced: () => boolean): Promise<void> {
    while ((this.claiming || this.failed || this.known() !== undefined) && !replaced()) {
      if (this.claiming) {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS).unref());
        continue;
      }
      try {
        await this.context.store.claimShared(this.share, this.context.gatewayId, 0, [...this.held]);
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS).unref());
      }
    }
  }

  /** The tail saw a message for this share: the queue has work, for us or for another gateway. */
  offer(): void {
    this.wake();
  }

  wake(): void {
    this.wanted = true;
    if (this.claiming || this.empty) return;
    this.claiming = true;
    setImmediate(() => void this.claim());
  }

  private async claim(): Promise<void> {
    while (this.wanted) {
      this.wanted = false;
      // who lost the right to all of it claims nothing: members elsewhere may have it
      const room = this.readers().reduce((sum, member) => sum + Math.max(0, member.capacity), 0);
      if (room === 0) break; // a member that gets room wakes us
      try {
        const limit = Math.min(room, CLAIM_MESSAGES);
        const messages = await this.context.store.claimShared(this.share, this.context.gatewayId, limit, this.known());
        for (const { id } of messages) this.held.add(id);
        const readers = this.readers();
        for (const message of messages) this.dispatch(message, readers);
        if (messages.length === limit) this.wanted = true;
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) this.context.report(EVENTS.sessionFailed, { share: this.share, reason: (error as Error).message });
        this.failed = true;
        this.uncertainUntil = Date.now() + UNCERTAIN_MILLISECONDS;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS).unref());
        this.wanted = !this.empty;
      }
    }
    this.claiming = false;
  }

  private known(): readonly MessageId[] | undefined {
    return Date.now() < this.uncertainUntil ? [...this.held] : undefined;
  }

  private dispatch(message: StoredMessage, readers: readonly ShareMember[]): void {
    const settle = (done: boolean): void => this.settle(message.id, done);
    if (readers.length === 0) return settle(false);
    let refused = 0;
    for (let i = 0; i < readers.length; i++) {
      const member = readers[this.next++ % readers.length]!;
      if (!member.mayTake(message)) refused++;
      else if (member.capacity > 0) {
        member.offerShared(
          new Outgoing(message), Math.min(this.members.get(member)!, message.qos) as QoS, settle,
          { share: this.share, gatewayId: this.context.gatewayId, id: message.id },
        );
        return;
      }
    }
    // tokens of readers here do not name its topic: it is passed over, or it would come back first for ever
    settle(refused === readers.length);
  }

  /** Members with a right to the share's log (A5). */
  private readers(): ShareMember[] {
    return this.order.filter((member) => member.mayRead(this.share.log));
  }

  private settle(id: MessageId, done: boolean): void {
    (done ? this.done : this.released).push(id);
    if (this.settling) return;
    this.settling = true;
    setImmediate(() => void this.flush());
  }

  private async flush(): Promise<void> {
    while (this.done.length + this.released.length > 0) {
      const settlement = { done: this.done, released: this.released };
      this.done = [];
      this.released = [];
      try {
        await this.context.store.settleShared(this.share, this.context.gatewayId, settlement);
        for (const id of [...settlement.done, ...settlement.released]) this.held.delete(id);
        if (settlement.released.length > 0) this.wake();
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) {
          this.context.report(EVENTS.sessionFailed, { share: this.share, reason: (error as Error).message });
          continue;
        }
        this.done.unshift(...settlement.done);
        this.released.unshift(...settlement.released);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS).unref());
      }
    }
    this.settling = false;
  }
}
