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

/** Of the messages of one storage, which shares its server with others (E6). */
export function storageUsage(messages: number, payloadBytes: number, limitBytes: number): Usage {
  return { usedBytes: payloadBytes + messages * ENTRY_BYTES, limitBytes };
}

export function bytesToFree({ usedBytes, limitBytes }: Usage): number {
  return limitBytes === null ? 0 : Math.max(0, Math.ceil(usedBytes - limitBytes * HIGH_WATER));
}
