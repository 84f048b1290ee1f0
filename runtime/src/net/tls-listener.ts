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
  const take = (socket: TLSSocket): Accepted | undefined => {
    const key = keyOf(socket);
    const accepted = handshakes.get(key);
    handshakes.delete(key);
    return accepted;
  };
  server.on('secureConnection', (socket) => {
    const accepted = take(socket);
    if (accepted === undefined) return void socket.destroy();
    socket.allowHalfOpen = accepted.socket.allowHalfOpen = true;
    onSecure(socket, accepted);
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    // a peer that went away: told, if at all, when the accepted socket closes
    const accepted = error.code === 'ECONNRESET' ? undefined : take(socket);
    if (accepted === undefined) socket.destroy();
    else accepted.refuse('tls-handshake-failed', error.code ?? error.message);
  });
  const unsubscribe = certificates.onChange(() => server.setSecureContext(context()));

  return {
    accept(accepted) {
      const { socket } = accepted;
      const key = keyOf(socket);
      const readBefore = socket.bytesRead - socket.readableLength; // a PROXY header
      handshakes.set(key, accepted);
      socket.once('close', () => {
        if (handshakes.get(key) !== accepted) return;
        handshakes.delete(key);
        // who connects and says nothing looks whether the port is open
        if (socket.bytesRead > readBefore) accepted.refuse('tls-handshake-failed', 'the client closed the connection');
      });
      // nobody is owed anything before the handshake's end: a client that closes its side ends the connection
      socket.allowHalfOpen = false;
      server.emit('connection', socket);
    },
    close: unsubscribe,
  };
}
