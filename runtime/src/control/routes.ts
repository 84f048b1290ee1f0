/**
 * The control port of a gateway with direct push (B6): its hand-over reads and replaces the documents here, as it would in a
 * store. Secrets in them are sealed on their way. Whoever has the token may do so, nobody else learns anything.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Type, type Static } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { checkDocument, checkSchema } from '../manifest/check';
import { declaredSinceSchema, madeSchema } from '../manifest/made-schema';
import type { Store } from '../store/contract';
import { StoreConfigurationError, StoreUnavailableError } from '../store/errors';

export interface ControlOptions {
  readonly token: string;
  readonly instanceId: string;
  readonly store: Pick<Store, 'readDocuments' | 'writeDocuments' | 'deleteLog'>;
}

/** Far above a declaration with every limit used up. */
const BODY_LIMIT_BYTES = 16 * 2 ** 20;

const nullableText = Type.Union([Type.String(), Type.Null()]);
const replacementSchema = Type.Object({
  expectedRevision: Type.Integer({ minimum: 0 }),
  next: Type.Object({
    storage: Type.Null(),
    instance: Type.Object({}),
    sealedSecrets: nullableText,
    boundTo: nullableText,
    acceptedHash: nullableText,
    handOver: Type.Union([Type.Null(), Type.Object({
      deletions: Type.Array(Type.String()), generations: Type.Object({ storage: Type.Integer(), instance: Type.Integer() }),
    })]),
    made: Type.Optional(madeSchema),
    declaredSince: Type.Optional(declaredSinceSchema),
  }),
});

export function addControlRoutes(app: FastifyInstance, { token, instanceId, store }: ControlOptions): void {
  void app.register((control, _options, done) => {
    // before the body is read
    control.addHook('onRequest', async (request, reply) => {
      if (!isToken(request.headers.authorization, token)) await reply.code(401).send({ error: 'the control port needs the token of this gateway' });
    });
    control.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
      const code = error instanceof StoreUnavailableError ? 503 : error instanceof StoreConfigurationError ? 507 : (error.statusCode ?? 500);
      return reply.code(code).send({ error: error.message });
    });
    control.get('/documents', () => store.readDocuments());
    control.put('/documents', { bodyLimit: BODY_LIMIT_BYTES }, async ({ body }, reply) => {
      const checked = checkSchema<Static<typeof replacementSchema>>(replacementSchema, body, 'hand-over', true);
      if (!checked.ok) return reply.code(400).send({ error: checked.sentence });
      const { next, expectedRevision } = checked.value;
      const instance = checkDocument('instance', next.instance);
      if (!instance.ok) return reply.code(400).send({ error: instance.sentence });
      if (instance.value.instanceId !== instanceId) {
        return reply.code(400).send({ error: `this gateway serves MQTT instance "${instanceId}", got "${instance.value.instanceId}"` });
      }
      const { sealedSecrets, boundTo, acceptedHash, handOver, made, declaredSince } = next;
      const replaced = { storage: null, instance: instance.value, sealedSecrets, boundTo, acceptedHash, handOver, ...(made && { made }), ...(declaredSince && { declaredSince }) };
      return { written: await store.writeDocuments(replaced, expectedRevision) };
    });
    control.delete<{ Params: { log: string } }>('/logs/:log', async ({ params: { log } }) => {
      await store.deleteLog(log);
      return {};
    });
    done();
  }, { prefix: '/control' });
}

/** Takes constant time, whatever was sent. */
function isToken(header: string | undefined, token: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(header ?? ''), hash(`Bearer ${token}`));
}
