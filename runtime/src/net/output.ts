import type { NetLimits } from '../limits';
import { flushSoon } from './flush-queue';
import type { Transport } from './transport';

export interface OutputListener {
  /** Something was handed to the transport. */
  flushed(): void;
  /** There is room again after `hasRoom` had said no. */
  drained(): void;
}

/** Collects what one turn writes and hands it to the transport as one write. */
export class Output {
  private chunks: Buffer[] = [];
  private bytes = 0;
  /** The transport wants no more until it has drained. */
  private blocked = false;
  private owesDrain = false;

  constructor(private readonly transport: Transport, private readonly limits: NetLimits, private readonly listener: OutputListener) {}

  /** Bytes that have not left: collected here or in the socket. */
  get bufferedBytes(): number {
    return this.bytes + this.transport.pendingBytes;
  }

  add(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.bytes += chunk.length;
    if (this.chunks.push(chunk) === 1) flushSoon(this);
  }

  /** False: wait for `drained`. */
  hasRoom(): boolean {
    if (this.bufferedBytes < this.limits.outputHighWaterBytes) return true;
    this.owesDrain = true;
    return false;
  }

  flush(): void {
    if (this.chunks.length === 0) return;
    const { chunks, bytes } = this;
    this.chunks = [];
    this.bytes = 0;
    const parts = chunks.length > 1 && bytes <= Math.max(this.limits.coalesceBytes, chunks.length * this.limits.coalesceChunkBytes) ? [Buffer.concat(chunks, bytes)] : chunks;
    if (!this.transport.write(parts, bytes)) this.blocked = true;
    this.listener.flushed();
    if (!this.blocked) this.announceDrain();
  }

  /** The transport took all that it had. */
  drained(): void {
    this.blocked = false;
    this.announceDrain();
  }

  clear(): void {
    this.chunks = [];
    this.bytes = 0;
  }

  /** The transport is gone: nobody has to wait for it any more. */
  closed(): void {
    this.clear();
    if (!this.owesDrain) return;
    this.owesDrain = false;
    this.listener.drained();
  }

  private announceDrain(): void {
    if (!this.owesDrain || this.bufferedBytes >= this.limits.outputHighWaterBytes) return;
    this.owesDrain = false;
    this.listener.drained();
  }
}
