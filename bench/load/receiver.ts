/** A subscriber that counts what arrives, each message once, and notes when the last one came. */
import { Client } from './client';
import { microseconds } from './publisher';
import type { ConnectOptions } from './packets';

export interface ReceiverOptions extends ConnectOptions {
  readonly filter: string | null;
  readonly qos: 0 | 1;
  /** Notes the sequence numbers, to tell repeats from messages. */
  readonly distinct?: boolean;
  /** Notes how long each message was on its way. */
  readonly latency?: boolean;
}

export class Receiver {
  received = 0;
  lastAt = 0;
  /** Microseconds on the way. */
  readonly latencies: number[] = [];
  readonly sequences = new Set<number>();
  private client!: Client;

  private constructor(private readonly options: ReceiverOptions) {}

  static async connect(port: number, options: ReceiverOptions): Promise<Receiver> {
    const receiver = new Receiver(options);
    receiver.client = await Client.connect(port, options, { message: (buffer, payloadAt) => receiver.message(buffer, payloadAt) });
    if (options.filter !== null) await receiver.client.subscribe(options.filter, options.qos);
    return receiver;
  }

  check(): void {
    this.client.check();
  }

  async close(): Promise<void> {
    await this.client.disconnect();
  }

  destroy(): void {
    this.client.destroy();
  }

  private message(buffer: Buffer, payloadAt: number): void {
    this.received++;
    if (this.options.distinct) {
      this.sequences.add(buffer.readUInt32BE(payloadAt));
      this.lastAt = performance.now();
    }
    if (this.options.latency) this.latencies.push(microseconds() - buffer.readDoubleBE(payloadAt + 4));
  }
}
