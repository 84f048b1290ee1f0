import type { NetLimits } from '../limits';
import type { InputBudget } from './input-budget';

interface Run {
  readonly buffer: Buffer;
  readonly start: number;
  end: number;
  frames: number;
  readonly alone: boolean;
}

/** Whole packets that wait for the protocol engine. Packets that stand side by side in one chunk stay so: no copy. */
export class InputQueue {
  bytes = 0;
  private runs: Run[] = [];

  constructor(private readonly limits: NetLimits, private readonly budget: InputBudget) {}

  get size(): number {
    return this.runs.length;
  }

  /** The client should not be read: it, or with it the gateway, has enough waiting. */
  get isFull(): boolean {
    return this.bytes > this.limits.pendingBytesPerClient || (this.bytes > 0 && this.budget.pendingExhausted);
  }

  /** `alone`: is never handed on together with another packet. */
  add(buffer: Buffer, start: number, end: number, alone: boolean): void {
    this.bytes += end - start;
    this.budget.pendingBytes += end - start;
    const last = this.runs[this.runs.length - 1];
    if (last !== undefined && !alone && !last.alone && last.buffer === buffer && last.end === start
      && last.frames < this.limits.framesPerRead && end - last.start <= this.limits.bytesPerRead) {
      last.end = end;
      last.frames++;
    } else this.runs.push({ buffer, start, end, frames: 1, alone });
  }

  /** The next packets, as many as may be handled side by side. */
  take(): Buffer {
    const first = this.runs.shift()!;
    let { frames } = first;
    let bytes = first.end - first.start;
    const parts = [first.buffer.subarray(first.start, first.end)];
    while (!first.alone && this.runs.length > 0) {
      const next = this.runs[0]!;
      const length = next.end - next.start;
      if (next.alone || frames + next.frames > this.limits.framesPerRead || bytes + length > this.limits.bytesPerRead) break;
      this.runs.shift();
      frames += next.frames;
      bytes += length;
      parts.push(next.buffer.subarray(next.start, next.end));
    }
    this.account(bytes);
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts, bytes);
  }

  clear(): void {
    this.runs = [];
    this.account(this.bytes);
  }

  private account(bytes: number): void {
    this.bytes -= bytes;
    this.budget.pendingBytes -= bytes;
  }
}
