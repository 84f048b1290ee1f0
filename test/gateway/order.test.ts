/**
 * What the message types promise, on two gateways that are processes of their own and share one store: partition order, a
 * publisher's own; global order, one for everybody who reads the topic.
 */
import { Redis } from 'ioredis';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeIn } from '../../runtime/src/hand-over/take-in';
import { RedisStore } from '../../runtime/src/store/redis/redis-store';
import { startRedis, type TestRedis } from '../setup/redis';
import { documents, SEALING_KEY, STORAGE_ID, topic } from './documents';
import { gatewayProcess, type GatewayProcess } from './gateway-process';
import { clientOptions, collect, type ClientOptions } from './harness';

const EACH = 150;
const TOPICS = [topic('normal'), topic('lanes', { type: 'partition-ordered' }), topic('ledger', { type: 'global-ordered' })];

describe('T3 order over two gateways on one store', () => {
  let redis: TestRedis;
  let gateways: GatewayProcess[] = [];
  beforeAll(async () => {
    redis = await startRedis({ appendfsync: 'always', config: { 'maxmemory-policy': 'noeviction' } });
    const store = new RedisStore({ url: redis.url, username: null, password: null, storageId: STORAGE_ID, commandTimeoutMs: 2_000 });
    await store.open();
    const { instance, storage, secrets } = documents({ edition: 'platinum', replicas: 2 }, { topics: TOPICS });
    const answer = await takeIn({ store, storageId: STORAGE_ID, incoming: { instance, storage, secrets }, sealingKey: SEALING_KEY, hash: 'h' });
    await store.close();
    expect(answer).toMatchObject({ accepted: true });
    gateways = await Promise.all(['1', '2'].map((replica) => gatewayProcess(redis.url, replica)));
    await Promise.all(gateways.map((gateway) => gateway.start()));
  });
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.cleanUp()));
    await redis?.stop();
  });

  /** On gateway 0 or 1; collects from the first message on. */
  async function client(gateway: number, name: string, options: ClientOptions = {}) {
    const { url, options: settings } = clientOptions(gateways[gateway]!.port, `GID_main@@@${name}`, options);
    const made = mqtt.connect(url, settings);
    made.on('error', () => undefined);
    const collected = collect(made);
    await new Promise<void>((resolve, reject) => void made.once('connect', () => resolve()).once('close', () => reject(new Error(`${name} was closed`))));
    return { mqtt: made, ...collected };
  }

  async function subscriber(gateway: number, name: string, filter: string, options: ClientOptions = {}) {
    const made = await client(gateway, name, options);
    await made.mqtt.subscribeAsync(filter, { qos: 1 });
    return made;
  }

  /** All at once, QoS 0, 1 and 2 mixed; the promise waits for those that are acknowledged. */
  const stream = (publisher: MqttClient, to: (n: number) => string, name: string, from = 0, count = EACH): Promise<unknown> =>
    Promise.all(Array.from({ length: count }, (_, i) => from + i).map((n) => publisher.publishAsync(to(n), `${name} ${n}`, { qos: (n % 3) as 0 | 1 | 2 })));

  const from = (name: string, messages: readonly { readonly payload: string }[]): number[] =>
    messages.map(({ payload }) => payload.split(' ')).filter(([sender]) => sender === name).map(([, n]) => Number(n));
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

  /** As a backend service reads it. */
  async function logOf(parent: string): Promise<string[]> {
    const plain = new Redis(redis.url);
    const entries = await plain.xrange(`{${STORAGE_ID}}:log:${parent}`, '-', '+').finally(() => plain.disconnect());
    return entries.map(([, fields]) => fields[fields.indexOf('payload') + 1]!);
  }

  it('partition: what each of several publishers sends keeps its order, whichever gateway takes it and whichever gives it out', async () => {
    const readers = [await subscriber(0, 'lanes-0', 'lanes/#'), await subscriber(1, 'lanes-1', 'lanes/#')];
    const names = ['a', 'b', 'c', 'd'];
    const publishers = await Promise.all(names.map((name, i) => client(i % 2, name)));
    await Promise.all(publishers.map(({ mqtt: publisher }, i) => stream(publisher, (n) => `lanes/${n % 5}`, names[i]!)));
    for (const reader of readers) {
      const messages = await reader.until(names.length * EACH);
      for (const name of names) expect(from(name, messages)).toEqual(numbers(EACH));
    }
    await Promise.all([...readers, ...publishers].map((each) => each.mqtt.endAsync()));
  });

  it('global: two subscribers on two gateways see what several publishers send in one and the same order, also below different filters', async () => {
    const readers = [await subscriber(0, 'ledger-0', 'ledger/#'), await subscriber(1, 'ledger-1', 'ledger/+')];
    const names = ['e', 'f', 'g', 'h'];
    const publishers = await Promise.all(names.map((name, i) => client(i % 2, name)));
    await Promise.all(publishers.map(({ mqtt: publisher }, i) => stream(publisher, () => 'ledger/x', names[i]!)));
    const [one, two] = await Promise.all(readers.map((reader) => reader.until(names.length * EACH)));
    const seen = one!.map(({ payload }) => payload);
    expect(await logOf('ledger')).toEqual(seen);
    expect(two!.map(({ payload }) => payload)).toEqual(seen);
    // publishers really came one between the other, or one order would say little
    expect(seen.filter((payload, i) => i > 0 && payload[0] !== seen[i - 1]![0]).length).toBeGreaterThan(names.length);
    await Promise.all([...readers, ...publishers].map((each) => each.mqtt.endAsync()));
  });

  it.each(['normal', 'lanes', 'ledger'])('%s: what was kept and what is live come in one order, on another gateway than before', async (parent) => {
    const name = `away-${parent}`;
    await (await subscriber(0, name, `${parent}/#`, { clean: false })).mqtt.endAsync();
    const publisher = await client(1, `stays-${parent}`, { clean: false });
    const qos = 1;
    const send = (first: number, count: number) => Promise.all(Array.from({ length: count }, (_, i) => publisher.mqtt.publishAsync(`${parent}/x`, `s ${first + i}`, { qos })));
    await send(0, EACH);
    const live = send(EACH, EACH); // while the subscriber comes back
    const back = await client(1, name, { clean: false });
    await live;
    await send(2 * EACH, EACH);
    expect(from('s', await back.until(3 * EACH))).toEqual(numbers(3 * EACH));
    expect(back.messages).toHaveLength(3 * EACH);
    await Promise.all([back, publisher].map((each) => each.mqtt.endAsync()));
  });

  it.each([
    ['lanes', 'running'], ['ledger', 'running'], ['lanes', 'frozen'], ['ledger', 'frozen'],
  ])('%s: a publisher that is taken over by the other gateway in the middle of its stream keeps its order, the first gateway %s', async (parent, state) => {
    const readers = [await subscriber(0, `sees-${parent}-${state}-0`, `${parent}/#`), await subscriber(1, `sees-${parent}-${state}-1`, `${parent}/#`)];
    const name = `moves-${parent}-${state}`;
    const first = await client(0, name, { clean: false });
    let [sent, acknowledged, open] = [0, 0, true];
    const gone = new Promise<void>((resolve) => first.mqtt.once('close', () => { open = false; resolve(); }));
    const streaming = (async () => {
      // so that the take-over falls into the middle, however fast this machine is
      while (open) {
        const n = sent++;
        first.mqtt.publish(`${parent}/x`, `m ${n}`, { qos: 1 }, (error) => { if (!error) acknowledged = Math.max(acknowledged, n + 1); });
        do await new Promise(setImmediate);
        while (open && sent - acknowledged >= 50);
      }
    })();
    await readers[1]!.until(100);
    if (state === 'frozen') {
      gateways[0]!.freeze();
      // what it holds now, and what waits in its socket, is older than what the other gateway is going to get
      await expect.poll(() => sent - acknowledged).toBe(50);
    }
    const second = await client(1, name, { clean: false });
    if (state === 'running') await gone;
    // it goes on behind what was acknowledged, as a device does; what was on its way may come a second time
    const again = acknowledged;
    const total = sent + EACH;
    await Promise.all(Array.from({ length: total - again }, (_, i) => second.mqtt.publishAsync(`${parent}/x`, `m ${again + i}`, { qos: 1 })));
    gateways[0]!.thaw();
    await Promise.all([gone, streaming]);
    await first.mqtt.endAsync(true);
    // behind whatever the first gateway may have stored since
    await second.mqtt.publishAsync(`${parent}/x`, `m ${total}`, { qos: 1 });
    const orders = await Promise.all(readers.map(async (reader) => {
      await expect.poll(() => reader.messages.at(-1)?.payload).toBe(`m ${total}`);
      return from('m', reader.messages);
    }));
    expect(orders[1]).toEqual(orders[0]);
    const [seen] = orders as [number[]];
    // one step back at most, to where it went on: nothing of the first connection is stored behind the take-over
    const steps = seen.flatMap((n, i) => (i > 0 && n !== seen[i - 1]! + 1 ? [[seen[i - 1]!, n]] : []));
    expect(steps.length).toBeLessThanOrEqual(1);
    for (const [before, to] of steps) {
      expect(to).toBe(again);
      expect(before).toBeGreaterThanOrEqual(again);
    }
    expect([...new Set(seen)].sort((a, b) => a - b)).toEqual(numbers(total + 1));
    await Promise.all([...readers, second].map((each) => each.mqtt.endAsync()));
  });
});
