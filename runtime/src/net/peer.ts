import type { Socket } from 'node:net';
import type { Peer } from './transport';

/** IPv4 addresses of a dual-stack socket come as `::ffff:192.0.2.1`: everybody else calls that 192.0.2.1. */
export function peerOf(socket: Socket): Peer {
  const address = socket.remoteAddress ?? '';
  return { address: address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address, port: socket.remotePort ?? 0 };
}
