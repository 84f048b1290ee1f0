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

  /** Behind every key that there is: pages are filled, not split in halves. */
  append(key: Buffer, value: Buffer): void {
    // lmdb's types leave the options out for tables without versions.
    void this.db.put(key, value, { append: true } as never);
  }

  remove(key: Buffer): void {
    void this.db.remove(key);
  }

  /** From `start` (included) to `end` (excluded), ascending. */
  *entries(start: Buffer, end: Buffer | undefined, limit: number): Generator<Entry, void> {
    for (const { key, value } of this.db.getRange({ start, end, limit })) yield { key, value };
  }

  /** The same, from either end. */
  *between({ start, end, newestFirst, limit }: { start: Buffer; end: Buffer | undefined; newestFirst: boolean; limit: number }): Generator<Entry, void> {
    if (!newestFirst) {
      yield* this.entries(start, end, limit);
      return;
    }
    // backwards lmdb includes where it begins
    for (const { key, value } of this.db.getRange({ ...(end && { start: end }), limit: limit + 1, reverse: true })) {
      if (end !== undefined && key.equals(end)) continue;
      if (key.compare(start) < 0) return;
      yield { key, value };
    }
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

/** Two tables as one: kinds of keys that nearly every step changes have pages of their own, so that a step dirties few. */
export class SplitTable extends Table {
  constructor(db: Database<Buffer, Buffer>, private readonly hot: Table, private readonly hotKinds: ReadonlySet<number>) {
    super(db);
  }

  override get(key: Buffer): Buffer | undefined {
    return this.hotKinds.has(key[0]!) ? this.hot.get(key) : super.get(key);
  }

  override peek(key: Buffer): Buffer | undefined {
    return this.hotKinds.has(key[0]!) ? this.hot.peek(key) : super.peek(key);
  }

  override has(key: Buffer): boolean {
    return this.hotKinds.has(key[0]!) ? this.hot.has(key) : super.has(key);
  }

  override put(key: Buffer, value: Buffer): void {
    if (this.hotKinds.has(key[0]!)) this.hot.put(key, value);
    else super.put(key, value);
  }

  override remove(key: Buffer): void {
    if (this.hotKinds.has(key[0]!)) this.hot.remove(key);
    else super.remove(key);
  }

  /** A range lies within one kind. */
  override *entries(start: Buffer, end: Buffer | undefined, limit: number): Generator<Entry, void> {
    yield* this.hotKinds.has(start[0]!) ? this.hot.entries(start, end, limit) : super.entries(start, end, limit);
  }
}
