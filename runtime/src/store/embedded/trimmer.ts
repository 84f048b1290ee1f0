import type { TrimPolicy } from '../contract';
import { readOrdered } from './bytes';
import { Clock } from './clock';
import type { IndexChunks } from './index-chunks';
import { KIND, behind, indexKey, kindKey, orderedBytes, u32Bytes } from './keys';
import type { Logs } from './logs';
import { logNumberOf, payloadBytesOf } from './message-codec';
import type { AppendTables } from './appender';

/** Messages, or entries of the index, that one step removes: a step holds the write lock, so it stays short. */
export const TRIM_STEP = 1000;

/** Removes messages and what the index still says of them. Every method is one bounded step. */
export class Trimmer {
  /** The index after which the next sweep goes on. Lost with the process, which only means to begin anew. */
  private swept = 0;

  constructor(private readonly tables: AppendTables, private readonly logs: Logs, private readonly chunks: IndexChunks) {}

  /** The oldest messages that are too old or too many. Ids are times, so age needs no further record. */
  trim({ retentionSeconds, storedMessages }: TrimPolicy, now: number): number {
    const clock = Clock.read(this.tables.state);
    const youngestToGo = Math.floor((now - retentionSeconds * 1000) * 1000);
    const keys: Buffer[] = [];
    const perLog = new Map<number, { messages: number; payloadBytes: number }>();
    let last = 0;
    let bytes = 0;
    let living = 0;
    for (const { key, value } of this.tables.log.entries(orderedBytes(0), undefined, TRIM_STEP)) {
      const id = readOrdered(key, 0);
      if (id > youngestToGo && clock.messages - living <= storedMessages) break;
      last = id;
      keys.push(key);
      const number = logNumberOf(value);
      if (this.logs.name(clock, number) === undefined) continue; // counted when its log was deleted
      living++;
      const size = payloadBytesOf(value);
      bytes += size;
      const counts = perLog.get(number) ?? { messages: 0, payloadBytes: 0 };
      perLog.set(number, { messages: counts.messages + 1, payloadBytes: counts.payloadBytes + size });
    }
    if (keys.length === 0) return 0;
    for (const key of keys) this.tables.log.remove(key);
    for (const [number, gone] of perLog) {
      const counts = this.logs.counts(number);
      this.logs.saveCounts(number, this.logs.name(clock, number)!, { messages: counts.messages - gone.messages, payloadBytes: counts.payloadBytes - gone.payloadBytes });
    }
    clock.messages -= living;
    clock.payloadBytes -= bytes;
    clock.oldestId = last + 1;
    clock.save();
    return living;
  }

  /** Makes a log unreachable at once; `sweepDeadLog` then removes its messages. */
  deleteLog(name: string): number | undefined {
    const clock = Clock.read(this.tables.state);
    const number = this.logs.number(clock, name);
    if (number === undefined) return undefined;
    const counts = this.logs.forget(clock, name, number);
    clock.messages -= counts.messages;
    clock.payloadBytes -= counts.payloadBytes;
    clock.save();
    this.tables.state.put(kindKey(KIND.deadLog, u32Bytes(number)), orderedBytes(clock.oldestId));
    return number;
  }

  /** Walks over one part of the log table and removes what belongs to deleted logs; false: nothing is left to do. */
  sweepDeadLog(): boolean {
    const [dead] = this.tables.state.withPrefix(kindKey(KIND.deadLog), 1);
    if (dead === undefined) return false;
    const number = dead.key.readUInt32BE(1);
    let last: Buffer | undefined;
    let seen = 0;
    const keys: Buffer[] = [];
    for (const { key, value } of this.tables.log.entries(dead.value, undefined, TRIM_STEP)) {
      last = key;
      seen++;
      if (logNumberOf(value) === number) keys.push(key);
    }
    for (const key of keys) this.tables.log.remove(key);
    if (seen < TRIM_STEP) this.tables.state.remove(dead.key);
    else this.tables.state.put(dead.key, orderedBytes(readOrdered(last!, 0) + 1));
    return true;
  }

  /** Entries of the index that no filter holds any more, then those whose messages are gone. */
  sweepIndex(): void {
    const [released] = this.tables.state.withPrefix(kindKey(KIND.releasedIndex), 1);
    if (released !== undefined) {
      const number = released.key.readUInt32BE(1);
      const keys = this.tables.index.keys(indexKey(number, 0), behind(u32Bytes(number)), TRIM_STEP);
      for (const key of keys) this.tables.index.remove(key);
      if (keys.length < TRIM_STEP) this.tables.state.remove(released.key);
      return;
    }
    const { oldestId } = Clock.read(this.tables.state);
    for (let left = TRIM_STEP; left > 0;) {
      const index = this.chunks.indexFrom(this.swept);
      if (index === undefined) {
        this.swept = 0;
        return;
      }
      left -= this.chunks.compact(index, oldestId, TRIM_STEP);
      this.swept = index + 1;
    }
  }
}
