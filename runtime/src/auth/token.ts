import { createHmac } from 'node:crypto';
import type { TokenAction, TokenProblem, TokenType } from './credentials-service';
import type { InstanceView, KeyView } from './instance-view';
import { Resources } from './resources';
import { equalInConstantTime } from './signature';

export const TOKEN_TYPES: readonly TokenType[] = ['R', 'W', 'RW'];

/** Larger than what `issue` makes of the largest request, and three of them fit into a CONNECT. */
export const TOKEN_BYTES = 20 * 1024;

const VERSION = 1;
const PURPOSE = 'cdktf-mqtt-gateway token';

/** What a token carries. */
export interface TokenClaims {
  readonly id: string;
  readonly instanceId: string;
  readonly keyId: string;
  readonly actions: readonly TokenAction[];
  readonly resources: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export type TokenVerdict =
  | { readonly ok: true; readonly claims: TokenClaims }
  /** `claims` null: nobody knows what it claims, because it is not one of ours. */
  | { readonly ok: false; readonly problem: TokenProblem; readonly claims: TokenClaims | null };

/**
 * A token is `<claims>.<HMAC-SHA256>`, both in base64url: no part of it needs escaping in a password. The AccessKey's secret
 * enters the signature by its tag, so a token ends with the secret too, and tells nothing about it.
 */
export function issueToken(signingSecret: Buffer, key: KeyView, claims: TokenClaims): string {
  const { id, instanceId, keyId, actions, resources, expiresAt } = claims;
  const body = Buffer.from(JSON.stringify([VERSION, id, instanceId, keyId, actions.join(''), expiresAt, resources])).toString('base64url');
  return `${body}.${sign(signingSecret, key, body)}`;
}

/** Everything that a token tells by itself; whether it was revoked, the caller knows. */
export function judgeToken(signingSecret: Buffer, view: InstanceView, token: string, now: number): TokenVerdict {
  const parts = token.length > TOKEN_BYTES ? null : /^([\w-]+)\.([\w-]+)$/.exec(token);
  const claims = parts === null ? null : parse(parts[1]!);
  if (parts === null || claims === null) return { ok: false, problem: 'forged', claims: null };
  const key = view.keys.get(claims.keyId);
  if (key === undefined) return { ok: false, problem: 'account', claims: null };
  if (!equalInConstantTime(parts[2]!, sign(signingSecret, key, parts[1]!))) return { ok: false, problem: 'signature', claims: null };
  if (!view.accounts.has(key.account)) return { ok: false, problem: 'account', claims };
  return claims.expiresAt <= now ? { ok: false, problem: 'expired', claims } : { ok: true, claims };
}

function sign(signingSecret: Buffer, key: KeyView, body: string): string {
  return createHmac('sha256', signingSecret).update(`${PURPOSE}\0${key.secretTag}\0${body}`).digest('base64url');
}

function parse(body: string): TokenClaims | null {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(body, 'base64url').toString());
  } catch {
    return null;
  }
  if (!Array.isArray(read) || read[0] !== VERSION) return null;
  const [, id, instanceId, keyId, actions, expiresAt, resources] = read as unknown[];
  const texts = [id, instanceId, keyId, actions].every((part) => typeof part === 'string');
  if (!texts || typeof expiresAt !== 'number' || !Array.isArray(resources) || !resources.every((resource) => typeof resource === 'string')) return null;
  return { id, instanceId, keyId, actions: [...actions as string] as TokenAction[], resources, expiresAt } as TokenClaims;
}

/** A token in the place where a client put it: it counts for this type's actions only. */
export interface GrantedToken {
  readonly type: TokenType;
  readonly claims: TokenClaims;
  readonly resources: Resources;
}

export function grantToken(type: TokenType, claims: TokenClaims): GrantedToken {
  return { type, claims, resources: new Resources(claims.resources) };
}

/** Whether a token may stand under this type. */
export function permitsType({ actions }: TokenClaims, type: TokenType): boolean {
  return [...type].every((action) => actions.includes(action as TokenAction));
}

/** Why a client's tokens do not allow an action; null: one of them does. */
export function tokenRefusal(tokens: readonly GrantedToken[], action: TokenAction, allows: (resources: Resources) => boolean, now: number): TokenProblem | null {
  const candidates = tokens.filter(({ type }) => type.includes(action));
  if (candidates.length === 0) return 'permission';
  const current = candidates.filter(({ claims }) => claims.expiresAt > now);
  if (current.length === 0) return 'expired';
  return current.some(({ resources }) => allows(resources)) ? null : 'resource';
}

/** `R|<token>|W|<token>`, in any order, each type at most once; null: malformed. */
export function parseTokenPassword(password: string): { readonly type: TokenType; readonly token: string }[] | null {
  const parts = password.split('|', 2 * TOKEN_TYPES.length + 1);
  if (parts.length % 2 !== 0) return null;
  const given: { type: TokenType; token: string }[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const type = TOKEN_TYPES.find((known) => known === parts[i]);
    if (type === undefined || parts[i + 1] === '' || given.some((other) => other.type === type)) return null;
    given.push({ type, token: parts[i + 1]! });
  }
  return given;
}
