/** The OpenAPI 3.1 document, made from the operations: its schemas are those that requests and answers are checked by. */
import type { TObject, TSchema } from '@sinclair/typebox';
import { version } from '../../package.json';
import type { Operation } from './operation';
import { problemSchema, statusOf, type ProblemCode } from './problem';
import { CONSOLE_HEADER, SESSION_COOKIE } from './session-cookie';
import { SCHEME } from './signing';

/** What every operation may answer. */
const ALWAYS: readonly ProblemCode[] = [
  'request-unsigned', 'authorization-malformed', 'timestamp-outside-tolerance', 'request-signature-wrong', 'nonce-used', 'secret-well-known', 'access-denied',
  'console-session-ended', 'console-header-missing', 'origin-foreign', 'rate-exceeded', 'request-malformed', 'not-ready', 'store-away', 'internal-error',
];
/** Of those that write. */
const WHEN_CHANGING: readonly ProblemCode[] = ['store-full'];
/** And one that anybody may ask. */
const OPEN_ALWAYS: readonly ProblemCode[] = ['origin-foreign', 'request-malformed', 'not-ready', 'store-away', 'internal-error'];
const WITH_BODY: readonly ProblemCode[] = ['body-changed', 'body-too-large'];

const FROM_CONSOLE = { name: CONSOLE_HEADER, in: 'header', required: true, schema: { type: 'string', const: '1' }, description: 'which a page of somebody else cannot send' };

const NO_STORE = { 'Cache-Control': { schema: { type: 'string', const: 'no-store' } } };

/** Of operations that nobody signs: logging in needs nothing, logging out takes whatever session there is. */
const SECURITY_OF_OPEN = { GET: [{ consoleSession: [] }], POST: [], DELETE: [{ consoleSession: [] }, {}] } as const;

export const API_PREFIX = '/api/v1';

/** Whatever an operation may answer. */
export function problemsOf({ method, open, body, problems }: Operation): ProblemCode[] {
  const changes = method !== 'GET';
  const always = open ? [...OPEN_ALWAYS, ...(changes ? ['console-header-missing' as const] : []), ...(body ? ['body-too-large' as const] : [])] : [...ALWAYS, ...(body ? WITH_BODY : [])];
  return [...new Set([...always, ...(changes ? WHEN_CHANGING : []), ...problems])];
}

export function openApiDocument(operations: readonly Operation[]): object {
  const schemas: { [name: string]: unknown } = {};
  const paths: { [path: string]: { [method: string]: unknown } } = {};
  for (const operation of operations) {
    paths[API_PREFIX + operation.path] = { ...paths[API_PREFIX + operation.path], [operation.method.toLowerCase()]: describe(operation, schemas) };
  }
  const problem = referenced(problemSchema, schemas);
  return {
    openapi: '3.1.0',
    info: { title: 'mqttgw control API', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    security: [{ accessKey: [] }, { consoleSession: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        accessKey: { type: 'apiKey', in: 'header', name: 'Authorization', description: `${SCHEME}: a request signed with an AccessKey, as docs/control-api.md shows` },
        consoleSession: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE, description: `a log-in to the console; what changes something carries \`${CONSOLE_HEADER}: 1\` besides` },
      },
      responses: { Problem: { description: 'refused: `code` never changes', content: json(problem) } },
    },
  };
}

function describe(operation: Operation, schemas: { [name: string]: unknown }): object {
  const { id, method, open, anonymous, tag, summary, params, query, body, status, secret, response } = operation;
  const changes = method !== 'GET';
  const codes = problemsOf(operation);
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  return {
    operationId: id, tags: [tag], summary,
    ...(open && { security: anonymous ? [] : SECURITY_OF_OPEN[method] }),
    parameters: [...parameters('path', params), ...parameters('query', query), ...(open && changes ? [FROM_CONSOLE] : [])],
    ...(body && { requestBody: { required: true, content: json(referenced(body, schemas)) } }),
    responses: {
      [status]: { description: 'done', ...(secret && { headers: NO_STORE }), content: json(referenced(response, schemas)) },
      ...Object.fromEntries([...byStatus].sort(([a], [b]) => a - b).map(([code, names]) => [code, {
        description: names.join(', '),
        ...(code === 429 && { headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'seconds' } } }),
        content: json({ $ref: '#/components/schemas/Problem' }),
      }])),
    },
  };
}

function parameters(where: 'path' | 'query', schema: TObject | undefined): object[] {
  return Object.entries(schema?.properties ?? {}).map(([name, each]) => ({
    name, in: where, required: where === 'path' || (schema?.required ?? []).includes(name), schema: plain(each),
  }));
}

function json(schema: unknown): object {
  return { 'application/json': { schema } };
}

/** A schema with a name stands once, among the components. */
function referenced(schema: TSchema, schemas: { [name: string]: unknown }): unknown {
  return lift(plain(schema), schemas);
}

function lift(value: unknown, schemas: { [name: string]: unknown }): unknown {
  if (Array.isArray(value)) return value.map((each) => lift(each, schemas));
  if (typeof value !== 'object' || value === null) return value;
  const { $id, ...rest } = value as { $id?: unknown };
  const lifted = Object.fromEntries(Object.entries(rest).map(([name, each]) => [name, lift(each, schemas)]));
  if (typeof $id !== 'string') return lifted;
  schemas[$id] = lifted;
  return { $ref: `#/components/schemas/${$id}` };
}

/** Without the symbols by which typebox knows its own. */
function plain(schema: TSchema): unknown {
  return JSON.parse(JSON.stringify(schema));
}
