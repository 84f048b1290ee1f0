import type { InputBudget } from './input-budget';

/** What a client that has not authenticated makes us keep: part of its CONNECT, then what it pipelines behind it. */
export class HeldInput {
  bytes = 0;
  private chunks: Buffer[] = [];
  private accounted = 0;

  constructor(private readonly budget: InputBudget) {}

  add(chunk: Buffer): void {
    // a copy, because the chunk may be a small part of a large read
    this.chunks.push(Buffer.from(chunk));
    this.bytes += chunk.length;
  }

  /** Says what is kept now; false: all clients together keep too much. */
  account(bytes: number): boolean {
    this.budget.halfOpenBytes += bytes - this.accounted;
    this.accounted = bytes;
    return bytes === 0 || !this.budget.halfOpenExhausted;
  }

  /** Gives the chunks away and keeps nothing. */
  take(): readonly Buffer[] {
    const { chunks } = this;
    this.chunks = [];
    this.bytes = 0;
    this.account(0);
    return chunks;
  }
}
