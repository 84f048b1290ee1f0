import type { QoS, StoredMessage } from '../contract';
import { hasWildcard, matches } from '../../topics/match';
import type { Connection } from './connection';

/** Topics looked at in one round trip. */
const PAGE = 500;

/**
 * Retained messages lie apart from the logs: a hash topic → record, and a sorted set of the topics, which gives those below
 * a literal prefix. Record: id f64, properties u8 (1, 2: QoS; 4: clean session), log u8 + text, sender u16 + text, payload.
 */
export async function readRetained(connection: Connection, prefix: string, filter: string, limit: number): Promise<StoredMessage[]> {
  const found: StoredMessage[] = [];
  if (!hasWildcard(filter)) {
    const record = (await connection.call('HGET', `${prefix}ret`, filter)) as Buffer | null;
    return record === null || limit < 1 ? [] : [decode(filter, record)];
  }
  const literal = literalPrefix(filter);
  // No UTF-8 text holds the byte 0xff.
  const end = literal === '' ? '+' : Buffer.concat([Buffer.from(`(${literal}`), Buffer.from([0xff])]);
  let start: string = literal === '' ? '-' : `[${literal}`;
  while (found.length < limit) {
    const topics = ((await connection.call('ZRANGEBYLEX', `${prefix}retn`, start, end, 'LIMIT', 0, PAGE)) as Buffer[]).map(String);
    const hits = topics.filter((topic) => matches(filter, topic)).slice(0, limit - found.length);
    if (hits.length > 0) {
      const records = (await connection.call('HMGET', `${prefix}ret`, ...hits)) as (Buffer | null)[];
      records.forEach((record, i) => record !== null && found.push(decode(hits[i]!, record)));
    }
    if (topics.length < PAGE) break;
    start = `(${topics.at(-1)!}`;
  }
  return found;
}

/** `a/b/+/c` → `a/b/`; `a/#` → `a`, because `a` itself matches too. */
function literalPrefix(filter: string): string {
  const levels = filter.split('/');
  const wild = levels.findIndex((level) => level === '+' || level === '#');
  const literal = levels.slice(0, wild).join('/');
  return levels[wild] === '#' || wild === 0 ? literal : `${literal}/`;
}

function decode(topic: string, record: Buffer): StoredMessage {
  const properties = record[8]!;
  const logEnd = 10 + record[9]!;
  const clientEnd = logEnd + 2 + record.readUInt16BE(logEnd);
  return {
    id: record.readDoubleBE(0),
    log: record.toString('utf8', 10, logEnd),
    topic,
    payload: record.subarray(clientEnd),
    qos: (properties & 3) as QoS,
    cleanSession: (properties & 4) !== 0,
    clientId: record.toString('utf8', logEnd + 2, clientEnd),
  };
}
