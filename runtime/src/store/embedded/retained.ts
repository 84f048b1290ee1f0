import type { MessageId, MessageProperties, StoredMessage } from '../contract';
import { hasWildcard, matches } from '../../topics/match';
import { ByteReader, ByteWriter } from './bytes';
import { KIND, behind, kindKey, textKey } from './keys';
import { decodeMessage, encodeMessage } from './message-codec';
import type { Table } from './table';

const writer = new ByteWriter();
/** Longer topics are kept under their hash, apart, because a key is short; they are found by looking at each. */
const LONGEST_PLAIN_TOPIC = 1000;

/** The newest retained message of each topic, with its own copy of the payload, so that trimming the log cannot lose it. */
export class Retained {
  constructor(private readonly state: Table) {}

  /** Inside a step. An empty payload deletes [MQTT-3.3.1-10]. */
  put(id: MessageId, log: string, message: MessageProperties & { readonly payload: Buffer }): void {
    const key = keyOf(message.topic);
    if (message.payload.length === 0) this.state.remove(key);
    else this.state.put(key, writer.start().f64(id).text(log).bytes(encodeMessage(0, message)).end());
  }

  read(filter: string, limit: number): StoredMessage[] {
    if (limit <= 0) return [];
    if (!hasWildcard(filter)) {
      const record = this.state.get(keyOf(filter));
      return record === undefined ? [] : [decode(record)];
    }
    const found: StoredMessage[] = [];
    const prefix = Buffer.from(literalPrefix(filter));
    const start = kindKey(KIND.retained, prefix);
    for (const { key, value } of this.state.entries(start, behind(start), Infinity)) {
      if (matches(filter, key.toString('utf8', 1))) found.push(decode(value));
      if (found.length >= limit) return found;
    }
    for (const { value } of this.state.entries(kindKey(KIND.retainedLong), behind(kindKey(KIND.retainedLong)), Infinity)) {
      const message = decode(value);
      if (matches(filter, message.topic)) found.push(message);
      if (found.length >= limit) break;
    }
    return found;
  }

  /** Inside a step. */
  deleteLog(log: string): void {
    for (const kind of [KIND.retained, KIND.retainedLong]) {
      const keys: Buffer[] = [];
      for (const { key, value } of this.state.entries(kindKey(kind), behind(kindKey(kind)), Infinity)) if (decode(value).log === log) keys.push(key);
      for (const key of keys) this.state.remove(key);
    }
  }
}

/** The levels in front of the first wildcard, without the last slash, because `a/#` matches `a` too. */
function literalPrefix(filter: string): string {
  const levels = filter.split('/');
  return levels.slice(0, levels.findIndex((level) => level === '+' || level === '#')).join('/');
}

function keyOf(topic: string): Buffer {
  return Buffer.byteLength(topic) > LONGEST_PLAIN_TOPIC ? textKey(KIND.retainedLong, topic) : kindKey(KIND.retained, Buffer.from(topic));
}

function decode(record: Buffer): StoredMessage {
  const reader = new ByteReader(record);
  const id = reader.f64();
  const log = reader.text();
  return decodeMessage(id, log, reader.rest());
}
