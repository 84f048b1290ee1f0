import { connect as connectTcp, type Socket } from 'node:net';
import { parser } from 'mqtt-packet';
import { afterEach, expect, vi } from 'vitest';
import type { ListenerName } from '../../../lib/manifest/manifest';
import { EVENTS } from '../events';
import { LIMITS, type NetLimits } from '../limits';
import { Certificates, type CertificatePair } from './certificates';
import type { Connection } from './connection';
import { startListeners, type Listeners } from './listeners';

export const silent = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
export const CONNACK = Buffer.from([0x20, 0x02, 0x00, 0x00]);
export const PINGRESP = Buffer.from([0xd0, 0x00]);

const running: Listeners[] = [];
export const sockets: { destroy?(): void; terminate?(): void }[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) (socket.terminate ?? socket.destroy)?.call(socket);
  await Promise.all(running.splice(0).map((listeners) => listeners.close()));
});

/** Answers CONNECT and PINGREQ, and remembers what came. */
export async function start(names: readonly ListenerName[], options: { limits?: Partial<NetLimits>; proxyProtocol?: boolean; given?: CertificatePair } = {}) {
  const events: { event: string; reason?: unknown; address?: unknown }[] = [];
  const connections: Connection[] = [];
  const topics: string[] = [];
  const certificates = await Certificates.open({ given: options.given ?? null, keepValue: async (_name, value) => value, hosts: [], logger: silent });
  const listeners = await startListeners({
    bindings: Object.fromEntries(names.map((name) => [name, { bindAddress: '127.0.0.1', port: 0 }])),
    proxyProtocol: options.proxyProtocol ?? false,
    certificates,
    logger: silent,
    limits: { ...LIMITS, ...options.limits },
    onEvent: (event, fields) => events.push({ event, ...fields }),
    onConnection: (connection) => {
      connections.push(connection);
      const parse = parser();
      parse.on('packet', (received) => {
        if (received.cmd === 'connect') {
          connection.write(CONNACK);
          connection.setPayloadLimit(65_536);
          setImmediate(() => connection.release());
        } else if (received.cmd === 'pingreq') connection.write(PINGRESP);
        else if (received.cmd === 'publish') topics.push(received.topic);
      });
      connection.on('readable', () => {
        for (let read = connection.read(); read !== null; read = connection.read()) parse.parse(read);
      });
    },
  });
  running.push(listeners);
  const port = (name: ListenerName) => listeners.addresses[name]!.port;
  const reasons = () => events.filter(({ event }) => event !== EVENTS.listenerStarted).map(({ reason }) => reason);
  return { listeners, certificates, connections, topics, events, port, reasons };
}

export function tcp(port: number): Socket {
  const socket = connectTcp(port, '127.0.0.1');
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

/** Unlike `once`, does not mind an error before. */
export function whenClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.on('close', () => resolve()));
}

export function collect(socket: Socket) {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { bytes: () => Buffer.concat(chunks), closed: whenClosed(socket).then(() => Buffer.concat(chunks)) };
}

export async function receive(socket: Socket, length: number): Promise<Buffer> {
  const { bytes } = collect(socket);
  await vi.waitFor(() => expect(bytes().length).toBeGreaterThanOrEqual(length), 5_000);
  return bytes();
}
