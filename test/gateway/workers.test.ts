/** One gateway of several worker processes on shared ports, on Redis: the bundle as its container runs it. */
import { existsSync } from 'node:fs';
import net from 'node:net';
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { takeIn } from '../../runtime/src/hand-over/take-in';
import { RedisStore } from '../../runtime/src/store/redis/redis-store';
import { freePort } from '../setup/ports';
import { startRedis, type TestRedis } from '../setup/redis';
import { documents, SEALING_KEY, STORAGE_ID } from './documents';
import { gatewayProcess, readiness, type GatewayProcess, type GatewayProcessOptions } from './gateway-process';
import { clientOptions, closed, collect, pause, type Received } from './harness';
import { PATIENCE_MS } from './patience';
import { pids, workerOf } from './worker-log';

const WORKERS = 2;

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function startStore(): Promise<TestRedis> {
  const redis = await startRedis({ appendfsync: 'always', config: { 'maxmemory-policy': 'noeviction' } });
  cleanUps.push(() => redis.stop());
  const store = new RedisStore({ url: redis.url, username: null, password: null, storageId: STORAGE_ID, commandTimeoutMs: 2_000 });
  await store.open();
  const { instance, storage, secrets } = documents();
  const answer = await takeIn({ store, storageId: STORAGE_ID, incoming: { instance, storage, secrets }, sealingKey: SEALING_KEY, hash: 'h' });
  expect(answer).toMatchObject({ accepted: true });
  await store.close();
  return redis;
}

async function prepare(options: GatewayProcessOptions = {}): Promise<GatewayProcess> {
  const gateway = await gatewayProcess((await startStore()).url, '1', { workers: WORKERS, ...options });
  cleanUps.push(() => gateway.cleanUp());
  return gateway;
}

async function start(options: GatewayProcessOptions = {}): Promise<GatewayProcess> {
  const gateway = await prepare(options);
  await gateway.start();
  return gateway;
}

/** A client that reconnects by itself, as devices do. */
function device(port: number, clientId: string, clean = true): MqttClient {
  const { url, options } = clientOptions(port, clientId, { clean, reconnectPeriod: 100, connectTimeout: 5_000 });
  const client = mqtt.connect(url, options);
  client.on('error', () => undefined); // refused while a worker is away: it tries again
  cleanUps.push(() => client.endAsync(true).catch(() => undefined));
  return client;
}

const connected = (client: MqttClient): Promise<void> => client.connected ? Promise.resolve() : new Promise((resolve) => client.once('connect', () => resolve()));

async function connect(port: number, clientId: string, clean = true): Promise<MqttClient> {
  const client = device(port, clientId, clean);
  await connected(client);
  return client;
}

/** Clients on both workers: the ports are shared, so some tries are enough. */
async function oneOnEach(gateway: GatewayProcess): Promise<{ client: MqttClient; clientId: string }[]> {
  const found = new Map<number, { client: MqttClient; clientId: string }>();
  for (let n = 0; found.size < WORKERS && n < 200; n++) {
    const clientId = `GID_main@@@spread-${n}`;
    const client = await connect(gateway.port, clientId);
    found.set(await workerOf(gateway, clientId), { client, clientId });
  }
  expect(found.size).toBe(WORKERS);
  return [...found.values()];
}

describe('workers share one gateway', () => {
  it('all of them get clients from the start, and messages cross', async () => {
    const gateway = await start();
    const clients = await Promise.all(Array.from({ length: 40 }, (_, n) => connect(gateway.port, `GID_main@@@many-${n}`)));
    const held = new Set(await Promise.all(clients.map((_, n) => workerOf(gateway, `GID_main@@@many-${n}`))));
    // whoever is idle takes the next, and that may be one for a while
    for (let n = clients.length; held.size < WORKERS && n < 200; n++) {
      await connect(gateway.port, `GID_main@@@many-${n}`);
      held.add(await workerOf(gateway, `GID_main@@@many-${n}`));
    }
    expect(held.size).toBe(WORKERS);

    const inboxes = clients.map(collect);
    await Promise.all(clients.map((client, n) => client.subscribeAsync(`demo/${n % 2}`, { qos: 1 })));
    await Promise.all(clients.map((client, n) => client.publishAsync(`demo/${n % 2}`, `from ${n}`, { qos: 1 })));
    await Promise.all(inboxes.map((inbox) => inbox.until(20)));
    for (const [n, { messages }] of inboxes.entries()) {
      expect(new Set(messages.map(({ payload }: Received) => Number(payload.slice(5)) % 2))).toEqual(new Set([n % 2]));
      expect(messages).toHaveLength(20);
    }
  });

  it('C1 the same Client ID on another worker takes over', async () => {
    const gateway = await start();
    const clientId = 'GID_main@@@taken';
    const { url, options } = clientOptions(gateway.port, clientId, { clean: false });
    let earlier = await mqtt.connectAsync(url, options);
    await earlier.subscribeAsync('demo/t', { qos: 1 });
    const workers = new Set([await workerOf(gateway, clientId)]);
    // the system decides which worker accepts: go on until both have
    for (let n = 0; n < 8 || (workers.size < WORKERS && n < 200); n++) {
      const gone = closed(earlier);
      earlier.on('error', () => undefined);
      const later = mqtt.connect(url, options);
      const inbox = collect(later);
      await connected(later);
      await gone; // else both would be connected
      workers.add(await workerOf(gateway, clientId));
      await later.publishAsync('demo/t', String(n), { qos: 1 });
      // what the earlier connection acknowledged in its last moment may come again (QoS 1)
      await expect.poll(() => inbox.messages.at(-1)?.payload, { interval: 10 }).toBe(String(n));
      await pause(20);
      earlier = later;
    }
    await earlier.endAsync();
    expect(workers.size).toBe(WORKERS);
  });

  it('the primary answers for all, and says which worker is missing', async () => {
    const gateway = await start();
    expect(await readiness(gateway.httpPort)).toEqual({
      status: 200, body: { ready: true, reasons: [], workers: [1, 2].map((worker) => ({ worker, ready: true, reasons: [] })) },
    });
    expect(existsSync(gateway.readyFile)).toBe(true);
    for (const pid of pids(gateway).values()) process.kill(pid, 'SIGKILL');
    await expect.poll(async () => (await readiness(gateway.httpPort)).status, { timeout: 5_000, interval: 5 }).toBe(503);
    await expect.poll(async () => (await readiness(gateway.httpPort)).body).toMatchObject({ ready: true, workers: [{ ready: true }, { ready: true }] });
    await expect.poll(() => existsSync(gateway.readyFile)).toBe(true);
    expect(await gateway.stop()).toBe(0);
    expect(existsSync(gateway.readyFile)).toBe(false);
  });

  it('B5 a store that is away is one reason, not one a worker', async () => {
    const redis = await startStore();
    const gateway = await gatewayProcess(redis.url, '1', { workers: WORKERS });
    cleanUps.push(() => gateway.cleanUp());
    await gateway.start();
    await redis.kill9();
    await expect.poll(async () => (await readiness(gateway.httpPort)).status).toBe(503);
    await expect.poll(async () => ((await readiness(gateway.httpPort)).body as { reasons: string[] }).reasons.length).toBe(1);
    expect(existsSync(gateway.readyFile)).toBe(false);
    await redis.restart();
    await expect.poll(async () => (await readiness(gateway.httpPort)).status).toBe(200);
  });
});

describe('a worker that is killed', () => {
  const MESSAGES = 10_000;
  const PUBLISHERS = 10;

  it(`T5 in the middle of ${MESSAGES} QoS 1 publishes: nothing acknowledged is missing, and its clients go on at the others`, async () => {
    const gateway = await start();
    const offline = await connect(gateway.port, 'GID_main@@@offline', false);
    await offline.subscribeAsync('demo/crash/#', { qos: 1 });
    await offline.endAsync();

    const ledger = new Set<string>();
    const publishing = Promise.all(Array.from({ length: PUBLISHERS }, async (_, p) => {
      const client = await connect(gateway.port, `GID_main@@@publisher-${p}`, false);
      let next = 0;
      await Promise.all(Array.from({ length: 20 }, async () => {
        while (next < MESSAGES / PUBLISHERS) {
          const payload = `${p}:${next++}`;
          await client.publishAsync(`demo/crash/${p}`, payload, { qos: 1 });
          ledger.add(payload);
        }
      }));
    }));
    for (const [worker, share] of [[1, 0.2], [2, 0.5], [1, 0.8]] as const) {
      while (ledger.size < MESSAGES * share) await pause(2);
      await expect.poll(() => pids(gateway).size).toBe(WORKERS);
      process.kill(pids(gateway).get(worker)!, 'SIGKILL');
    }
    await publishing;
    expect(ledger.size).toBe(MESSAGES);
    // the last death may be logged after the last acknowledgement, which came from another worker
    await expect.poll(() => gateway.log().match(/"msg":"worker-died"/g)).toHaveLength(3);

    const back = device(gateway.port, 'GID_main@@@offline', false);
    const { messages } = collect(back);
    const arrived = () => new Set(messages.map(({ payload }) => payload)); // first deliveries, in order
    const absent = () => { const got = arrived(); return [...ledger].filter((payload) => !got.has(payload)); };
    await expect.poll(absent, { timeout: PATIENCE_MS, interval: 200 }).toEqual([]);
    const got = [...arrived()];
    for (let p = 0; p < PUBLISHERS; p++) {
      const numbers = got.filter((payload) => payload.startsWith(`${p}:`)).map((payload) => Number(payload.split(':')[1]));
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
  }, 180_000);

  it('T6 wills of its clients are fired and its sessions ended, sooner than its lease runs out', async () => {
    const gateway = await start();
    const [watcher, victim] = await oneOnEach(gateway);
    const inbox = collect(watcher!.client);
    await watcher!.client.subscribeAsync('demo/will', { qos: 1 });
    const worker = await workerOf(gateway, victim!.clientId);
    const { url, options } = clientOptions(gateway.port, '', { will: { topic: 'demo/will', payload: Buffer.from('gone'), qos: 1, retain: false } });
    for (let n = 0; ; n++) { // one that the victim's worker holds
      const clientId = `GID_main@@@mortal-${n}`;
      const client = mqtt.connect(url, { ...options, ...clientOptions(gateway.port, clientId).options, will: options.will });
      client.on('error', () => undefined);
      cleanUps.push(() => client.endAsync(true).catch(() => undefined));
      await connected(client);
      if (await workerOf(gateway, clientId) === worker) break;
    }
    const dead = pids(gateway).get(worker)!;
    process.kill(dead, 'SIGKILL');
    await expect.poll(() => pids(gateway).get(worker) ?? dead).not.toBe(dead);
    const succeeded = performance.now();
    await inbox.until(1);
    expect(inbox.messages[0]).toMatchObject({ topic: 'demo/will', payload: 'gone' });
    expect(performance.now() - succeeded).toBeLessThan(12_000);
    await expect.poll(() => gateway.log()).toContain('session-reaped');
  });

  it('is started again, later each time', async () => {
    const gateway = await start();
    for (let n = 1; n <= 3; n++) {
      await expect.poll(() => pids(gateway).size).toBe(WORKERS);
      process.kill(pids(gateway).get(2)!, 'SIGKILL');
      await expect.poll(() => gateway.log().match(/"msg":"worker-died"/g)?.length).toBe(n);
      await expect.poll(() => pids(gateway).has(2)).toBe(true);
    }
    expect([...gateway.log().matchAll(/"restartMilliseconds":(\d+)/g)].map(([, delay]) => Number(delay))).toEqual([100, 200, 400]);
    await oneOnEach(gateway);
  });
});

describe('starting and stopping', () => {
  it('SIGTERM lets all drain and ends with 0; clients that reconnect meanwhile lose nothing', async () => {
    const gateway = await start();
    const clients = await oneOnEach(gateway);
    let acknowledged = 0;
    let failed = 0;
    const publishing = clients.map(async ({ client }) => {
      for (let n = 0; n < 200; n++) await client.publishAsync('demo/x', String(n), { qos: 1 }).then(() => acknowledged++, () => failed++);
    });
    while (acknowledged < 20) await pause(1);
    expect(await gateway.stop()).toBe(0);
    expect(gateway.log()).not.toMatch(/"level":"error"/);
    await gateway.start();
    await Promise.all(publishing);
    expect({ acknowledged, failed }).toEqual({ acknowledged: 400, failed: 0 });
    expect(await gateway.stop()).toBe(0);
  });

  it('a port in use is one sentence and exit code 5', async () => {
    const port = await freePort();
    const other = net.createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    cleanUps.push(() => new Promise((resolve) => other.close(resolve)));
    const gateway = await prepare({ port });
    expect(await gateway.startToEnd()).toBe(5);
    expect(gateway.log().match(/is used by another process/g)).toHaveLength(1);
    expect(gateway.log()).toContain(`mqttgw: port ${port} on 127.0.0.1 (listener tcp) is used by another process`);
  });

  it('B1 a storage of another instance is one sentence and exit code 1', async () => {
    const gateway = await prepare({ instanceId: 'another-instance' });
    expect(await gateway.startToEnd()).toBe(1);
    expect(gateway.log().match(/\(B1\)/g)).toHaveLength(1);
    expect(gateway.log()).toMatch(/^mqttgw: storage .* is bound to MQTT instance/m);
  });

  it('workers end with a primary that is killed', async () => {
    const gateway = await start();
    const workers = [...pids(gateway).values()];
    expect(workers).toHaveLength(WORKERS);
    await gateway.kill9();
    const alive = (pid: number): boolean => { try { return process.kill(pid, 0); } catch { return false; } };
    await expect.poll(() => workers.filter(alive)).toEqual([]);
  });

  it('one worker is one process, as before', async () => {
    const gateway = await start({ workers: 1 });
    expect(pids(gateway).size).toBe(0);
    expect(await readiness(gateway.httpPort)).toEqual({ status: 200, body: { ready: true, reasons: [] } });
    expect(await gateway.stop()).toBe(0);
  });
});
