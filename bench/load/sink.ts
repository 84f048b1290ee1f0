/**
 * A broker that does nothing but answer at once and hand on: no store, no checks. What the generator reaches with it is
 * what the generator can do; a broker that stays well below is measured, and not the generator.
 */
import net from 'node:net';
import { FrameSplitter } from './frame-splitter';

interface Peer {
  readonly socket: net.Socket;
  /** QoS 0 or 1 of its one subscription, and the filter up to its wildcard. */
  granted: number;
  prefix: string | null;
  out: Buffer[];
}

const subscribers = new Set<Peer>();

function frame(peer: Peer, buffer: Buffer, start: number, bodyStart: number, end: number): void {
  switch (buffer[start]! >> 4) {
    case 1:
      peer.out.push(Buffer.from([0x20, 2, 0, 0]));
      break;
    case 3:
      publish(peer, buffer, start, bodyStart, end);
      break;
    case 8: {
      const length = buffer.readUInt16BE(bodyStart + 2);
      peer.prefix = buffer.toString('utf8', bodyStart + 4, bodyStart + 4 + length).replace(/#$/, '');
      peer.granted = buffer[end - 1]!;
      subscribers.add(peer);
      peer.out.push(Buffer.from([0x90, 3, buffer[bodyStart]!, buffer[bodyStart + 1]!, peer.granted]));
      break;
    }
    case 12:
      peer.out.push(Buffer.from([0xd0, 0]));
      break;
    case 14:
      peer.socket.end();
      break;
    default: // PUBACK: nothing is kept, so nothing is to be forgotten
  }
}

function publish(peer: Peer, buffer: Buffer, start: number, bodyStart: number, end: number): void {
  const qos = (buffer[start]! >> 1) & 3;
  if (qos > 0) {
    const packetIdAt = bodyStart + 2 + buffer.readUInt16BE(bodyStart);
    peer.out.push(Buffer.from([0x40, 2, buffer[packetIdAt]!, buffer[packetIdAt + 1]!]));
  }
  if (subscribers.size === 0) return;
  const topic = buffer.toString('latin1', bodyStart + 2, bodyStart + 2 + buffer.readUInt16BE(bodyStart));
  let copy: Buffer | null = null;
  for (const subscriber of subscribers) {
    if (!topic.startsWith(subscriber.prefix!)) continue;
    copy ??= Buffer.from(buffer.subarray(start, end));
    if (subscriber.out.push(copy) === 1 && subscriber !== peer) setImmediate(() => flush(subscriber));
  }
}

function flush(peer: Peer): void {
  if (peer.out.length === 0 || peer.socket.destroyed) return;
  const out = peer.out;
  peer.out = [];
  peer.socket.write(out.length === 1 ? out[0]! : Buffer.concat(out));
}

const server = net.createServer({ noDelay: true }, (socket) => {
  const peer: Peer = { socket, granted: 0, prefix: null, out: [] };
  const splitter = new FrameSplitter((...args) => frame(peer, ...args));
  socket.on('data', (chunk: Buffer) => { splitter.push(chunk); flush(peer); });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => subscribers.delete(peer));
});
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
