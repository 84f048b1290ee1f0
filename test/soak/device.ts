/**
 * An MQTT 3.1.1 client that keeps its side of the state as the standard wants it (4.1, 4.3, 4.4):
 * what it sent and was not acknowledged is sent again in order, and the identifiers of QoS 2 messages that it has are
 * remembered over any number of connections. It may be taken over by its own second connection at any moment.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IPublishPacket, Packet } from 'mqtt-packet';
import { signPassword } from '../../runtime/src/auth/signature';
import { INSTANCE_ID, SECRETS } from '../gateway/documents';
import type { ConnectionListener, Delivery } from './connection-events';
import type { Subscription } from './ledger';
import type { Random } from './random';
import { Wire } from './wire';

const CONNECT_MS = 8_000;
const KEEP_ALIVE_SECONDS = 5;

export interface DeviceOptions {
  readonly clientId: string;
  /** Ports of gateways; each connection chooses one. */
  readonly ports: readonly number[];
  readonly random: Random;
  /** Asked for on the first connection, and on each one with a clean session. */
  readonly subscriptions: readonly Subscription[];
  /** Default: a persistent session. */
  readonly clean?: boolean;
  /** The will of the next connection; absent: none. */
  readonly will?: () => { readonly topic: string; readonly payload: string; readonly qos: 1 | 2 };
  readonly listener?: ConnectionListener;
  readonly onMessage?: (delivery: Delivery) => void;
  /** What should never happen, and what helps to understand what did. */
  readonly onViolation: (kind: 'session-lost' | 'packet-id', text: string, /** When what is contradicted now was said. */ past: number) => void;
  /** Milliseconds since the start of the run. */
  readonly now: () => number;
  readonly journal: (text: string) => void;
}

/** SUBSCRIBE or UNSUBSCRIBE, sent again on each connection until it is answered. */
interface Request {
  readonly packet: { readonly cmd: 'subscribe' | 'unsubscribe' };
  packetId: number;
  readonly onAnswer: () => void;
}

interface Outgoing {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  /** QoS 2: PUBREC has come. */
  received: boolean;
  readonly onStored: () => void;
}

export class Device {
  /** Connections that a second one took the place of. */
  readonly abandoned = new Set<Wire>();
  private wire: Wire | null = null;
  private ready = false;
  private wanted = true;
  private stopped = false;
  private hadSession = false;
  private firstConnectedAt = 0;
  private subscribed = false;
  /** Sent and not done, in the order of sending. */
  private readonly outgoing = new Map<number, Outgoing>();
  private lastPacketId = 0;
  private request: Request | null = null;
  /** Packet identifier of the SUBSCRIBE for the fixed filters. */
  private subscribeId = 0;
  /** Number of the connection, and of the gateway that it goes to. */
  private connections = 0;
  private gateway = 0;
  /** QoS 2 messages that it has and that wait for PUBREL: identifier → what it stands for. */
  private readonly incoming = new Map<number, { readonly payload: string; readonly at: number }>();
  private wake: () => void = () => undefined;

  constructor(private readonly options: DeviceOptions) {
    void this.live();
  }

  get clientId(): string {
    return this.options.clientId;
  }

  get online(): boolean {
    return this.ready;
  }

  get settled(): boolean {
    return this.ready && this.subscribed;
  }

  get inFlight(): number {
    return this.outgoing.size;
  }

  publish({ topic, qos, retain }: { readonly topic: string; readonly qos: 1 | 2; readonly retain: boolean }, payload: string, onStored: () => void): void {
    const packetId = this.nextPacketId();
    const message = { topic, payload, qos, retain, received: false, onStored };
    this.outgoing.set(packetId, message);
    if (this.ready) this.sendPublish(packetId, message, false);
  }

  /** QoS 0: sent once, or not at all. */
  publishOnce(topic: string, payload: string): void {
    if (this.ready) this.wire!.send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false } as Packet);
  }

  /** Changes what it is subscribed to; resolves with the answer, on whichever connection that comes. */
  change(packet: { readonly cmd: 'subscribe'; readonly subscriptions: readonly { topic: string; qos: number }[] } | { readonly cmd: 'unsubscribe'; readonly unsubscriptions: readonly string[] }): Promise<void> {
    return new Promise((resolve) => {
      this.request = { packet, packetId: 0, onAnswer: resolve };
      if (this.ready) this.sendRequest();
    });
  }

  /** Comes back, or goes: with a DISCONNECT, or as a device whose battery is empty. */
  want(online: boolean, politely = true): void {
    this.wanted = online;
    if (!online && this.wire !== null) {
      const goodbye = politely && this.ready;
      if (goodbye) this.wire.send({ cmd: 'disconnect' } as Packet);
      this.leave(politely ? (wire) => wire.end() : (wire) => wire.destroy(), goodbye);
    }
    this.wake();
  }

  /** A second connection with the same Client ID, while the first still stands. */
  takeOver(): void {
    if (!this.ready) return;
    this.leave((wire) => {
      this.abandoned.add(wire);
      void wire.closed.then(() => this.abandoned.delete(wire));
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.want(false);
    for (const wire of this.abandoned) wire.destroy();
  }

  private leave(how: (wire: Wire) => void, goodbye = false): void {
    const { wire } = this;
    if (wire === null) return;
    wire.abandoned = true;
    this.wire = null;
    this.ready = false;
    how(wire);
    this.options.listener?.ended?.({ gateway: this.gateway, goodbye: goodbye ? wire.closedByPeer : null });
    this.wake();
  }

  private async live(): Promise<void> {
    const { random, ports } = this.options;
    while (!this.stopped) {
      if (!this.wanted) {
        await new Promise<void>((resolve) => { this.wake = resolve; });
        continue;
      }
      this.gateway = random.between(0, ports.length - 1);
      await this.connection(ports[this.gateway]!);
      if (this.wanted) await sleep(random.between(20, 400));
    }
  }

  /** From connecting to the end of this connection, or until another one takes its place. */
  private async connection(port: number): Promise<void> {
    const { clientId, journal, clean = false, will, listener } = this.options;
    this.connections++;
    let pings = 0;
    const wire = new Wire(port, (packet) => { pings = 0; this.onPacket(wire, packet); });
    this.wire = wire;
    wire.send({
      cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean, ...(will === undefined ? {} : { will: { ...will(), retain: false } }), keepalive: KEEP_ALIVE_SECONDS, clientId,
      username: `Signature|main-key|${INSTANCE_ID}`, password: Buffer.from(signPassword(SECRETS['main-key']!, clientId)),
    } as Packet);
    const left = new Promise<void>((resolve) => { this.wake = () => { if (this.wire !== wire) resolve(); }; });
    const patience = setTimeout(() => { if (!this.ready) wire.destroy(); }, CONNECT_MS);
    const pinging = setInterval(() => {
      if (wire.abandoned || !this.ready) return;
      if (++pings > 3) wire.destroy();
      else wire.send({ cmd: 'pingreq' } as Packet);
    }, KEEP_ALIVE_SECONDS * 500);
    await Promise.race([wire.closed, left]);
    clearTimeout(patience);
    clearInterval(pinging);
    if (this.wire === wire) {
      this.wire = null;
      if (this.ready) journal(`${clientId} lost its connection at port ${port}`);
      this.ready = false;
      listener?.ended?.({ gateway: this.gateway, goodbye: null });
    } else journal(`${clientId} left its connection at port ${port}`);
  }

  private onPacket(wire: Wire, packet: Packet): void {
    if (this.wire !== wire) return;
    switch (packet.cmd) {
      case 'connack':
        if (packet.returnCode !== 0) {
          this.options.journal(`${this.clientId} was refused with ${packet.returnCode}`);
          wire.destroy();
        } else this.connected(packet.sessionPresent);
        break;
      case 'suback':
        if (packet.granted.includes(128)) this.options.onViolation('session-lost', `SUBSCRIBE was refused: ${packet.granted.join()}`, this.options.now());
        if (packet.messageId === this.subscribeId) {
          this.subscribed = true;
          this.options.listener?.subscribed?.();
        }
        this.answered(packet.messageId!);
        break;
      case 'unsuback':
        this.answered(packet.messageId!);
        break;
      case 'publish':
        this.onPublish(wire, packet);
        break;
      case 'pubrel':
        this.incoming.delete(packet.messageId!);
        wire.send({ cmd: 'pubcomp', messageId: packet.messageId! } as Packet);
        break;
      case 'puback':
        this.stored(packet.messageId!, 1);
        break;
      case 'pubrec':
        this.stored(packet.messageId!, 2);
        wire.send({ cmd: 'pubrel', messageId: packet.messageId! } as Packet);
        break;
      case 'pubcomp':
        if (this.outgoing.get(packet.messageId!)?.received) this.outgoing.delete(packet.messageId!);
        break;
      default:
    }
  }

  private connected(present: boolean): void {
    const { journal, onViolation, subscriptions, clean = false, listener } = this.options;
    listener?.connected?.();
    journal(`${this.clientId} connected${present ? '' : ' anew'}`);
    if (!present) {
      if (this.hadSession && !clean) onViolation('session-lost', 'CONNACK says that there is no session, and there was one', this.firstConnectedAt);
      this.incoming.clear();
      this.subscribed = false;
    }
    if (!this.hadSession) this.firstConnectedAt = this.options.now();
    this.hadSession = true;
    this.ready = true;
    for (const [packetId, message] of [...this.outgoing]) {
      if (message.received) this.wire!.send({ cmd: 'pubrel', messageId: packetId } as Packet);
      else this.sendPublish(packetId, message, true);
    }
    if (this.request !== null) this.sendRequest();
    if (subscriptions.length === 0) this.subscribed = true;
    // asked for again now and then, which must change nothing
    else if (clean || !this.subscribed || this.options.random.chance(0.1)) this.subscribe(subscriptions);
  }

  private sendRequest(): void {
    this.request!.packetId = this.nextPacketId();
    this.wire!.send({ ...this.request!.packet, messageId: this.request!.packetId } as Packet);
  }

  private answered(packetId: number): void {
    const { request } = this;
    if (request?.packetId !== packetId) return;
    this.request = null;
    request.onAnswer();
  }

  private subscribe(subscriptions: readonly Subscription[]): void {
    this.options.listener?.subscribing?.();
    this.subscribeId = this.nextPacketId();
    this.wire!.send({ cmd: 'subscribe', messageId: this.subscribeId, subscriptions: subscriptions.map(({ filter, qos }) => ({ topic: filter, qos })) } as Packet);
  }

  private sendPublish(packetId: number, { topic, payload, qos, retain }: Outgoing, dup: boolean): void {
    this.wire!.send({ cmd: 'publish', topic, payload, qos, messageId: packetId, dup, retain } as Packet);
  }

  private stored(packetId: number, qos: 1 | 2): void {
    const message = this.outgoing.get(packetId);
    if (message === undefined || message.qos !== qos) return;
    if (qos === 1) this.outgoing.delete(packetId);
    if (!message.received) message.onStored();
    message.received = true;
  }

  private onPublish(wire: Wire, { topic, payload: bytes, qos, messageId, dup, retain }: IPublishPacket): void {
    const payload = bytes.toString();
    const delivery = { topic, payload, qos, retain, connection: this.connections };
    if (qos === 2) {
      const known = this.incoming.get(messageId!);
      if (known === undefined) {
        this.incoming.set(messageId!, { payload, at: this.options.now() });
        this.options.onMessage?.(delivery);
      } else if (known.payload !== payload) {
        this.options.onViolation('packet-id', `identifier ${messageId} stands for ${known.payload.slice(0, 12)} until PUBREL, and came with ${payload.slice(0, 12)} (DUP ${dup ? 1 : 0})`, known.at);
      }
    } else this.options.onMessage?.(delivery);
    // now and then it takes its time, so that faults meet messages in flight; in order, as its connection is
    const answer = (): void => { if (!wire.abandoned) wire.send({ cmd: qos === 2 ? 'pubrec' : 'puback', messageId: messageId! } as Packet); };
    if (qos > 0) this.inOrder(wire, answer);
  }

  private lastAnswer = 0;

  private inOrder(wire: Wire, answer: () => void): void {
    const { random } = this.options;
    const due = Math.max(this.lastAnswer, Date.now() + (random.chance(0.02) ? random.between(50, 600) : 0));
    this.lastAnswer = due;
    if (due <= Date.now()) answer();
    else setTimeout(() => { if (wire.open) answer(); }, due - Date.now());
  }

  private nextPacketId(): number {
    do this.lastPacketId = this.lastPacketId >= 65_535 ? 1 : this.lastPacketId + 1; while (this.outgoing.has(this.lastPacketId) || this.request?.packetId === this.lastPacketId);
    return this.lastPacketId;
  }
}
