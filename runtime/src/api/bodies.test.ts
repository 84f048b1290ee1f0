import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Bodies } from './bodies';
import { ProblemError } from './problem';

const [LIMIT, MOST] = [1_000, 1_500];
const CHUNKED = { 'transfer-encoding': 'chunked' };
let app: FastifyInstance;
/** Requests that an operation works on, until they are let go. */
let working: (() => void)[] = [];

beforeAll(async () => {
  const bodies = new Bodies(MOST);
  app = Fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: FastifyRequest, stream: Readable) => bodies.read(request, stream));
  app.setErrorHandler((error: FastifyError, _request, reply) => (error instanceof ProblemError ? reply.code(error.status).send(error.body) : reply.send(error)));
  app.post('/', {
    onRequest: async (request, reply) => bodies.expect(request, reply, LIMIT),
    handler: (request, reply) => bodies.during(request, async () => {
      if (request.headers['x-wait']) await new Promise<void>((resolve) => working.push(resolve));
      return reply.send({ bytes: (request.body as Buffer).length });
    }),
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => app.close());

/** `end` false: nothing more comes, and the body is not over. */
function post(body: string, headers: http.OutgoingHttpHeaders, end = true): { readonly request: http.ClientRequest; readonly answer: Promise<object> } {
  const request = http.request({ method: 'POST', port: (app.server.address() as AddressInfo).port, host: '127.0.0.1', agent: false, headers: { 'content-type': 'text/plain', ...headers } });
  const answer = new Promise<object>((resolve, reject) => {
    request.on('error', reject).on('response', (response) => {
      let text = '';
      response.on('data', (chunk) => { text += String(chunk); }).on('end', () => resolve({ status: response.statusCode, ...JSON.parse(text) as object }));
    });
  });
  if (end) request.end(body);
  else if (body === '') request.flushHeaders();
  else request.write(body);
  return { request, answer };
}

const sized = (bytes: number) => ({ 'content-length': bytes });

it('a length above the limit is refused before the body comes', async () => {
  const { request, answer } = post('', sized(LIMIT + 1), false);
  expect(await answer).toMatchObject({ status: 413, code: 'body-too-large', allowed: '1000 bytes' });
  request.destroy();
});

it('the limit holds without a length too', async () => {
  expect(await post('x'.repeat(LIMIT + 1), CHUNKED).answer).toMatchObject({ status: 413, code: 'body-too-large' });
  expect(await post('x'.repeat(LIMIT), CHUNKED).answer).toEqual({ status: 200, bytes: LIMIT });
});

it('bodies side by side are bounded together, and those that are done do not count', async () => {
  const full = { status: 503, code: 'not-ready' };
  const held = post('x'.repeat(LIMIT), { ...sized(LIMIT), 'x-wait': '1' });
  await expect.poll(() => working.length).toBe(1);
  expect(await post('x'.repeat(LIMIT), sized(LIMIT)).answer).toMatchObject(full);
  expect(await post('x'.repeat(MOST - LIMIT), sized(MOST - LIMIT)).answer).toMatchObject({ status: 200 });
  // its client goes: the operation still has the body
  held.answer.catch(() => undefined);
  held.request.destroy();
  await expect.poll(async () => new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count)))).toBe(0);
  expect(await post('x'.repeat(LIMIT), sized(LIMIT)).answer).toMatchObject(full);
  for (const done of working) done();
  working = [];
  await expect.poll(() => post('x'.repeat(LIMIT), sized(LIMIT)).answer).toMatchObject({ status: 200 });
});

it('a body whose client goes before its end does not count for ever', async () => {
  const cut = post('x'.repeat(LIMIT - 1), sized(LIMIT), false);
  cut.answer.catch(() => undefined);
  await expect.poll(() => post('x'.repeat(LIMIT), sized(LIMIT)).answer).toMatchObject({ status: 503 });
  cut.request.destroy();
  await expect.poll(() => post('x'.repeat(LIMIT), sized(LIMIT)).answer).toMatchObject({ status: 200 });
});
