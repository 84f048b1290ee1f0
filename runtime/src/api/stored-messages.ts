/** What a topic holds: its stored messages, page by page, from either end. The same on every gateway (S1, T8). */
import { Type, type Static } from '@sinclair/typebox';
import { p2pTarget } from '../auth/permissions';
import type { LogPage, LogRange, MessageId, Store, StoredMessage } from '../store/contract';
import { isValidFilter, matches } from '../topics/match';
import { mayKnow } from './clients';
import type { Caller, Serving } from './context';
import { operation } from './operation';
import { ProblemError } from './problem';
import { count, filled, milliseconds, nullable, qos, strict } from './schemas';

/** A page ends with the message that passes this: payloads travel as Base64. */
const PAGE_BYTES = 2 ** 20;
/** Where a sub topic matches little, an answer does so much work at most, and says where to go on. */
const READS = 10;

export const messageId = Type.Integer({ minimum: 0, description: 'T8: microseconds since 1970 by the clock of the store, grows over the whole storage' });
export const messageType = Type.Union([Type.Literal('normal'), Type.Literal('p2p')], { description: 'p2p: for one client alone (T4)' });

const stored = Type.Object({
  messageId, topic: filled, type: messageType, qos,
  at: milliseconds,
  clientId: nullable(Type.String({ minLength: 1, description: 'that sent it; null: nobody did, or a client of another account' })),
  payload: Type.String({ description: 'Base64' }),
  payloadBytes: count,
}, { $id: 'StoredMessage' });

const page = Type.Object({
  messages: Type.Array(stored),
  next: nullable(Type.Integer({ minimum: 0, description: 'ask with it as `after` for the next page; null: that was all' })),
  position: Type.Integer({ minimum: 0, description: 'what is stored from now on has a greater Message ID: ask with it as `after` to follow the topic' }),
});

export type StoredMessageAnswer = Static<typeof stored>;
export type StoredMessagePage = Static<typeof page>;

export const range = {
  from: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 43, description: 'milliseconds since 1970: none before' })),
  to: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 43, description: 'milliseconds since 1970: none after' })),
};
export const afterId = Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: '`next` or `position` of an earlier answer' }));

export const storedMessageOperations = [
  operation({
    id: 'listTopicMessages', method: 'GET', path: '/topics/{name}/messages', tag: 'topics', summary: 'Stored messages of a parent topic, page by page; a page may hold fewer than its limit, or none, and still have a next one',
    params: Type.Object({ name: filled }),
    query: Type.Object({
      ...range, after: afterId,
      order: Type.Optional(Type.Union([Type.Literal('oldest'), Type.Literal('newest')], { description: 'which come first; oldest when left out' })),
      subTopic: Type.Optional(Type.String({ minLength: 1, description: 'what stands behind the parent topic; `+` and `#` are allowed' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: '100 when left out' })),
    }, strict),
    status: 200, response: page, problems: ['topic-unknown', 'filter-malformed'],
    async handle({ params: { name }, query: { subTopic, order, limit = 100, ...asked }, caller, serving }) {
      const { store, view } = serving;
      if (!view.hasTopic(name)) throw new ProblemError('topic-unknown');
      const filter = subTopic === undefined ? null : `${name}/${subTopic}`;
      if (filter !== null && !isValidFilter(filter)) throw new ProblemError('filter-malformed');
      const position = await store.lastId(); // before the messages: what comes meanwhile comes again, and nothing is passed over
      const range = rangeOf(asked, order === 'newest');
      const messages: StoredMessage[] = [];
      let next: MessageId | null = null;
      for (let read = 0, bytes = 0; read < READS && messages.length < limit && bytes < PAGE_BYTES; read++) {
        const found = await store.readLog(name, next === null ? range : onFrom(range, next), { messages: limit, bytes: PAGE_BYTES });
        next = found.next;
        for (const message of found.messages) {
          if ((filter !== null && !matches(filter, message.topic)) || !mayRead(serving, caller, message)) continue;
          if (messages.length === limit) {
            next = messages.at(-1)!.id;
            break;
          }
          messages.push(message);
          bytes += message.payload.length;
        }
        if (next === null) break;
      }
      return { messages: messages.map((message) => shown(serving, caller, message)), next, position: Math.max(position, ...messages.map(({ id }) => id)) };
    },
  }),
];

/** Ids are microseconds, so times are ids. */
export function rangeOf({ after, from = 0, to }: { after?: number; from?: number; to?: number }, newestFirst: boolean): LogRange {
  const [oldest, newest] = [from * 1_000 - 1, to === undefined ? null : (to + 1) * 1_000];
  if (!newestFirst) return { after: Math.max(after ?? 0, oldest), before: newest, newestFirst };
  return { after: Math.max(0, oldest), before: after === undefined ? newest : Math.min(after, newest ?? after), newestFirst };
}

export function onFrom(range: LogRange, next: MessageId): LogRange {
  return range.newestFirst ? { ...range, before: next } : { ...range, after: next };
}

/** The newest of several logs that are wanted, in the order of their ids. */
export async function newestOf(store: Store, logs: readonly string[], asked: Parameters<typeof rangeOf>[0], limit: number, wanted: (message: StoredMessage) => boolean): Promise<LogPage> {
  const range = rangeOf(asked, true);
  const found: StoredMessage[] = [];
  let next: MessageId | null = null;
  for (let read = 0; read < READS; read++) {
    const from = next === null ? range : onFrom(range, next);
    const pages = await Promise.all(logs.map((log) => store.readLog(log, from, { messages: limit, bytes: PAGE_BYTES / 4 })));
    // above it every log was read; what one gave below it may have others in between
    const floor = Math.max(0, ...pages.map((page) => page.next ?? 0));
    const batch = pages.flatMap(({ messages }) => messages).filter((message) => message.id >= floor && wanted(message)).sort((a, b) => b.id - a.id);
    found.push(...batch);
    if (found.length >= limit) {
      const more = found.length > limit || floor > 0;
      return { messages: found.slice(0, limit), next: more ? found[limit - 1]!.id : null };
    }
    if (floor === 0) return { messages: found, next: null };
    next = floor;
  }
  return { messages: found, next };
}

/** What is for one client alone, its own account reads. */
export function mayRead(serving: Serving, caller: Caller, { topic }: StoredMessage): boolean {
  const target = p2pTarget(serving.view, topic);
  return target === null || mayKnow(serving, caller, target);
}

/** A sender is told to who may ask for it. */
export function senderOf(serving: Serving, caller: Caller, { clientId }: StoredMessage): string | null {
  return clientId !== '' && mayKnow(serving, caller, clientId) ? clientId : null;
}

export function typeOf({ view }: Serving, { topic }: StoredMessage): 'normal' | 'p2p' {
  return p2pTarget(view, topic) === null ? 'normal' : 'p2p';
}

function shown(serving: Serving, caller: Caller, message: StoredMessage): StoredMessageAnswer {
  const { id, topic, qos: level, payload } = message;
  return {
    messageId: id, topic, type: typeOf(serving, message), qos: level, at: Math.floor(id / 1_000), clientId: senderOf(serving, caller, message),
    payload: payload.toString('base64'), payloadBytes: payload.length,
  };
}
