/** How a browser carries a console session, and what shows that the console itself asks and no page of somebody else. */
import type { FastifyRequest } from 'fastify';
import { ProblemError } from './problem';

export const SESSION_COOKIE = 'mqttgw_session';
export const CONSOLE_HEADER = 'X-Mqttgw-Console';

/** Null: there is none. */
export function sessionTokenOf({ headers: { cookie = '' } }: FastifyRequest): string | null {
  for (const part of cookie.split(';')) {
    const [name, value] = part.trim().split('=');
    if (name === SESSION_COOKIE && value) return value;
  }
  return null;
}

/** `maxAgeMs` 0: the browser forgets it. */
export function sessionCookie(request: FastifyRequest, token: string, maxAgeMs: number): string {
  const secure = isEncrypted(request) ? '; Secure' : '';
  return `${SESSION_COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${Math.floor(maxAgeMs / 1_000)}${secure}`;
}

/** TLS ends before the gateway, at a front that says so. Who lies about it keeps its own cookie from plain HTTP. */
function isEncrypted({ protocol, headers }: FastifyRequest): boolean {
  return protocol === 'https' || String(headers['x-forwarded-proto'] ?? '').split(',')[0]!.trim().toLowerCase() === 'https';
}

/**
 * A browser sends the cookie whoever wrote the page, also one on another port of the same host. A page of somebody else cannot
 * set this header without asking first, which is never granted, and cannot hide where it is from.
 */
export function checkFromConsole({ method, headers }: FastifyRequest): void {
  const { origin, host } = headers;
  if (origin !== undefined && hostOf(origin) !== host?.toLowerCase()) {
    throw new ProblemError('origin-foreign', { allowed: 'pages of this gateway', fix: 'open the console at the address that its requests go to; a front before it passes Host on' });
  }
  if (method === 'GET' || method === 'HEAD') return;
  if (headers[CONSOLE_HEADER.toLowerCase()] !== '1') throw new ProblemError('console-header-missing', { allowed: `${CONSOLE_HEADER}: 1`, fix: 'send this header' });
}

function hostOf(origin: string): string | null {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase() ?? null;
}
