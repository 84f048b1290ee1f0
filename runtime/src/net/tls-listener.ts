import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { NetLimits } from '../limits';
import type { Accepted } from './acceptor';
import type { CertificateSource } from './certificates';

export interface TlsProtocol {
  accept(accepted: Accepted): void;
  close(): void;
}

/**
 * TLS on sockets that an acceptor has accepted. A changed certificate is used for handshakes from then on; connections
 * that stand keep theirs and stay.
 */
export function tlsProtocol(
  certificates: CertificateSource, limits: NetLimits, onSecure: (socket: TLSSocket, accepted: Accepted) => void,
): TlsProtocol {
  // the TLS server gives back a socket of its own, which shares its peer's address and port with the one it came from
  const handshakes = new Map<string, Accepted>();
  const keyOf = (socket: { remoteAddress?: string | undefined; remotePort?: number | undefined }) => `${socket.remoteAddress} ${socket.remotePort}`;
  const context = () => ({ cert: certificates.current.certificate, key: certificates.current.privateKey });

  const server: Server = createServer({
    ...context(),
    minVersion: 'TLSv1.2',
    handshakeTimeout: limits.connectTimeoutMs,
  });
  server.on('secureConnection', (socket) => {
    const key = keyOf(socket);
    const accepted = handshakes.get(key);
    handshakes.delete(key);
    if (accepted === undefined) socket.destroy();
    else onSecure(socket, accepted);
  });
  server.on('tlsClientError', (error, socket) => {
    const key = keyOf(socket);
    const accepted = handshakes.get(key);
    handshakes.delete(key);
    if (accepted === undefined) socket.destroy();
    else accepted.refuse('tls-handshake-failed', (error as NodeJS.ErrnoException).code ?? error.message);
  });
  const unsubscribe = certificates.onChange(() => server.setSecureContext(context()));

  return {
    accept(accepted) {
      const key = keyOf(accepted.socket);
      handshakes.set(key, accepted);
      accepted.socket.once('close', () => {
        if (handshakes.get(key) === accepted) handshakes.delete(key);
      });
      server.emit('connection', accepted.socket);
    },
    close: unsubscribe,
  };
}
