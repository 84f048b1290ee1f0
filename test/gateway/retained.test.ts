/** T6: what is retained reaches a new subscription whole, and costs the gateway the same however much it is. */
import type { MqttClient } from 'mqtt';
import mqttPacket, { type IPublishPacket } from 'mqtt-packet';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../runtime/src/store/contract';
import { connect, connectAndCollect, ENGINES, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';
import { rawClient, signedConnect, type RawClient } from './raw-client';

const MiB = 2 ** 20;
const LARGE = 60_000;
const COUNT = 400;

let count = 0;
const device = (): string => `GID_main@@@retained-${++count}`;

/** Counts the retained payload bytes that a gateway reads from its store. */
function countingStorage(storage: TestStorage): { storage: TestStorage; readonly read: number } {
  const counter = { read: 0 };
  return {
    get read() { return counter.read; },
    storage: {
      ...storage,
      open: () => new Proxy(storage.open(), {
        get(store, name) {
          const value = Reflect.get(store, name, store) as unknown;
          if (name === 'readRetained') {
            return async (...args: Parameters<Store['readRetained']>) => {
              const page = await store.readRetained(...args);
              counter.read += page.messages.reduce((sum, { payload }) => sum + payload.length, 0);
              return page;
            };
          }
          return typeof value === 'function' ? value.bind(store) as unknown : value;
        },
      }),
    },
  };
}

describe.each(ENGINES)('T6 many large retained messages (%s)', (engine) => {
  let inner: TestStorage;
  let counting: ReturnType<typeof countingStorage>;
  let gateway: TestGateway;
  let publisher: MqttClient;
  const topics = Array.from({ length: COUNT }, (_, i) => `demo/large/${i}`);
  const cleanUps: (() => unknown)[] = [];
  beforeAll(async () => {
    inner = await startStorage(engine);
    counting = countingStorage(inner);
    gateway = await startTestGateway(counting.storage);
    publisher = await connect(gateway, device(), { reconnectPeriod: 50 });
    for (const topic of topics) await publisher.publishAsync(topic, Buffer.alloc(LARGE, topic), { qos: 1, retain: true });
    for (let i = 0; i < 1_200; i++) void publisher.publishAsync(`demo/small/${i}`, String(i), { qos: 0, retain: true });
    await publisher.publishAsync('demo/small/last', 'last', { qos: 1, retain: true });
  });
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  });
  afterAll(async () => {
    await publisher?.endAsync(true);
    await gateway?.stop();
    await inner?.close();
  });

  /** A client that acknowledges when it is told to. */
  async function reluctant(filters: readonly string[], qos: 0 | 1): Promise<RawClient & { published(): IPublishPacket[]; acknowledge(): void }> {
    const client = await rawClient(gateway.port('tcp'));
    cleanUps.push(() => client.socket.destroy());
    client.send(signedConnect(device()));
    await client.next('connack');
    client.send(mqttPacket.generate({ cmd: 'subscribe', messageId: 1, subscriptions: filters.map((topic) => ({ topic, qos })) }));
    await client.next('suback');
    let acknowledged = 0;
    const published = (): IPublishPacket[] => client.packets.filter((packet): packet is IPublishPacket => packet.cmd === 'publish');
    return Object.assign(Object.create(client) as RawClient, {
      published,
      acknowledge() {
        const due = published().slice(acknowledged);
        acknowledged += due.length;
        if (due.length > 0) client.send(...due.map(({ messageId }) => mqttPacket.generate({ cmd: 'puback', messageId: messageId! })));
      },
    });
  }
  const bytesOf = (packets: readonly IPublishPacket[]): number => packets.reduce((sum, { payload }) => sum + payload.length, 0);

  it('a client that acknowledges nothing costs a window and a page; one that does gets everything', async () => {
    const before = counting.read;
    const client = await reluctant(['demo/large/+'], 1);
    await expect.poll(() => client.published().length).toBe(32);
    let most = 0;
    await expect.poll(() => {
      most = Math.max(most, counting.read - before - bytesOf(client.published()));
      client.acknowledge();
      return client.published().length;
    }, { timeout: 60_000, interval: 2 }).toBe(COUNT);
    expect(most).toBeLessThan(MiB);
    expect(new Set(client.published().map(({ topic }) => topic))).toEqual(new Set(topics));
    expect(client.published().every(({ retain }) => retain)).toBe(true);
  });

  it('a client that does not read costs what its socket takes', async () => {
    const before = counting.read;
    const client = await reluctant(['demo/large/#'], 0);
    client.socket.pause();
    // what others do goes on, and shows that time has passed
    const { client: other, until } = await connectAndCollect(gateway, device());
    cleanUps.push(() => other.endAsync(true));
    await other.subscribeAsync('other/#', { qos: 1 });
    for (let i = 0; i < 200; i++) await publisher.publishAsync('other/x', String(i), { qos: 1 });
    await until(200);
    expect(counting.read - before).toBeLessThan(12 * MiB); // of 24 MB; the kernel holds most of it
    client.socket.resume();
    await expect.poll(() => client.published().length, { timeout: 60_000 }).toBe(COUNT);
  });

  it('live messages pass between the pages, and small messages come whole', async () => {
    const client = await reluctant(['demo/large/+', 'demo/small/+', 'other/#'], 1);
    await expect.poll(() => client.published().length).toBe(32);
    await publisher.publishAsync('other/live', 'live', { qos: 1 });
    await expect.poll(() => {
      client.acknowledge();
      return client.published().length;
    }, { timeout: 60_000, interval: 2 }).toBe(COUNT + 1_201 + 1);
    const live = client.published().findIndex(({ topic }) => topic === 'other/live');
    expect(live).toBeLessThan(48);
    expect(client.published().filter(({ topic }) => topic.startsWith('demo/small/')).map(({ payload }) => String(payload)).sort())
      .toEqual([...Array.from({ length: 1_200 }, (_, i) => String(i)), 'last'].sort());
  });

  it('what is replaced meanwhile comes once as the newer one, and never the older one after it', async () => {
    const client = await reluctant(['demo/large/+'], 1);
    await expect.poll(() => client.published().length).toBe(32);
    const changed = topics.filter((_, i) => i % 10 === 0);
    for (const topic of changed) await publisher.publishAsync(topic, 'newer', { qos: 1, retain: true });
    await expect.poll(() => {
      client.acknowledge();
      return client.published().filter(({ payload }) => String(payload) === 'newer').length;
    }, { timeout: 60_000, interval: 2 }).toBe(changed.length);
    await expect.poll(() => {
      client.acknowledge();
      return new Set(client.published().map(({ topic }) => topic)).size;
    }, { timeout: 60_000, interval: 2 }).toBe(COUNT);
    for (const topic of changed) {
      const got = client.published().filter((packet) => packet.topic === topic);
      expect(got.map(({ payload, retain }) => [String(payload) === 'newer', retain]).at(-1)).toEqual([true, false]);
      expect(got.filter(({ payload }) => String(payload) === 'newer')).toHaveLength(1);
      expect(got.length).toBeLessThanOrEqual(2);
    }
    for (const topic of changed) await publisher.publishAsync(topic, Buffer.alloc(LARGE, topic), { qos: 1, retain: true });
  });

  it('a filter that is subscribed again begins anew, and one that is given up ends', async () => {
    const client = await reluctant(['demo/large/+'], 1);
    await expect.poll(() => client.published().length).toBe(32);
    client.send(mqttPacket.generate({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: 'demo/large/+', qos: 1 }] }));
    await client.next('suback', 2);
    await expect.poll(() => {
      client.acknowledge();
      return new Set(client.published().slice(32).map(({ topic }) => topic)).size; // all of them, behind what was under way
    }, { timeout: 60_000, interval: 2 }).toBe(COUNT);

    const leaver = await reluctant(['demo/large/+', 'other/#'], 1);
    await expect.poll(() => leaver.published().length).toBe(32);
    leaver.send(mqttPacket.generate({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['demo/large/+'] }));
    await leaver.next('unsuback');
    await publisher.publishAsync('other/after', 'x', { qos: 1 });
    await expect.poll(() => {
      leaver.acknowledge();
      return leaver.published().at(-1)?.topic;
    }, { interval: 2 }).toBe('other/after');
    expect(leaver.published().length).toBeLessThan(40); // a page was on its way
  });

  it.runIf(engine === 'redis')('B5 a store that goes away meanwhile only interrupts it', async () => {
    const client = await reluctant(['demo/large/+'], 1);
    await expect.poll(() => client.published().length).toBe(32);
    await inner.redis!.kill9();
    await expect.poll(() => gateway.status().ready).toBe(false);
    for (let i = 0; i < 5; i++) client.acknowledge();
    await inner.redis!.restart();
    await expect.poll(() => {
      client.acknowledge();
      return new Set(client.published().map(({ topic }) => topic)).size;
    }, { timeout: 60_000, interval: 2 }).toBe(COUNT);
  });
});
