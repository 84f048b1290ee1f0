/**
 * An MQTT 3.1.1 client with a persistent session that keeps its side of the state as the standard wants it (4.1, 4.3, 4.4):
 * what it sent and was not acknowledged is sent again in order, and the identifiers of QoS 2 messages that it has are
 * remembered over any number of connections. It may be taken over by its own second connection at any moment.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IPublishPacket, Packet } from 'mqtt-packet';
import { signPassword } from '../../runtime/src/auth/signature';
import { INSTANCE_ID, SECRETS } from '../gateway/documents';
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
  readonly subscriptions: readonly Subscription[];
  readonly onMessage?: (topic: string, payload: string, qos: number) => void;
  /** What should never happen, and what helps to understand what did. */
  readonly onViolation: (kind: 'session-lost' | 'packet-id', text: string) => void;
  readonly journal: (text: string) => void;
}

interface Outgoing {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 1 | 2;
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
  private subscribed = false;
  /** Sent and not done, in the order of sending. */
  private readonly outgoing = new Map<number, Outgoing>();
  private lastPacketId = 0;
  /** QoS 2 messages that it has and that wait for PUBREL: identifier → payload. */
  private readonly incoming = new Map<number, string>();
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

  publish(topic: string, payload: string, qos: 1 | 2, onStored: () => void): void {
    const packetId = this.nextPacketId();
    const message = { topic, payload, qos, received: false, onStored };
    this.outgoing.set(packetId, message);
    if (this.ready) this.sendPublish(packetId, message, false);
  }

  /** Comes back, or goes: with a DISCONNECT, or as a device whose battery is empty. */
  want(online: boolean, politely = true): void {
    this.wanted = online;
    if (!online && this.wire !== null) {
      if (politely && this.ready) this.wire.send({ cmd: 'disconnect' } as Packet);
      this.leave(politely ? (wire) => wire.end() : (wire) => wire.destroy());
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

  private leave(how: (wire: Wire) => void): void {
    const { wire } = this;
    if (wire === null) return;
    wire.abandoned = true;
    this.wire = null;
    this.ready = false;
    how(wire);
    this.wake();
  }

  private async live(): Promise<void> {
    const { random, ports } = this.options;
    while (!this.stopped) {
      if (!this.wanted) {
        await new Promise<void>((resolve) => { this.wake = resolve; });
        continue;
      }
      await this.connection(random.pick(ports));
      if (this.wanted) await sleep(random.between(20, 400));
    }
  }

  /** From connecting to the end of this connection, or until another one takes its place. */
  private async connection(port: number): Promise<void> {
    const { clientId, journal } = this.options;
    let pings = 0;
    const wire = new Wire(port, (packet) => { pings = 0; this.onPacket(wire, packet); });
    this.wire = wire;
    wire.send({
      cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: false, keepalive: KEEP_ALIVE_SECONDS, clientId,
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
        if (packet.granted.includes(128)) this.options.onViolation('session-lost', `SUBSCRIBE was refused: ${packet.granted.join()}`);
        this.subscribed = true;
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
    const { journal, onViolation, subscriptions } = this.options;
    journal(`${this.clientId} connected${present ? '' : ' anew'}`);
    if (!present) {
      if (this.hadSession) onViolation('session-lost', 'CONNACK says that there is no session, and there was one');
      this.incoming.clear();
      this.subscribed = false;
    }
    this.hadSession = true;
    this.ready = true;
    for (const [packetId, message] of [...this.outgoing]) {
      if (message.received) this.wire!.send({ cmd: 'pubrel', messageId: packetId } as Packet);
      else this.sendPublish(packetId, message, true);
    }
    if (subscriptions.length === 0) this.subscribed = true;
    // asked for again now and then, which must change nothing
    else if (!this.subscribed || this.options.random.chance(0.1)) this.subscribe(subscriptions);
  }

  private subscribe(subscriptions: readonly Subscription[]): void {
    this.wire!.send({ cmd: 'subscribe', messageId: this.nextPacketId(), subscriptions: subscriptions.map(({ filter, qos }) => ({ topic: filter, qos })) } as Packet);
  }

  private sendPublish(packetId: number, { topic, payload, qos }: Outgoing, dup: boolean): void {
    this.wire!.send({ cmd: 'publish', topic, payload, qos, messageId: packetId, dup, retain: false } as Packet);
  }

  private stored(packetId: number, qos: 1 | 2): void {
    const message = this.outgoing.get(packetId);
    if (message === undefined || message.qos !== qos) return;
    if (qos === 1) this.outgoing.delete(packetId);
    if (!message.received) message.onStored();
    message.received = true;
  }

  private onPublish(wire: Wire, { topic, payload: bytes, qos, messageId, dup }: IPublishPacket): void {
    const payload = bytes.toString();
    if (qos === 2) {
      const known = this.incoming.get(messageId!);
      if (known === undefined) {
        this.incoming.set(messageId!, payload);
        this.options.onMessage?.(topic, payload, qos);
      } else if (known !== payload) {
        this.options.onViolation('packet-id', `identifier ${messageId} stands for ${known.slice(0, 12)} until PUBREL, and came with ${payload.slice(0, 12)} (DUP ${dup ? 1 : 0})`);
      }
    } else this.options.onMessage?.(topic, payload, qos);
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
    do this.lastPacketId = this.lastPacketId >= 65_535 ? 1 : this.lastPacketId + 1; while (this.outgoing.has(this.lastPacketId));
    return this.lastPacketId;
  }
}
