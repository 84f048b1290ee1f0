import { EVENTS } from '../events';
import type { Traffic, WaitingSender } from '../quota/traffic';
import { weightOf } from '../quota/weights';
import type { ClaimedMessage, MessageId, MissedPage, OpenedSession, QoS, SessionKey, SessionProgress, StoredMessage } from '../store/contract';
import { matches } from '../topics/match';
import type { CatchUp } from './catch-up';
import { DeliveryQueue, type Delivery } from './delivery-queue';
import { InflightWindow, type InflightEntry } from './inflight-window';
import { Outgoing } from './outgoing';
import type { ProgressSaver, Progressing } from './progress-saver';
import { encodePubrel } from './publish-frame';
import type { LiveSubscription, Receiver } from './router';
import type { ShareDispatcher, ShareMember } from './share-dispatcher';

/** The connection, as a session sees it. */
export interface SessionLink {
  write(frame: Buffer): void;
  /** False while the socket is backed up. */
  readonly writable: boolean;
  /** Called once when it can be written to again. */
  onceWritable(callback: () => void): void;
  /** Closes for a reason that is an event of `events.ts`. */
  close(reason: string): void;
}

export interface SessionLimits {
  /** QoS 1 and 2 messages in flight towards the client. */
  readonly inflightWindow: number;
  /** Messages that wait in memory for a slow client. */
  readonly queueMessages: number;
  /** Payload bytes that wait in memory for a slow client. */
  readonly queueBytes: number;
}

export interface SessionContext {
  readonly saver: ProgressSaver;
  readonly catchUp: CatchUp;
  readonly traffic: Traffic;
  readonly limits: SessionLimits;
  /** Everything at or below it has been routed on this gateway. */
  routedPosition(): MessageId;
  /** Rights at delivery (A5). */
  mayReceive(session: Session, message: StoredMessage): boolean;
  onDropped(session: Session, reason: string): void;
}

/**
 * One client's session while this gateway serves it: a FIFO towards the socket, an in-flight window, and the cursor.
 *
 * A persistent session is either *live* (messages come from the router) or *catching up* (they come from the index, while
 * the router's go to a bounded buffer). A client that is too slow for the memory it is given falls back to catching up:
 * the log keeps what the queue cannot.
 */
export class Session implements Receiver, Progressing, ShareMember, WaitingSender {
  readonly key: SessionKey;
  readonly clientId: string;
  readonly subscriptions = new Map<string, LiveSubscription<Receiver>>();
  /** Shared subscriptions that it is a member of, by their whole filter. */
  readonly shares = new Map<string, ShareDispatcher>();
  private readonly queue = new DeliveryQueue();
  /** Live messages while catching up. */
  private readonly buffer = new DeliveryQueue();
  private bufferOverflowed = false;
  private readonly window: InflightWindow;
  private state: 'new' | 'catching-up' | 'live' | 'closed' = 'new';
  /** Everything at or below it was taken from the index. */
  private caughtUpTo: MessageId;
  /** Done, or in flight, when the session was opened: not to be sent by the catch-up. */
  private readonly skip: Set<MessageId>;
  /** What an earlier connection left in flight, until it is sent again. */
  private readonly restored: InflightEntry[];
  /** SUBSCRIBEs that are being stored: deliveries wait, so that order and `since` hold for the new filter too. */
  private holds = 0;
  private held: StoredMessage[] = [];
  /** Where it stood when it was closed: a save that was asked for before must not store anything else. */
  private final: SessionProgress | null = null;
  private persisting = false;
  /** Messages of shares that become the session's by the save that `persisting` waits for. */
  private taking: readonly ClaimedMessage[] = [];
  private waitingForSocket = false;
  private roomWaiters: (() => void)[] = [];

  constructor(
    opened: OpenedSession,
    clientId: string,
    readonly cleanSession: boolean,
    private readonly link: SessionLink,
    private readonly context: SessionContext,
  ) {
    this.clientId = clientId;
    this.key = { clientId, epoch: opened.epoch };
    this.window = new InflightWindow(context.limits.inflightWindow);
    this.caughtUpTo = opened.progress.cursor;
    this.skip = new Set(opened.progress.acknowledged);
    for (const record of opened.progress.inflight) this.skip.add(record.id);
    // at once: a connection that ends before delivery begins keeps what was in flight
    this.restored = this.window.restore(opened.progress.inflight, opened.progress.cursor);
    for (const { filter, log, qos, since } of opened.subscriptions) {
      this.subscriptions.set(filter, { receiver: this, filter, log, qos, since });
    }
  }

  get closed(): boolean {
    return this.state === 'closed';
  }

  /** Messages that wait here, for statistics. */
  get backlog(): number {
    return this.queue.length + this.buffer.length;
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
    if (this.closed) return;
    if (this.holds > 0) {
      this.held.push(outgoing.message);
      if (this.held.length > this.context.limits.queueMessages) this.link.close(EVENTS.clientSlow);
      return;
    }
    this.accept({ outgoing, qos, tracked: true });
  }

  private accept(delivery: Delivery): void {
    if (!this.context.mayReceive(this, delivery.outgoing.message)) return;
    if (this.state === 'live') {
      this.enqueue(delivery);
      this.pump();
    } else {
      this.bufferLive(delivery);
    }
  }

  private bufferLive(delivery: Delivery): void {
    if (this.bufferOverflowed) return;
    if (this.exceeds(this.buffer)) {
      // the index has them: read on from there instead of keeping more
      this.buffer.clear();
      this.bufferOverflowed = true;
      return;
    }
    this.buffer.push(delivery);
  }

  private enqueue(delivery: Delivery): void {
    if (!this.exceeds(this.queue)) {
      this.queue.push(delivery);
      return;
    }
    if (delivery.qos === 0) this.context.onDropped(this, 'slow');
    else if (this.cleanSession) this.link.close(EVENTS.clientSlow);
    else this.fallBehind();
  }

  private exceeds(queue: DeliveryQueue): boolean {
    return queue.length >= this.context.limits.queueMessages || queue.bytes >= this.context.limits.queueBytes;
  }

  /** Forgets what waits and takes it from the index instead, in the same order. */
  private fallBehind(): void {
    const floor = this.queue.floor();
    // the message that did not fit is the one being routed, so the index has it at or below the routed position
    this.caughtUpTo = (floor ?? this.context.routedPosition()) - 1;
    this.dropQueue();
    this.state = 'catching-up';
    void this.catchUp().catch(() => this.link.close(EVENTS.sessionFailed));
  }

  // --- catching up ---------------------------------------------------------------------------------------------------

  private async resume(): Promise<void> {
    await this.resendInflight();
    await this.catchUp();
  }

  /** [MQTT-4.4.0-1]: what was in flight is sent again with its packet identifier and DUP, before anything else. */
  private async resendInflight(): Promise<void> {
    const entries = this.restored.splice(0);
    const unreleased = entries.filter((entry) => !entry.released);
    const messages = await this.context.catchUp.messages(this, unreleased);
    for (const entry of entries) {
      if (this.closed) return;
      if (entry.released) {
        this.link.write(encodePubrel(entry.packetId));
        continue;
      }
      const message = messages.get(entry.id);
      if (message === undefined || !this.context.mayReceive(this, message)) this.window.finish(entry);
      else {
        this.context.traffic.sendAtOnce(weightOf(entry.qos, this.cleanSession)); // a window at most
        this.link.write(new Outgoing(message).frame(entry.qos, entry.packetId, true));
      }
    }
  }

  private async catchUp(): Promise<void> {
    do {
      // from here to the next await nothing is routed: the buffer begins exactly where the index is read to
      const upTo = this.context.routedPosition();
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
    this.skip.clear();
    this.goLive();
  }

  private async take(page: MissedPage['messages']): Promise<void> {
    for (const { message, qos } of page) {
      if (!this.hasRoom) {
        this.pump();
        while (!this.hasRoom) await this.room();
      }
      if (this.closed) return;
      if (!this.skip.has(message.id) && this.context.mayReceive(this, message)) {
        this.queue.push({ outgoing: new Outgoing(message), qos, tracked: true });
      }
      this.caughtUpTo = message.id;
    }
    this.pump();
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
    this.pump();
    this.askShares();
  }

  /** Fewer than a window of messages wait: a returning client is paced by its own acknowledgements (T5). */
  private get hasRoom(): boolean {
    return this.closed || this.queue.length < this.context.limits.inflightWindow;
  }

  private room(): Promise<void> {
    return new Promise((resolve) => this.roomWaiters.push(resolve));
  }

  private wakeRoom(): void {
    if (this.roomWaiters.length > 0 && this.hasRoom) this.roomWaiters.splice(0).forEach((resolve) => resolve());
  }

  // --- sending -------------------------------------------------------------------------------------------------------

  private pump(): void {
    if (this.holds > 0 || this.persisting || this.state === 'closed') return;
    for (let next = this.queue.peek(); next !== undefined; next = this.queue.peek()) {
      if (!this.link.writable) {
        this.waitForSocket();
        break;
      }
      if (next.qos > 0 && this.window.full) break;
      if (next.qos === 2 && !this.cleanSession) {
        this.sendPersisted();
        break;
      }
      if (!this.mayPass(next.qos)) break;
      this.queue.shift();
      if (next.qos === 0) {
        this.link.write(next.outgoing.frameQos0());
        next.settle?.(true);
        continue;
      }
      const entry = this.window.add(next.outgoing, next.qos, next.tracked, next.settle);
      this.link.write(next.outgoing.frame(entry.qos, entry.packetId, false));
    }
    this.wakeRoom();
  }

  /**
   * QoS 2 of a persistent session: which message a packet identifier stands for is stored before the client sees it. What
   * waits behind it shares the step, so that order is kept and a mixed stream does not pay for each message.
   */
  private sendPersisted(): void {
    const batch: { delivery: Delivery; entry: InflightEntry | null }[] = [];
    for (let next = this.queue.peek(); next !== undefined && (next.qos === 0 || !this.window.full); next = this.queue.peek()) {
      if (!this.mayPass(next.qos)) break;
      this.queue.shift();
      batch.push({ delivery: next, entry: next.qos === 0 ? null : this.window.add(next.outgoing, next.qos, next.tracked, next.qos === 1 ? next.settle : null) });
    }
    if (batch.length === 0) return;
    this.persisting = true;
    this.taking = batch.flatMap(({ delivery: { qos, claimed } }) => qos === 2 && claimed !== undefined ? [claimed] : []);
    this.context.saver.saveNow(this).then(
      () => {
        this.persisting = false;
        this.taking = [];
        // closed meanwhile: QoS 2 went into the progress that was kept, QoS 1 was settled with the window
        if (this.closed) batch.forEach(({ delivery: { settle }, entry }) => entry?.qos !== 1 && settle?.(entry !== null));
        else for (const { delivery: { outgoing, settle }, entry } of batch) {
          this.link.write(entry === null ? outgoing.frameQos0() : outgoing.frame(entry.qos, entry.packetId, false));
          if (entry?.qos !== 1) settle?.(true); // stored with this session now, or QoS 0
        }
        this.pump();
      },
      () => {
        // what the session took all the same is not claimed any more, and giving it back does nothing
        for (const { delivery: { settle }, entry } of batch) if (entry?.qos !== 1) settle?.(false);
        this.link.close(EVENTS.storeAway);
      },
    );
  }

  /** Above the TPS ceiling it is paced, together with all others (E5). */
  private mayPass(qos: QoS): boolean {
    if (this.context.traffic.send(weightOf(qos, this.cleanSession))) return true;
    this.context.traffic.waitToSend(this);
    return false;
  }

  turn(): void {
    this.pump();
  }

  get weightWaiting(): number {
    return this.queue.length * weightOf(1, this.cleanSession);
  }

  /** A clean session has no index: what does not fit into its queue is lost. */
  get pressed(): boolean {
    return this.cleanSession && this.queue.length * 2 > this.context.limits.queueMessages;
  }

  private waitForSocket(): void {
    if (this.waitingForSocket) return;
    this.waitingForSocket = true;
    this.link.onceWritable(() => {
      this.waitingForSocket = false;
      this.pump();
    });
  }

  // --- what the client answers ---------------------------------------------------------------------------------------

  /** PUBACK or PUBCOMP. */
  acknowledge(packetId: number, command: 'puback' | 'pubcomp'): void {
    const entry = this.closed ? undefined : this.window.acknowledge(packetId, command);
    if (entry === undefined) return;
    entry.settle?.(true);
    if (!this.cleanSession) this.context.saver.touch(this);
    this.pump();
    this.askShares();
  }

  // --- shared subscriptions ------------------------------------------------------------------------------------------

  /** There is room for more. */
  private askShares(): void {
    for (const dispatcher of this.shares.values()) dispatcher.wake();
  }

  get capacity(): number {
    return this.state === 'live' && this.link.writable ? this.context.limits.inflightWindow - this.window.size - this.queue.length : 0;
  }

  mayTake(message: StoredMessage): boolean {
    return this.context.mayReceive(this, message);
  }

  offerShared(outgoing: Outgoing, qos: QoS, settle: (done: boolean) => void, claimed: ClaimedMessage): void {
    if (this.closed) return settle(false);
    this.queue.push({ outgoing, qos, tracked: false, settle, claimed });
    this.pump();
  }

  private dropQueue(): void {
    for (const { settle } of this.queue.drain()) settle?.(false);
  }

  /** PUBREC of a persistent session; resolves when PUBREL may be sent. */
  async received(packetId: number): Promise<void> {
    if (this.window.received(packetId) !== undefined) await this.context.saver.saveNow(this);
  }

  // --- subscriptions -------------------------------------------------------------------------------------------------

  /** Deliveries wait from here until `release`; the filters must be in the router already. */
  hold(): void {
    this.holds++;
  }

  /** Retained messages first, then what came meanwhile, judged again by the subscriptions as they stand now. */
  release(retained: readonly { message: StoredMessage; qos: QoS }[]): void {
    if (this.closed) return;
    for (const { message, qos } of retained) {
      if (this.context.mayReceive(this, message)) this.queue.push({ outgoing: new Outgoing(message, true), qos, tracked: false });
    }
    if (--this.holds > 0) return;
    const held = this.held;
    this.held = [];
    for (const message of held) {
      const granted = this.grantedQos(message);
      if (granted !== null) this.accept({ outgoing: new Outgoing(message), qos: Math.min(granted, message.qos) as QoS, tracked: true });
    }
    this.pump();
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
    return this.taking;
  }

  private currentProgress(): SessionProgress {
    const upper = this.state === 'live' ? this.context.routedPosition() : this.caughtUpTo;
    const floors = [this.window.floor(), this.queue.floor(), this.held[0]?.id ?? null];
    const cursor = floors.reduce<number>((low, floor) => (floor !== null && floor - 1 < low ? floor - 1 : low), upper);
    const acknowledged = this.window.acknowledgedAbove(cursor);
    for (const id of this.skip) if (id > cursor && !acknowledged.includes(id)) acknowledged.push(id);
    const inflight = this.window.records();
    const pending = new Set(inflight.map((record) => record.id));
    return { cursor, acknowledged: acknowledged.filter((id) => !pending.has(id)), inflight };
  }

  fenced(): void {
    this.link.close(EVENTS.clientTakenOver);
  }

  /** Stops delivery; returns the progress to keep, null for a clean session. */
  close(): SessionProgress | null {
    this.final = this.currentProgress();
    this.state = 'closed';
    this.context.saver.forget(this);
    this.context.traffic.leave(this);
    this.dropQueue();
    this.window.settleAll();
    this.buffer.clear();
    this.held = [];
    this.wakeRoom();
    return this.cleanSession ? null : this.final;
  }
}
