import type { NetLimits } from '../limits';
import { flushSoon } from './flush-queue';
import type { Transport } from './transport';

/** Collects what one turn writes and hands it to the transport as one write. */
export class Output {
  private chunks: Buffer[] = [];
  private bytes = 0;
  private blocked = false;

  constructor(private readonly transport: Transport, private readonly limits: NetLimits, private readonly onFlushed: () => void) {}

  /** Bytes that have not left: collected here or in the socket. */
  get bufferedBytes(): number {
    return this.bytes + this.transport.pendingBytes;
  }

  get aboveHighWater(): boolean {
    return this.bufferedBytes >= this.limits.outputHighWaterBytes;
  }

  add(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.bytes += chunk.length;
    if (this.chunks.push(chunk) === 1) flushSoon(this);
  }

  flush(): void {
    if (this.chunks.length === 0) return;
    const { chunks, bytes } = this;
    this.chunks = [];
    this.bytes = 0;
    const single = chunks.length > 1 && bytes <= this.limits.coalesceBytes ? [Buffer.concat(chunks, bytes)] : chunks;
    if (!this.transport.write(single, bytes)) this.blocked = true;
    this.onFlushed();
  }

  /** The transport took all that it had. */
  drained(): void {
    this.blocked = false;
  }

  get isBlocked(): boolean {
    return this.blocked;
  }

  clear(): void {
    this.chunks = [];
    this.bytes = 0;
  }
}
