/** What a browser with the console open does: keeps the cookie, and sends it with the console's own header. */
import { PASSWORDS } from './documents';
import { checked, type Answer } from './api-harness';

export interface AskOptions {
  readonly body?: unknown;
  readonly headers?: { readonly [name: string]: string };
}

export class ConsoleBrowser {
  /** As the gateway set it; null: it took it away, or never gave one. */
  cookie: string | null = null;

  constructor(public httpPort: number) {}

  async ask<T = any>(method: string, path: string, { body, headers = {} }: AskOptions = {}): Promise<Answer<T>> {
    const response = await fetch(`http://127.0.0.1:${this.httpPort}/api/v1${path}`, {
      method,
      headers: {
        ...(this.cookie !== null && { cookie: `theme=dark; ${this.cookie.split(';')[0]!}` }),
        ...(method !== 'GET' && { 'x-mqttgw-console': '1' }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const [set] = response.headers.getSetCookie();
    if (set !== undefined) this.cookie = / Max-Age=0(;|$)/.test(set) ? null : set;
    return checked(method, path, { status: response.status, body: await response.json(), headers: response.headers }) as Answer<never>;
  }

  login(user = 'admin', password = PASSWORDS[user] ?? '', headers: AskOptions['headers'] = {}): Promise<Answer<any>> {
    return this.ask('POST', '/console/session', { body: { user, password }, headers });
  }
}
