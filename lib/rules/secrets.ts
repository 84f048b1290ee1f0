/** A6: secrets that stand in examples and dictionaries, or that can be tried out, protect nothing. */
import { Finding } from './finding';

/** Of our own examples, and what people type first; compared without regard to case. */
const WELL_KNOWN = new Set([
  'quickstart-secret', 'two-regions-secret', 'example-secret', 'demo-secret', 'my-secret', 'your-secret',
  'secret', 'password', 'passw0rd', 'changeme', 'change-me', 'admin', 'public', 'test', 'mqtt', 'guest', 'default',
  '123456', '12345678', '123456789',
]);

/** A password is an HMAC of the secret: who sees one can try secrets on his own machine, as fast as it goes. */
const MIN_CHARACTERS = 8;

export function isWellKnownSecret(secret: string): boolean {
  return WELL_KNOWN.has(secret.toLowerCase());
}

/** The finding never repeats the secret. */
export function checkSecret(keyId: string, secret: string, loopbackOnly: boolean): Finding[] {
  const subject = `secret of AccessKey ${keyId}`;
  if (secret.length === 0) {
    return [{ rule: 'A6', subject, got: 'an empty text', allowed: 'at least one character', fix: 'leave secret out and one is generated at deploy' }];
  }
  if (loopbackOnly) return [];
  return checkStrength(subject, secret, ', unless every port is bound to loopback', 'leave secret out and one is generated at deploy, or bind every listener to 127.0.0.1');
}

/** Of a user of the store, which every container in its network can reach. */
export function checkPassword(subject: string, password: string): Finding[] {
  return checkStrength(subject, password, '', 'leave password out and one is generated at deploy');
}

/** Of a webhook: who sees a signed request can try secrets in the same way. */
export function checkWebhookSecret(secret: string): Finding[] {
  return checkStrength('secret of the webhook', secret, '', 'leave secret out and one is generated at deploy');
}

function checkStrength(subject: string, secret: string, unless: string, fix: string): Finding[] {
  if (isWellKnownSecret(secret)) return [{ rule: 'A6', subject, got: 'a well-known example secret', allowed: `one of your own${unless}`, fix }];
  const characters = [...secret].length;
  if (characters >= MIN_CHARACTERS) return [];
  return [{ rule: 'A6', subject, got: `${characters} character${characters === 1 ? '' : 's'}`, allowed: `at least ${MIN_CHARACTERS}${unless}`, fix }];
}
