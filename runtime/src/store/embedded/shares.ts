import type { Share } from '../contract';
import { ByteReader, ByteWriter } from './bytes';
import type { Clock } from './clock';
import { releaseIndex } from './filters';
import { KIND, kindKey, textKey, u32Bytes } from './keys';
import type { Table } from './table';
import { TrieCache } from './trie-cache';

const writer = new ByteWriter();

export interface ShareRecord {
  /** Of the index that is its queue. */
  readonly number: number;
  readonly members: number;
  /** Everything of the queue up to it was handed out. */
  readonly cursor: number;
}

/** Shared subscriptions that have members. They are few beside plain filters, so all of them are in the trie. */
export class Shares {
  private readonly filters: TrieCache;

  constructor(private readonly state: Table) {
    this.filters = new TrieCache(state, { member: KIND.shareFilter, change: KIND.shareChange, epoch: 'shareEpoch' });
  }

  /** Inside a step: one more member; answers the number. */
  join(clock: Clock, share: Share): number {
    const known = this.get(share);
    const record = known ?? { number: clock.nextIndex++, members: 0, cursor: clock.lastId };
    this.put(share, { ...record, members: record.members + 1 });
    if (known === undefined) {
      this.state.putJson(kindKey(KIND.shareName, u32Bytes(record.number)), { log: share.log, name: share.name, filter: share.filter });
      this.filters.add(clock, share.filter, record.number);
    }
    return record.number;
  }

  /** Inside a step: one member less; the queue goes with the last one, and with it what was claimed of it. */
  leave(clock: Clock, share: Share): void {
    const record = this.get(share);
    if (record === undefined) return;
    if (record.members > 1) {
      this.put(share, { ...record, members: record.members - 1 });
      return;
    }
    const number = u32Bytes(record.number);
    this.state.remove(keyOf(share));
    this.state.remove(kindKey(KIND.shareName, number));
    this.filters.remove(clock, share.filter, record.number);
    releaseIndex(this.state, record.number);
    for (const kind of [KIND.claim, KIND.givenBack]) {
      for (const { key } of this.state.withPrefix(kindKey(kind, number))) this.state.remove(key);
    }
  }

  /** Calls `visit` with the queue of each share that takes messages of this topic. */
  match(clock: Clock, topic: string, visit: (number: number) => void): void {
    if (clock.shareEpoch > 0) this.filters.match(clock, topic, visit);
  }

  get(share: Share): ShareRecord | undefined {
    const record = this.state.get(keyOf(share));
    if (record === undefined) return undefined;
    const reader = new ByteReader(record);
    return { number: reader.u32(), members: reader.u32(), cursor: reader.f64() };
  }

  put(share: Share, { number, members, cursor }: ShareRecord): void {
    this.state.put(keyOf(share), writer.start().u32(number).u32(members).f64(cursor).end());
  }

  all(): { number: number; share: Share }[] {
    return this.state.withPrefix(kindKey(KIND.shareName)).map(({ key, value }) => ({ number: key.readUInt32BE(1), share: JSON.parse(value.toString()) as Share }));
  }

  /** After a step that was undone. */
  invalidate(): void {
    this.filters.invalidate();
  }
}

function keyOf({ log, name, filter }: Share): Buffer {
  return textKey(KIND.share, name, filter, log);
}
