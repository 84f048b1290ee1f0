/** Why a given username or password is wrong: the mistakes that people make, tried one after the other. */
import { base64, bytesOf, HASHES, hex, hmacOf, signPassword, usernameOf, type HashName, type SignatureMode } from './sign';

export type Finding =
  | 'whitespace' | 'url-encoded' | 'url-decoded' | 'hex' | 'hex-base64' | 'base64url' | 'padding' | 'sha256' | 'sha512' | 'md5' | 'plain-sha1' | 'swapped'
  | 'group-signed' | 'device-signed' | 'case-signed' | 'instance-signed' | 'key-signed' | 'username-signed' | 'trimmed-client' | 'trimmed-secret'
  | 'secret-base64' | 'secret-itself' | 'case-changed' | 'token-password' | 'unknown'
  | 'client-form' | 'client-length' | 'client-group' | 'client-space' | 'group-unknown'
  | 'username-form' | 'username-mode' | 'username-key' | 'username-instance' | 'username-space';

export interface Known {
  readonly mode: SignatureMode;
  readonly keyId: string;
  readonly secret: string;
  readonly clientId: string;
  readonly instanceId: string;
}

/** What is wrong with the Client ID itself (C1, L4); `groups`, `limit` undefined: not known. */
export function judgeClientId(clientId: string, groups: readonly string[] | undefined, limit: number | undefined): Finding[] {
  const [group, device] = split(clientId.trim());
  return [
    ...(clientId !== clientId.trim() ? ['client-space' as const] : []),
    ...(group === '' || device === '' || /[/+#]/.test(clientId) ? ['client-form' as const] : []),
    ...(limit !== undefined && [...clientId].length > limit ? ['client-length' as const] : []),
    ...(group !== '' && !/^GID[_-][\w-]{3,56}$/.test(group) ? ['client-group' as const] : []),
    ...(group !== '' && device !== '' && groups !== undefined && !groups.includes(group) ? ['group-unknown' as const] : []),
  ];
}

/** Empty: it is right. */
export function judgeUsername(given: string, known: Known): Finding[] {
  if (given === usernameOf(known.mode, known.keyId, known.instanceId)) return [];
  if (/\s/.test(given)) return ['username-space'];
  const parts = given.split('|');
  if (parts.length !== 3) return ['username-form'];
  const [mode, keyId, instanceId] = parts;
  return [
    ...(mode !== known.mode ? ['username-mode' as const] : []),
    ...(keyId !== known.keyId ? ['username-key' as const] : []),
    ...(instanceId !== known.instanceId ? ['username-instance' as const] : []),
  ];
}

/** Empty: it is right. Several: they explain it together. */
export function judgePassword(given: string, known: Known): Finding[] {
  const right = signPassword(known.secret, known.clientId);
  if (given === right) return [];
  if (/^(R|W|RW)\|/.test(given)) return ['token-password'];
  if (given.trim() === known.secret.trim()) return ['secret-itself'];
  for (const [written, value] of writings(given)) {
    for (const [signed, bytes] of signatures(known)) {
      const as = encodedAs(value, bytes);
      if (as !== null) return [...written, ...signed, ...as];
    }
  }
  return ['unknown'];
}

/** What may have happened to it on its way, and what it was before that. */
function* writings(given: string): Generator<[Finding[], string]> {
  yield [[], given];
  const bare = given.replace(/\s+/g, '');
  if (bare !== given) {
    yield [['whitespace'], bare];
    yield [['url-decoded'], given.trim().replace(/ /g, '+')];
  }
  if (/%[0-9a-f]{2}/i.test(given)) {
    try {
      yield [['url-encoded'], decodeURIComponent(bare)];
    } catch {
      // no URL encoding after all
    }
  }
}

/** What may have been signed, with what; the right one first, for those who only wrote it wrongly. */
function* signatures({ mode, keyId, secret, clientId, instanceId }: Known): Generator<[Finding[], Uint8Array]> {
  const signed = (text: string, key: string | Uint8Array = secret, hash: HashName = 'sha1'): Uint8Array => hmacOf(hash, key, text);
  yield [[], signed(clientId)];
  for (const hash of ['sha256', 'sha512', 'md5'] as const) yield [[hash], signed(clientId, secret, hash)];
  for (const text of [clientId + secret, secret + clientId]) yield [['plain-sha1'], HASHES.sha1(bytesOf(text))];
  yield [['swapped'], signed(secret, clientId)];
  const [group, device] = split(clientId);
  yield [['group-signed'], signed(group)];
  if (device !== '') yield [['device-signed'], signed(device)];
  for (const text of [clientId.toLowerCase(), clientId.toUpperCase()]) if (text !== clientId) yield [['case-signed'], signed(text)];
  yield [['instance-signed'], signed(instanceId)];
  yield [['key-signed'], signed(keyId)];
  yield [['username-signed'], signed(usernameOf(mode, keyId, instanceId))];
  for (const text of [clientId.trim(), ` ${clientId}`, `${clientId} `, `${clientId}\n`, `${clientId}\r\n`]) if (text !== clientId) yield [['trimmed-client'], signed(text)];
  for (const key of [secret.trim(), ` ${secret}`, `${secret} `, `${secret}\n`, `${secret}\r\n`]) if (key !== secret) yield [['trimmed-secret'], signed(clientId, key)];
  const decoded = decode(secret);
  if (decoded) yield [['secret-base64'], signed(clientId, decoded)];
}

/** How these bytes were written as this text; empty: in Base64, as they must be; null: it is something else. */
function encodedAs(text: string, bytes: Uint8Array): Finding[] | null {
  const right = base64(bytes);
  const bare = right.replace(/=+$/, '');
  const forUrls = bare.replace(/\+/g, '-').replace(/\//g, '_');
  if (text === right) return [];
  if (text === bare) return ['padding'];
  if (text.replace(/=+$/, '') === forUrls) return ['base64url'];
  if (text.toLowerCase() === hex(bytes)) return ['hex'];
  if ([hex(bytes), hex(bytes).toUpperCase()].some((written) => text === base64(bytesOf(written)))) return ['hex-base64'];
  return text.toLowerCase() === right.toLowerCase() ? ['case-changed'] : null;
}

function split(clientId: string): [string, string] {
  const at = clientId.indexOf('@@@');
  return at < 0 ? [clientId, ''] : [clientId.slice(0, at), clientId.slice(at + 3)];
}

function decode(text: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
