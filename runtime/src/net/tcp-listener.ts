import type { Accepted } from './acceptor';
import { SocketTransport } from './socket-transport';
import type { Transport } from './transport';

/** Hands a socket whose handshakes are done to its connection. */
export type OpenTransport = (transport: Transport, accepted: Accepted) => void;

/** Plain MQTT over TCP: nothing to agree on. */
export function tcpProtocol(open: OpenTransport): (accepted: Accepted) => void {
  return (accepted) => {
    accepted.handshakeDone();
    accepted.socket.resume(); // flows from the next tick, when the connection listens
    open(new SocketTransport(accepted.socket), accepted);
  };
}
