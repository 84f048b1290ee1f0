import type { MessageId, MissedPage, QoS, SessionKey, StoredMessage } from '../contract';
import { readOrdered, writeOrdered } from './bytes';
import { Clock } from './clock';
import { indexKey, orderedBytes } from './keys';
import type { Logs } from './logs';
import { decodeMessage, logNumberOf } from './message-codec';
import type { Sessions } from './sessions';
import type { AppendTables } from './appender';

/** A page of the log in id order. */
export interface LogPage {
  readonly messages: readonly StoredMessage[];
  readonly position: MessageId;
  readonly end: boolean;
}

/** One index that a session reads, with what it granted. */
interface Source {
  readonly index: number;
  readonly after: MessageId;
  readonly qos: QoS;
}

const P2P_QOS: QoS = 2; // nobody subscribes to P2P, so nothing lowers the publisher's QoS
const NO_UPPER = 2 ** 53 - 1;
const TAIL_ENTRIES = 1000;
const TAIL_BYTES = 2 ** 20;

/** Everything that reads messages. Each method is one snapshot. */
export class MessageReader {
  private readonly key = Buffer.allocUnsafeSlow(8);

  constructor(private readonly tables: AppendTables, private readonly logs: Logs, private readonly sessions: Sessions) {}

  message(clock: Clock, id: MessageId, log?: string): StoredMessage | undefined {
    writeOrdered(id, this.key, 0);
    const record = this.tables.log.get(this.key);
    if (record === undefined) return undefined;
    const name = this.logs.name(clock, logNumberOf(record));
    return name === undefined || (log !== undefined && name !== log) ? undefined : decodeMessage(id, name, record);
  }

  /** What lies behind the position in the followed logs; reads on over the others. */
  page(position: MessageId, followed: ReadonlySet<string>): LogPage {
    const clock = Clock.read(this.tables.state);
    if (clock.lastId <= position) return { messages: [], position, end: true };
    if (followed.size === 0) return { messages: [], position: clock.lastId, end: true };
    const messages: StoredMessage[] = [];
    let last = position;
    let bytes = 0;
    let seen = 0;
    for (const { key, value } of this.tables.log.entries(orderedBytes(position + 1), undefined, TAIL_ENTRIES)) {
      last = readOrdered(key, 0);
      const name = this.logs.name(clock, logNumberOf(value));
      if (name !== undefined && followed.has(name)) messages.push(decodeMessage(last, name, value));
      seen++;
      bytes += value.length;
      if (bytes >= TAIL_BYTES) break;
    }
    const end = seen < TAIL_ENTRIES && bytes < TAIL_BYTES;
    return { messages, position: end ? clock.lastId : last, end };
  }

  missed(session: SessionKey, after: MessageId, upTo: MessageId, limit: number): MissedPage {
    const head = this.sessions.heldOrFenced(session);
    const clock = Clock.read(this.tables.state);
    // Entries of the index outlive the messages that trimming took; they are all older than this.
    const floor = Math.max(after, clock.oldestId - 1);
    const sources: Source[] = this.sessions.subscriptions(session.clientId).filter((s) => s.index > 0)
      .map((s) => ({ index: s.index, after: Math.max(floor, s.since), qos: s.qos }));
    if (head.p2pIndex > 0) sources.push({ index: head.p2pIndex, after: floor, qos: P2P_QOS });
    const messages: { message: StoredMessage; qos: QoS }[] = [];
    let next = after;
    while (messages.length < limit) {
      const wanted = limit - messages.length;
      const granted = new Map<MessageId, QoS>();
      for (const source of sources) {
        for (const id of this.ids(source.index, Math.max(source.after, next), upTo, wanted)) {
          const other = granted.get(id);
          if (other === undefined || other < source.qos) granted.set(id, source.qos);
        }
      }
      // Each source gave its first `wanted` ids, so the first `wanted` of their union are certain.
      const ids = [...granted.keys()].sort((a, b) => a - b).slice(0, wanted);
      for (const id of ids) {
        const message = this.message(clock, id);
        if (message !== undefined) messages.push({ message, qos: Math.min(message.qos, granted.get(id)!) as QoS });
      }
      if (granted.size < wanted) return { messages, next: Math.max(after, upTo), complete: true };
      next = ids.at(-1)!;
    }
    return { messages, next, complete: !this.anyAfter(sources, next, upTo) };
  }

  private anyAfter(sources: readonly Source[], next: MessageId, upTo: MessageId): boolean {
    return sources.some((source) => this.ids(source.index, Math.max(source.after, next), upTo, 1).length > 0);
  }

  /** Ids of one index above `after`, at or below `upTo`, ascending, at most `limit`. */
  private ids(index: number, after: MessageId, upTo: MessageId, limit: number): MessageId[] {
    const found: MessageId[] = [];
    if (after >= upTo) return found;
    // The chunk that begins at or below `after` may reach beyond it.
    const first = this.tables.index.lastAtOrBelow(indexKey(index, after), indexKey(index, 0));
    const start = first?.key ?? indexKey(index, after + 1);
    for (const { key, value } of this.tables.index.entries(start, indexKey(index, Math.min(upTo + 1, NO_UPPER)), Infinity)) {
      const base = readOrdered(key, 4);
      for (let at = 0; at < value.length; at += 4) {
        const id = base + value.readUInt32BE(at);
        if (id > upTo || found.length >= limit) return found;
        if (id > after) found.push(id);
      }
      if (found.length >= limit) return found;
    }
    return found;
  }
}
