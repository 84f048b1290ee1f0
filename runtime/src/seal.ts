/**
 * Seals secrets before they enter the store (A6): AES-256-GCM with a key derived from the deployment's sealing key. The
 * storage id is bound in, so that a sealed text copied from one storage into another does not open there.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** A short key could be guessed by whoever reads the store. */
export const SEALING_KEY_LENGTH = 32;

const FORMAT = 'v1';
const PURPOSE = 'cdktf-mqtt-gateway secrets';
const SALT_BYTES = 16;
/** The nonce length that GCM is specified for. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export class SealError extends Error {
  override readonly name = 'SealError';
}

export function seal(clear: string, sealingKey: string, storageId: string): string {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', deriveKey(sealingKey, salt), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(storageId));
  const sealed = Buffer.concat([cipher.update(clear, 'utf8'), cipher.final()]);
  return `${FORMAT}.${Buffer.concat([salt, nonce, cipher.getAuthTag(), sealed]).toString('base64url')}`;
}

/** Throws `SealError` when the key is another one, the text belongs to another storage, or somebody changed it. */
export function unseal(sealed: string, sealingKey: string, storageId: string): string {
  const [format, body] = sealed.split('.');
  if (format !== FORMAT || body === undefined) throw new SealError('the sealed secrets have a format that this gateway does not read; deploy again with a library of this version');
  const bytes = Buffer.from(body, 'base64url');
  const salt = bytes.subarray(0, SALT_BYTES);
  const nonce = bytes.subarray(SALT_BYTES, SALT_BYTES + NONCE_BYTES);
  const tag = bytes.subarray(SALT_BYTES + NONCE_BYTES, SALT_BYTES + NONCE_BYTES + TAG_BYTES);
  if (tag.length !== TAG_BYTES) throw new SealError('the sealed secrets are cut off; deploy again to hand them over once more');
  const decipher = createDecipheriv('aes-256-gcm', deriveKey(sealingKey, salt), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(boundTo(storageId));
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(bytes.subarray(SALT_BYTES + NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    throw new SealError('the sealed secrets do not open with this sealing key: they were sealed with another key, for another storage, or were changed; deploy again to hand them over once more');
  }
}

function deriveKey(sealingKey: string, salt: Buffer): Buffer {
  if (sealingKey.length < SEALING_KEY_LENGTH) {
    throw new SealError(`the sealing key has ${sealingKey.length} characters, at least ${SEALING_KEY_LENGTH} are needed`);
  }
  return Buffer.from(hkdfSync('sha256', sealingKey, salt, PURPOSE, 32));
}

function boundTo(storageId: string): Buffer {
  return Buffer.from(`storage:${storageId}`, 'utf8');
}
