import { EventEmitter } from 'node:events';
import type { ListenerName } from '../../../lib/manifest/manifest';
import { RefusedError, refusal, type ErrorCode, type Refusal } from '../errors';
import { LIMITS, type NetLimits } from '../limits';
import { nextConnectionId, type ConnectionOptions } from './connection-options';
import { InputBudget } from './input-budget';
import { Output } from './output';
import type { ConnectInfo } from './packet-check';
import { PacketIntake, type IntakeConnection } from './packet-intake';
import { PauseReasons } from './pause-reasons';
import { pubackOf, type IncomingPublish } from './publish-reader';
import type { Transport, TransportSink } from './transport';

export type { ConnectionOptions } from './connection-options';

const PINGRESP = Buffer.from([0xd0, 0x00]);

/**
 * One client's connection: the guard in front of the protocol engine, and what the engine takes for a stream (`conn`). What
 * comes in is judged by `PacketIntake`, what goes out is collected by `Output`; here is when to read, and when it ends.
 *
 * It is no `stream.Duplex`, because a gateway holds many idle connections and a Duplex costs kilobytes each. It has what
 * aedes uses: `on('readable')` with `read()`, `write()`, `destroy()`, `destroyed`, and the events `end`, `error`, `drain`,
 * `close`; and what `stream.finished` looks at.
 *
 * Reading: `read()` gives whole, valid packets, as many as the engine may handle side by side. SUBSCRIBE, UNSUBSCRIBE and
 * DISCONNECT come alone, so that they take effect between what was sent before and after. `readable` is emitted only after
 * a `read()` that answered null: aedes counts these, and so asks for more only when everything that it got is done.
 *
 * Events of ours: `refused` (Refusal) before a connection is cut for what it sent, `writable` like `drain` (which aedes
 * emits and clears itself when it closes a client), `ending` once, as soon as it is destroyed, and `close` once, after the
 * socket is gone.
 */
export class Connection extends EventEmitter implements TransportSink, IntakeConnection {
  readonly id = nextConnectionId();
  readonly connectedAt = Date.now();
  readonly listener: ListenerName;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Why it was cut; null: the client or the engine closed it. */
  refusal: Refusal | null = null;
  destroyed = false;
  /** Takes PUBACK past the engine and its queue: there is one for each delivered message, and it waits for nothing before it. */
  onPuback: ((packetId: number) => void) | null = null;
  /**
   * Takes PUBLISH of QoS 0 and 1 past the engine, which costs as much as everything else that is done for one. Calls back
   * when it is stored: true for what is to be acknowledged.
   */
  onPublish: ((packet: IncomingPublish, done: (stored: boolean) => void) => void) | null = null;
  /** aedes keeps its client here. */
  client: unknown = undefined;
  // what stream.finished and mqtt-packet look at
  readonly readable = true;
  writable = true;

  private readonly limits: NetLimits;
  private readonly intake: PacketIntake;
  private readonly output: Output;
  private readonly pauses = new PauseReasons();
  /** Milliseconds since 1970 at which its client sent something last. */
  lastInputAt = Date.now();
  readonly openedAt = Date.now();
  private reading = true;
  private wantsReadable = true;
  /** Packets that went past the engine and are not answered: what comes for the engine waits for them. */
  private publishing = 0;
  private inputEnded = false;
  private endEmitted = false;
  private closeEmitted = false;
  private transportClosed = false;
  private discarded = 0;
  private timer: NodeJS.Timeout | null;
  private onAdmittedOrClosed: (() => void) | null;

  constructor(private readonly transport: Transport, options: ConnectionOptions) {
    super();
    this.limits = options.limits ?? LIMITS;
    this.listener = options.listener;
    this.remoteAddress = options.peer.address;
    this.remotePort = options.peer.port;
    this.onAdmittedOrClosed = options.onAdmittedOrClosed ?? null;
    this.intake = new PacketIntake(this.limits, options.budget ?? new InputBudget(this.limits), this);
    this.output = new Output(transport, this.limits, {
      flushed: () => this.updateReading(),
      drained: () => this.emitDrain(),
    });
    this.timer = setTimeout(() => this.refuse('connect-timeout', `allowed ${this.limits.connectTimeoutMs} ms`), this.limits.connectTimeoutMs);
    transport.attach(this);
  }

  // --- what the gateway steers with

  /** Known once the CONNECT packet has been handed on. */
  get connect(): ConnectInfo | null {
    return this.intake.connect;
  }

  /** DISCONNECT was received, though it may wait for what came before it until the connection ends [MQTT-3.14.4-3]. */
  get saidGoodbye(): boolean {
    return this.intake.disconnected;
  }

  /** Bytes that were written and have not left. */
  get bufferedBytes(): number {
    return this.output.bufferedBytes;
  }

  get paused(): boolean {
    return this.pauses.any;
  }

  /** The bound of a payload after authentication (L4). Call it before `release()`, and whenever the declaration changes. */
  setPayloadLimit(payloadBytes: number): void {
    this.intake.payloadBytes = payloadBytes;
  }

  /** The client is ready: what it sent after CONNECT is looked at and handed on from now. */
  release(): void {
    if (this.intake.phase !== 'held') return;
    this.admittedOrClosed();
    this.intake.release();
    if (this.destroyed) return;
    this.announce();
    this.updateReading();
  }

  /** Stops reading from the socket and handing on, until `resume` was called as often with the same reason. */
  pause(reason: string): this {
    this.pauses.add(reason);
    this.updateReading();
    return this;
  }

  resume(reason: string): this {
    this.pauses.remove(reason);
    this.announce();
    this.updateReading();
    return this;
  }

  /** Closes for a reason of the gateway's; what was written still leaves. */
  refuse(code: ErrorCode, detail?: string): void {
    if (this.destroyed) return;
    this.refusal = refusal(code, detail);
    this.emit('refused', this.refusal);
    this.destroy(new RefusedError(this.refusal));
  }

  /** At once, without sending what was written. */
  terminate(): void {
    this.destroy();
    this.transport.destroy();
  }

  // --- what aedes uses

  override on(event: string | symbol, listener: (...args: any[]) => void): this {
    super.on(event, listener);
    // packets may have come before somebody listened
    if (event === 'readable' && this.intake.ready) process.nextTick(() => this.announce());
    return this;
  }

  read(): Buffer | null {
    if (this.destroyed || this.pauses.any || !this.intake.ready) {
      this.wantsReadable = true;
      this.endWhenDone();
      return null;
    }
    this.wantsReadable = false;
    const frames = this.intake.take();
    this.updateReading();
    return frames;
  }

  write(chunk: Buffer | string, encoding?: BufferEncoding | ((error?: Error | null) => void)): boolean {
    if (!this.writable) return true;
    this.output.add(typeof chunk === 'string' ? Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8') : chunk);
    return this.afterWrite();
  }

  /** A packet that is already in its wire form, in one or several parts. The parts must not change afterwards. */
  writeFrame(frame: Buffer | readonly Buffer[]): boolean {
    if (!this.writable) return true;
    if (Buffer.isBuffer(frame)) this.output.add(frame);
    else for (const part of frame) this.output.add(part);
    return this.afterWrite();
  }

  /** Sends what was written, then closes; hard after a while. With an error, `error` is emitted for those who listen. */
  destroy(error?: Error | null): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.clearTimer();
    this.admittedOrClosed();
    this.intake.finish();
    this.output.flush();
    this.writable = false;
    this.emit('ending');
    if (this.transportClosed) process.nextTick(() => this.finish());
    else {
      this.timer = setTimeout(() => this.transport.destroy(), this.limits.flushTimeoutMs);
      this.updateReading(); // reads on and throws away: unread input would make the kernel reset what we just sent
      this.transport.end();
    }
    if (error != null && this.listenerCount('error') > 0) this.emit('error', error);
    return this;
  }

  // --- what the transport says

  received(chunk: Buffer): void {
    this.lastInputAt = Date.now();
    if (this.intake.phase === 'finished') {
      this.discarded += chunk.length;
      if (this.discarded > this.limits.lingerBytes) this.transport.destroy();
      return;
    }
    const affordable = this.intake.add(chunk);
    if (this.destroyed) return;
    if (!affordable) return this.refuse('input-exhausted');
    this.announce();
    this.updateReading();
  }

  ended(): void {
    if (this.inputEnded) return;
    this.inputEnded = true;
    if (this.destroyed) return;
    // packets before the end still count: a client may publish and close at once
    this.clearTimer();
    this.timer = setTimeout(() => this.destroy(), this.limits.connectTimeoutMs);
    this.endWhenDone();
  }

  failed(error: Error): void {
    this.destroy(error);
  }

  drained(): void {
    this.output.drained();
    this.updateReading();
  }

  closed(): void {
    this.transportClosed = true;
    this.writable = false;
    this.output.closed();
    if (this.destroyed) this.finish();
    else {
      this.ended();
      this.endWhenDone();
    }
  }

  // --- what the intake asks and says

  get engineBusy(): boolean {
    return !this.wantsReadable || this.publishing > 0;
  }

  get takesPublish(): boolean {
    return this.wantsReadable && this.onPublish !== null && !this.pauses.any && this.publishing < this.limits.framesPerRead;
  }

  publish(packet: IncomingPublish): void {
    this.publishing++;
    this.onPublish!(packet, (stored) => {
      this.publishing--;
      if (this.destroyed) return;
      if (stored && packet.qos === 1 && this.writable) {
        this.output.add(pubackOf(packet.messageId));
        this.afterWrite();
      }
      if (this.publishing === 0) this.announce();
    });
  }

  connectArrived(): void {
    this.clearTimer();
  }

  answerPing(): void {
    this.output.add(PINGRESP); // [MQTT-3.12.4-1]
  }

  /**
   * The engine is busy, for as long as a store that is away makes it: what the client sends meanwhile waits, and must
   * count for its keep-alive all the same [MQTT-3.1.2-24]. Its PINGREQ is answered past the queue.
   */
  keepAlive(): void {
    (this.client as { _keepaliveTimer?: NodeJS.Timeout | null } | undefined)?._keepaliveTimer?.refresh();
  }

  // --- inside

  private announce(): void {
    if (!this.wantsReadable || this.publishing > 0 || this.destroyed || this.pauses.any) return;
    if (this.intake.ready && this.listenerCount('readable') > 0) {
      this.wantsReadable = false;
      this.emit('readable');
    } else this.endWhenDone();
  }

  /** The peer's end is passed on only after everything that it sent before has been handled. */
  private endWhenDone(): void {
    if (!this.inputEnded || !this.wantsReadable || this.publishing > 0 || this.endEmitted || this.destroyed || this.pauses.any || !this.intake.empty) return;
    this.endEmitted = true;
    process.nextTick(() => {
      this.emit('end');
      this.destroy();
    });
  }

  /** Reads the socket only while somebody takes what comes. */
  private updateReading(): void {
    const shouldRead = this.intake.phase === 'finished'
      || (!this.pauses.any && !this.intake.full && this.output.bufferedBytes <= this.limits.outputStopsInputBytes);
    if (shouldRead === this.reading || this.transportClosed) return;
    this.reading = shouldRead;
    if (shouldRead) this.transport.resume();
    else this.transport.pause();
  }

  private afterWrite(): boolean {
    if (this.output.bufferedBytes <= this.limits.outputBytesPerClient) return this.output.hasRoom();
    this.output.clear();
    this.refuse('output-overflow', `allowed ${this.limits.outputBytesPerClient} bytes`);
    this.transport.destroy();
    return true;
  }

  private emitDrain(): void {
    if (this.destroyed) return;
    this.emit('drain');
    this.emit('writable');
  }

  private admittedOrClosed(): void {
    const callback = this.onAdmittedOrClosed;
    this.onAdmittedOrClosed = null;
    callback?.();
  }

  private clearTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private finish(): void {
    this.clearTimer();
    if (this.closeEmitted) return;
    this.closeEmitted = true;
    this.emit('close');
  }
}

// stream.finished takes an emitter with write() and pipe() for an old-style stream
Object.defineProperty(Connection.prototype, 'pipe', { value: () => { throw new Error('a connection cannot be piped'); } });
