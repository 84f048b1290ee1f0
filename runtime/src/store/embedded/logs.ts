import { ByteReader, ByteWriter } from './bytes';
import type { Clock } from './clock';
import { KIND, kindKey, textKey, u32Bytes } from './keys';
import type { Table } from './table';

export interface LogCounts {
  messages: number;
  payloadBytes: number;
}

const writer = new ByteWriter();

/** Names of logs and the numbers that stand for them in records. A deleted log's number is never used again. */
export class Logs {
  private epoch = -1;
  private readonly numbers = new Map<string, number>();
  private readonly names = new Map<number, string>();

  constructor(private readonly state: Table) {}

  number(clock: Clock, name: string): number | undefined {
    this.refresh(clock);
    return this.numbers.get(name);
  }

  name(clock: Clock, number: number): string | undefined {
    this.refresh(clock);
    return this.names.get(number);
  }

  /** Inside a step. */
  numberOrNew(clock: Clock, name: string): number {
    const known = this.number(clock, name);
    if (known !== undefined) return known;
    const number = clock.nextLog++;
    this.state.put(textKey(KIND.logNumber, name), u32Bytes(number));
    this.saveCounts(number, name, { messages: 0, payloadBytes: 0 });
    clock.logEpoch++;
    return this.numberInside(clock, name);
  }

  /** Inside a step: forgets the name; the messages under the number are unreachable from then on. */
  forget(clock: Clock, name: string, number: number): LogCounts {
    const counts = this.counts(number);
    this.state.remove(textKey(KIND.logNumber, name));
    this.state.remove(kindKey(KIND.logCounts, u32Bytes(number)));
    clock.logEpoch++;
    return counts;
  }

  counts(number: number): LogCounts {
    const record = this.state.get(kindKey(KIND.logCounts, u32Bytes(number)));
    if (record === undefined) return { messages: 0, payloadBytes: 0 };
    const reader = new ByteReader(record);
    return { messages: reader.f64(), payloadBytes: reader.f64() };
  }

  saveCounts(number: number, name: string, counts: LogCounts): void {
    this.state.put(kindKey(KIND.logCounts, u32Bytes(number)), writer.start().f64(counts.messages).f64(counts.payloadBytes).text(name).end());
  }

  all(): { number: number; name: string; counts: LogCounts }[] {
    return this.state.withPrefix(kindKey(KIND.logCounts)).map(({ key, value }) => {
      const reader = new ByteReader(value);
      const counts = { messages: reader.f64(), payloadBytes: reader.f64() };
      return { number: key.readUInt32BE(1), name: reader.text(), counts };
    });
  }

  private numberInside(clock: Clock, name: string): number {
    this.refresh(clock);
    return this.numbers.get(name)!;
  }

  /** An undone step leaves an epoch behind that a later step reaches too, so a step that failed must call `invalidate`. */
  private refresh(clock: Clock): void {
    if (clock.logEpoch === this.epoch) return;
    this.numbers.clear();
    this.names.clear();
    for (const { number, name } of this.all()) {
      this.numbers.set(name, number);
      this.names.set(number, name);
    }
    this.epoch = clock.logEpoch;
  }

  invalidate(): void {
    this.epoch = -1;
  }
}
