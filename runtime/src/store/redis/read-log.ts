import type { LogPage, LogRange, PageBound, StoredMessage } from '../contract';
import type { Connection } from './connection';
import { messageOf, type RawEntry } from './entry';

/** Entries of the first call, before their size is known, and of any. */
const FIRST_STEP = 8;
const LARGEST_STEP = 200;

/** A page of a log. Its entries may be large, so each call asks for as many as are likely to fit what is left of the page. */
export async function readLog(connection: Connection, key: string, log: string, range: LogRange, page: PageBound): Promise<LogPage> {
  const messages: StoredMessage[] = [];
  let bytes = 0;
  let { after, before } = range;
  while (messages.length < page.messages && bytes < page.bytes) {
    const likely = messages.length === 0 ? FIRST_STEP : Math.floor((page.bytes - bytes) / Math.max(1, bytes / messages.length));
    const count = Math.max(1, Math.min(likely, LARGEST_STEP, page.messages - messages.length));
    const [low, high] = [`(${after}-0`, before === null ? '+' : `(${before}-0`];
    const entries = (await (range.newestFirst
      ? connection.call('XREVRANGE', key, high, low, 'COUNT', count)
      : connection.call('XRANGE', key, low, high, 'COUNT', count))) as RawEntry[];
    for (const entry of entries) {
      const message = messageOf(log, entry);
      messages.push(message);
      bytes += message.payload.length;
    }
    const last = messages.at(-1)?.id;
    if (entries.length < count || last === undefined) return { messages, next: null };
    if (range.newestFirst) before = last;
    else after = last;
  }
  return { messages, next: messages.at(-1)?.id ?? null };
}
