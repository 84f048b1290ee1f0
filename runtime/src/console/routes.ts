/** `/console/` on the HTTP port: the pages, which ask the control API for everything else. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { consoleFiles, ENCODINGS, PAGE, type ConsoleFile, type ConsoleFiles, type Encoding } from './files';

export const CONSOLE_PATH = '/console/';

/** What a page of ours may do: load from here and ask here. Nobody frames it, and nothing in it runs that did not come as a file. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'", "object-src 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

const YEAR = 31_536_000;

/** `on`: what the declaration says; null: none was taken in yet. */
export function addConsoleRoutes(app: FastifyInstance, on: () => boolean | null, files: () => ConsoleFiles = consoleFiles): void {
  const there = (reply: FastifyReply): boolean => {
    const declared = on();
    if (declared === null) void reply.code(503).header('retry-after', '1').send({ error: 'the gateway starts' });
    else if (!declared) void reply.code(404).send({ error: 'the console is switched off in the declaration of this instance' });
    return declared === true;
  };
  for (const place of ['/', '/console']) {
    app.get(place, (_request, reply) => (there(reply) ? reply.redirect(CONSOLE_PATH, 302) : reply));
  }
  app.get<{ Params: { '*': string } }>(`${CONSOLE_PATH}*`, (request, reply) => {
    if (!there(reply)) return reply;
    const all = files();
    const file = all.get(request.params['*'] || PAGE);
    void reply.headers(HEADERS);
    if (file !== undefined) return send(file, request, reply);
    return reply.code(404).send({ error: all.size === 0 ? 'the console was not built: run "npm run build"' : 'the console has no such file' });
  });
}

function send({ type, hashed, etag, plain, compressed }: ConsoleFile, { headers }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const encoding = ENCODINGS.find((each) => compressed[each] !== undefined && accepts(headers['accept-encoding'], each));
  const tag = `"${etag}${encoding === undefined ? '' : `-${encoding}`}"`;
  void reply.type(type).headers({ 'cache-control': hashed ? `public, max-age=${YEAR}, immutable` : 'no-cache', etag: tag, vary: 'accept-encoding' });
  if (headers['if-none-match']?.split(',').some((each) => each.trim().replace(/^W\//, '') === tag)) return reply.code(304).send();
  if (encoding === undefined) return reply.send(plain);
  return reply.header('content-encoding', encoding).send(compressed[encoding]);
}

function accepts(header: string | string[] | undefined, encoding: Encoding): boolean {
  return String(header ?? '').split(',').some((part) => {
    const [name, ...parameters] = part.split(';').map((each) => each.trim().toLowerCase());
    return name === encoding && !parameters.some((each) => /^q=0(\.0*)?$/.test(each));
  });
}
