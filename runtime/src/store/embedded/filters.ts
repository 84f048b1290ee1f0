import { hasWildcard } from '../../topics/match';
import { FilterTrie } from '../../topics/trie';
import { ByteReader, ByteWriter } from './bytes';
import type { Clock } from './clock';
import { KIND, kindKey, orderedBytes, textKey, u32Bytes } from './keys';
import type { Table } from './table';

const writer = new ByteWriter();
/** Changes that are kept, so that another process mends its trie instead of building it anew. */
const KEPT_CHANGES = 1024;
const ADDED = 1;
const REMOVED = 0;

/**
 * Filters that some persistent session holds with QoS > 0, counted. Each has a number under which the index lists its
 * messages. A filter without holders has no index: its number goes to the released ones and is never used again.
 */
export class Filters {
  private epoch = -1;
  private trie = new FilterTrie<number>();

  constructor(private readonly state: Table) {}

  /** Inside a step: one more holder. */
  acquire(clock: Clock, filter: string): number {
    const key = textKey(KIND.filter, filter);
    const known = this.entry(key);
    const entry = known ?? { number: clock.nextIndex++, holders: 0 };
    this.state.put(key, writer.start().u32(entry.number).u32(entry.holders + 1).end());
    if (known === undefined) this.changed(clock, ADDED, filter, entry.number);
    return entry.number;
  }

  /** Inside a step: one holder less. */
  release(clock: Clock, filter: string): void {
    const key = textKey(KIND.filter, filter);
    const entry = this.entry(key);
    if (entry === undefined) return;
    if (entry.holders > 1) {
      this.state.put(key, writer.start().u32(entry.number).u32(entry.holders - 1).end());
      return;
    }
    this.state.remove(key);
    this.changed(clock, REMOVED, filter, entry.number);
    releaseIndex(this.state, entry.number);
  }

  /** Calls `visit` with the index of each filter that matches; each once. */
  match(clock: Clock, topic: string, visit: (index: number) => void): void {
    this.refresh(clock);
    if (clock.exactFilters > 0) {
      const exact = this.state.peek(textKey(KIND.filter, topic));
      if (exact !== undefined) visit(exact.readUInt32BE(0));
    }
    if (this.trie.size > 0) this.trie.match(topic, visit);
  }

  /** After a step that was undone: its epochs will be given out again. */
  invalidate(): void {
    this.epoch = -1;
  }

  private entry(key: Buffer): { number: number; holders: number } | undefined {
    const record = this.state.get(key);
    return record && { number: record.readUInt32BE(0), holders: record.readUInt32BE(4) };
  }

  private changed(clock: Clock, change: typeof ADDED | typeof REMOVED, filter: string, number: number): void {
    if (!hasWildcard(filter)) {
      clock.exactFilters += change === ADDED ? 1 : -1;
      return;
    }
    const key = kindKey(KIND.wildcard, u32Bytes(number));
    if (change === ADDED) this.state.put(key, writer.start().text(filter).end());
    else this.state.remove(key);
    clock.wildcardEpoch++;
    this.state.put(changeKey(clock.wildcardEpoch), writer.start().u8(change).u32(number).text(filter).end());
    this.state.remove(changeKey(clock.wildcardEpoch - KEPT_CHANGES));
  }

  private refresh(clock: Clock): void {
    if (clock.wildcardEpoch === this.epoch) return;
    if (this.epoch < 0 || clock.wildcardEpoch < this.epoch || clock.wildcardEpoch - this.epoch > KEPT_CHANGES) this.rebuild();
    else for (let epoch = this.epoch + 1; epoch <= clock.wildcardEpoch; epoch++) this.apply(epoch);
    this.epoch = clock.wildcardEpoch;
  }

  private apply(epoch: number): void {
    const reader = new ByteReader(this.state.get(changeKey(epoch))!);
    const change = reader.u8();
    const number = reader.u32();
    const filter = reader.text();
    if (change === ADDED) this.trie.add(filter, number);
    else this.trie.remove(filter, number);
  }

  private rebuild(): void {
    this.trie = new FilterTrie<number>();
    for (const { key, value } of this.state.withPrefix(kindKey(KIND.wildcard))) this.trie.add(new ByteReader(value).text(), key.readUInt32BE(1));
  }
}

/** Inside a step: nobody reads this index any more; trimming deletes its entries. */
export function releaseIndex(state: Table, number: number): void {
  state.put(kindKey(KIND.releasedIndex, u32Bytes(number)), Buffer.from([1]));
}

function changeKey(epoch: number): Buffer {
  return kindKey(KIND.wildcardChange, orderedBytes(Math.max(0, epoch)));
}
