/** Asks the control API of the gateway that served this page; the log-in's cookie says who asks. */

/** A refusal, in the words of the gateway; or of the way to it (`code` 'unreachable'). */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(readonly status: number, readonly code: string, message: string, readonly allowed?: string, readonly fix?: string) {
    super(message);
  }

  /** The gateway does not know this operation: another version, or switched off. */
  get isUnavailable(): boolean { return this.code === 'operation-unknown'; }
  get isUnreachable(): boolean { return this.code === 'unreachable'; }
}

/** Relative to the page, so that a front may put the gateway below a path of its own. */
const base = new URL('../api/v1', document.baseURI).href;
const TIMEOUT_MS = 20_000;

export type Method = 'GET' | 'POST' | 'DELETE';

let whenLoggedOut: () => void = () => undefined;
/** Told when the gateway says that nobody is logged in any more. */
export function onLoggedOut(tell: () => void): void { whenLoggedOut = tell; }

export async function ask<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(method, path, body, signal);
  const answer = await read(response);
  if (response.ok) return answer as T;
  const problem = (answer ?? {}) as { code?: string; message?: string; allowed?: string; fix?: string };
  const error = new ApiError(response.status, problem.code ?? `http-${response.status}`, problem.message ?? response.statusText, problem.allowed, problem.fix);
  if (response.status === 401 && path !== '/console/session') whenLoggedOut();
  throw error;
}

async function send(method: Method, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (method !== 'GET') headers['x-mqttgw-console'] = '1'; // a page of another origin cannot set it
  if (body !== undefined) headers['content-type'] = 'application/json';
  try {
    return await fetch(base + path, {
      method, headers, credentials: 'same-origin', cache: 'no-store', redirect: 'error', signal: signal ? anyOf(signal, timeout) : timeout,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'unreachable', 'unreachable');
  }
}

async function read(response: Response): Promise<unknown> {
  const text = await response.text().catch(() => '');
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined; // a front that answers in its own words
  }
}

/** `AbortSignal.any`, which not every browser of today has. */
function anyOf(...signals: AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
}

/** `/clients` with a query; what is empty is left out. */
export function withQuery(path: string, query: { readonly [name: string]: string | number | undefined | null }): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

export const segment = encodeURIComponent;
