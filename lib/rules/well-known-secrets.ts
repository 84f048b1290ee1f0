/**
 * Secrets that stand in examples, documentation and default installations: whoever scans networks tries them first. They
 * are refused unless every port is bound to loopback (A6). Compared in lower case.
 */
const WELL_KNOWN_SECRETS: ReadonlySet<string> = new Set([
  'quickstart-secret', 'example-secret', 'demo-secret', 'test-secret', 'my-secret', 'mysecret', 'secret', 'secretkey', 'secret-key',
  'accesskeysecret', 'access-key-secret', 'youraccesskeysecret', 'your-access-key-secret', '<accesskeysecret>',
  'changeme', 'change-me', 'changeit', 'password', 'passw0rd', 'p@ssw0rd', 'admin', 'guest', 'public', 'default', 'example', 'demo',
  'test', 'quickstart', 'mqtt', '12345678', '123456789', '1234567890',
]);

export function isWellKnownSecret(secret: string): boolean {
  return WELL_KNOWN_SECRETS.has(secret.toLowerCase());
}
