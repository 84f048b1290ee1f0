/** How a request to the control API is signed: shared by the gateway that checks and the client that signs. */
import { createHash, createHmac, randomBytes } from 'node:crypto';

export const SCHEME = 'MQTTGW-HMAC-SHA256';

/** A timestamp may differ so much from the gateway's clock. */
export const TOLERANCE_SECONDS = 300;

export interface SignedParts {
  readonly method: string;
  /** Path with query, exactly as it is sent: `/api/v1/topics?limit=10`. */
  readonly target: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly nonce: string;
  /** Lower-case hex SHA-256 of the body; of nothing when there is none. */
  readonly bodyHash: string;
}

export interface Authorization extends Omit<SignedParts, 'method' | 'target'> {
  readonly keyId: string;
  readonly signature: string;
}

export function hashBody(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

export function stringToSign({ method, target, timestamp, nonce, bodyHash }: SignedParts): string {
  return [SCHEME, method.toUpperCase(), target, timestamp, nonce, bodyHash].join('\n');
}

/** Base64(HMAC-SHA256(AccessKeySecret, string to sign)) */
export function signRequest(secret: string | Buffer, parts: SignedParts): string {
  return createHmac('sha256', secret).update(stringToSign(parts), 'utf8').digest('base64');
}

export interface Unsigned {
  readonly method: string;
  readonly target: string;
  readonly body?: string;
  readonly keyId: string;
  readonly secret: string | Buffer;
  /** Default: now, and a new one. */
  readonly timestamp?: number;
  readonly nonce?: string;
}

/** The value of the Authorization header. */
export function authorizationOf({ method, target, body = '', keyId, secret, timestamp = Math.floor(Date.now() / 1_000), nonce = randomBytes(16).toString('hex') }: Unsigned): string {
  const bodyHash = hashBody(body);
  const signature = signRequest(secret, { method, target, timestamp, nonce, bodyHash });
  return `${SCHEME} KeyId=${keyId}, Timestamp=${timestamp}, Nonce=${nonce}, BodySha256=${bodyHash}, Signature=${signature}`;
}

const FORM = new RegExp(
  `^${SCHEME} KeyId=([A-Za-z0-9_-]{1,128}), ?Timestamp=(\\d{1,12}), ?Nonce=([A-Za-z0-9_-]{16,64}), ?BodySha256=([0-9a-f]{64}), ?Signature=([A-Za-z0-9+/]{43}=)$`,
);

/** null: malformed. */
export function parseAuthorization(header: string): Authorization | null {
  const match = FORM.exec(header);
  if (match === null) return null;
  const [, keyId, timestamp, nonce, bodyHash, signature] = match as unknown as [string, string, string, string, string, string];
  return { keyId, timestamp: Number(timestamp), nonce, bodyHash, signature };
}
