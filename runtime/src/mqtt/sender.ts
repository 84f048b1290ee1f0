import { EVENTS } from '../events';
import type { Traffic, WaitingSender } from '../quota/traffic';
import { weightOf } from '../quota/weights';
import type { UsageMeter } from '../usage/meter';
import type { ClaimedMessage, MessageId, QoS, SessionProgress, StoredMessage } from '../store/contract';
import type { TracedDelivery } from '../trace/message-trace';
import { DeliveryQueue, type Delivery, type QueueLimits } from './delivery-queue';
import { InflightWindow, type InflightEntry } from './inflight-window';
import { Outgoing } from './outgoing';
import { encodePubrel } from './publish-frame';

/** The connection, as a session sees it. */
export interface SessionLink {
  write(frame: Buffer): void;
  /** False while the socket is backed up. */
  readonly writable: boolean;
  /** Called once when it can be written to again. */
  onceWritable(callback: () => void): void;
  /** Closes for a reason that is an event of `events.ts`. */
  close(reason: string): void;
  /** Of the client. */
  readonly address?: string;
}

export interface SessionLimits extends QueueLimits {
  /** QoS 1 and 2 messages in flight towards the client, at first. */
  readonly inflightWindow: number;
  /** The same towards a client that acknowledges fast. */
  readonly inflightWindowMost: number;
}

/** What the sender needs of its session. */
export interface SenderSession {
  readonly cleanSession: boolean;
  /** Resolves when the session's progress is stored, with what is in flight now; rejects when it never will be. */
  saveNow(): Promise<void>;
  /** Something has left the queue, or the sender has come to a stop. */
  onSent(): void;
  /** A message leaves; null: that is not traced. */
  traceSent(id: MessageId, qos: QoS): TracedDelivery | null;
  traceAcknowledged(delivery: TracedDelivery): void;
}

/**
 * The sending half of a session: one FIFO towards the socket, and the in-flight window. It stops where the socket is backed
 * up, the window is full, the TPS ceiling is reached (E5), or the store must know of a message first (QoS 2).
 */
export class Sender implements WaitingSender {
  private readonly queue: DeliveryQueue;
  private readonly window: InflightWindow;
  /** What an earlier connection left in flight, until it is sent again. */
  private readonly restored: InflightEntry[];
  private holding = false;
  private closed = false;
  private persisting = false;
  /** Messages of shares that become the session's by the save that `persisting` waits for. */
  private taking: readonly ClaimedMessage[] = [];
  private waitingForSocket = false;

  constructor(
    { inflight, cursor }: SessionProgress,
    private readonly limits: SessionLimits,
    private readonly session: SenderSession,
    private readonly link: SessionLink,
    private readonly traffic: Traffic,
    private readonly usage: Pick<UsageMeter, 'sent'>,
  ) {
    this.queue = new DeliveryQueue(limits);
    this.window = new InflightWindow(limits.inflightWindow, limits.inflightWindowMost);
    // at once: a connection that ends before delivery begins keeps what was in flight
    this.restored = this.window.restore(inflight, cursor);
  }

  // --- what waits ----------------------------------------------------------------------------------------------------

  /** Messages that wait. */
  get length(): number {
    return this.queue.length;
  }

  get full(): boolean {
    return this.queue.full;
  }

  /** Lowest tracked id that waits; null when there is none. */
  get waitingFrom(): MessageId | null {
    return this.queue.floor();
  }

  /** Fewer than a window of messages wait: a returning client is paced by its own acknowledgements (T5). */
  get hasRoom(): boolean {
    return this.closed || this.queue.length < this.window.slots;
  }

  get retainedWaiting(): boolean {
    return this.queue.retained > 0;
  }

  /** Messages of shares that the client could take now. */
  get capacity(): number {
        if (!this.link.writable) return 0;
    // at most the least window at once: what one member holds no other one can get
    return Math.min(this.limits.inflightWindow, this.window.slots - this.window.size - this.queue.length);
  }

  /** Sent by `pump` only: several may be pushed before. */
  push(delivery: Delivery): void {
    this.queue.push(delivery);
  }

  /** Forgets what the index has, and what another member of a share will get; retained messages stay. */
  drop(): void {
    for (const delivery of this.queue.drain()) {
      if (delivery.outgoing.retain) this.queue.push(delivery);
      else delivery.settle?.(false);
    }
  }

  // --- sending -------------------------------------------------------------------------------------------------------

  /** Nothing is sent until `release`. */
  hold(): void {
    this.holding = true;
  }

  release(): void {
    this.holding = false;
  }

  /** Sends what may be sent. */
  pump(): void {
    if (this.holding || this.persisting || this.closed) return;
    for (let next = this.queue.peek(); next !== undefined; next = this.queue.peek()) {
      if (!this.link.writable) {
        this.waitForSocket();
        break;
      }
      if (next.qos > 0 && this.window.full) break;
      if (next.qos === 2 && !this.session.cleanSession) {
        this.sendPersisted();
        break;
      }
      if (!this.mayPass(next)) break;
      this.queue.shift();
      if (next.qos === 0) {
        this.link.write(next.outgoing.frameQos0());
        this.session.traceSent(next.outgoing.message.id, 0);
        next.settle?.(true);
        continue;
      }
      const entry = this.window.add(next.outgoing.message, next.qos, next.tracked, next.settle);
      this.link.write(next.outgoing.frame(entry.qos, entry.packetId, false));
      entry.traced = this.session.traceSent(entry.id, entry.qos);
    }
    this.session.onSent();
  }

  /**
   * QoS 2 of a persistent session: which message a packet identifier stands for is stored before the client sees it. What
   * waits behind it shares the step, so that order is kept and a mixed stream does not pay for each message.
   */
  private sendPersisted(): void {
    const batch: { delivery: Delivery; entry: InflightEntry | null }[] = [];
    for (let next = this.queue.peek(); next !== undefined && (next.qos === 0 || !this.window.full); next = this.queue.peek()) {
      if (!this.mayPass(next)) break;
      this.queue.shift();
      batch.push({ delivery: next, entry: next.qos === 0 ? null : this.window.add(next.outgoing.message, next.qos, next.tracked, next.qos === 1 ? next.settle : null) });
    }
    if (batch.length === 0) return;
    this.persisting = true;
    this.taking = batch.flatMap(({ delivery: { qos, claimed } }) => qos === 2 && claimed !== undefined ? [claimed] : []);
    this.session.saveNow().then(
      () => {
        this.persisting = false;
        this.taking = [];
        // closed meanwhile: QoS 2 went into the progress that was kept, QoS 1 was settled with the window
        if (this.closed) batch.forEach(({ delivery: { settle }, entry }) => entry?.qos !== 1 && settle?.(entry !== null));
        else for (const { delivery: { outgoing, settle }, entry } of batch) {
          this.link.write(entry === null ? outgoing.frameQos0() : outgoing.frame(entry.qos, entry.packetId, false));
          const traced = this.session.traceSent(outgoing.message.id, entry?.qos ?? 0);
          if (entry !== null) entry.traced = traced;
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
  private mayPass({ qos, outgoing: { message } }: Delivery): boolean {
    const weight = weightOf(qos, this.session.cleanSession);
    if (this.traffic.send(weight)) {
      this.usage.sent(message.log, message.topic, message.payload.length, qos, weight);
      return true;
    }
    this.traffic.waitToSend(this);
    return false;
  }

  turn(): void {
    this.pump();
  }

  get weightWaiting(): number {
    return this.queue.length * weightOf(1, this.session.cleanSession);
  }

  /** A clean session has no index: what does not fit into its queue is lost. */
  get pressed(): boolean {
    return this.session.cleanSession && this.queue.length * 2 > this.limits.queueMessages;
  }

  private waitForSocket(): void {
    if (this.waitingForSocket) return;
    this.waitingForSocket = true;
    this.window.backedUp();
    this.link.onceWritable(() => {
      this.waitingForSocket = false;
      this.pump();
    });
  }

  // --- in flight -----------------------------------------------------------------------------------------------------

  /** [MQTT-4.4.0-1]: what was in flight is sent again with its packet identifier and DUP, before anything else. */
  async resend(read: (entries: readonly InflightEntry[]) => Promise<Map<MessageId, StoredMessage>>, mayReceive: (message: StoredMessage) => boolean): Promise<void> {
    const entries = this.restored.splice(0);
    const messages = await read(entries.filter((entry) => !entry.released));
    for (const entry of entries) {
      if (this.closed) return;
      if (entry.released) {
        this.link.write(encodePubrel(entry.packetId));
        continue;
      }
      const message = messages.get(entry.id);
      if (message === undefined || !mayReceive(message)) this.window.finish(entry);
      else {
        const weight = weightOf(entry.qos, this.session.cleanSession);
        this.traffic.sendAtOnce(weight); // a window at most
        this.usage.sent(message.log, message.topic, message.payload.length, entry.qos, weight);
        this.link.write(new Outgoing(message).frame(entry.qos, entry.packetId, true));
        entry.traced = this.session.traceSent(entry.id, entry.qos);
      }
    }
  }

  /** PUBACK or PUBCOMP; false: nothing was in flight under it. */
  acknowledge(packetId: number, command: 'puback' | 'pubcomp'): boolean {
    const entry = this.closed ? undefined : this.window.acknowledge(packetId, command);
    if (entry === undefined) return false;
    if (entry.traced !== null) this.session.traceAcknowledged(entry.traced);
    entry.settle?.(true);
    return true;
  }

  /** PUBREC; false: nothing of QoS 2 was in flight under it. */
  received(packetId: number): boolean {
    return this.window.received(packetId) !== undefined;
  }

  /** Messages of shares that the progress has in flight and that are not the session's yet. */
  taken(): readonly ClaimedMessage[] {
    return this.taking;
  }

  /** Where the session stands when everything below `upper`, and below what waits elsewhere, is done but for what waits here. */
  progress(upper: MessageId, waitingElsewhere: MessageId | null): SessionProgress {
    const floors = [this.window.floor(), this.queue.floor(), waitingElsewhere];
    const cursor = floors.reduce<number>((low, floor) => (floor !== null && floor - 1 < low ? floor - 1 : low), upper);
    return { cursor, acknowledged: this.window.acknowledgedAbove(cursor), inflight: this.window.records() };
  }

  close(): void {
    this.closed = true;
    this.traffic.leave(this);
    this.drop();
    this.queue.clear();
    this.window.settleAll();
  }
}
