/** Sends a message as the storage side does: stored, with a Message ID, before the answer (T5, T8). */
import { Type, type Static } from '@sinclair/typebox';
import { judgePublish } from '../auth/permissions';
import { within } from '../within';
import type { AppendResult } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';
import type { Caller, Serving } from './context';
import { BODY_BYTES, operation } from './operation';
import { ProblemError } from './problem';
import { count, filled, nullable, qos, strict, text } from './schemas';

/** Base64 of the largest payload that can be declared (16 MiB), and what stands around it. */
const SEND_BYTES = 24 * 2 ** 20;
/** Of a payload byte as JSON: an escape such as \u0000; Base64 takes less. */
const BYTES_AS_JSON = 6;
/** Publishers may be held for longer while the store is away; whoever waits for HTTP is told. */
const PATIENCE_MS = 8_000;

const newMessage = Type.Object({
  topic: Type.String({ minLength: 1, description: 'whole topic; with clientId the parent topic' }),
  payload: Type.Unknown({ description: 'a text, unless the encoding is json' }),
  encoding: Type.Optional(Type.Union([Type.Literal('text'), Type.Literal('base64'), Type.Literal('json')], { description: 'of the payload; text when left out' })),
  qos: Type.Optional(qos),
  retain: Type.Optional(Type.Boolean()),
  clientId: Type.Optional(Type.String({ minLength: 1, description: 'P2P: this client alone gets it (T4)' })),
}, strict);

const sent = Type.Object({
  messageId: Type.Integer({ description: 'T8: grows over the whole storage' }),
  topic: filled,
  qos,
  retain: Type.Boolean(),
  clientId: nullable(text),
  payloadBytes: count,
}, { $id: 'SentMessage' });

export type SentMessage = Static<typeof sent>;

export const messageOperations = [
  operation({
    id: 'sendMessage', method: 'POST', path: '/messages', tag: 'messages', summary: 'Sends a message; the answer comes when it is stored, as PUBACK does',
    body: newMessage, bodyBytes: ({ manifest: { limits } }) => Math.min(SEND_BYTES, limits.payloadBytes * BYTES_AS_JSON + BODY_BYTES), status: 201, response: sent,
    problems: ['payload-malformed', 'payload-too-large', 'topic-malformed', 'topic-undeclared', 'topic-publish-denied', 'topic-reserved', 'topic-too-long', 'topic-levels-exceeded', 'p2p-malformed', 'tps-ceiling', 'store-full'],
    async handle({ body, caller, serving }) {
      const topic = body.clientId === undefined ? body.topic : `${body.topic}/p2p/${body.clientId}`;
      const payload = payloadOf(body.payload, body.encoding ?? 'text');
      const level = body.qos ?? 1;
      const { log, p2pClientId } = judge(serving, caller, topic, payload, level);
      const retain = (body.retain ?? false) && p2pClientId === null && serving.view.features.retained;
      const result = await store(serving, { log, topic, payload, qos: level, cleanSession: true, clientId: '', epoch: null, qos2PacketId: null, p2pClientId, retain });
      return { messageId: result.id, topic, qos: level, retain, clientId: p2pClientId, payloadBytes: payload.length };
    },
  }),
];

function payloadOf(payload: unknown, encoding: 'text' | 'base64' | 'json'): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify(payload));
  if (typeof payload !== 'string') throw new ProblemError('payload-malformed', { allowed: `a text for the encoding ${encoding}`, fix: 'send a text, or name the encoding json' });
  if (encoding === 'text') return Buffer.from(payload, 'utf8');
  const bytes = Buffer.from(payload, 'base64');
  // Node takes what it can read and is silent about the rest
  if (bytes.toString('base64') !== payload) throw new ProblemError('payload-malformed', { allowed: 'Base64 with padding', fix: 'encode the payload anew' });
  return bytes;
}

function judge({ view }: Serving, { keyId, user, account }: Caller, topic: string, payload: Buffer, level: 0 | 1 | 2): { log: string; p2pClientId: string | null } {
  // what MQTT itself forbids; a client's packets are checked before they come this far
  if (/[+#\u0000]/.test(topic) || Buffer.from(topic).toString() !== topic) throw new ProblemError('topic-malformed', { allowed: 'a topic without wildcards and U+0000' });
  const verdict = judgePublish(view, { clientId: '', group: null, keyId, account, secretTag: null, ...(user !== null && { administers: true }) }, { topic, payloadBytes: payload.length, qos: level });
  if (!verdict.ok) throw new ProblemError(verdict.refusal.code, {}, verdict.refusal.message);
  return verdict;
}

async function store({ broker }: Serving, request: Parameters<Serving['broker']['send']>[0]): Promise<AppendResult & { ok: true }> {
  const unavailable = broker.unavailable();
  if (unavailable !== null) throw new ProblemError('not-ready', { retryAfter: 1 }, `no message may be sent now: ${unavailable}`);
  const appending = broker.send(request);
  if (appending === null) throw new ProblemError('tps-ceiling', { retryAfter: 1, fix: 'send more slowly, or raise the spec' }); // E5
  const end = await within(PATIENCE_MS, appending.catch((error: unknown) => {
    throw error instanceof StoreUnavailableError ? new ProblemError('store-away', { retryAfter: 1 }, `${error.message}; the message may have been stored all the same`) : error;
  }));
  if (end.late) throw new ProblemError('store-away', { retryAfter: 1 }, 'the store did not answer in time; the message may be stored all the same');
  if (end.value.ok) return end.value;
  throw new ProblemError(end.value.reason === 'full' ? 'store-full' : 'not-ready', {}, end.value.message);
}
