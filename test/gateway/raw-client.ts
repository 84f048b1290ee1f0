/** A client that sends bytes as they are told, and tells every packet that comes back. */
import net from 'node:net';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { field, packet } from './packets';
import { INSTANCE_ID, SECRETS } from './documents';
import { signPassword } from '../../runtime/src/auth/signature';
import { pause } from './harness';
import { PATIENCE_MS } from './patience';

export interface RawClient {
  readonly socket: net.Socket;
  readonly packets: Packet[];
  readonly closed: boolean;
  send(...bytes: Buffer[]): void;
  /** Resolves with the first packet of this kind, now or later. */
  next(cmd: Packet['cmd'], count?: number): Promise<Packet>;
  untilClosed(): Promise<void>;
}

export async function rawClient(port: number): Promise<RawClient> {
  const socket = net.connect(port, '127.0.0.1');
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.on('error', () => undefined);
  const packets: Packet[] = [];
  const parser = mqttPacket.parser();
  parser.on('packet', (received) => packets.push(received));
  let closed = false;
  socket.on('data', (data) => parser.parse(data)).on('close', () => { closed = true; }).on('end', () => { closed = true; });
  const until = async (what: string, done: () => boolean): Promise<void> => {
    for (const end = Date.now() + PATIENCE_MS; !done(); await pause(5)) {
      if (Date.now() > end) throw new Error(`${what} did not happen; got ${JSON.stringify(packets.map((p) => p.cmd))}, closed: ${closed}`);
    }
  };
  return {
    socket,
    packets,
    get closed() { return closed; },
    send: (...bytes) => { socket.write(Buffer.concat(bytes)); },
    async next(cmd, count = 1) {
      await until(`${count} × ${cmd}`, () => packets.filter((p) => p.cmd === cmd).length >= count);
      return packets.filter((p) => p.cmd === cmd)[count - 1]!;
    },
    untilClosed: () => until('close', () => closed),
  };
}

/** CONNECT as the strict admission wants it. */
export function signedConnect(clientId: string, { clean = true, keepAlive = 60 } = {}): Buffer {
  return packet(
    0x10, field('MQTT'), [4, clean ? 0xc2 : 0xc0, keepAlive >> 8, keepAlive & 0xff],
    field(clientId), field(`Signature|main-key|${INSTANCE_ID}`), field(signPassword(SECRETS['main-key']!, clientId)),
  );
}
