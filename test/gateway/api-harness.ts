/** Asks the control API of a gateway, and holds every answer to the schema of its operation. */
import { Value } from '@sinclair/typebox/value';
import { afterAll, beforeAll, expect } from 'vitest';
import { ApiClient, type ApiAnswer } from '../../runtime/src/api/client';
import { operations } from '../../runtime/src/api/operations';
import { problemSchema } from '../../runtime/src/api/problem';
import { ERRORS } from '../../runtime/src/errors';
import { SECRETS } from './documents';
import { startFleet, type TestFleet } from './harness';

export interface Answer<T> { readonly status: number; readonly body: T; readonly headers: Headers }

export interface TestApi {
  <T = any>(method: string, path: string, body?: unknown): Promise<Answer<T>>;
}

export function api(httpPort: number, keyId = 'main-key', secret = SECRETS[keyId]!): TestApi {
  const client = new ApiClient(`http://127.0.0.1:${httpPort}`, { keyId, secret });
  return async (method, path, body) => checked(method, path, await client.ask(method, path, body)) as Answer<never>;
}

/** Gateways on one storage, and who asks them: the main account at the first and at another one, a sub-account. */
export interface ApiFleet extends Omit<TestFleet, 'stop'> {
  readonly first: TestApi;
  readonly other: TestApi;
  readonly sub: TestApi;
}

/** A fleet for the tests of the `describe` that calls this. */
export function apiFleet(...asked: Parameters<typeof startFleet>): ApiFleet {
  let fleet: TestFleet;
  beforeAll(async () => { fleet = await startFleet(...asked); });
  afterAll(async () => { await fleet?.stop(); });
  const asking = (at: number, keyId?: string): TestApi => (...request) => api(fleet.gateways.at(at)!.port('http'), keyId)(...request);
  return {
    get storage() { return fleet.storage; },
    get gateways() { return fleet.gateways; },
    first: asking(0), other: asking(-1), sub: asking(-1, 'sub-key'),
  };
}

export function checked(method: string, path: string, answer: ApiAnswer): ApiAnswer {
  const operation = operations.find((each) => each.method === method && matches(each.path, path.split('?')[0]!));
  if (answer.status >= 400) {
    expect([...Value.Errors(problemSchema, answer.body)]).toEqual([]);
    const { code } = answer.body as { code: string };
    expect([...Object.keys(ERRORS), 'store-away']).toContain(code);
  } else {
    expect(operation, `${method} ${path}`).toBeDefined();
    expect(answer.status).toBe(operation!.status);
    expect([...Value.Errors(operation!.response, answer.body)]).toEqual([]);
    expect(answer.headers.get('cache-control')).toBe(operation!.secret ? 'no-store' : null);
  }
  // A6
  for (const secret of Object.values(SECRETS)) expect(JSON.stringify(answer.body)).not.toContain(secret);
  return answer;
}

function matches(template: string, path: string): boolean {
  const [wanted, got] = [template.split('/'), path.split('/')];
  return wanted.length === got.length && wanted.every((part, i) => part.startsWith('{') || part === got[i]);
}
