/** P1, N5: a certificate that no gateway could serve is refused before any gateway gets it. Nothing of a key is ever shown. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { InstanceSecrets } from '../../../lib/manifest/manifest';
import type { Finding } from '../../../lib/rules/manifest-rules';
import { inspectCertificate } from '../net/certificates';

type Pair = NonNullable<InstanceSecrets['tls']>;

export interface CertificateCheck {
  readonly findings: readonly Finding[];
  /** What is worth telling and no reason to refuse: clocks differ, and a renewal may be on its way. */
  readonly warnings: readonly string[];
}

export function checkCertificate(pair: Pair | null, now = new Date()): CertificateCheck {
  if (pair === null) return { findings: [], warnings: [] };
  const finding = malformed(pair) ?? unusable(pair);
  return finding ? { findings: [finding], warnings: [] } : { findings: [], warnings: validityWarnings(pair, now) };
}

/** What the parsers themselves say differs between versions and names no remedy. */
function malformed({ certificate, privateKey }: Pair): Finding | undefined {
  if (!parses(() => new X509Certificate(certificate))) {
    return {
      rule: 'P1', subject: 'tlsCertificate', got: `${certificate.length} characters that are no certificate`,
      allowed: 'PEM text, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, the chain behind it', fix: 'give the content of the file, not its path',
    };
  }
  if (!parses(() => createPrivateKey(privateKey))) {
    return {
      rule: 'P1', subject: 'tlsPrivateKey', got: `${privateKey.length} characters that are no private key`,
      allowed: 'PEM text without a passphrase, from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----', fix: 'give the content of the file, not its path, and take a passphrase off',
    };
  }
  return undefined;
}

function unusable(pair: Pair): Finding | undefined {
  if (!new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.privateKey))) {
    return {
      rule: 'P1', subject: 'tlsPrivateKey', got: 'the key of another certificate', allowed: 'the key of the first certificate in tlsCertificate',
      fix: 'give the pair that belongs together, the certificate of the server before those of its issuers',
    };
  }
  if (parses(() => inspectCertificate(pair))) return undefined;
  return {
    rule: 'P1', subject: 'tlsCertificate', got: 'a pair with which TLS cannot be served', allowed: 'a key of today\'s strength and a chain of complete certificates',
    fix: 'make a new pair, such as an EC key of the curve P-256 or an RSA key of 2048 bits or more',
  };
}

function parses(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

function validityWarnings({ certificate }: Pair, now: Date): string[] {
  const { validFrom, validTo } = new X509Certificate(certificate);
  if (new Date(validTo) < now) return [`the certificate expired on ${new Date(validTo).toISOString()}: clients will refuse it until a new one is deployed`];
  if (new Date(validFrom) > now) return [`the certificate is valid only from ${new Date(validFrom).toISOString()} on: clients will refuse it until then`];
  return [];
}
