/**
 * Username and password of a client (A1, A3). Not by Web Crypto: browsers have it only on pages over TLS or of this machine, and
 * a console in a plain network is neither.
 */
import { hmac } from '@noble/hashes/hmac';
import { md5, sha1 } from '@noble/hashes/legacy';
import { sha256, sha512 } from '@noble/hashes/sha2';

export const HASHES = { sha1, sha256, sha512, md5 } as const;
export type HashName = keyof typeof HASHES;

const encoder = new TextEncoder();
export const bytesOf = (text: string): Uint8Array => encoder.encode(text);

export function hmacOf(hash: HashName, secret: string | Uint8Array, text: string): Uint8Array {
  return hmac(HASHES[hash], typeof secret === 'string' ? bytesOf(secret) : secret, bytesOf(text));
}

export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function signPassword(secret: string, clientId: string): string {
  return base64(hmacOf('sha1', secret, clientId));
}

export type SignatureMode = 'Signature' | 'DeviceCredential';

export function usernameOf(mode: SignatureMode, keyId: string, instanceId: string): string {
  return `${mode}|${keyId}|${instanceId}`;
}
