import type { ClaimedMessage, MessageId, QoS } from '../store/contract';
import type { Outgoing } from './outgoing';

export interface Delivery {
  readonly outgoing: Outgoing;
  /** min(published, granted). */
  readonly qos: QoS;
  /** See `InflightEntry.tracked`. */
  readonly tracked: boolean;
  /** Of a shared subscription: called once, with whether the message is the client's (see `ShareMember`). */
  readonly settle?: (done: boolean) => void;
  /** Of a shared subscription: the claim that it ends. */
  readonly claimed?: ClaimedMessage;
}

export interface QueueLimits {
  /** Messages that wait in memory for a slow client. */
  readonly queueMessages: number;
  /** Payload bytes that wait in memory for a slow client. */
  readonly queueBytes: number;
}

/** Behind this many a message is going to wait. */
const COMPACT_BEHIND = 32;

/** FIFO with a count of its bytes; the head moves by index, so that taking one costs nothing however long it is. */
export class DeliveryQueue {
  private items: Delivery[] = [];
  private head = 0;
  private held = 0;
  private retainedItems = 0;

  constructor(private readonly limits: QueueLimits) {}

  get length(): number {
    return this.items.length - this.head;
  }

  /** Nothing more should wait. */
  get full(): boolean {
    return this.length >= this.limits.queueMessages || this.held >= this.limits.queueBytes;
  }

  /** Retained messages that wait. */
  get retained(): number {
    return this.retainedItems;
  }

  peek(): Delivery | undefined {
    return this.items[this.head];
  }

  push(delivery: Delivery): void {
    // `held` is what the memory costs only if nothing larger hangs on it
    if (this.length >= COMPACT_BEHIND) delivery.outgoing.compact();
    this.items.push(delivery);
    this.held += delivery.outgoing.message.payload.length;
    if (delivery.outgoing.retain) this.retainedItems++;
  }

  shift(): Delivery | undefined {
    const delivery = this.items[this.head];
    if (delivery === undefined) return undefined;
    this.items[this.head] = undefined as never;
    this.head++;
    this.held -= delivery.outgoing.message.payload.length;
    if (delivery.outgoing.retain) this.retainedItems--;
    if (this.head === this.items.length) this.clear();
    else if (this.head > 1_024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return delivery;
  }

  /** Lowest tracked id; null when there is none. */
  floor(): MessageId | null {
    for (let i = this.head; i < this.items.length; i++) {
      const { tracked, qos, outgoing } = this.items[i]!;
      if (tracked && qos > 0) return outgoing.message.id;
    }
    return null;
  }

  clear(): void {
    this.items = [];
    this.head = 0;
    this.held = 0;
    this.retainedItems = 0;
  }

  drain(): Delivery[] {
    const all = this.items.slice(this.head);
    this.clear();
    return all;
  }
}
