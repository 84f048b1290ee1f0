/** One MQTT connection on a raw socket, with no more work per packet than counting needs. */
import net from 'node:net';
import { FrameSplitter } from './frame-splitter';
import { DISCONNECT, encodeConnect, encodeSubscribe, PACKET, PINGREQ, type ConnectOptions } from './packets';

export interface Handlers {
  /** PUBACKs that one read brought. */
  acknowledged?(count: number): void;
  /** A PUBLISH; the payload is only there during the call. */
  message?(buffer: Buffer, payloadAt: number, end: number): void;
}

const READ_BYTES = 64 * 1024;
/** All connections are read in one thread, one after the other, so they share the memory that is read into. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

export class Client {
  private readonly socket: net.Socket;
  private readonly splitter: FrameSplitter;
  private handlers: Handlers = {};
  private acknowledgements = 0;
  /** PUBACKs for the messages of one read: one write. */
  private readonly acks = Buffer.allocUnsafe(4 * 1024);
  private acksAt = 0;
  private readonly waiting = new Map<number, (error: Error | null) => void>();
  private failure: Error | null = null;
  private ended = false;

  private constructor(port: number) {
    this.splitter = new FrameSplitter((buffer, start, bodyStart, end) => this.frame(buffer, start, bodyStart, end));
    this.socket = net.connect({
      port, host: '127.0.0.1', noDelay: true,
      onread: { buffer: readBuffer, callback: (bytes, buffer) => this.read((buffer as Buffer).subarray(0, bytes)) },
    });
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('close', () => this.fail(new Error('the broker closed the connection')));
  }

  static async connect(port: number, options: ConnectOptions, handlers: Handlers = {}): Promise<Client> {
    const client = new Client(port);
    client.handlers = handlers;
    client.socket.write(encodeConnect(options));
    await client.answer(PACKET.connack);
    return client;
  }

  async subscribe(filter: string, qos: 0 | 1): Promise<void> {
    this.socket.write(encodeSubscribe(filter, qos));
    await this.answer(PACKET.suback);
  }

  /** Resolves when the broker has read everything that was sent before. */
  async ping(): Promise<void> {
    this.socket.write(PINGREQ);
    await this.answer(PACKET.pingresp);
  }

  /** False: the socket is backed up; wait for `drained`. */
  write(bytes: Buffer): boolean {
    return this.socket.write(bytes);
  }

  onDrain(callback: () => void): void {
    this.socket.on('drain', callback);
  }

  /** Says goodbye, and resolves when the socket is closed on both sides. */
  async disconnect(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    const closed = new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
    if (this.socket.destroyed) return;
    this.socket.end(DISCONNECT);
    const timer = setTimeout(() => this.socket.destroy(), 5_000);
    await closed;
    clearTimeout(timer);
  }

  destroy(): void {
    this.ended = true;
    this.socket.destroy();
  }

  /** Throws when the broker has closed the connection. */
  check(): void {
    if (this.failure !== null) throw this.failure;
  }

  private read(chunk: Buffer): boolean {
    this.splitter.push(chunk);
    if (this.acksAt > 0) this.flushAcks();
    if (this.acknowledgements > 0) {
      const count = this.acknowledgements;
      this.acknowledgements = 0;
      this.handlers.acknowledged?.(count);
    }
    return true;
  }

  private frame(buffer: Buffer, start: number, bodyStart: number, end: number): void {
    const type = buffer[start]! >> 4;
    if (type === PACKET.puback) this.acknowledgements++;
    else if (type === PACKET.publish) this.publish(buffer, start, bodyStart, end);
    else this.answered(type, type === PACKET.connack ? buffer[bodyStart + 1]! : type === PACKET.suback ? buffer[bodyStart + 2]! & 0x80 : 0);
  }

  private publish(buffer: Buffer, start: number, bodyStart: number, end: number): void {
    let payloadAt = bodyStart + 2 + buffer.readUInt16BE(bodyStart);
    if ((buffer[start]! & 0x06) !== 0) {
      const { acks } = this;
      acks[this.acksAt++] = 0x40;
      acks[this.acksAt++] = 2;
      acks[this.acksAt++] = buffer[payloadAt]!;
      acks[this.acksAt++] = buffer[payloadAt + 1]!;
      if (this.acksAt === acks.length) this.flushAcks();
      payloadAt += 2;
    }
    this.handlers.message?.(buffer, payloadAt, end);
  }

  private flushAcks(): void {
    const bytes = Buffer.from(this.acks.subarray(0, this.acksAt));
    this.acksAt = 0;
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  private answer(type: number): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => this.waiting.set(type, (error) => (error === null ? resolve() : reject(error))));
  }

  private answered(type: number, code: number): void {
    const waiter = this.waiting.get(type);
    this.waiting.delete(type);
    waiter?.(code === 0 ? null : new Error(`the broker refused with code ${code}`));
  }

  private fail(error: Error): void {
    if (this.ended) return;
    this.failure ??= error;
    for (const waiter of this.waiting.values()) waiter(error);
    this.waiting.clear();
  }
}
