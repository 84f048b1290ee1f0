/** Publishers in a closed loop: each keeps a fixed number of QoS 1 messages unacknowledged, or QoS 0 as fast as the socket takes them. */
import { Client } from './client';
import type { ConnectOptions } from './packets';
import { publishTemplate, type PublishTemplate } from './packets';

export interface PublisherOptions extends ConnectOptions {
  /** Sent to one after the other. */
  readonly topics: readonly string[];
  readonly payloadBytes: number;
  readonly qos: 0 | 1;
  /** Unacknowledged messages at a time (QoS 1). */
  readonly window: number;
}

/** QoS 0: bytes handed to the socket at once. */
const QOS0_MESSAGES_PER_WRITE = 16;

/** Numbers all messages of a process, so that a receiver can tell repeats and gaps. */
let sequence = 0;

export class Publisher {
  acknowledged = 0;
  sent = 0;
  private client!: Client;
  private readonly templates: readonly PublishTemplate[];
  private nextTemplate = 0;
  private packetId = 0;
  private running = false;
  /** Messages it may still send. */
  private budget = Infinity;
  private onIdle: (() => void) | null = null;

  private constructor(private readonly options: PublisherOptions) {
    this.templates = options.topics.map((topic) => publishTemplate(topic, options.payloadBytes, options.qos));
  }

  static async connect(port: number, options: PublisherOptions): Promise<Publisher> {
    const publisher = new Publisher(options);
    publisher.client = await Client.connect(port, options, { acknowledged: (count) => publisher.acks(count) });
    publisher.client.onDrain(() => publisher.flood());
    return publisher;
  }

  /** Fills the window and keeps it full until `stop`, or until so many were sent. */
  start(budget = Infinity): void {
    this.running = true;
    this.budget = budget;
    if (this.options.qos === 0) this.flood();
    else this.send(this.options.window - (this.sent - this.acknowledged));
  }

  stop(): void {
    this.running = false;
  }

  /** Resolves when nothing is unacknowledged; rejects when the connection ends before. */
  async idle(): Promise<void> {
    if (this.options.qos === 0) return this.client.ping();
    while (this.sent !== this.acknowledged || (this.running && this.budget > 0)) {
      this.client.check();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.onIdle = () => { clearTimeout(timer); resolve(); };
      });
    }
  }

  /** One message now, whatever the window says: the pace is the caller's. */
  sendOne(): void {
    this.budget = Infinity;
    this.send(1);
  }

  check(): void {
    this.client.check();
  }

  async close(): Promise<void> {
    await this.client.disconnect();
  }

  private acks(count: number): void {
    this.acknowledged += count;
    if (this.running) this.send(this.options.window - (this.sent - this.acknowledged));
    if (this.sent === this.acknowledged) this.onIdle?.();
  }

  private flood(): void {
    if (!this.running || this.options.qos !== 0) return;
    // in turns of the event loop, so that a broker that always takes everything does not keep this thread from reading
    setImmediate(() => {
      if (this.running && this.budget > 0 && this.send(QOS0_MESSAGES_PER_WRITE)) this.flood();
    });
  }

  private send(wanted: number): boolean {
    const count = Math.min(wanted, this.budget);
    if (count <= 0) return false;
    this.budget -= count;
    this.sent += count;
    const now = microseconds();
    if (count === 1) return this.client.write(Buffer.from(this.next(now)));
    const parts: Buffer[] = [];
    for (let i = 0; i < count; i++) parts.push(Buffer.from(this.next(now)));
    return this.client.write(Buffer.concat(parts));
  }

  /** The template with packet identifier, sequence number and time in microseconds patched in: good until the next call with the same topic. */
  private next(now: number): Buffer {
    const template = this.templates[this.nextTemplate]!;
    this.nextTemplate = (this.nextTemplate + 1) % this.templates.length;
    const { bytes, packetIdAt, payloadAt } = template;
    if (packetIdAt >= 0) {
      this.packetId = this.packetId === 65_535 ? 1 : this.packetId + 1;
      bytes.writeUInt16BE(this.packetId, packetIdAt);
    }
    bytes.writeUInt32BE(sequence++ >>> 0, payloadAt);
    bytes.writeDoubleBE(now, payloadAt + 4);
    return bytes;
  }
}

/** Of a clock that the whole machine shares. */
export function microseconds(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
