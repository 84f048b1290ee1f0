/** Puts the operations on an HTTP server: who asks, what is asked, and what is answered. */
import type { Readable } from 'node:stream';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { EventLog } from '../event-log';
import { EVENTS } from '../events';
import { LoginLimits } from '../console/login-limits';
import { ConsoleSessions, LONGEST_MS } from '../console/sessions';
import { StoreFullError, StoreUnavailableError } from '../store/errors';
import { Authenticator, type Authenticated } from './authenticate';
import { Bodies } from './bodies';
import { checkBody, checkTexts } from './check';
import type { ApiContext, Caller, Serving } from './context';
import { API_PREFIX, openApiDocument } from './openapi';
import { bodyBytesOf, type Operation, type Visit } from './operation';
import { operations } from './operations';
import { ProblemError } from './problem';
import { checkFromConsole, sessionCookie, sessionTokenOf } from './session-cookie';
import { hashBody } from './signing';

/** A request as the hooks hand it on. */
interface Asked {
  caller?: Authenticated;
  serving?: Serving;
}

const HASH_OF_NOTHING = hashBody('');

export function addApiRoutes(app: FastifyInstance, context: ApiContext): void {
  const authenticator = new Authenticator();
  const events = new EventLog(context.logger, context.eventCounts);
  const asked = new WeakMap<FastifyRequest, Asked>();
  const bodies = new Bodies();
  const sessions = new ConsoleSessions(context.store);
  const limits = new LoginLimits(context.store);
  const document = openApiDocument(operations);

  void app.register((api, _options, done) => {
    api.get('/openapi.json', () => document);

    void api.register((signed, _signedOptions, signedDone) => {
      signed.addHook('onRequest', async (request) => {
        const serving = serve(context);
        const { method, url: target } = request.raw as { method: string; url: string };
        const { authorization } = request.headers;
        const token = authorization === undefined ? sessionTokenOf(request) : null;
        if (token !== null) checkFromConsole(request);
        const caller = token === null
          ? await authenticator.authenticate(serving.view, context.store, { method, target, authorization })
          : await authenticator.recognize(serving.view, context.store, sessions, token);
        asked.set(request, { caller, serving });
      });
      takeBodiesAsTheyCome(signed, bodies);
      signed.addHook('preValidation', async (request) => {
        const body = request.body as Buffer | undefined;
        const { bodyHash } = asked.get(request)!.caller!;
        if (bodyHash !== null && bodyHash !== (body === undefined ? HASH_OF_NOTHING : hashBody(body))) throw new ProblemError('body-changed', { fix: 'sign the bytes that are sent' });
        readBody(request);
      });
      for (const operation of operations.filter(({ open }) => !open)) addOperation(signed, operation, asked, bodies, events);
      signedDone();
    });
    void api.register((opened, _openedOptions, openedDone) => {
      takeBodiesAsTheyCome(opened, bodies);
      opened.addHook('preValidation', async (request) => readBody(request));
      for (const operation of operations.filter(({ open }) => open)) addOpenOperation(opened, operation, { context, asked, bodies, sessions, limits, events });
      openedDone();
    });
    api.setErrorHandler((error: FastifyError, request, reply) => refuse(problemOf(error, context), request, reply, asked.get(request), events));
    api.setNotFoundHandler((request, reply) => refuse(new ProblemError('operation-unknown', { fix: `see ${API_PREFIX}/openapi.json` }), request, reply, undefined, events));
    done();
  }, { prefix: API_PREFIX });
}

function addOperation(app: FastifyInstance, operation: Operation, asked: WeakMap<FastifyRequest, Asked>, bodies: Bodies, events: EventLog): void {
  app.route({
    method: operation.method,
    url: operation.path.replace(/\{(\w+)\}/g, ':$1'),
    onRequest: async (request, reply) => bodies.expect(request, reply, bodyBytesOf(operation, asked.get(request)!.serving!.view)),
    handler: async (request, reply) => bodies.during(request, async () => {
      const { caller, serving } = asked.get(request) as Required<Asked>;
      const call = { ...checked(operation, request), caller, serving };
      const answer = await operation.handle(call as never);
      if (operation.changes ?? operation.method !== 'GET') events.write(EVENTS.apiChanged, { operation: operation.id, ...nameOf(caller), ...(call.params as object) });
      return send(operation, answer, reply);
    }),
  });
}

function addOpenOperation(
  app: FastifyInstance, operation: Operation,
  { context, asked, bodies, events, ...keepers }: { context: ApiContext; asked: WeakMap<FastifyRequest, Asked>; bodies: Bodies; sessions: ConsoleSessions; limits: LoginLimits; events: EventLog },
): void {
  app.route({
    method: operation.method,
    url: operation.path,
    onRequest: async (request, reply) => {
      checkFromConsole(request);
      // also when the store is away: who logs out leaves no cookie behind
      if (operation.forgets) void reply.header('set-cookie', sessionCookie(request, '', 0));
      const serving = serve(context);
      asked.set(request, { serving });
      bodies.expect(request, reply, bodyBytesOf(operation, serving.view));
    },
    handler: async (request, reply) => bodies.during(request, async () => {
      const visit: Visit = {
        ...keepers,
        address: request.ip,
        token: sessionTokenOf(request),
        keep: (token) => void reply.header('set-cookie', sessionCookie(request, token, LONGEST_MS)),
        tell: (what, fields) => events.write(what === 'login' ? EVENTS.consoleLogin : EVENTS.consoleLoginRefused, { ...fields, address: request.ip }),
      };
      return send(operation, await operation.handle({ ...checked(operation, request), serving: asked.get(request)!.serving!, visit } as never), reply);
    }),
  });
}

function checked(operation: Operation, { params, query, body }: FastifyRequest) {
  return { params: checkTexts(operation.params, params, 'path'), query: checkTexts(operation.query, query, 'query'), body: checkBody(operation.body, body) };
}

function send({ secret, status }: Operation, answer: unknown, reply: FastifyReply): FastifyReply {
  if (secret) void reply.header('cache-control', 'no-store');
  return reply.code(status).send(answer);
}

/** As they came, so that a hash can be compared; what is no JSON is told by the operation. */
function takeBodiesAsTheyCome(app: FastifyInstance, bodies: Bodies): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: FastifyRequest, stream: Readable) => bodies.read(request, stream));
}

function readBody(request: FastifyRequest): void {
  const body = request.body as Buffer | undefined;
  request.body = body === undefined || body.length === 0 ? undefined : parseJson(body);
}

function nameOf({ keyId, user }: Caller): object {
  return keyId === null ? { user } : { keyId };
}

function serve({ store, usage, credentials, documents, broker, refresh }: ApiContext): Serving {
  const [current, serving] = [documents(), broker()];
  if (current === undefined || serving === undefined) throw new ProblemError('not-ready', { retryAfter: 1, fix: 'wait until /readyz says that it is ready' });
  if (!store.availability.available) throw new ProblemError('store-away', { retryAfter: 1 }, `the store is away: ${store.availability.reason}`);
  return {
    store, usage, credentials, documents: current, broker: serving, refresh,
    // a getter: what an operation changed holds for what it does next
    get view() { return serving.currentView; },
  };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new ProblemError('request-malformed', { allowed: 'JSON in UTF-8' });
  }
}

function problemOf(error: FastifyError, { logger }: ApiContext): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof StoreFullError) return new ProblemError('store-full', {}, error.message);
  if (error instanceof StoreUnavailableError) return new ProblemError('store-away', { retryAfter: 1 }, error.message);
  if (error.statusCode === 413) return new ProblemError('body-too-large');
  if (error.statusCode !== undefined && error.statusCode < 500) return new ProblemError('request-malformed', {}, error.message);
  logger.error({ err: error }, 'the control API failed');
  return new ProblemError('internal-error');
}

function refuse(problem: ProblemError, request: FastifyRequest, reply: FastifyReply, known: Asked | undefined, events: EventLog): FastifyReply {
  events.write(EVENTS.apiRefused, { reason: problem.code, method: request.method, path: request.url.split('?')[0], address: request.ip, ...(known?.caller && nameOf(known.caller)) });
  const { retryAfter } = problem.details;
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  return reply.code(problem.status).send(problem.body);
}
