import { FilterTrie } from '../../topics/trie';
import { ByteReader, ByteWriter } from './bytes';
import type { Clock } from './clock';
import { KIND, kindKey, orderedBytes, u32Bytes } from './keys';
import type { Table } from './table';

const writer = new ByteWriter();
/** Changes that are kept, so that another process mends its trie instead of building it anew. */
const KEPT_CHANGES = 1024;
const ADDED = 1;
const REMOVED = 0;

/** Where a set of filters is kept: its members, its latest changes, and the counter that grows with each change. */
export interface TrieKinds {
  readonly member: typeof KIND.wildcard | typeof KIND.shareFilter;
  readonly change: typeof KIND.wildcardChange | typeof KIND.shareChange;
  readonly epoch: 'wildcardEpoch' | 'shareEpoch';
}

/** Numbered filters in the store with a trie of them in memory, which each process mends when the epoch has moved. */
export class TrieCache {
  private epoch = -1;
  private trie = new FilterTrie<number>();

  constructor(private readonly state: Table, private readonly kinds: TrieKinds) {}

  /** Inside a step. */
  add(clock: Clock, filter: string, number: number): void {
    this.state.put(kindKey(this.kinds.member, u32Bytes(number)), writer.start().text(filter).end());
    this.changed(clock, ADDED, filter, number);
  }

  /** Inside a step. */
  remove(clock: Clock, filter: string, number: number): void {
    this.state.remove(kindKey(this.kinds.member, u32Bytes(number)));
    this.changed(clock, REMOVED, filter, number);
  }

  match(clock: Clock, topic: string, visit: (number: number) => void): void {
    this.refresh(clock);
    if (this.trie.size > 0) this.trie.match(topic, visit);
  }

  /** After a step that was undone: its epochs will be given out again. */
  invalidate(): void {
    this.epoch = -1;
  }

  private changed(clock: Clock, change: typeof ADDED | typeof REMOVED, filter: string, number: number): void {
    const epoch = ++clock[this.kinds.epoch];
    this.state.put(this.changeKey(epoch), writer.start().u8(change).u32(number).text(filter).end());
    this.state.remove(this.changeKey(epoch - KEPT_CHANGES));
  }

  private refresh(clock: Clock): void {
    const now = clock[this.kinds.epoch];
    if (now === this.epoch) return;
    if (this.epoch < 0 || now < this.epoch || now - this.epoch > KEPT_CHANGES) this.rebuild();
    else for (let epoch = this.epoch + 1; epoch <= now; epoch++) this.apply(epoch);
    this.epoch = now;
  }

  private apply(epoch: number): void {
    const reader = new ByteReader(this.state.get(this.changeKey(epoch))!);
    const change = reader.u8();
    const number = reader.u32();
    const filter = reader.text();
    if (change === ADDED) this.trie.add(filter, number);
    else this.trie.remove(filter, number);
  }

  private rebuild(): void {
    this.trie = new FilterTrie<number>();
    for (const { key, value } of this.state.withPrefix(kindKey(this.kinds.member))) this.trie.add(new ByteReader(value).text(), key.readUInt32BE(1));
  }

  private changeKey(epoch: number): Buffer {
    return kindKey(this.kinds.change, orderedBytes(Math.max(0, epoch)));
  }
}
