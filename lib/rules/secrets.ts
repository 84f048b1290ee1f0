/** A6: secrets that stand in examples and dictionaries, or that can be tried out, protect nothing. */
import { Finding } from './finding';

/** Of our own examples, and what people type first; compared without regard to case. */
const WELL_KNOWN = new Set([
  'quickstart-secret', 'quickstart-password', 'two-regions-secret', 'example-secret', 'demo-secret', 'my-secret', 'your-secret',
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

/** Typed by people, and tried over the network: longer than what machines hold. */
const MIN_PASSWORD_CHARACTERS = 12;

/** Of a console user. */
export function checkConsolePassword(user: string, password: string, loopbackOnly: boolean): Finding[] {
  const subject = `password of console user ${user}`;
  if (password.length === 0) return [{ rule: 'A6', subject, got: 'an empty text', allowed: 'at least one character', fix: 'leave password out and one is generated at deploy' }];
  if (password.length > MAX_PASSWORD_LENGTH) {
    return [{ rule: 'A6', subject, got: `${password.length} characters`, allowed: `at most ${MAX_PASSWORD_LENGTH}`, fix: 'leave password out and one is generated at deploy' }];
  }
  if (loopbackOnly) return [];
  return checkStrength(
    subject, password, ', unless every port is bound to loopback', 'leave password out and one is generated at deploy, or bind every listener to 127.0.0.1', MIN_PASSWORD_CHARACTERS);
}

/** What a log-in takes; a longer one could never be sent. */
export const MAX_PASSWORD_LENGTH = 256;

/** What whoever reads the metrics brings, in a header. */
export function checkMetricsToken(token: string, loopbackOnly: boolean): Finding[] {
  const subject = 'token of the metrics';
  if (!/^[\w.~+/-]+=*$/.test(token)) {
    return [{ rule: 'A6', subject, got: token.length === 0 ? 'an empty text' : 'other characters', allowed: 'letters, digits and - . _ ~ + /, as a Bearer token has them', fix: 'take the other characters out, or leave token out on loopback' }];
  }
  if (loopbackOnly) return [];
  return checkStrength(subject, token, ', unless every port is bound to loopback', 'give a longer one of random characters', MIN_PASSWORD_CHARACTERS);
}

/** Whoever reaches the port reads them: who is connected, how much is sent, names of topics. */
export function checkMetricsExposure(metrics: { readonly enabled: boolean; readonly beyondLoopback: boolean }, hasToken: boolean): Finding[] {
  if (!metrics.enabled || !metrics.beyondLoopback || hasToken) return [];
  return [{
    rule: 'A6', subject: 'metrics', got: 'the HTTP port published beyond loopback and no token', allowed: 'a token there, or none on loopback',
    fix: 'set metrics.token to a sensitive Terraform variable, metrics.enabled to false, or http.bindAddress to 127.0.0.1, written as text',
  }];
}

function checkStrength(subject: string, secret: string, unless: string, fix: string, least = MIN_CHARACTERS): Finding[] {
  if (isWellKnownSecret(secret)) return [{ rule: 'A6', subject, got: 'a well-known example secret', allowed: `one of your own${unless}`, fix }];
  const characters = [...secret].length;
  if (characters >= least) return [];
  return [{ rule: 'A6', subject, got: `${characters} character${characters === 1 ? '' : 's'}`, allowed: `at least ${least}${unless}`, fix }];
}
