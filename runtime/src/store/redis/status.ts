import type { StatusEvent } from '../contract';
import type { Connection } from './connection';
import type { RawEntry } from './entry';

/** Events kept per group, about: Redis trims by whole nodes. */
const KEPT = 10_000;
const CHUNK = 500;

/** Fields of an entry, as backend services read them (S3). */
const FIELDS = ['clientId', 'time', 'eventType', 'channelId', 'clientIp'] as const;

export async function recordStatus(connection: Connection, prefix: string, events: readonly StatusEvent[]): Promise<void> {
  for (let at = 0; at < events.length; at += CHUNK) {
    await connection.pipeline(events.slice(at, at + CHUNK).map((event) =>
      ['XADD', `${prefix}ev:${event.group}`, 'MAXLEN', '~', KEPT, '*', ...FIELDS.flatMap((field) => [field, event[field]])] as const));
  }
}

export async function readStatus(connection: Connection, prefix: string, group: string, limit: number): Promise<StatusEvent[]> {
  const entries = (await connection.call('XREVRANGE', `${prefix}ev:${group}`, '+', '-', 'COUNT', limit)) as RawEntry[];
  return entries.reverse().map(([, fields]) => {
    const values = new Map<string, string>();
    for (let i = 0; i < fields.length; i += 2) values.set(fields[i]!.toString(), fields[i + 1]!.toString());
    const [clientId, time, eventType, channelId, clientIp] = FIELDS.map((field) => values.get(field) ?? '') as [string, string, string, string, string];
    return { group, clientId, time: Number(time), eventType: eventType as StatusEvent['eventType'], channelId, clientIp };
  });
}
