import type { LogPage, LogRange, MessageId, MissedPage, PageBound, QoS, SessionKey, StoredMessage } from '../contract';
import { isShare } from '../../topics/share';
import type { LogPage as TailPage } from '../shared/paged-tail';
import { readOrdered, writeOrdered } from './bytes';
import { Clock } from './clock';
import type { IndexChunks } from './index-chunks';
import { orderedBytes } from './keys';
import type { Logs } from './logs';
import { decodeMessage, logNumberOf } from './message-codec';
import type { Sessions } from './sessions';
import type { AppendTables } from './appender';

/** One index that a session reads, with what it granted. */
interface Source {
  readonly index: number;
  readonly after: MessageId;
  readonly qos: QoS;
}

const P2P_QOS: QoS = 2; // nobody subscribes to P2P, so nothing lowers the publisher's QoS
const TAIL_ENTRIES = 1000;
const TAIL_BYTES = 2 ** 20;
/** Messages of all logs that one page of a log looks at. */
const LOG_ENTRIES = 5_000;

/** Everything that reads messages. Each method is one snapshot. */
export class MessageReader {
  private readonly key = Buffer.allocUnsafeSlow(8);

  constructor(
    private readonly tables: AppendTables, private readonly logs: Logs, private readonly sessions: Sessions, private readonly chunks: IndexChunks) {}

  message(clock: Clock, id: MessageId, log?: string): StoredMessage | undefined {
    writeOrdered(id, this.key, 0);
    const record = this.tables.log.get(this.key);
    if (record === undefined) return undefined;
    const name = this.logs.name(clock, logNumberOf(record));
    return name === undefined || (log !== undefined && name !== log) ? undefined : decodeMessage(id, name, record);
  }

  /** What lies behind the position in the followed logs; reads on over the others. */
  page(position: MessageId, followed: ReadonlySet<string>): TailPage {
    const clock = Clock.read(this.tables.state);
    if (clock.lastId <= position) return { messages: [], position };
    if (followed.size === 0) return { messages: [], position: clock.lastId };
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
    return { messages, position: end ? clock.lastId : last };
  }

  /** All logs share one table, so a page looks over the messages of the others. */
  log(name: string, { after, before, newestFirst }: LogRange, bound: PageBound): LogPage {
    const number = this.logs.number(Clock.read(this.tables.state), name);
    if (number === undefined) return { messages: [], next: null };
    const messages: StoredMessage[] = [];
    const range = { start: orderedBytes(after + 1), end: before === null ? undefined : orderedBytes(before), newestFirst, limit: LOG_ENTRIES };
    let bytes = 0;
    let seen = 0;
    for (const { key, value } of this.tables.log.between(range)) {
      const id = readOrdered(key, 0);
      seen++;
      if (logNumberOf(value) === number) {
        const message = decodeMessage(id, name, value);
        messages.push(message);
        bytes += message.payload.length;
      }
      if (messages.length >= bound.messages || bytes >= bound.bytes || seen >= LOG_ENTRIES) return { messages, next: id };
    }
    return { messages, next: null };
  }

  missed(session: SessionKey, after: MessageId, upTo: MessageId, limit: number): MissedPage {
    const head = this.sessions.heldOrFenced(session);
    const clock = Clock.read(this.tables.state);
    const from = (since: MessageId): Source[] => this.sessions.subscriptions(session.clientId).filter((s) => s.index > 0 && !isShare(s.filter))
      .map((s) => ({ index: s.index, after: Math.max(since, s.since), qos: s.qos }))
      .concat(head.p2pIndex > 0 ? { index: head.p2pIndex, after: since, qos: P2P_QOS } : []);
    // Entries of the index outlive the messages that trimming took; they are all older than this.
    const floor = Math.max(after, clock.oldestId - 1);
    const skipped = floor === after ? 0 : this.countOf(from(after), Math.min(upTo, floor));
    const sources = from(floor);
    const messages: { message: StoredMessage; qos: QoS }[] = [];
    let next = after;
    while (messages.length < limit) {
      const wanted = limit - messages.length;
      const granted = new Map<MessageId, QoS>();
      for (const source of sources) {
        for (const id of this.chunks.ids(source.index, Math.max(source.after, next), upTo, wanted)) {
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
      if (granted.size < wanted) return { messages, next: Math.max(after, upTo), complete: true, skipped };
      next = ids.at(-1)!;
    }
    return { messages, next, complete: !this.anyAfter(sources, next, upTo), skipped };
  }

  /** How many messages the sources name up to `upTo`. */
  private countOf(sources: readonly Source[], upTo: MessageId): number {
    const ids = new Set<MessageId>();
    let merged = 0;
    for (const source of sources) {
      const gone = this.chunks.gone(source.index, source.after, upTo);
      merged += gone.merged;
      for (const id of gone.ids) ids.add(id);
    }
    return ids.size + merged;
  }

  private anyAfter(sources: readonly Source[], next: MessageId, upTo: MessageId): boolean {
    return sources.some((source) => this.chunks.ids(source.index, Math.max(source.after, next), upTo, 1).length > 0);
  }
}
