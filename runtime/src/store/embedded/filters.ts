import { hasWildcard } from '../../topics/match';
import { ByteWriter } from './bytes';
import type { Clock } from './clock';
import { KIND, kindKey, textKey, u32Bytes } from './keys';
import type { Table } from './table';
import { TrieCache } from './trie-cache';

const writer = new ByteWriter();

/**
 * Filters that some persistent session holds with QoS > 0, counted. Each has a number under which the index lists its
 * messages. A filter without holders has no index: its number goes to the released ones and is never used again.
 */
export class Filters {
  private readonly wildcards: TrieCache;

  constructor(private readonly state: Table) {
    this.wildcards = new TrieCache(state, { member: KIND.wildcard, change: KIND.wildcardChange, epoch: 'wildcardEpoch' });
  }

  /** Inside a step: one more holder. */
  acquire(clock: Clock, filter: string): number {
    const key = textKey(KIND.filter, filter);
    const known = this.entry(key);
    const entry = known ?? { number: clock.nextIndex++, holders: 0 };
    this.state.put(key, writer.start().u32(entry.number).u32(entry.holders + 1).end());
    if (known === undefined) {
      if (hasWildcard(filter)) this.wildcards.add(clock, filter, entry.number);
      else clock.exactFilters++;
    }
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
    if (hasWildcard(filter)) this.wildcards.remove(clock, filter, entry.number);
    else clock.exactFilters--;
    releaseIndex(this.state, entry.number);
  }

  /** Calls `visit` with the index of each filter that matches; each once. */
  match(clock: Clock, topic: string, visit: (index: number) => void): void {
    if (clock.exactFilters > 0) {
      const exact = this.state.peek(textKey(KIND.filter, topic));
      if (exact !== undefined) visit(exact.readUInt32BE(0));
    }
    this.wildcards.match(clock, topic, visit);
  }

  /** After a step that was undone. */
  invalidate(): void {
    this.wildcards.invalidate();
  }

  private entry(key: Buffer): { number: number; holders: number } | undefined {
    const record = this.state.get(key);
    return record && { number: record.readUInt32BE(0), holders: record.readUInt32BE(4) };
  }
}

/** Inside a step: nobody reads this index any more; trimming deletes its entries. */
export function releaseIndex(state: Table, number: number): void {
  state.put(kindKey(KIND.releasedIndex, u32Bytes(number)), Buffer.from([1]));
}
