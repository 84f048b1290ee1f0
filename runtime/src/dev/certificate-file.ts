/**
 * Puts the development certificate where the user finds it, so that clients can be told to trust it. It is asked of the
 * listener itself: what is written is what clients are shown, whatever process serves it. The key never leaves the store.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { connect } from 'node:tls';
import type { ListenerBinding } from '../../../lib/manifest/manifest';
import { DEVELOPMENT_COMMON_NAME } from '../net/certificates';

const FILE = 'development-certificate.pem';
const TIMEOUT_MS = 5_000;

/** The file; undefined: the listener serves a certificate of the user's own. */
export async function writeDevelopmentCertificate(folder: string, listener: ListenerBinding): Promise<string | undefined> {
  const { commonName, pem } = await served(listener);
  if (commonName !== DEVELOPMENT_COMMON_NAME) return undefined;
  const file = path.join(folder, FILE);
  writeFileSync(file, pem);
  return file;
}

function served({ bindAddress, port }: ListenerBinding): Promise<{ commonName: string; pem: string }> {
  return new Promise((resolve, reject) => {
    // nothing is trusted or sent here: the certificate is looked at
    const socket = connect({ host: bindAddress, port, rejectUnauthorized: false, timeout: TIMEOUT_MS }, () => {
      const { subject, raw } = socket.getPeerCertificate();
      socket.end(); // the handshake comes to its end: a listener tells of those that do not
      const lines = raw.toString('base64').match(/.{1,64}/g) ?? [];
      resolve({ commonName: String(subject.CN), pem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n` });
    });
    socket.once('error', reject);
    socket.once('timeout', () => socket.destroy(new Error('the TLS listener did not answer')));
  });
}
