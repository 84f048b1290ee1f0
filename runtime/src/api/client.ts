/** A small client of the control API: signs each request, and makes an error of each refusal. */
import { authorizationOf } from './signing';

export interface ApiKey {
  readonly keyId: string;
  readonly secret: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

export class ApiRefusedError extends Error {
  override readonly name = 'ApiRefusedError';

  constructor(readonly status: number, readonly code: string, message: string, readonly allowed?: string, readonly fix?: string) {
    super(message);
  }
}

const TIMEOUT_MS = 20_000;

export class ApiClient {
  /** `url`: of the gateway's HTTP port, such as `http://127.0.0.1:18080`. */
  constructor(private readonly url: string, private readonly key: ApiKey) {}

  /** The body of the answer; rejects with `ApiRefusedError`. `path`: below `/api/v1`, with its query. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.ask(method, path, body);
    if (answer.status < 300) return answer.body as T;
    const { code = 'unknown', message = `HTTP ${answer.status}`, allowed, fix } = (answer.body ?? {}) as { code?: string; message?: string; allowed?: string; fix?: string };
    throw new ApiRefusedError(answer.status, code, message, allowed, fix);
  }

  async ask(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const url = new URL(`/api/v1${path}`, this.url);
    const authorization = authorizationOf({ method, target: url.pathname + url.search, body: text, ...this.key });
    const response = await fetch(url, {
      method, signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { authorization, ...(text !== undefined && { 'content-type': 'application/json' }) },
      ...(text !== undefined && { body: text }),
    });
    const answer = await response.text();
    return { status: response.status, body: answer === '' ? undefined : JSON.parse(answer), headers: response.headers };
  }
}
