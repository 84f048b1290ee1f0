import { INCOMPLETE, MALFORMED, readRemainingLength } from './frame-header';

export interface FrameSink {
  /** The fixed header is known and the body may not have arrived: false stops before a byte of it is kept. */
  header(firstByte: number, frameLength: number): boolean;
  /** A whole frame stands in `buffer` from `start` to `end`, its body from `bodyStart`. False stops reading behind it. */
  frame(buffer: Buffer, start: number, bodyStart: number, end: number): boolean;
  /** The remaining length takes more than four bytes. */
  malformedLength(): void;
}

const FIRST_PARTIAL_BYTES = 64;

/**
 * Cuts a byte stream into MQTT frames. A frame that arrives in one piece is not copied; of a frame that arrives in parts
 * only what has arrived is kept, in a buffer that doubles, so many tiny segments cost no more than few large ones.
 */
export class FrameReader {
  private partial: Buffer | null = null;
  private have = 0;

  /** Bytes of an unfinished frame. */
  get partialBytes(): number {
    return this.have;
  }

  /** Returns how many bytes of the chunk were taken: all, unless the sink stopped. */
  push(chunk: Buffer, sink: FrameSink): number {
    let offset = 0;
    if (this.partial !== null) {
      offset = this.continuePartial(chunk, sink);
      if (offset < 0) return -offset - 1;
      if (this.partial !== null) return offset;
    }
    while (offset < chunk.length) {
      const packed = readRemainingLength(chunk, offset + 1, chunk.length);
      if (packed === MALFORMED) {
        sink.malformedLength();
        return offset;
      }
      if (packed === INCOMPLETE) {
        this.keep(chunk, offset, chunk.length);
        return chunk.length;
      }
      const bodyStart = offset + 1 + (packed & 7);
      const end = bodyStart + Math.floor(packed / 8);
      if (!sink.header(chunk[offset]!, end - offset)) return offset;
      if (end > chunk.length) {
        this.keep(chunk, offset, chunk.length);
        return chunk.length;
      }
      if (!sink.frame(chunk, offset, bodyStart, end)) return end;
      offset = end;
    }
    return offset;
  }

  clear(): void {
    this.partial = null;
    this.have = 0;
  }

  /** Bytes taken of the chunk; negative (minus one, negated): the sink stopped after that many. */
  private continuePartial(chunk: Buffer, sink: FrameSink): number {
    let taken = 0;
    let packed = readRemainingLength(this.partial!, 1, this.have);
    const headerWasKnown = packed !== INCOMPLETE;
    while (packed === INCOMPLETE) {
      if (taken === chunk.length) return taken;
      this.keep(chunk, taken, taken + 1);
      taken++;
      packed = readRemainingLength(this.partial!, 1, this.have);
    }
    if (packed === MALFORMED) {
      sink.malformedLength();
      return -taken - 1;
    }
    const bodyStart = 1 + (packed & 7);
    const length = bodyStart + Math.floor(packed / 8);
    if (!headerWasKnown && !sink.header(this.partial![0]!, length)) return -taken - 1;
    const more = Math.min(length - this.have, chunk.length - taken);
    this.keep(chunk, taken, taken + more, length);
    taken += more;
    if (this.have < length) return taken;
    const frame = this.partial!;
    this.clear();
    return sink.frame(frame, 0, bodyStart, length) ? taken : -taken - 1;
  }

  private keep(chunk: Buffer, start: number, end: number, limit = Number.MAX_SAFE_INTEGER): void {
    const length = this.have + end - start;
    if (this.partial === null || length > this.partial.length) {
      const grown = Buffer.allocUnsafe(Math.min(Math.max(length, FIRST_PARTIAL_BYTES, 2 * this.have), Math.max(limit, length)));
      this.partial?.copy(grown, 0, 0, this.have);
      this.partial = grown;
    }
    chunk.copy(this.partial, this.have, start, end);
    this.have = length;
  }
}
