/** Brings the cast to life: connects everybody, publishes, comes and goes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CHANGING, CLEAN, COLLECTOR, PUBLISHERS, PUBLISHERS_WITH_WILL, RETAINED, SESSIONS, SHARES, TARGETS, TOPICS } from './cast';
import type { ConnectionListener, Delivery } from './connection-events';
import { Device, type DeviceOptions } from './device';
import type { Ledger, Stream, Subscription } from './ledger';
import type { Random } from './random';
import { RetainedWatch } from './retained';
import { Spans } from './spans';
import { WillWatch } from './wills';

export interface LoadOptions {
  readonly ledger: Ledger;
  readonly random: Random;
  /** Where clients connect. */
  readonly ports: readonly number[];
  /** Messages a second of each publisher. */
  readonly rate: number;
  journal(text: string): void;
}

interface Listener { readonly device: Device; readonly restless: boolean }

const IN_FLIGHT = 12;
const SETTLE_MS = 30_000;
const id = (name: string): string => `GID_main@@@${name}`;

export class Load {
  readonly spans: Spans[] = [];
  readonly wills: WillWatch[] = [];
  readonly retained: RetainedWatch;
  private readonly listeners: Listener[] = [];
  private readonly changing: { readonly device: Device; readonly spans: Spans; readonly subscription: Subscription }[] = [];
  private readonly collector: Device;
  private readonly publishers: readonly { device: Device; streams: readonly Stream[]; random: Random }[];
  private running = true;
  private readonly ended: Promise<unknown>[] = [];

  constructor(private readonly options: LoadOptions) {
    const { ledger } = options;
    for (const { name, restless, subscriptions, will } of SESSIONS) {
      const receiver = ledger.session(id(name), subscriptions);
      this.listen(name, restless, { subscriptions, will, onMessage: (delivery) => ledger.deliver(receiver, id(name), delivery) });
    }
    for (const { name, restless, subscription, will } of CLEAN) {
      const spans = this.span(name, subscription, true);
      const listener: ConnectionListener = { subscribing: () => spans.asking(), subscribed: () => spans.granted(), ended: () => spans.left() };
      this.listen(name, restless, { subscriptions: [subscription], clean: true, will, listener, onMessage: (delivery) => spans.deliver(delivery) });
    }
    for (const { name, restless, subscription } of CHANGING) {
      const spans = this.span(name, subscription, false);
      this.changing.push({ device: this.listen(name, restless, { onMessage: (delivery) => spans.deliver(delivery) }), spans, subscription });
    }
    for (const { name: share, qos, filter, members } of SHARES) {
      const receiver = ledger.share(share, { filter, qos });
      for (const { name, restless } of members) {
        this.listen(name, restless, { subscriptions: [{ filter: `$share/${share}/${filter}`, qos }], onMessage: (delivery) => ledger.deliver(receiver, id(name), delivery) });
      }
    }
    this.retained = new RetainedWatch(ledger, id(COLLECTOR.name));
    this.collector = this.listen(COLLECTOR.name, true, {
      subscriptions: [COLLECTOR], clean: true, listener: { subscribing: () => this.retained.subscribing() }, onMessage: (delivery) => this.retained.deliver(delivery),
    });
    this.publishers = Array.from({ length: PUBLISHERS }, (_, p) => this.publisher(p));
  }

  private publisher(p: number): { device: Device; streams: readonly Stream[]; random: Random } {
    const { ledger, random } = this.options;
    const device = this.device(`publisher-${p}`, { will: p < PUBLISHERS_WITH_WILL ? 2 : undefined });
    const target = id(TARGETS[p % TARGETS.length]!);
    const streams = [
      ...TOPICS.map(({ topic, qos }) => ledger.stream(device.clientId, topic, qos)),
      ...RETAINED.filter(({ publisher }) => publisher === p).map(({ topic, qos }) => ledger.stream(device.clientId, topic, qos, { retain: true })),
      ledger.stream(device.clientId, `demo/p2p/${target}`, p % 3 === 0 ? 2 : 1, { target }),
    ];
    return { device, streams, random: random.fork() };
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
    for (const { device, spans, subscription } of this.changing) this.ended.push(this.change(device, spans, subscription, this.options.random.fork()));
  }

  /** Publishes no more, and brings everybody back. */
  async quiesce(): Promise<void> {
    this.running = false;
    // who waits for an answer must be there to get it
    for (const { device } of this.listeners) device.want(true);
    await Promise.all(this.ended);
    for (const { device } of this.listeners) device.want(true);
  }

  /** Asks once more for what is retained, when nobody publishes any more. */
  async collectRetained(): Promise<void> {
    this.collector.want(false);
    this.collector.want(true);
    for (const end = Date.now() + SETTLE_MS; Date.now() < end && !(this.collector.settled && this.retained.settled);) await sleep(100);
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
        const { topic, qos, retain } = stream;
        if (qos === 0) device.publishOnce(topic, payload);
        else device.publish({ topic, qos, retain }, payload, () => ledger.acknowledge(stream, number));
      }
      await sleep((1_000 / rate) * (burst > 1 ? 6 : 1) * (0.5 + random.next()));
    }
  }

  private async comeAndGo(device: Device, random: Random): Promise<void> {
    while (this.running) {
      await this.while(random.between(300, 6_000));
      if (!this.running) return;
      device.want(false, random.chance(0.5));
      await this.while(random.between(300, 6_000));
      device.want(true);
    }
  }

  /** Takes the filter and gives it up; in the end it has it, so that its last span must be whole. */
  private async change(device: Device, spans: Spans, { filter, qos }: Subscription, random: Random): Promise<void> {
    for (;;) {
      spans.asking();
      await device.change({ cmd: 'subscribe', subscriptions: [{ topic: filter, qos }] });
      spans.granted();
      await this.while(random.between(500, 5_000));
      if (!this.running) return;
      spans.leaving();
      await device.change({ cmd: 'unsubscribe', unsubscriptions: [filter] });
      spans.left();
      await this.while(random.between(100, 2_000));
    }
  }

  private async while(milliseconds: number): Promise<void> {
    for (const end = Date.now() + milliseconds; this.running && Date.now() < end;) await sleep(50);
  }

  private span(name: string, subscription: Subscription, clean: boolean): Spans {
    const spans = new Spans(this.options.ledger, id(name), subscription, clean);
    this.spans.push(spans);
    return spans;
  }

  private listen(name: string, restless: boolean, options: PartOptions): Device {
    const device = this.device(name, options);
    this.listeners.push({ device, restless });
    return device;
  }

  private device(name: string, { will: willQos, listener, onMessage, ...options }: PartOptions): Device {
    const { ledger, random, ports, journal } = this.options;
    const watch = willQos === undefined ? undefined : new WillWatch(ledger, id(name), `demo/will/${name}`, willQos);
    if (watch !== undefined) this.wills.push(watch);
    return new Device({
      clientId: id(name), ports, random: random.fork(), subscriptions: [], ...options, journal, will: watch?.will, listener: { ...listener, ...told(watch, listener) },
      onMessage: onMessage ?? (({ topic }) => ledger.violation('foreign', id(name), `got a message on ${topic}, and it subscribed to nothing`)),
      onViolation: (kind, text, past) => ledger.violationUnless(past, kind, id(name), text), now: ledger.now,
    });
  }
}

interface PartOptions extends Partial<Pick<DeviceOptions, 'subscriptions' | 'clean' | 'listener'>> {
  readonly will?: 1 | 2;
  readonly onMessage?: (delivery: Delivery) => void;
}

/** What a will's watch wants to know besides. */
function told(watch: WillWatch | undefined, listener: ConnectionListener | undefined): ConnectionListener {
  if (watch === undefined) return {};
  return {
    connected: () => watch.connected(),
    ended: (end) => {
      watch.ended(end);
      listener?.ended?.(end);
    },
  };
}
