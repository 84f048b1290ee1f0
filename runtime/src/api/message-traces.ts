/** The way of a stored message: who sent it, and which client has it, is being sent it, or is waited for. */
import { Type, type Static } from '@sinclair/typebox';
import { p2pTarget } from '../auth/permissions';
import type { MessageId, Store, StoredMessage } from '../store/contract';
import { deliveriesOf, tracedWhole, type Delivery } from '../trace/deliveries';
import { Recent } from '../trace/recent';
import { isValidFilter, matches } from '../topics/match';
import { mayKnow } from './clients';
import type { Caller, Serving } from './context';
import { onlinePeriods } from './device-traces';
import { operation } from './operation';
import { ProblemError } from './problem';
import { filled, milliseconds, nullable, qos, strict } from './schemas';
import { afterId, mayRead, messageId, messageType, newestOf, range, senderOf, typeOf } from './stored-messages';

/** Deliveries that one answer shows. */
const DELIVERIES = 1_000;
/** A look goes through the sessions of the store: pages that follow a message share it. */
const SHARED_MS = 2_000;
const SHARED_MESSAGES = 20;
type Looks = Recent<MessageId, Awaited<ReturnType<typeof deliveriesOf>>>;
const looks = new WeakMap<Store, Looks>();

const origin = Type.Union([Type.Literal('mqtt'), Type.Literal('api'), Type.Literal('storage')], { description: 'a client, this API, or a backend service by an inbox (S1)' });
const sender = nullable(Type.String({ minLength: 1, description: 'null: no client, or one of another account' }));

const summarized = {
  messageId, topic: filled, type: messageType, qos,
  size: Type.Integer({ minimum: 0, description: 'bytes of the payload' }),
  stored: Type.Boolean({ description: 'false: direct push, which keeps it in memory for a while' }),
};

const summary = Type.Object({ ...summarized, producer: Type.Object({ clientId: sender, at: milliseconds, origin }) }, { $id: 'TracedMessage' });

const delivery = Type.Object({
  clientId: filled,
  state: Type.Union([Type.Literal('waiting'), Type.Literal('sent'), Type.Literal('received'), Type.Literal('acknowledged')], {
    description: 'waiting: kept for a session and not sent yet; sent: on its way, or sent with QoS 0; received: QoS 2, PUBREC came; acknowledged: done',
  }),
  qos,
  at: nullable(Type.Integer({ minimum: 0, description: 'milliseconds since 1970 of the state; null: it was not traced' })),
  sentAt: nullable(milliseconds),
  acknowledgedAt: nullable(milliseconds),
  address: nullable(filled),
  gatewayId: nullable(filled),
}, { $id: 'Delivery' });

const trace = Type.Object({
  ...summarized,
  producer: Type.Object({ clientId: sender, address: nullable(Type.String({ minLength: 1, description: 'of the sender at that time; null: unknown' })), at: milliseconds, origin }),
  deliveries: Type.Array(delivery),
  complete: Type.Boolean({ description: 'false: it may have been sent to others too, which nobody traced; what sessions that are stored have and wait for is told all the same' }),
}, { $id: 'MessageTrace' });

export type TracedMessage = Static<typeof summary>;
export type MessageTraceAnswer = Static<typeof trace>;

export const messageTraceOperations = [
  operation({
    id: 'traceMessage', method: 'GET', path: '/traces/messages/{messageId}', tag: 'traces', summary: 'The way of a message: its sender, and each client that has it, is being sent it, or is waited for',
    params: Type.Object({ messageId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }), status: 200, response: trace, problems: ['message-unknown'],
    async handle({ params: { messageId: id }, caller, serving }) {
      const { store, view } = serving;
      const message = (await store.readMessages(view.logs.map((log) => ({ log, id })))).find((each) => each !== undefined);
      if (message === undefined || !mayRead(serving, caller, message)) throw new ProblemError('message-unknown');
      const { deliveries, complete } = await looksOf(store).get(id, () => deliveriesOf(store, message, p2pTarget(view, message.topic)));
      const known = deliveries.filter(({ clientId }) => mayKnow(serving, caller, clientId));
      const whole = complete && known.length <= DELIVERIES && serving.broker.tracing && await tracedWhole(store, message.id);
      return {
        ...summaryOf(serving, message),
        producer: { ...producerOf(serving, caller, message), address: await addressOf(store, senderOf(serving, caller, message), message.id) },
        deliveries: known.slice(0, DELIVERIES).map(shown), complete: whole,
      };
    },
  }),
  operation({
    id: 'listTracedMessages', method: 'GET', path: '/traces/messages', tag: 'traces', summary: 'Stored messages to trace, newest first: of a parent topic, of a sender or P2P target, of a time; a page may hold fewer than its limit, or none, and still have a next one',
    query: Type.Object({
      topic: Type.Optional(Type.String({ minLength: 1, description: 'a parent topic, or a topic below it, in which `+` and `#` are allowed' })), clientId: Type.Optional(Type.String({ minLength: 1, description: 'that sent it, or that alone it is for' })),
      ...range, after: afterId, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: '100 when left out' })),
    }, strict),
    status: 200, response: Type.Object({ messages: Type.Array(summary), next: nullable(Type.Integer({ minimum: 0 })) }), problems: ['topic-unknown', 'filter-malformed', 'account-denied'],
    async handle({ query: { topic, clientId, limit = 100, ...asked }, caller, serving }) {
      const parent = topic?.split('/')[0];
      if (parent !== undefined && !serving.view.hasTopic(parent)) throw new ProblemError('topic-unknown');
      if (topic !== undefined && !isValidFilter(topic)) throw new ProblemError('filter-malformed');
      if (clientId !== undefined && !mayKnow(serving, caller, clientId)) throw new ProblemError('account-denied', { allowed: 'clients of groups of this account' });
      const wanted = (message: StoredMessage): boolean => mayRead(serving, caller, message) && (topic === parent || matches(topic!, message.topic))
        && (clientId === undefined || message.clientId === clientId || p2pTarget(serving.view, message.topic) === clientId);
      const { messages, next } = await newestOf(serving.store, parent === undefined ? serving.view.logs : [parent], asked, limit, wanted);
      return { messages: messages.map((message) => ({ ...summaryOf(serving, message), producer: producerOf(serving, caller, message) })), next };
    },
  }),
];

function looksOf(store: Store): Looks {
  const known = looks.get(store) ?? new Recent(SHARED_MS, SHARED_MESSAGES);
  looks.set(store, known);
  return known;
}

function summaryOf(serving: Serving, message: StoredMessage): Omit<TracedMessage, 'producer'> {
  const { id, topic, qos: level, payload } = message;
  return { messageId: id, topic, type: typeOf(serving, message), qos: level, size: payload.length, stored: serving.store.engine !== 'none' };
}

function producerOf(serving: Serving, caller: Caller, message: StoredMessage): TracedMessage['producer'] {
  const { id, clientId, fromInbox } = message;
  return { clientId: senderOf(serving, caller, message), at: Math.floor(id / 1_000), origin: fromInbox ? 'storage' : clientId === '' ? 'api' : 'mqtt' };
}

/** From where the sender was online when it sent. */
async function addressOf(store: Store, clientId: string | null, id: MessageId): Promise<string | null> {
  if (clientId === null) return null;
  const at = id / 1_000;
  return (await onlinePeriods(store, clientId)).find(({ from, to }) => from <= at && (to === null || at <= to + 1))?.address ?? null;
}

function shown({ clientId, state, qos: level, sentAt, acknowledgedAt, address, gatewayId }: Delivery): MessageTraceAnswer['deliveries'][number] {
  const at = state === 'acknowledged' ? acknowledgedAt : state === 'waiting' ? null : sentAt;
  return { clientId, state, qos: level, at, sentAt, acknowledgedAt, address, gatewayId };
}
