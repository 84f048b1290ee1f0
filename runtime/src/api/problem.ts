/** Why the control API refuses a request, and the status that says so. */
import { Type } from '@sinclair/typebox';
import type { Finding } from '../../../lib/rules/finding';
import { sentence } from '../../../lib/rules/finding';
import { ERRORS, type ErrorCode } from '../errors';

/** Codes that the API answers with; whatever else refuses a request is 403. */
const STATUS = {
  'request-unsigned': 401, 'authorization-malformed': 401, 'timestamp-outside-tolerance': 401, 'request-signature-wrong': 401, 'body-changed': 401, 'nonce-used': 401,
  'secret-well-known': 401, 'console-session-ended': 401, 'login-refused': 401,
  'access-denied': 403, 'account-denied': 403, 'console-header-missing': 403, 'origin-foreign': 403,
  'rate-exceeded': 429, 'login-rate-exceeded': 429, 'tps-ceiling': 429,
  'request-malformed': 400, 'payload-malformed': 400, 'topic-malformed': 400, 'filter-malformed': 400, 'p2p-malformed': 400, 'rule-broken': 422,
  'body-too-large': 413, 'payload-too-large': 413,
  'operation-unknown': 404, 'console-off': 404, 'topic-unknown': 404, 'group-not-found': 404, 'session-unknown': 404, 'message-unknown': 404, 'client-offline': 404,
  'key-unknown': 404, 'token-unknown': 404, 'credential-not-found': 404,
  'topic-exists': 409, 'topic-declared': 409, 'group-exists': 409, 'group-declared': 409, 'documents-contended': 409, 'credential-contended': 409, 'devices-exceeded': 409, 'revocations-exceeded': 409, 'webhook-undeclared': 409,
  'not-ready': 503, 'store-away': 503, 'store-full': 507,
  'internal-error': 500,
} as const;

/** Codes that have a status of their own. */
export const API_CODES = Object.keys(STATUS);

/** What to do about a name that is not there, whichever operation was asked. */
const FIX: { readonly [code: string]: string | undefined } = {
  'topic-unknown': 'take one of GET /topics (mqttgw topics), where upper and lower case count',
  'topic-undeclared': 'take a topic below one of GET /topics (mqttgw topics), declare the parent topic, or make it with POST /topics (mqttgw topics create)',
  'group-not-found': 'take one of GET /groups (mqttgw groups), where upper and lower case count',
};

export type ProblemCode = ErrorCode | 'store-away';

export interface ProblemDetails {
  readonly allowed?: string;
  readonly fix?: string;
  /** Seconds after which the same request may pass. */
  readonly retryAfter?: number;
}

export const problemSchema = Type.Object({
  code: Type.String({ description: 'never changes' }),
  message: Type.String({ description: 'for people' }),
  allowed: Type.Optional(Type.String()),
  fix: Type.Optional(Type.String()),
}, { $id: 'Problem' });

export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;

  constructor(readonly code: ProblemCode, readonly details: ProblemDetails = {}, message?: string) {
    super(message ?? (code === 'store-away' ? 'the store is away' : ERRORS[code]));
    this.status = statusOf(code);
  }

  get body(): { code: string; message: string; allowed?: string; fix?: string } {
    const { allowed, fix = FIX[this.code] } = this.details;
    return { code: this.code, message: this.message, ...(allowed !== undefined && { allowed }), ...(fix !== undefined && { fix }) };
  }
}

export function statusOf(code: ProblemCode): number {
  return (STATUS as { readonly [code: string]: number | undefined })[code] ?? 403;
}

/** A rule of the declaration, judged by the very functions that judge declarations. */
export function refuseFindings([first]: readonly Finding[]): void {
  if (first) throw new ProblemError('rule-broken', { allowed: first.allowed, fix: first.fix }, sentence(first));
}
