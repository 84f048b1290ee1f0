import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { generate } from 'selfsigned';
import { ERRORS } from '../errors';
import { EVENTS, type EventLogger, type EventName } from '../events';
import { LIMITS } from '../limits';

/** PEM: the certificate with its chain, and the private key. */
export interface CertificatePair {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface CurrentCertificate extends CertificatePair {
  /** SHA-256, as `AB:CD:…`. */
  readonly fingerprint: string;
  /** Made by a gateway because none was declared. */
  readonly development: boolean;
  readonly validTo: Date;
}

export interface CertificateSource {
  readonly current: CurrentCertificate;
  /** Returns the unsubscribe function. */
  onChange(listener: () => void): () => void;
}

export interface CertificatesOptions {
  /** Declared; null: a development certificate is made once for these hosts, and kept. */
  readonly given: CertificatePair | null;
  /** Keeps a value for all gateways of a storage; the first writer wins. It holds a private key: seal it. */
  readonly keepValue: (name: string, value: string) => Promise<string>;
  /** Names and addresses that a development certificate stands for, beside localhost. */
  readonly hosts: readonly string[];
  readonly logger: EventLogger;
  readonly onEvent?: (event: EventName, fields: { readonly [name: string]: unknown }) => void;
}

/** By this a person, and `mqttgw dev`, know a certificate that nobody declared. */
export const DEVELOPMENT_COMMON_NAME = 'cdktf-mqtt-gateway development';

export class Certificates implements CertificateSource {
  private readonly listeners = new Set<() => void>();
  private given: CertificatePair | null;
  private hosts: readonly string[];

  private constructor(private active: CurrentCertificate, private readonly options: CertificatesOptions) {
    this.given = options.given;
    this.hosts = options.hosts;
  }

  /** A given certificate that cannot be used is an event, and a development certificate takes its place. */
  static async open(options: CertificatesOptions): Promise<Certificates> {
    const given = options.given === null ? null : tryInspect(options.given, options);
    const certificates = new Certificates(given ?? await development(options.hosts, options), options);
    if (given !== null) certificates.announceLoaded();
    return certificates;
  }

  get current(): CurrentCertificate {
    return this.active;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Takes a changed declaration in. Resolves false when nothing changed or the new one cannot be used. */
  async update(given: CertificatePair | null, hosts = this.hosts): Promise<boolean> {
    const { given: before } = this;
    const same = given === null
      ? this.active.development && keptName(hosts) === keptName(this.hosts)
      : given.certificate === before?.certificate && given.privateKey === before.privateKey;
    if (same) return false;
    const next = given === null ? await development(hosts, this.options) : tryInspect(given, this.options);
    if (next === null) return false;
    this.given = given;
    this.hosts = hosts;
    this.active = next;
    // what is made or kept here was told when it was
    if (!next.development) this.announceLoaded();
    for (const listener of this.listeners) listener();
    return true;
  }

  private announceLoaded(): void {
    const { fingerprint, validTo, development: made } = this.active;
    emit(this.options, 'info', EVENTS.certificateLoaded, { fingerprint, validTo: validTo.toISOString(), development: made });
    if (validTo.getTime() < Date.now()) {
      emit(this.options, 'warn', EVENTS.certificateExpired, { fingerprint, validTo: validTo.toISOString() });
    }
  }
}

/** Throws when the pair cannot serve TLS; the error never repeats key material. */
export function inspectCertificate(pair: CertificatePair, isDevelopment = false): CurrentCertificate {
  const certificate = new X509Certificate(pair.certificate);
  if (!certificate.checkPrivateKey(createPrivateKey(pair.privateKey))) throw new Error('the private key belongs to another certificate');
  createSecureContext({ cert: pair.certificate, key: pair.privateKey });
  return {
    certificate: pair.certificate,
    privateKey: pair.privateKey,
    fingerprint: certificate.fingerprint256,
    development: isDevelopment,
    validTo: new Date(certificate.validTo),
  };
}

function tryInspect(pair: CertificatePair, options: CertificatesOptions): CurrentCertificate | null {
  try {
    return inspectCertificate(pair);
  } catch (error) {
    emit(options, 'error', EVENTS.certificateRejected, { reason: 'certificate-malformed', detail: `${ERRORS['certificate-malformed']}: ${(error as Error).message}` });
    return null;
  }
}

/** A kept value never changes, so each set of names has its own, with a key of its own. */
function keptName(hosts: readonly string[]): string {
  return `development-certificate-${createHash('sha256').update(JSON.stringify(namesOf(hosts).sort())).digest('hex').slice(0, 16)}`;
}

function namesOf(hosts: readonly string[]): string[] {
  return [...new Set(['localhost', '127.0.0.1', '::1', ...hosts])];
}

async function development(hosts: readonly string[], options: CertificatesOptions): Promise<CurrentCertificate> {
  const made = await makeDevelopmentCertificate(hosts);
  const kept = JSON.parse(await options.keepValue(keptName(hosts), JSON.stringify(made))) as CertificatePair;
  const current = inspectCertificate(kept, true);
  const event = kept.certificate === made.certificate ? EVENTS.certificateMade : EVENTS.certificateLoaded;
  emit(options, 'info', event, { fingerprint: current.fingerprint, validTo: current.validTo.toISOString(), development: true });
  return current;
}

/** Self-signed, P-256: made in milliseconds, where an RSA key may take seconds. */
export async function makeDevelopmentCertificate(hosts: readonly string[]): Promise<CertificatePair> {
  const names = namesOf(hosts);
  const isAddress = (host: string) => /^[0-9.]+$/.test(host) || host.includes(':');
  const now = Date.now();
  const day = 24 * 60 * 60 * 1_000;
  const made = await generate([{ name: 'commonName', value: DEVELOPMENT_COMMON_NAME }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - day), // clocks of devices run behind
    notAfterDate: new Date(now + LIMITS.developmentCertificateDays * day),
    extensions: [
      // a certificate that clients trust by itself must be its own authority
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: names.map((host) => (isAddress(host) ? { type: 7 as const, ip: host } : { type: 2 as const, value: host })) },
    ],
  });
  return { certificate: made.cert, privateKey: made.private };
}

function emit(
  { logger, onEvent }: CertificatesOptions, level: 'info' | 'warn' | 'error', event: EventName, fields: { readonly [name: string]: unknown },
): void {
  logger[level](fields, event);
  onEvent?.(event, fields);
}
