import type { PageBound, QoS, RetainedPage, StoredMessage } from '../contract';
import { hasWildcard, matches } from '../../topics/match';
import type { Connection } from './connection';
import { scripts } from './scripts';

/** Topics looked at for one page, and their bytes: under open admission a topic may be long. */
const TOPICS = 500;
const TOPIC_BYTES = 256 * 1024;

/**
 * Retained messages lie apart from the logs: a hash topic → record, and a sorted set of the topics, which gives those below
 * a literal prefix. Record: id f64, properties u8 (1, 2: QoS; 4: clean session), log u8 + text, sender u16 + text, payload.
 * A page goes on after a topic.
 */
export async function readRetained(
  connection: Connection, prefix: string, filter: string, after: string | null, page: PageBound,
): Promise<RetainedPage> {
  if (!hasWildcard(filter)) {
    const record = (await connection.call('HGET', `${prefix}ret`, filter)) as Buffer | null;
    return { messages: record === null ? [] : [decode(filter, record)], next: null };
  }
  const literal = literalPrefix(filter);
  // No UTF-8 text holds the byte 0xff.
  const end = literal === '' ? '+' : Buffer.concat([Buffer.from(`(${literal}`), Buffer.from([0xff])]);
  const start = after !== null ? `(${after}` : literal === '' ? '-' : `[${literal}`;
  const [last, ...found] = (await connection.script(scripts.retainedTopics, prefix, start, end, TOPICS, TOPIC_BYTES)) as [number, ...Buffer[]];
  const topics = found.map(String);
  const hits = topics.filter((topic) => matches(filter, topic)).slice(0, page.messages);
  const records = hits.length === 0 ? [] : (await connection.script(scripts.readRetained, prefix, page.bytes, ...hits)) as (Buffer | null)[];
  const messages = records.flatMap((record, i) => (record === null ? [] : [decode(hits[i]!, record)]));
  // what was looked at to the end: all of it, or up to the last hit that was read
  const cut = records.length < hits.length || hits.length === page.messages;
  if (cut) return { messages, next: hits[records.length - 1] ?? after };
  return { messages, next: last === 1 ? null : topics.at(-1)! };
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
