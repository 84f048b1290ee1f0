/** The primary of several workers has no store: it hands on to a worker what needs one, as it comes. */
import http from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from './problem';

/** Above what an operation may take. */
const TIMEOUT_MS = 20_000;

type Port = () => number | null;

/** `ready`, `running`: port of a worker on loopback that can answer, and of one that runs; null: there is none. */
export function addApiForwarding(app: FastifyInstance, ready: Port, running: Port): void {
  forward(app, ['/api/*'], ready);
  // pages come also while the store is away, and say so
  forward(app, ['/', '/console', '/console/*'], running);
}

function forward(app: FastifyInstance, paths: readonly string[], port: Port): void {
  void app.register((api, _options, done) => {
    api.removeAllContentTypeParsers();
    // the worker reads, and bounds, the body
    api.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    for (const path of paths) api.all(path, (request, reply) => {
      const to = port();
      const { raw } = request;
      if (to === null) return refuse(new ProblemError('not-ready', { retryAfter: 1, fix: 'wait until /readyz says that it is ready' }));
      reply.hijack();
      const upstream = http.request({ host: '127.0.0.1', port: to, method: raw.method, path: raw.url, headers: { ...raw.headers, 'x-forwarded-for': forwardedFor(request) }, timeout: TIMEOUT_MS });
      upstream.on('response', (answer) => {
        reply.raw.writeHead(answer.statusCode!, { ...answer.headers, connection: 'close' });
        answer.pipe(reply.raw);
        answer.on('error', () => reply.raw.destroy());
      });
      upstream.on('timeout', () => upstream.destroy(new Error('no answer in time')));
      upstream.on('error', () => {
        if (reply.raw.headersSent) return void reply.raw.destroy();
        const problem = new ProblemError('not-ready', { retryAfter: 1 }, 'the worker that was asked ended; ask again');
        reply.raw.writeHead(problem.status, { 'content-type': 'application/json', 'retry-after': '1', connection: 'close' });
        reply.raw.end(JSON.stringify(problem.body));
      });
      raw.on('aborted', () => upstream.destroy());
      raw.pipe(upstream);
      return reply;

      function refuse(problem: ProblemError) {
        return reply.code(problem.status).header('retry-after', '1').send(problem.body);
      }
    });
    done();
  });
}

/** The worker judges whom of these it believes. */
function forwardedFor({ headers, ip }: FastifyRequest): string {
  const told = headers['x-forwarded-for'];
  return told === undefined ? ip : `${String(told)}, ${ip}`;
}
