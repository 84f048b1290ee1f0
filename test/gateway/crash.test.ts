/** PUBACK means stored: crashes of the gateway's process and of its store, in the middle of the traffic. */
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../setup/redis';
import { documents, SEALING_KEY, STORAGE_ID } from './documents';
import { gatewayProcess, readiness, type GatewayProcess } from './gateway-process';
import { clientOptions, collect, pause } from './harness';
import { PATIENCE_MS } from './patience';
import { RedisStore } from '../../runtime/src/store/redis/redis-store';
import { takeIn } from '../../runtime/src/hand-over/take-in';

const MESSAGES = 10_000;
const PUBLISHERS = 10;

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function startAll(): Promise<{ redis: TestRedis; gateway: GatewayProcess }> {
  const redis = await startRedis({ appendfsync: 'always', config: { 'maxmemory-policy': 'noeviction' } });
  cleanUps.push(() => redis.stop());
  const store = new RedisStore({ url: redis.url, username: null, password: null, storageId: STORAGE_ID, commandTimeoutMs: 2_000 });
  await store.open();
  const { instance, storage, secrets } = documents();
  const answer = await takeIn({ store, storageId: STORAGE_ID, incoming: { instance, storage, secrets }, sealingKey: SEALING_KEY, hash: 'h' });
  expect(answer).toMatchObject({ accepted: true });
  await store.close();
  const gateway = await gatewayProcess(redis.url);
  cleanUps.push(() => gateway.cleanUp());
  await gateway.start();
  return { redis, gateway };
}

/** A client that reconnects by itself, as devices do. */
function device(port: number, clientId: string, clean: boolean): MqttClient {
  const { url, options } = clientOptions(port, clientId, { clean, reconnectPeriod: 100, connectTimeout: 5_000 });
  const client = mqtt.connect(url, options);
  client.on('error', () => undefined); // refused while the store is away: it tries again
  cleanUps.push(() => client.endAsync(true).catch(() => undefined));
  return client;
}

const connected = (client: MqttClient): Promise<void> => client.connected ? Promise.resolve() : new Promise((resolve) => client.once('connect', () => resolve()));

/** Subscribes for good and goes away. */
async function leaveSubscription(port: number, clientId: string): Promise<void> {
  const client = device(port, clientId, false);
  await connected(client);
  await client.subscribeAsync('demo/crash/#', { qos: 1 });
  await client.endAsync();
}

/** Publishes with many in flight; every PUBACK is written into the ledger. */
function publishAll(port: number, ledger: Set<string>): Promise<unknown> {
  return Promise.all(Array.from({ length: PUBLISHERS }, async (_, p) => {
    const client = device(port, `GID_main@@@publisher-${p}`, false);
    await connected(client);
    const each = MESSAGES / PUBLISHERS;
    let next = 0;
    await Promise.all(Array.from({ length: 20 }, async () => {
      while (next < each) {
        const payload = `${p}:${next++}`;
        await client.publishAsync(`demo/crash/${p}`, payload, { qos: 1 });
        ledger.add(payload);
      }
    }));
  }));
}

/** Waits until all that was acknowledged has arrived, and says whether each publisher's order was kept. */
async function allArrive(port: number, clientId: string, ledger: Set<string>): Promise<boolean> {
  const client = device(port, clientId, false);
  const { messages } = collect(client);
  const arrived = () => new Set(messages.map(({ payload }) => payload));
  const absent = () => { const got = arrived(); return [...ledger].filter((payload) => !got.has(payload)); };
  await expect.poll(absent, { timeout: PATIENCE_MS, interval: 200 }).toEqual([]);
  const firsts = new Map<string, number>();
  let orderKept = true;
  for (const payload of arrived()) { // first deliveries, in order
    const [publisher, n] = payload.split(':') as [string, string];
    if (Number(n) < (firsts.get(publisher) ?? -1)) orderKept = false;
    firsts.set(publisher, Number(n));
  }
  return orderKept;
}

describe('T5 PUBACK means stored', () => {
  it(`kill -9 of the gateway in the middle of ${MESSAGES} QoS 1 publishes loses nothing that was acknowledged`, async () => {
    const { gateway } = await startAll();
    await leaveSubscription(gateway.port, 'GID_main@@@offline');
    const ledger = new Set<string>();
    const publishing = publishAll(gateway.port, ledger);
    for (const share of [0.2, 0.5, 0.8]) {
      while (ledger.size < MESSAGES * share) await pause(5);
      await gateway.kill9();
      await gateway.start();
    }
    await publishing;
    expect(ledger.size).toBe(MESSAGES);
    expect(await allArrive(gateway.port, 'GID_main@@@offline', ledger)).toBe(true);
  }, 180_000);

  it('B5 kill -9 of the store: CONNECT answers 3, nothing is acknowledged meanwhile, and all goes on when it is back', async () => {
    const { redis, gateway } = await startAll();
    await leaveSubscription(gateway.port, 'GID_main@@@offline');
    const ledger = new Set<string>();
    const publishing = publishAll(gateway.port, ledger);
    while (ledger.size < MESSAGES * 0.4) await pause(5);
    await redis.kill9();
    const refused = mqtt.connect(...Object.values(clientOptions(gateway.port, 'GID_main@@@late')) as [string, object]);
    const code = await new Promise((resolve) => refused.once('error', (error) => resolve((error as { code?: number }).code)));
    refused.end(true);
    expect(code).toBe(3);
    const ready = await readiness(gateway.httpPort);
    expect(ready.status).toBe(503);
    const acknowledged = ledger.size; // from here on, as the gateway knows
    expect(JSON.stringify(ready.body)).toMatch(/store/);
    await pause(1_000);
    expect(ledger.size).toBe(acknowledged);
    await redis.restart();
    await publishing;
    expect(ledger.size).toBe(MESSAGES);
    expect(await allArrive(gateway.port, 'GID_main@@@offline', ledger)).toBe(true);
    await expect.poll(async () => (await readiness(gateway.httpPort)).status).toBe(200);
  }, 180_000);

  it('SIGTERM answers what is in flight, saves cursors and exits with 0', async () => {
    const { gateway } = await startAll();
    await leaveSubscription(gateway.port, 'GID_main@@@offline');
    const ledger = new Set<string>();
    const publishing = publishAll(gateway.port, ledger);
    while (ledger.size < MESSAGES * 0.3) await pause(5);
    expect(await gateway.stop()).toBe(0);
    await gateway.start();
    await publishing;
    expect(await allArrive(gateway.port, 'GID_main@@@offline', ledger)).toBe(true);
  }, 180_000);
});

describe('T6 wills', () => {
  it('of a gateway that died are fired by another one, once', async () => {
    const { redis, gateway } = await startAll();
    const second = await gatewayProcess(redis.url, '2');
    cleanUps.push(() => second.cleanUp());
    await second.start();
    const listener = device(second.port, 'GID_main@@@listener', true);
    const { messages, until } = collect(listener);
    await connected(listener);
    await listener.subscribeAsync('demo/wills/#', { qos: 1 });
    for (let i = 0; i < 5; i++) {
      const { url, options } = clientOptions(gateway.port, `GID_main@@@doomed-${i}`, {
        clean: i % 2 === 0, will: { topic: `demo/wills/${i}`, payload: Buffer.from(`will ${i}`), qos: 1, retain: false },
      });
      const client = mqtt.connect(url, options);
      cleanUps.push(() => client.endAsync(true).catch(() => undefined));
      await connected(client);
    }
    await gateway.kill9();
    await until(5);
    await pause(4_000);
    expect(messages.map((m) => m.payload).sort()).toEqual([0, 1, 2, 3, 4].map((i) => `will ${i}`));
  }, 120_000);
});
