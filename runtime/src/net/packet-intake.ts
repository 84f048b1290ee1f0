import type { ErrorCode } from '../errors';
import type { NetLimits } from '../limits';
import { PacketType } from './frame-header';
import { FrameReader, type FrameSink } from './frame-reader';
import { HeldInput } from './held-input';
import type { InputBudget } from './input-budget';
import { InputQueue } from './input-queue';
import { checkConnect, checkPacket, type ConnectInfo } from './packet-check';
import { readPublish, type IncomingPublish } from './publish-reader';

/** What the intake needs of its connection. */
export interface IntakeConnection {
  readonly destroyed: boolean;
  /** The engine has packets that it has not answered. */
  readonly engineBusy: boolean;
  readonly onPuback: ((packetId: number) => void) | null;
  /** A PUBLISH may go past the engine now: there is nothing before it that the engine has not answered. */
  readonly takesPublish: boolean;
  publish(packet: IncomingPublish): void;
  refuse(code: ErrorCode, detail?: string): void;
  write(bytes: Buffer): boolean;
  /** CONNECT is complete. */
  connectArrived(): void;
  /** The client lives, and the engine does not see it. */
  keepAlive(): void;
  answerPing(): void;
}

/**
 * waiting: CONNECT is due; held: CONNECT was handed on and what follows waits for `release()`; open: packets pass;
 * finished: DISCONNECT was read, or the peer has sent its last byte, or we are closing.
 */
type Phase = 'waiting' | 'held' | 'open' | 'finished';

const UNSUPPORTED_LEVEL_CONNACK = Buffer.from([0x20, 0x02, 0x00, 0x01]);

/**
 * What a client sends, from bytes to the queue of valid packets that wait for the engine: cut into frames, bounded before
 * they are kept, checked when they are whole. What must not wait for the engine goes past it.
 */
export class PacketIntake implements FrameSink {
  /** Known once the CONNECT packet has been handed on. */
  connect: ConnectInfo | null = null;
  payloadBytes: number;
  /** DISCONNECT has come. */
  disconnected = false;
  private current: Phase = 'waiting';
  private readonly reader = new FrameReader();
  private readonly queue: InputQueue;
  /** null once it is released. */
  private held: HeldInput | null;

  constructor(private readonly limits: NetLimits, budget: InputBudget, private readonly connection: IntakeConnection) {
    this.payloadBytes = limits.connectBytes;
    this.queue = new InputQueue(limits, budget);
    this.held = new HeldInput(budget);
  }

  get phase(): Phase {
    return this.current;
  }

  /** Packets can be taken. */
  get ready(): boolean {
    return this.queue.size > 0;
  }

  /** Nothing of what came waits. */
  get empty(): boolean {
    return !this.ready && (this.held?.bytes ?? 0) === 0;
  }

  /** Enough waits: the socket should not be read. */
  get full(): boolean {
    return (this.held?.bytes ?? 0) > this.limits.connectBytes || this.queue.isFull;
  }

  /** False: all clients that have not authenticated keep too much together. */
  add(chunk: Buffer): boolean {
    if (this.current === 'held') this.held!.add(chunk);
    else this.feed(chunk);
    return this.held === null || this.held.account(this.held.bytes + this.reader.partialBytes);
  }

  /** What came behind CONNECT is looked at now. */
  release(): void {
    this.current = 'open';
    const chunks = this.held!.take();
    this.held = null;
    for (const chunk of chunks) this.feed(chunk);
  }

  /** The next packets, as many as the engine may handle side by side. */
  take(): Buffer {
    return this.queue.take();
  }

  /** Nothing more is taken, and what waits is dropped. */
  finish(): void {
    this.current = 'finished';
    this.reader.clear();
    this.queue.clear();
    this.held?.take();
    this.held = null;
  }

  // --- what the frame reader says

  header(firstByte: number, frameLength: number): boolean {
    if (this.current === 'waiting' && firstByte >> 4 !== PacketType.CONNECT) {
      this.connection.refuse('first-packet-not-connect', `got packet type ${firstByte >> 4}`); // [MQTT-3.1.0-1]
      return false;
    }
    const allowed = this.current === 'waiting' ? this.limits.connectBytes
      : Math.max(this.limits.connectBytes, this.payloadBytes + this.limits.stringBytes + 9);
    if (frameLength > allowed) {
      this.connection.refuse('packet-too-large', `got ${frameLength} bytes, allowed ${allowed}`);
      return false;
    }
    return true;
  }

  frame(buffer: Buffer, start: number, bodyStart: number, end: number): boolean {
    if (this.current === 'waiting') return this.connectFrame(buffer, start, bodyStart, end);
    const { connection } = this;
    const bad = checkPacket(buffer, start, bodyStart, end, this.connect!.protocolVersion, this.payloadBytes);
    if (bad !== null) {
      connection.refuse(bad, bad === 'payload-too-large' ? `allowed ${this.payloadBytes} bytes` : undefined);
      return false;
    }
    const type = buffer[start]! >> 4;
    if (connection.engineBusy) {
      connection.keepAlive();
      if (type === PacketType.PINGREQ) {
        connection.answerPing();
        return true;
      }
    }
    if (type === PacketType.PUBACK && connection.onPuback !== null) {
      connection.keepAlive();
      connection.onPuback(buffer.readUInt16BE(bodyStart));
      return !connection.destroyed;
    }
    if (type === PacketType.PUBLISH && connection.takesPublish && this.queue.size === 0 && (buffer[start]! & 0x04) === 0) {
      connection.keepAlive();
      connection.publish(readPublish(buffer, start, bodyStart, end));
      return !connection.destroyed;
    }
    const alone = type === PacketType.SUBSCRIBE || type === PacketType.UNSUBSCRIBE || type === PacketType.DISCONNECT;
    this.queue.add(buffer, start, end, alone);
    if (type !== PacketType.DISCONNECT) return true;
    this.disconnected = true;
    this.current = 'finished'; // [MQTT-3.14.4-1] nothing that follows counts
    return false;
  }

  malformedLength(): void {
    this.connection.refuse('remaining-length-malformed');
  }

  // --- inside

  private connectFrame(buffer: Buffer, start: number, bodyStart: number, end: number): boolean {
    const connect = checkConnect(buffer, start, bodyStart, end);
    if (typeof connect === 'string') {
      if (connect === 'protocol-level-unsupported') this.connection.write(UNSUPPORTED_LEVEL_CONNACK); // [MQTT-3.1.2-2]
      this.connection.refuse(connect);
      return false;
    }
    this.connect = connect;
    this.current = 'held';
    this.connection.connectArrived();
    this.queue.add(buffer, start, end, true);
    return false;
  }

  private feed(chunk: Buffer): void {
    if (this.current === 'finished') return;
    const taken = this.reader.push(chunk, this);
    if (this.current === 'held' && taken < chunk.length) this.held!.add(chunk.subarray(taken));
  }
}
