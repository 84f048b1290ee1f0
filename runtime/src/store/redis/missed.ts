import type { MessageId, MissedPage, QoS, SessionKey, StoredMessage } from '../contract';
import type { Connection } from './connection';
import { messageOf, type RawEntry } from './entry';
import { scripts } from './scripts';

/** Granted QoS of what came by P2P: as published, since nobody subscribes to it. */
const AS_PUBLISHED: QoS = 2;
const ID_BYTES = 8 + 1 + 1;
/** Of what a range of the log brings, at least this share must be the session's own, or it is read one by one. */
const DENSE = 0.5;

interface Wanted {
  readonly log: string;
  readonly id: MessageId;
  readonly granted: QoS;
}

/**
 * Reads what sessions missed. The script says which messages those are. It also brings them where they lie far apart; but a
 * message that passes through Lua costs Redis five times a plain one, so the pages of a session that was away from most of
 * what is in its logs are read as ranges.
 */
export class MissedReader {
  /** Whether ranges are worth it, by what the pages before were like; a session is read from only by the one that holds it. */
  private readonly dense = new WeakMap<SessionKey, boolean>();

  constructor(
    private readonly connection: Connection,
    private readonly prefix: string,
    private readonly readMessages: (keys: readonly Wanted[]) => Promise<readonly (StoredMessage | undefined)[]>,
  ) {}

  async read(session: SessionKey, after: MessageId, upTo: MessageId, limit: number): Promise<MissedPage> {
    const byRange = this.dense.get(session) === true;
    const reply = await this.connection.script(scripts.readMissed, this.prefix, session.clientId, session.epoch, after, upTo, limit, byRange ? 1 : 0);
    const [next, complete, skipped, ...rest] = reply as [Buffer, number, number, ...unknown[]];
    const page = { next: Math.max(after, Number(next)), complete: complete === 1 };
    if (byRange) {
      const wanted = wantedOf(rest as [Buffer, ...Buffer[]]);
      const messages = await this.ranges(session, wanted);
      return { ...page, messages, skipped: skipped + wanted.length - messages.length };
    }
    // one page is enough for most; only who has more is worth a look at how dense its messages lie
    if (!page.complete && !this.dense.has(session)) this.dense.set(session, true);
    const messages: { message: StoredMessage; qos: QoS }[] = [];
    for (let i = 0; i < rest.length; i += 3) messages.push(granted(messageOf(String(rest[i + 1]), rest[i + 2] as RawEntry), rest[i] as QoS));
    return { ...page, messages, skipped };
  }

  private async ranges(session: SessionKey, wanted: readonly Wanted[]): Promise<{ message: StoredMessage; qos: QoS }[]> {
    const byLog = new Map<string, Wanted[]>();
    for (const each of wanted) {
      const list = byLog.get(each.log);
      if (list === undefined) byLog.set(each.log, [each]);
      else list.push(each);
    }
    const logs = [...byLog];
    const found = new Map<MessageId, StoredMessage>();
    const left: Wanted[] = [];
    const replies = await this.connection.pipeline(logs.map(([log, list]) =>
      ['XRANGE', `${this.prefix}log:${log}`, `${list[0]!.id}-0`, `${list.at(-1)!.id}-0`, 'COUNT', list.length] as const));
    for (const [i, [log, list]] of logs.entries()) {
      const ids = new Set(list.map(({ id }) => id));
      let last = 0;
      for (const entry of replies[i] as RawEntry[]) {
        last = Number.parseInt(entry[0].toString('latin1'), 10);
        if (ids.has(last)) found.set(last, messageOf(log, entry));
      }
      // the range ended before the last one: what lies behind it is read one by one
      if ((replies[i] as RawEntry[]).length === list.length) left.push(...list.filter(({ id }) => id > last));
    }
    if (left.length > wanted.length * (1 - DENSE)) this.dense.set(session, false);
    for (const message of left.length > 0 ? await this.readMessages(left) : []) if (message !== undefined) found.set(message.id, message);
    return wanted.flatMap(({ id, granted: qos }) => {
      const message = found.get(id);
      return message === undefined ? [] : [granted(message, qos)];
    });
  }
}

function granted(message: StoredMessage, qos: number): { message: StoredMessage; qos: QoS } {
  return { message, qos: Math.min(message.qos, qos, AS_PUBLISHED) as QoS };
}

/** `read-missed.lua` describes it. */
function wantedOf([packed, ...logs]: readonly [Buffer, ...Buffer[]]): Wanted[] {
  const names = logs.map(String);
  const wanted: Wanted[] = [];
  for (let at = 0; at < packed.length; at += ID_BYTES) {
    wanted.push({ id: packed.readDoubleBE(at), granted: packed[at + 8] as QoS, log: names[packed[at + 9]!]! });
  }
  return wanted;
}
