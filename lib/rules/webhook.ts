/** E1: where a webhook may point. The deployer declares it, so it is trusted; these rules keep its content off public wires. */
import { X509Certificate } from 'node:crypto';
import type { WebhookDeclaration } from '../manifest/manifest';
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

const MAX_PEM_CHARACTERS = 65_536;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Whom a receiver with a certificate of its own must be signed by. Nothing of the text is repeated: it may be a key. */
export function checkWebhookAuthority({ url, caCertificate }: WebhookDeclaration, unknown: Unknown = allKnown): Finding[] {
  if (caCertificate === undefined || unknown(caCertificate)) return [];
  const finding = (got: string, fix: string): Finding[] =>
    [{ rule: 'E1', subject: 'webhook caCertificate', got, allowed: 'PEM text of one or more certificates, with an https URL', fix }];
  if (!unknown(url) && /^http:/i.test(url)) return finding('one with an http URL', 'use https, or leave it out');
  if (caCertificate.length > MAX_PEM_CHARACTERS) return finding(`${caCertificate.length} characters`, `give those of your own authority, at most ${MAX_PEM_CHARACTERS} characters`);
  if (/PRIVATE KEY-----/.test(caCertificate)) return finding('a private key', 'give the certificate alone: the manifest stands in the plan');
  const certificates = caCertificate.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) return finding(`${caCertificate.length} characters without a certificate`, 'give the content of the file, not its path');
  const broken = certificates.findIndex((certificate) => !isCertificate(certificate));
  return broken < 0 ? [] : finding(`${certificates.length} certificates, of which number ${broken + 1} cannot be read`, 'give the file as it was issued');
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
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
