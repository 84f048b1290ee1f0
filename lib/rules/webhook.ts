/** E1: where a webhook may point. The deployer declares it, so it is trusted; these rules keep its content off public wires. */
import { isIpAddress, isLoopback } from './addresses';
import { Finding, Unknown, allKnown, show } from './finding';

const MAX_CHARACTERS = 2_048;

const ALLOWED = 'an https URL, or an http URL of a host on loopback, in a private network or under an internal domain';

export function checkWebhookUrl(url: string, unknown: Unknown = allKnown): Finding[] {
  if (unknown(url)) return [];
  const finding = (got: string, allowed: string, fix: string): Finding[] => [{ rule: 'E1', subject: 'webhook url', got, allowed, fix }];
  if (url.length > MAX_CHARACTERS) return finding(`${url.length} characters`, `at most ${MAX_CHARACTERS}`, 'give a shorter one');
  // what cannot be read as a URL may still hold a password, so it is not repeated
  if (!URL.canParse(url) || !/^https?:\/\/[^/]/i.test(url)) return finding('a text that is no http or https URL', ALLOWED, 'write it like https://ops.example.com/mqtt');
  const { protocol, hostname, username, password, hash } = new URL(url);
  if (username !== '' || password !== '') return finding('one with user or password in it', 'a URL without them', 'let the receiver check the signature instead');
  if (hash !== '') return finding('one with a fragment', 'a URL without one: it is never sent', 'take away what begins with #');
  if (protocol === 'https:' || isInternalHost(hostname)) return [];
  return finding(`http to ${show(hostname)}`, ALLOWED, 'use https, or a receiver in the same network');
}

/** Last labels that no public resolver answers for. */
const INTERNAL_LABELS = new Set(['internal', 'local', 'localhost', 'localdomain', 'lan', 'home', 'corp', 'private', 'intranet', 'test']);

/**
 * Loopback, private addresses, names of one label (containers), and names whose last label is no public top-level domain:
 * those are letters alone, or begin with `xn--`, so the network names of containers are none.
 */
export function isInternalHost(hostname: string): boolean {
  if (isLoopback(hostname)) return true;
  if (isIpAddress(hostname)) return isPrivateAddress(hostname);
  const labels = hostname.toLowerCase().replace(/\.$/, '').split('.');
  const last = labels[labels.length - 1];
  if (labels.length === 1 || INTERNAL_LABELS.has(last) || hostname.toLowerCase().endsWith('.home.arpa')) return true;
  return !/^([a-z]+|xn--[a-z0-9-]+)$/.test(last);
}

function isPrivateAddress(address: string): boolean {
  const bare = address.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return /^10\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\./.test(bare) || /^f[cd][0-9a-f]{2}:/.test(bare);
}
