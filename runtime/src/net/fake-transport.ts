import type { Transport, TransportSink } from './transport';

/** A transport for tests: what was written is kept, and the test says what arrives. */
export class FakeTransport implements Transport {
  sink!: TransportSink;
  readonly writes: Buffer[] = [];
  pendingBytes = 0;
  accepts = true;
  paused = false;
  ended = false;
  destroyed = false;

  attach(sink: TransportSink): void {
    this.sink = sink;
  }

  write(chunks: readonly Buffer[]): boolean {
    this.writes.push(Buffer.concat(chunks));
    if (!this.accepts) this.pendingBytes += this.writes[this.writes.length - 1]!.length;
    return this.accepts;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    process.nextTick(() => this.sink.closed());
  }

  get written(): Buffer {
    return Buffer.concat(this.writes);
  }
}
