import type { InflightRecord, MessageId } from '../store/contract';
import type { TracedDelivery } from '../trace/message-trace';

/** A QoS 1 or 2 message that was sent, or is about to be, and is not acknowledged to the end. */
export interface InflightEntry {
  readonly packetId: number;
  readonly id: MessageId;
  readonly log: string;
  readonly qos: 1 | 2;
  /** QoS 2: PUBREC has arrived. */
  released: boolean;
  done: boolean;
  /** Counts towards the cursor; a retained message sent for a SUBSCRIBE does not, nor does one of a share. */
  readonly tracked: boolean;
  /** Of a shared subscription, until the message is the client's: it goes to another member when this one leaves. */
  settle: ((done: boolean) => void) | null;
  /** Null: this delivery is not traced. */
  traced: TracedDelivery | null;
}

/** How many entries, done ones behind a stuck head included, a window may span: it bounds what progress must list. */
const SPAN_PER_SLOT = 32;
/** A client that acknowledges a whole window within this time may have twice as many in flight; RTTs of most networks fit. */
const FAST_MILLISECONDS = 250;
/** One that takes this long is given the smallest window again. */
const SLOW_MILLISECONDS = 1_000;

/**
 * The outbound in-flight window of one session: packet identifiers in sending order, and what that says about the cursor.
 * Acknowledgements may come in any order; the cursor moves only over an unbroken head.
 *
 * The window opens for a client that is fast, from `least` up to `most`, because each window costs both sides a turn and a
 * way there and back; one that is slow, or whose socket is backed up, stays at the least (T5).
 */
export class InflightWindow {
  /** In sending order from `head` on; what is before it is done and forgotten in larger steps. */
  private entries: InflightEntry[] = [];
  private head = 0;
  private readonly byPacketId = new Map<number, InflightEntry>();
  private lastPacketId = 0;
  private current: number;
  /** Acknowledgements since a time: together with it they tell how fast the client is. */
  private acknowledgements = 0;
  private countedSince = performance.now();

  constructor(private readonly least: number, private readonly most = least) {
    this.current = least;
  }

  /** How many may be in flight now. */
  get slots(): number {
    return this.current;
  }

  /** Sent and not acknowledged. */
  get size(): number {
    return this.byPacketId.size;
  }

  get full(): boolean {
    return this.byPacketId.size >= this.current || this.entries.length - this.head >= this.least * SPAN_PER_SLOT;
  }

  add({ id, log }: { readonly id: MessageId; readonly log: string }, qos: 1 | 2, tracked: boolean, settle: ((done: boolean) => void) | null = null): InflightEntry {
    return this.insert({ packetId: this.nextPacketId(), id, log, qos, released: false, done: false, tracked, settle, traced: null });
  }

  /** What an earlier connection left, in its order; packet identifiers are kept [MQTT-4.4.0-1]. */
  restore(records: readonly InflightRecord[], cursor: MessageId): InflightEntry[] {
    return records
      .filter((record) => record.qos !== 0 && !this.byPacketId.has(record.packetId))
      .map(({ apart, ...record }) => this.insert({
        ...record, qos: record.qos as 1 | 2, done: false, tracked: apart === undefined && record.id > cursor, settle: null, traced: null,
      }));
  }

  /** PUBACK or PUBCOMP. Undefined for a packet identifier that is not in flight, or of the other QoS. */
  acknowledge(packetId: number, command: 'puback' | 'pubcomp'): InflightEntry | undefined {
    const entry = this.byPacketId.get(packetId);
    if (entry === undefined || (entry.qos === 1) !== (command === 'puback')) return undefined;
    this.finish(entry);
    if (++this.acknowledgements >= this.current && this.most > this.least) this.adapt();
    return entry;
  }

  /** The client's socket is backed up: what is in flight stands there already. */
  backedUp(): void {
    this.current = this.least;
    this.acknowledgements = 0;
  }

  /** A message that went away while it was in flight, such as a trimmed one, needs no acknowledgement. */
  finish(entry: InflightEntry): void {
    entry.done = true;
    this.byPacketId.delete(entry.packetId);
    while (this.head < this.entries.length && this.entries[this.head]!.done) {
      this.entries[this.head] = undefined as never; // its payload goes now
      this.head++;
    }
    if (this.head === this.entries.length) {
      this.entries.length = 0;
      this.head = 0;
    } else if (this.head >= this.least) {
      this.entries.copyWithin(0, this.head);
      this.entries.length -= this.head;
      this.head = 0;
    }
  }

  /** PUBREC. Undefined when nothing with QoS 2 is in flight under this packet identifier. */
  received(packetId: number): InflightEntry | undefined {
    const entry = this.byPacketId.get(packetId);
    if (entry === undefined || entry.qos !== 2) return undefined;
    entry.released = true;
    return entry;
  }

  /** Gives back what other members of a shared subscription must get. */
  settleAll(): void {
    for (const entry of this.byPacketId.values()) {
      entry.settle?.(false);
      entry.settle = null;
    }
  }

  /** Lowest id that is not done; null when everything is. */
  floor(): MessageId | null {
    let floor: MessageId | null = null;
    for (const entry of this.byPacketId.values()) {
      if (entry.tracked && (floor === null || entry.id < floor)) floor = entry.id;
    }
    return floor;
  }

  /** Ids above the cursor that are done. */
  acknowledgedAbove(cursor: MessageId): MessageId[] {
    return this.spanned().filter((entry) => entry.done && entry.tracked && entry.id > cursor).map((entry) => entry.id);
  }

  records(): InflightRecord[] {
    return this.spanned()
      .filter((entry) => !entry.done && entry.settle === null)
      .map(({ packetId, id, log, qos, released, tracked }) => ({ packetId, id, log, qos, released, ...(tracked ? {} : { apart: true }) }));
  }

  private adapt(): void {
    const now = performance.now();
    const took = now - this.countedSince;
    if (took < FAST_MILLISECONDS) this.current = Math.min(this.most, this.current * 2);
    else if (took > SLOW_MILLISECONDS) this.current = this.least;
    this.acknowledgements = 0;
    this.countedSince = now;
  }

  /** From the first that is not done. */
  private spanned(): InflightEntry[] {
    return this.entries.slice(this.head);
  }

  private insert(entry: InflightEntry): InflightEntry {
    this.entries.push(entry);
    this.byPacketId.set(entry.packetId, entry);
    return entry;
  }

  /** Non-zero and unused [MQTT-2.3.1-1], [MQTT-2.3.1-4]. */
  private nextPacketId(): number {
    do {
      this.lastPacketId = this.lastPacketId >= 65_535 ? 1 : this.lastPacketId + 1;
    } while (this.byPacketId.has(this.lastPacketId));
    return this.lastPacketId;
  }
}
