import type { MessageId, MessageProperties, PageBound, RetainedPage, StoredMessage } from '../contract';
import { hasWildcard, matches } from '../../topics/match';
import { ByteReader, ByteWriter } from './bytes';
import { KIND, behind, kindKey, textKey } from './keys';
import { decodeMessage, encodeMessage } from './message-codec';
import type { Table } from './table';

const writer = new ByteWriter();
/** Longer topics are kept under their hash, apart, because a key is short; they are found by looking at each. */
const LONGEST_PLAIN_TOPIC = 1000;
/** Entries looked at for one page. */
const LOOKS = 1000;
const NEXT = Buffer.from([0]);

/** The newest retained message of each topic, with its own copy of the payload, so that trimming the log cannot lose it. */
export class Retained {
  constructor(private readonly state: Table) {}

  /** Inside a step. An empty payload deletes [MQTT-3.3.1-10]. */
  put(id: MessageId, log: string, message: MessageProperties & { readonly payload: Buffer }): void {
    const key = keyOf(message.topic);
    if (message.payload.length === 0) this.state.remove(key);
    else this.state.put(key, writer.start().f64(id).text(log).bytes(encodeMessage(0, message)).end());
  }

  /** A page goes on after a key. */
  read(filter: string, after: string | null, page: PageBound): RetainedPage {
    if (!hasWildcard(filter)) {
      const record = this.state.get(keyOf(filter));
      return { messages: record === undefined ? [] : [decode(record)], next: null };
    }
    const position = after === null ? NEXT : Buffer.concat([Buffer.from(after, 'latin1'), NEXT]);
    const messages: StoredMessage[] = [];
    let [bytes, looks] = [0, 0];
    // ascending, as the position is
    for (const [kind, prefix] of [[KIND.retainedLong, ''], [KIND.retained, literalPrefix(filter)]] as const) {
      const first = kindKey(kind, Buffer.from(prefix));
      const [start, end] = [Buffer.compare(first, position) > 0 ? first : position, behind(first)];
      if (Buffer.compare(start, end) >= 0) continue;
      for (const { key, value } of this.state.entries(start, end, Infinity)) {
        const topic = kind === KIND.retained ? key.toString('utf8', 1) : decode(value).topic;
        if (matches(filter, topic)) {
          messages.push(decode(value));
          bytes += value.length;
        }
        if (messages.length >= page.messages || bytes >= page.bytes || ++looks >= LOOKS) return { messages, next: key.toString('latin1') };
      }
    }
    return { messages, next: null };
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
