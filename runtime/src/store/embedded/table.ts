import type { Database } from 'lmdb';
import { behind } from './keys';

export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** One table of lmdb with binary keys and values. Reads inside a step see what the step wrote. */
export class Table {
  constructor(private readonly db: Database<Buffer, Buffer>) {}

  get(key: Buffer): Buffer | undefined {
    return this.db.getBinary(key);
  }

  /** Without a copy: the value is valid until the next read. */
  peek(key: Buffer): Buffer | undefined {
    return this.db.getBinaryFast(key);
  }

  has(key: Buffer): boolean {
    return this.db.getBinaryFast(key) !== undefined;
  }

  put(key: Buffer, value: Buffer): void {
    void this.db.put(key, value);
  }

  remove(key: Buffer): void {
    void this.db.remove(key);
  }

  /** From `start` (included) to `end` (excluded), ascending. */
  *entries(start: Buffer, end: Buffer | undefined, limit: number): Generator<Entry, void> {
    for (const { key, value } of this.db.getRange({ start, end, limit })) yield { key, value };
  }

  keys(start: Buffer, end: Buffer | undefined, limit: number): Buffer[] {
    return Array.from(this.db.getKeys({ start, end, limit }));
  }

  /** All entries whose key begins with the prefix, read at once so that the caller may change the table meanwhile. */
  withPrefix(prefix: Buffer, limit = Infinity): Entry[] {
    return Array.from(this.entries(prefix, behind(prefix), limit));
  }

  /** The greatest entry at or below `start` and above `floor`. */
  lastAtOrBelow(start: Buffer, floor: Buffer): Entry | undefined {
    for (const { key, value } of this.db.getRange({ start, end: floor, limit: 1, reverse: true })) return { key, value };
    return undefined;
  }

  putJson(key: Buffer, value: unknown): void {
    this.put(key, Buffer.from(JSON.stringify(value)));
  }

  getJson<T>(key: Buffer): T | undefined {
    const value = this.get(key);
    return value === undefined ? undefined : (JSON.parse(value.toString()) as T);
  }
}
