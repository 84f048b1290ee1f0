import { EVENTS } from '../events';
import type { Traffic } from '../quota/traffic';
import type { UsageMeter } from '../usage/meter';
import type { ClaimedMessage, MessageId, MissedPage, OpenedSession, QoS, SessionKey, SessionProgress, StoredMessage } from '../store/contract';
import { matches } from '../topics/match';
import type { CatchUp } from './catch-up';
import { DeliveryQueue, type Delivery } from './delivery-queue';
import { Outgoing } from './outgoing';
import type { ProgressSaver, Progressing } from './progress-saver';
import type { RetainedReceiver } from './retained-feed';
import type { LiveSubscription, Receiver } from './router';
import { Sender, type SenderSession, type SessionLimits, type SessionLink } from './sender';
import type { ShareDispatcher, ShareMember } from './share-dispatcher';
import type { MessageTrace, TracedDelivery } from '../trace/message-trace';

export interface SessionContext {
  readonly saver: ProgressSaver;
  readonly catchUp: CatchUp;
  readonly traffic: Traffic;
  readonly usage: Pick<UsageMeter, 'sent'>;
  readonly limits: SessionLimits;
  /** Null, or absent: messages are not traced. */
  readonly messageTrace?: MessageTrace | null;
  /** Everything at or below it has been routed on this gateway. */
  routedPosition(): MessageId;
  /** Rights at delivery (A5). */
  mayReceive(session: Session, message: StoredMessage): boolean;
  /** Whether a message of this log may be among them. */
  mayRead(session: Session, log: string): boolean;
  onDropped(session: Session, reason: string): void;
}

/**
 * One client's session while this gateway serves it: what it is given, and the cursor. `Sender` is the way to the socket.
 *
 * A persistent session is either *live* (messages come from the router) or *catching up* (they come from the index, while
 * the router's go to a bounded buffer). A client that is too slow for the memory it is given falls back to catching up:
 * the log keeps what the queue cannot.
 */
export class Session implements Receiver, Progressing, ShareMember, SenderSession, RetainedReceiver {
  readonly key: SessionKey;
  readonly clientId: string;
  readonly subscriptions = new Map<string, LiveSubscription<Receiver>>();
  /** Shared subscriptions that it is a member of, by their whole filter. */
  readonly shares = new Map<string, ShareDispatcher>();
  private readonly sender: Sender;
  /** Live messages while catching up. */
  private readonly buffer: DeliveryQueue;
  private bufferOverflowed = false;
  private state: 'new' | 'catching-up' | 'live' | 'closed' = 'new';
  /** Everything at or below it was taken from the index. */
  private caughtUpTo: MessageId;
  /** Where it stood when it was opened. This gateway may be behind it, and routes later what the client has had elsewhere. */
  private readonly openedAt: MessageId;
  /** Above that, done or in flight when it was opened: not to be sent as anything new. */
  private readonly skip: Set<MessageId>;
  /** SUBSCRIBEs that are being stored: deliveries wait, so that order and `since` hold for the new filter too. */
  private holds = 0;
  private held: StoredMessage[] = [];
  /** Where it stood when it was closed: a save that was asked for before must not store anything else. */
  private final: SessionProgress | null = null;
  private roomWaiters: (() => void)[] = [];
  private retainedWaiters: (() => void)[] = [];

  constructor(
    opened: OpenedSession,
    clientId: string,
    readonly cleanSession: boolean,
    private readonly link: SessionLink,
    private readonly context: SessionContext,
  ) {
    this.clientId = clientId;
    this.key = { clientId, epoch: opened.epoch };
    this.sender = new Sender(opened.progress, context.limits, this, link, context.traffic, context.usage);
    this.buffer = new DeliveryQueue(context.limits);
    this.caughtUpTo = this.openedAt = opened.progress.cursor;
    this.skip = new Set(opened.progress.acknowledged);
    for (const { id, apart } of opened.progress.inflight) if (apart === undefined) this.skip.add(id);
    for (const { filter, log, qos, since } of opened.subscriptions) {
      this.subscriptions.set(filter, { receiver: this, filter, log, qos, since });
    }
  }

  get closed(): boolean {
    return this.state === 'closed';
  }

  /** Messages that wait here, for statistics. */
  get backlog(): number {
    return this.sender.length + this.buffer.length;
  }

  /** Begins delivery, once CONNACK is on its way. The session must be known to the router since the same turn or earlier. */
  start(opened: OpenedSession): void {
    if (this.closed) return;
    if (this.cleanSession || !opened.present) {
      this.goLive();
      return;
    }
    this.state = 'catching-up';
    void this.resume().catch(() => this.link.close(EVENTS.sessionFailed));
  }

  // --- live messages -------------------------------------------------------------------------------------------------

  offer(outgoing: Outgoing, qos: QoS): void {
    if (this.closed || this.hadBefore(outgoing.message.id)) return;
    if (this.holds > 0) {
      this.held.push(outgoing.message);
      if (this.held.length > this.context.limits.queueMessages) this.link.close(EVENTS.clientSlow);
      return;
    }
    this.accept({ outgoing, qos, tracked: true });
  }

  private hadBefore(id: MessageId): boolean {
    return !this.cleanSession && (id <= this.openedAt || this.skip.has(id));
  }

  private accept(delivery: Delivery): void {
    if (!this.context.mayReceive(this, delivery.outgoing.message)) return;
    if (this.state === 'live') {
      this.enqueue(delivery);
      this.sender.pump();
    } else {
      this.bufferLive(delivery);
    }
  }

  private bufferLive(delivery: Delivery): void {
    if (this.bufferOverflowed) return;
    if (this.buffer.full) {
      // the index has them: read on from there instead of keeping more
      this.buffer.clear();
      this.bufferOverflowed = true;
      return;
    }
    this.buffer.push(delivery);
  }

  private enqueue(delivery: Delivery): void {
    if (!this.sender.full) this.sender.push(delivery);
    else if (delivery.qos === 0) this.context.onDropped(this, 'slow');
    else if (this.cleanSession) this.link.close(EVENTS.clientSlow);
    else this.fallBehind();
  }

  /** Forgets what waits and takes it from the index instead, in the same order. */
  private fallBehind(): void {
    const floor = this.sender.waitingFrom;
    // the message that did not fit is the one being routed, so the index has it at or below the routed position
    this.caughtUpTo = (floor ?? this.context.routedPosition()) - 1;
    this.sender.drop();
    this.state = 'catching-up';
    void this.catchUp().catch(() => this.link.close(EVENTS.sessionFailed));
  }

  // --- catching up ---------------------------------------------------------------------------------------------------

  private async resume(): Promise<void> {
    await this.sender.resend((entries) => this.context.catchUp.messages(this, entries), (message) => this.context.mayReceive(this, message));
    await this.catchUp();
  }

  private async catchUp(): Promise<void> {
    let upTo: MessageId;
    do {
      // from here to the next await nothing is routed: the buffer begins exactly where the index is read to
      upTo = this.context.routedPosition();
      this.buffer.clear();
      this.bufferOverflowed = false;
      for await (const page of this.context.catchUp.missed(this, this.caughtUpTo, upTo)) {
        await this.take(page);
        if (this.closed) return;
      }
      if (this.closed) return;
      this.caughtUpTo = Math.max(upTo, this.caughtUpTo);
      this.context.saver.touch(this);
    } while (this.bufferOverflowed);
    for (const id of this.skip) if (id <= upTo) this.skip.delete(id); // what is above it is still to be routed here
    this.goLive();
  }

  private async take(page: MissedPage['messages']): Promise<void> {
    for (const { message, qos } of page) {
      if (!this.sender.hasRoom) {
        this.sender.pump();
        while (!this.sender.hasRoom) await new Promise<void>((resolve) => this.roomWaiters.push(resolve));
      }
      if (this.closed) return;
      if (!this.skip.has(message.id) && this.context.mayReceive(this, message)) {
        this.sender.push({ outgoing: new Outgoing(message), qos, tracked: true });
      }
      this.caughtUpTo = message.id;
    }
    this.sender.pump();
  }

  private goLive(): void {
    this.state = 'live';
    if (this.bufferOverflowed) this.link.close(EVENTS.clientSlow); // only before the start of a session without an index
    for (const delivery of this.buffer.drain()) {
      // a message that waited for a SUBSCRIBE may have come from the index meanwhile
      const taken = delivery.qos > 0 && delivery.outgoing.message.id <= this.caughtUpTo;
      if (!taken || this.cleanSession) this.enqueue(delivery);
      if (this.state !== 'live') return; // the queue is full: what is left comes from the index
    }
    this.sender.pump();
    this.askShares();
  }

  // --- what the sender tells and asks ---------------------------------------------------------------------------------

  onSent(): void {
    if (this.roomWaiters.length > 0 && this.sender.hasRoom) this.roomWaiters.splice(0).forEach((resolve) => resolve());
    if (this.retainedWaiters.length > 0 && !this.sender.retainedWaiting) this.retainedWaiters.splice(0).forEach((resolve) => resolve());
  }

  traceSent(id: MessageId, qos: QoS): TracedDelivery | null {
    return this.context.messageTrace?.sent(id, this.clientId, this.link.address ?? '', qos) ?? null;
  }

  traceAcknowledged(delivery: TracedDelivery): void {
    this.context.messageTrace?.acknowledged(delivery);
  }

  saveNow(): Promise<void> {
    return this.context.saver.saveNow(this);
  }

  // --- what the client answers ---------------------------------------------------------------------------------------

  /** PUBACK or PUBCOMP. */
  acknowledge(packetId: number, command: 'puback' | 'pubcomp'): void {
    if (!this.sender.acknowledge(packetId, command)) return;
    if (!this.cleanSession) this.context.saver.touch(this);
    this.sender.pump();
    this.askShares();
  }

  /** PUBREC of a persistent session; resolves when PUBREL may be sent. */
  async received(packetId: number): Promise<void> {
    if (this.sender.received(packetId)) await this.saveNow();
  }

  // --- shared subscriptions ------------------------------------------------------------------------------------------

  /** There is room for more. */
  private askShares(): void {
    for (const dispatcher of this.shares.values()) dispatcher.wake();
  }

  get capacity(): number {
    return this.state === 'live' ? this.sender.capacity : 0;
  }

  mayRead(log: string): boolean {
    return this.context.mayRead(this, log);
  }

  mayTake(message: StoredMessage): boolean {
    return this.context.mayReceive(this, message);
  }

  offerShared(outgoing: Outgoing, qos: QoS, settle: (done: boolean) => void, claimed: ClaimedMessage): void {
    if (this.closed) return settle(false);
    this.sender.push({ outgoing, qos, tracked: false, settle, claimed });
    this.sender.pump();
  }

  // --- subscriptions -------------------------------------------------------------------------------------------------

  /** Deliveries wait from here until `release`; the filters must be in the router already. */
  hold(): void {
    this.holds++;
    this.sender.hold();
  }

  /** What came meanwhile is judged again by the subscriptions as they stand now. */
  release(): void {
    if (this.closed || --this.holds > 0) return;
    this.sender.release();
    const held = this.held;
    this.held = [];
    for (const message of held) {
      const granted = this.grantedQos(message);
      if (granted !== null) this.accept({ outgoing: new Outgoing(message), qos: Math.min(granted, message.qos) as QoS, tracked: true });
    }
    this.sender.pump();
  }

  offerRetained(messages: readonly StoredMessage[], granted: QoS): void {
    if (this.closed) return;
    for (const message of messages) {
      if (this.context.mayReceive(this, message)) {
        this.sender.push({ outgoing: new Outgoing(message, true), qos: Math.min(granted, message.qos) as QoS, tracked: false });
      }
    }
    this.sender.pump();
  }

  async retainedSent(): Promise<void> {
    if (this.sender.retainedWaiting) await new Promise<void>((resolve) => this.retainedWaiters.push(resolve));
  }

  private grantedQos(message: StoredMessage): QoS | null {
    let granted: QoS | null = this.context.catchUp.isAddressedTo(this, message.topic) ? message.qos : null;
    for (const { filter, qos, since } of this.subscriptions.values()) {
      if (message.id > since && (granted === null || qos > granted) && matches(filter, message.topic)) granted = qos;
    }
    return granted;
  }

  // --- progress ------------------------------------------------------------------------------------------------------

  progress(): SessionProgress {
    return this.final ?? this.currentProgress();
  }

  taken(): readonly ClaimedMessage[] {
    return this.sender.taken();
  }

  private currentProgress(): SessionProgress {
    const upper = this.state === 'live' ? Math.max(this.context.routedPosition(), this.caughtUpTo) : this.caughtUpTo;
    const { cursor, acknowledged, inflight } = this.sender.progress(upper, this.held[0]?.id ?? null);
    const pending = new Set(inflight.filter(({ apart }) => apart === undefined).map(({ id }) => id));
    const done = new Set([...acknowledged, ...[...this.skip].filter((id) => id > cursor)]);
    return { cursor, acknowledged: [...done].filter((id) => !pending.has(id)), inflight };
  }

  fenced(): void {
    this.link.close(EVENTS.clientTakenOver);
  }

  /** Stops delivery; returns the progress to keep, null for a clean session. */
  close(): SessionProgress | null {
    this.final = this.currentProgress();
    this.state = 'closed';
    this.context.saver.forget(this);
    this.sender.close();
    this.buffer.clear();
    this.held = [];
    this.onSent();
    return this.cleanSession ? null : this.final;
  }
}
