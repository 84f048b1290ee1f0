/** Signs what a webhook is told, as Standard Webhooks (standardwebhooks.com) says, so that its libraries verify it. */
import { createHmac } from 'node:crypto';

/** A secret with this prefix stands in Base64; every other one is the key as it is. */
const ENCODED = 'whsec_';

export interface Signed { readonly [header: string]: string }

/** `timestamp`: seconds since 1970, of this attempt: a receiver refuses what is old, so nothing can be sent again later. */
export function signedHeaders(secret: string, id: string, timestamp: number, body: string): Signed {
  const key = secret.startsWith(ENCODED) ? Buffer.from(secret.slice(ENCODED.length), 'base64') : Buffer.from(secret, 'utf8');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
}
