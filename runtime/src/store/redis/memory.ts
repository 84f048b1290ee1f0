import { HIGH_WATER } from '../contract';
import type { Connection } from './connection';

/** About what an entry takes beside its payload; the scripts use the same figure. */
const ENTRY_BYTES = 200;

export interface Usage {
  readonly usedBytes: number;
  readonly limitBytes: number | null;
}

/** Of the whole server, for a storage that has it to itself. */
export async function serverUsage(connection: Connection): Promise<Usage> {
  const info = String(await connection.call('INFO', 'memory'));
  const value = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  return { usedBytes: value('used_memory'), limitBytes: value('maxmemory') || null };
}

/** Of one storage, which shares its server with others (E6): its messages, and what `side` counts. */
export function storageUsage(messages: number, payloadBytes: number, sideBytes: number, limitBytes: number): Usage {
  return { usedBytes: payloadBytes + messages * ENTRY_BYTES + sideBytes, limitBytes };
}

/** Parts of a storage's bound that what is no message may take, so that most of it is left for messages whatever is noted and handed out. */
const PARTS = {
  /** Each of the four. */
  journal: 0.05,
  /** Series of reports. */
  expendable: 0.05,
  /** Device credentials and other named records, */
  records: 0.25,
  /** which revoked tokens and log-ins find room beside. */
  vital: 0.35,
};
/** Of each journal, and of series, while messages would have to go for want of room. */
const PART_UNDER_PRESSURE = 0.01;

/** What a storage keeps that is no message: traces, series, credentials. */
export class SidePart {
  /** As known last. */
  bytes = 0;

  constructor(private readonly limitBytes: () => number | null) {}

  /** 0: none. */
  bound(what: keyof typeof PARTS): number {
    return Math.floor((this.limitBytes() ?? 0) * PARTS[what]);
  }

  /** What is left for messages; null: as much as the server has. At least one byte, because 0 is no bound. */
  leftForMessages(): number | null {
    const limit = this.limitBytes();
    return limit === null ? null : Math.max(1, limit - this.bytes);
  }

  async read(connection: Connection, prefix: string): Promise<number> {
    const flat = ((await connection.call('HGETALL', `${prefix}side`)) as Buffer[]).map(String);
    this.bytes = flat.reduce((sum, field, i) => (i % 2 === 0 && field[1] === ':' ? sum + Math.max(0, Number(flat[i + 1])) : sum), 0);
    return this.bytes;
  }
}

export function boundUnderPressure(limitBytes: number): number {
  return Math.floor(limitBytes * PART_UNDER_PRESSURE);
}

export function bytesToFree({ usedBytes, limitBytes }: Usage): number {
  return limitBytes === null ? 0 : Math.max(0, Math.ceil(usedBytes - limitBytes * HIGH_WATER));
}
