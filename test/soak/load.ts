/** Who publishes what and who should get it: the same for every run, so that only the faults differ. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Device } from './device';
import type { Ledger, Stream, Subscription } from './ledger';
import type { Random } from './random';

export interface LoadOptions {
  readonly ledger: Ledger;
  readonly random: Random;
  /** Where clients connect. */
  readonly ports: readonly number[];
  /** Messages a second of each publisher. */
  readonly rate: number;
  journal(text: string): void;
}

interface Listener {
  readonly device: Device;
  /** Comes and goes by itself. */
  readonly restless: boolean;
}

const PUBLISHERS = 6;
const IN_FLIGHT = 12;
const id = (name: string): string => `GID_main@@@${name}`;

/** Sessions by name: what they hold, and whether they come and go. */
const SESSIONS: readonly { name: string; restless: boolean; subscriptions: readonly Subscription[] }[] = [
  { name: 'online-1', restless: false, subscriptions: [{ filter: 'demo/#', qos: 1 }] },
  { name: 'online-2', restless: false, subscriptions: [{ filter: 'demo/#', qos: 2 }] },
  { name: 'overlap', restless: false, subscriptions: [{ filter: 'demo/a/x', qos: 1 }, { filter: 'demo/+/x', qos: 2 }, { filter: 'other/#', qos: 1 }] },
  { name: 'exact', restless: false, subscriptions: [{ filter: 'demo/a/y', qos: 2 }, { filter: 'other/z', qos: 2 }] },
  { name: 'offline-1', restless: true, subscriptions: [{ filter: 'demo/#', qos: 1 }] },
  { name: 'offline-2', restless: true, subscriptions: [{ filter: 'demo/#', qos: 2 }, { filter: 'other/+', qos: 2 }] },
  { name: 'offline-x', restless: true, subscriptions: [{ filter: 'demo/a/x', qos: 2 }, { filter: 'demo/#', qos: 1 }, { filter: 'other/#', qos: 2 }] },
  { name: 'target-1', restless: false, subscriptions: [] },
  { name: 'target-2', restless: true, subscriptions: [{ filter: 'demo/b/x', qos: 1 }] },
];

const SHARES: readonly { name: string; qos: 1 | 2; filter: string; members: readonly { name: string; restless: boolean }[] }[] = [
  { name: 'one', qos: 1, filter: 'demo/+/x', members: [{ name: 'one-1', restless: false }, { name: 'one-2', restless: true }, { name: 'one-3', restless: false }] },
  { name: 'two', qos: 2, filter: 'demo/a/#', members: [{ name: 'two-1', restless: false }, { name: 'two-2', restless: true }, { name: 'two-3', restless: false }] },
];

const TOPICS: readonly { topic: string; qos: 1 | 2 }[] = [
  { topic: 'demo/a/x', qos: 1 }, { topic: 'demo/a/y', qos: 2 }, { topic: 'demo/b/x', qos: 2 }, { topic: 'other/z', qos: 1 },
];

export class Load {
  readonly listeners: readonly Listener[];
  private readonly publishers: readonly { device: Device; streams: readonly Stream[]; random: Random }[];
  private running = true;
  private readonly ended: Promise<unknown>[] = [];

  constructor(private readonly options: LoadOptions) {
    const { ledger } = options;
    const listeners: Listener[] = SESSIONS.map(({ name, restless, subscriptions }) => {
      const receiver = ledger.session(id(name), subscriptions);
      return { restless, device: this.device(name, subscriptions, (topic, payload, qos) => ledger.deliver(receiver, id(name), topic, payload, qos)) };
    });
    for (const { name: share, qos, filter, members } of SHARES) {
      const receiver = ledger.share(share, { filter, qos });
      for (const { name, restless } of members) {
        const onMessage = (topic: string, payload: string, got: number): void => ledger.deliver(receiver, id(name), topic, payload, got);
        listeners.push({ restless, device: this.device(name, [{ filter: `$share/${share}/${filter}`, qos }], onMessage) });
      }
    }
    this.listeners = listeners;
    this.publishers = Array.from({ length: PUBLISHERS }, (_, p) => {
      const device = this.device(`publisher-${p}`, []);
      const streams = TOPICS.map(({ topic, qos }) => ledger.stream(device.clientId, topic, qos));
      const target = id(p % 2 === 0 ? 'target-1' : 'target-2');
      streams.push(ledger.stream(device.clientId, `demo/p2p/${target}`, p % 3 === 0 ? 2 : 1, target));
      return { device, streams, random: options.random.fork() };
    });
  }

  get devices(): readonly Device[] {
    return [...this.listeners, ...this.publishers].map(({ device }) => device);
  }

  /** Everybody is there and subscribed: from here on each acknowledged message has known receivers. */
  async settle(timeoutMs: number): Promise<void> {
    for (const end = Date.now() + timeoutMs; this.devices.some((device) => !device.settled); await sleep(20)) {
      if (Date.now() > end) throw new Error(`never settled: ${this.devices.filter((device) => !device.settled).map(({ clientId }) => clientId).join(', ')}`);
    }
  }

  start(): void {
    for (const { device, streams, random } of this.publishers) this.ended.push(this.publish(device, streams, random));
    for (const { device, restless } of this.listeners) if (restless) this.ended.push(this.comeAndGo(device, this.options.random.fork()));
  }

  /** Publishes no more, and brings everybody back. */
  async quiesce(): Promise<void> {
    this.running = false;
    await Promise.all(this.ended);
    for (const { device } of this.listeners) device.want(true);
  }

  /** Publishers that wait for an acknowledgement. */
  get unacknowledged(): number {
    return this.publishers.reduce((sum, { device }) => sum + device.inFlight, 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.stop()));
  }

  private async publish(device: Device, streams: readonly Stream[], random: Random): Promise<void> {
    const { ledger, rate } = this.options;
    while (this.running) {
      // bursts fill the window, so that a fault meets many in flight
      const burst = random.chance(0.1) ? IN_FLIGHT : 1;
      for (let i = 0; i < burst && device.online && device.inFlight < IN_FLIGHT; i++) {
        const stream = random.pick(streams);
        const { number, payload } = ledger.send(stream);
        device.publish(stream.topic, payload, stream.qos, () => ledger.acknowledge(stream, number));
      }
      await sleep((1_000 / rate) * (burst > 1 ? 6 : 1) * (0.5 + random.next()));
    }
  }

  private async comeAndGo(device: Device, random: Random): Promise<void> {
    while (this.running) {
      await this.while(random.between(300, 6_000));
      device.want(false, random.chance(0.5));
      await this.while(random.between(300, 6_000));
      device.want(true);
    }
  }

  private async while(milliseconds: number): Promise<void> {
    for (const end = Date.now() + milliseconds; this.running && Date.now() < end;) await sleep(50);
  }

  private device(name: string, subscriptions: readonly Subscription[], onMessage?: (topic: string, payload: string, qos: number) => void): Device {
    const { ledger, random, ports, journal } = this.options;
    return new Device({
      clientId: id(name), ports, random: random.fork(), subscriptions, journal,
      onMessage: onMessage ?? ((topic) => ledger.violation('foreign', id(name), `got a message on ${topic}, and it subscribed to nothing`)),
      onViolation: (kind, text) => ledger.violation(kind, id(name), text),
    });
  }
}
