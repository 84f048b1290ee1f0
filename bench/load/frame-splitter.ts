/** Finds the packets in what a socket brings; copies only what a read cut in two. */
export type OnFrame = (buffer: Buffer, start: number, bodyStart: number, end: number) => void;

export class FrameSplitter {
  private rest: Buffer | null = null;

  constructor(private readonly onFrame: OnFrame) {}

  push(chunk: Buffer): void {
    const buffer = this.rest === null ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    for (;;) {
      const end = this.frameEnd(buffer, at);
      if (end < 0) break;
      this.onFrame(buffer, at, this.bodyStart, end);
      at = end;
    }
    // a copy: the socket reads into the same memory again
    this.rest = at === buffer.length ? null : Buffer.from(buffer.subarray(at));
  }

  private bodyStart = 0;

  /** -1: not all of it is here. */
  private frameEnd(buffer: Buffer, at: number): number {
    let length = 0;
    let shift = 0;
    for (let i = at + 1; i < buffer.length && shift < 28; i++, shift += 7) {
      const digit = buffer[i]!;
      length |= (digit & 0x7f) << shift;
      if (digit < 0x80) {
        this.bodyStart = i + 1;
        const end = this.bodyStart + length;
        return end <= buffer.length ? end : -1;
      }
    }
    return -1;
  }
}
