import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** The password of `Signature` mode: Base64(HMAC-SHA1(AccessKeySecret, ClientId)) (A1). */
export function signPassword(secret: string | Buffer, clientId: string): string {
  return createHmac('sha1', secret).update(clientId, 'utf8').digest('base64');
}

const COMPARE_KEY = randomBytes(32);

/** Compares in a time that tells neither where the two differ nor whether their lengths do (A6). */
export function equalInConstantTime(a: string | Buffer, b: string | Buffer): boolean {
  const digest = (value: string | Buffer) => createHmac('sha256', COMPARE_KEY).update(value).digest();
  return timingSafeEqual(digest(a), digest(b));
}

export function isSignature(password: Buffer, secret: Buffer, clientId: string): boolean {
  return equalInConstantTime(password, signPassword(secret, clientId));
}
