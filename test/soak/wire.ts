/** One network connection of a device: packets in, packets out, and one end. */
import net from 'node:net';
import mqttPacket, { type Packet } from 'mqtt-packet';

export class Wire {
  readonly closed: Promise<void>;
  /** True: the other side ended the connection in good order; false: it was cut, or is too slow. */
  readonly closedByPeer: Promise<boolean>;
  /** The device has gone on with another connection; what still comes here is as good as lost. */
  abandoned = false;
  private readonly socket: net.Socket;

  constructor(port: number, onPacket: (packet: Packet) => void) {
    this.socket = net.connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('error', () => undefined);
    const parser = mqttPacket.parser();
    parser.on('packet', (packet) => { if (!this.abandoned) onPacket(packet); });
    parser.on('error', () => this.destroy());
    this.socket.on('data', (data) => parser.parse(data));
    this.closedByPeer = new Promise((resolve) => this.socket.once('end', () => resolve(true)).once('close', () => resolve(false)));
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
  }

  get open(): boolean {
    return !this.socket.destroyed;
  }

  send(packet: Packet): void {
    if (!this.socket.destroyed && !this.socket.writableEnded) this.socket.write(mqttPacket.generate(packet));
  }

  /** In good order, so that a DISCONNECT before it arrives. */
  end(): void {
    this.socket.end();
    setTimeout(() => this.destroy(), 1_000).unref();
  }

  destroy(): void {
    this.socket.destroy();
  }
}
