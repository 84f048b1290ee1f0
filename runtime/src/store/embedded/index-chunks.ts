import type { MessageId } from '../contract';
import { readOrdered, writeOrdered } from './bytes';
import { behind, indexKey, u32Bytes } from './keys';
import type { Entry, Table } from './table';

const NO_UPPER = 2 ** 53 - 1;

/** Entries of messages that trimming took which an index keeps one by one; older ones are merged to one. */
const KEPT_GONE = 64;
/**
 * An entry is told by its length: a multiple of 4 is a list of distances from the id in the key. A run, of neighbouring ids, is only
 * how many, because what all messages of a batch match is the usual case; a merged one is how many, and the last of them.
 */
const RUN_BYTES = 5;
const MERGED_BYTES = 13;

/** Lists of message ids by number: what a filter or a P2P target missed, and the queues of shares. */
export class IndexChunks {
  constructor(private readonly table: Table) {}

  /** Inside a step: the ids that one batch gives to this index, ascending. One entry, whatever their number. */
  put(index: number, ids: readonly MessageId[]): void {
    const first = ids[0]!;
    const neighbours = ids.length > 1 && ids.at(-1)! - first === ids.length - 1;
    const value = Buffer.alloc(neighbours ? RUN_BYTES : 4 * ids.length);
    if (neighbours) value.writeUInt32BE(ids.length);
    else for (let i = 0; i < ids.length; i++) value.writeUInt32BE(ids[i]! - first, 4 * i);
    this.table.put(indexKey(index, first), value);
  }

  /** Ids above `after`, at or below `upTo`, ascending, at most `limit`. */
  ids(index: number, after: MessageId, upTo: MessageId, limit: number): MessageId[] {
    const found: MessageId[] = [];
    if (after >= upTo) return found;
    // The chunk that begins at or below `after` may reach beyond it.
    const first = this.table.lastAtOrBelow(indexKey(index, after), indexKey(index, 0));
    const start = first?.key ?? indexKey(index, after + 1);
    for (const { key, value } of this.table.entries(start, indexKey(index, Math.min(upTo + 1, NO_UPPER)), Infinity)) {
      if (isMerged(value)) continue;
      const base = readOrdered(key, 4);
      const count = countOf(value);
      for (let i = 0; i < count; i++) {
        const id = base + distanceOf(value, i);
        if (id > upTo || found.length >= limit) return found;
        if (id > after) found.push(id);
      }
      if (found.length >= limit) return found;
    }
    return found;
  }

  /**
   * Ids of removed messages above `after`, at or below `upTo`, and how many more were merged. The middle of a merged entry
   * is told by its share of the time.
   */
  gone(index: number, after: MessageId, upTo: MessageId): { ids: MessageId[]; merged: number } {
    let merged = 0;
    for (const { key, value } of this.table.entries(indexKey(index, 0), indexKey(index, Math.min(upTo + 1, NO_UPPER)), KEPT_GONE)) {
      if (!isMerged(value)) break; // merged ones are the oldest
      const [first, last, count] = [readOrdered(key, 4), readOrdered(value, 4), value.readUInt32BE(0)];
      if (last > after) merged += first > after ? count : Math.max(1, Math.round(count * (last - after) / (last - first + 1)));
    }
    return { ids: this.ids(index, after, upTo, Infinity), merged };
  }

  /** Inside a step: merges what the index says of messages below `oldest`, but for the newest of it; answers how many entries it read. */
  compact(index: number, oldest: MessageId, limit: number): number {
    const old: Entry[] = [];
    for (const entry of this.table.entries(indexKey(index, 0), behind(u32Bytes(index)), limit)) {
      if (newestOf(entry.key, entry.value) >= oldest) break;
      old.push(entry);
    }
    // Rarely, and then many at once: half of them stay.
    if (old.length > KEPT_GONE) {
      const merged = old.slice(0, old.length - KEPT_GONE / 2);
      for (const { key } of merged.slice(1)) this.table.remove(key);
      this.table.put(merged[0]!.key, mergedFrom(merged));
    }
    return old.length + 1;
  }

  /** The first index at or above `number` that has entries. */
  indexFrom(number: number): number | undefined {
    const [key] = this.table.keys(indexKey(number, 0), undefined, 1);
    return key?.readUInt32BE(0);
  }

  /** Inside a step: removes the chunks that hold nothing above `id`, at most `limit`; answers how many. */
  dropThrough(index: number, id: MessageId, limit: number): number {
    const keys: Buffer[] = [];
    for (const { key, value } of this.table.entries(indexKey(index, 0), behind(u32Bytes(index)), limit)) {
      if (newestOf(key, value) > id) break;
      keys.push(key);
    }
    for (const key of keys) this.table.remove(key);
    return keys.length;
  }
}

function countOf(value: Buffer): number {
  return value.length === RUN_BYTES || isMerged(value) ? value.readUInt32BE(0) : value.length / 4;
}

/** From the id in the key to the one at `i`, in an entry that is not merged. */
function distanceOf(value: Buffer, i: number): number {
  return value.length === RUN_BYTES ? i : value.readUInt32BE(4 * i);
}

function isMerged(value: Buffer): boolean {
  return value.length === MERGED_BYTES;
}

/** The last id of an entry. */
function newestOf(key: Buffer, value: Buffer): MessageId {
  return isMerged(value) ? readOrdered(value, 4) : readOrdered(key, 4) + distanceOf(value, countOf(value) - 1);
}

function mergedFrom(entries: readonly Entry[]): Buffer {
  const last = entries.at(-1)!;
  const value = Buffer.alloc(MERGED_BYTES);
  value.writeUInt32BE(Math.min(0xffff_ffff, entries.reduce((sum, entry) => sum + countOf(entry.value), 0)));
  writeOrdered(newestOf(last.key, last.value), value, 4);
  return value;
}
