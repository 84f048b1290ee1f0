/** L4: the wildcard filters of a parent topic are bounded over all gateways and sessions, and what nobody holds any more is free. */
import type { MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EVENTS } from '../../runtime/src/events';
import { documents, type TestDocuments } from './documents';
import { gatewayProcess } from './gateway-process';
import { closed, collect, connect, ENGINES, startStorage, startTestGateway, type ClientOptions, type TestGateway, type TestStorage } from './harness';
import { listeningLogger } from './quota-helpers';

const LIMIT = 4;
const declaration = (): TestDocuments => {
  const { instance } = documents();
  return documents({ limits: { ...instance.limits, wildcardFiltersPerTopic: LIMIT } });
};

let count = 0;
const device = (): string => `GID_main@@@wild-${++count}`;
const clients: MqttClient[] = [];
async function join(gateway: TestGateway, options: ClientOptions = {}, id = device()): Promise<MqttClient> {
  const client = await connect(gateway, id, options);
  clients.push(client);
  return client;
}
afterEach(() => clients.splice(0).forEach((client) => client.end(true)));

/** The code in SUBACK. */
async function subscribe(client: MqttClient, filter: string, qos: 0 | 1 | 2 = 1): Promise<number> {
  try {
    const [answer] = await client.subscribeAsync(filter, { qos });
    return answer!.qos;
  } catch (error) {
    return (error as { packet?: { granted?: number[] } }).packet?.granted?.[0] ?? -1;
  }
}

/** Waits until so many more filters are granted, trying with filters that are given back. */
async function untilFree(gateway: TestGateway, free: number, timeout = 20_000): Promise<void> {
  const probe = await join(gateway);
  await expect.poll(async () => {
    const filters = Array.from({ length: LIMIT + 1 }, (_, i) => `demo/probe/${i}/#`);
    let granted = 0;
    for (const filter of filters) if (await subscribe(probe, filter) === 1) granted++;
    await probe.unsubscribeAsync(filters);
    return granted;
  }, { timeout }).toBe(free);
  await probe.endAsync();
}

describe.each(ENGINES)('L4 two gateways (%s)', (engine) => {
  let storage: TestStorage;
  let gateways: TestGateway[];
  const log = listeningLogger();
  beforeAll(async () => {
    storage = await startStorage(engine, declaration());
    gateways = [await startTestGateway(storage), await startTestGateway(storage, { replica: '2', logger: log.logger })];
  });
  afterAll(async () => {
    await Promise.all((gateways ?? []).map((gateway) => gateway.stop()));
    await storage?.close();
  });
  beforeEach(() => untilFree(gateways[0]!, LIMIT));

  it('have one bound, with the sessions that are away; a refused filter brings nothing and the connection stays', async () => {
    const [first, second] = [await join(gateways[0]!), await join(gateways[1]!)];
    const awayId = device();
    const away = await join(gateways[1]!, { clean: false }, awayId);
    expect([await subscribe(first, 'demo/1/#'), await subscribe(second, 'demo/2/#', 0), await subscribe(away, 'demo/3/#')]).toEqual([1, 0, 1]);
    await away.endAsync();
    expect(await subscribe(first, 'demo/4/+')).toBe(1);
    expect(await subscribe(second, 'demo/5/+')).toBe(128);
    expect(log.named(EVENTS.subscribeRefused).at(-1)).toMatchObject({ filter: 'demo/5/+', reason: 'wildcards-exceeded' });
    expect(await subscribe(first, 'demo/5/+')).toBe(128);
    expect([await subscribe(second, 'demo/3/#'), await subscribe(second, 'demo/exact'), await subscribe(second, 'other/#')]).toEqual([1, 1, 1]);

    const { messages, until } = collect(second);
    for (const topic of ['demo/5/x', 'demo/2/x', 'demo/exact']) await first.publishAsync(topic, topic, { qos: 1 });
    await until(2);
    expect(messages.map(({ topic }) => topic)).toEqual(['demo/2/x', 'demo/exact']);
    expect(gateways[1]!.quota()!.gateway.subscriptions).toBe(4);

    const gone = await join(gateways[0]!, { clean: true }, awayId); // its session ends
    await gone.endAsync();
    await second.unsubscribeAsync('demo/3/#');
    expect(await subscribe(second, 'demo/5/+')).toBe(1);
  });

  it('a filter that is renewed stays as it was granted, and its flow goes on', async () => {
    const client = await join(gateways[0]!);
    for (let i = 0; i < LIMIT; i++) expect(await subscribe(client, `demo/${i}/#`)).toBe(1);
    expect(await subscribe(client, 'demo/0/#', 2)).toBe(2);
    expect(await subscribe(client, 'demo/refused/#')).toBe(128);
    const { until } = collect(client);
    await client.publishAsync('demo/0/x', 'x', { qos: 2 });
    expect((await until(1))[0]).toMatchObject({ qos: 2, payload: 'x' });
  });

  it('T1 in MQTT 3.1, which has no 0x80, the connection closes, and leaves nothing', async () => {
    const client = await join(gateways[1]!, { protocolVersion: 3, protocolId: 'MQIsdp' });
    for (let i = 0; i < LIMIT; i++) expect(await subscribe(client, `demo/${i}/#`)).toBe(1);
    client.subscribe('demo/more/#');
    await closed(client);
    expect(log.named(EVENTS.clientDisconnected).at(-1)).toMatchObject({ reason: 'wildcards-exceeded' });
    await untilFree(gateways[0]!, LIMIT);
  });
});

describe('L4 what a crash leaves is free again', () => {
  let storage: TestStorage;
  let gateway: TestGateway;
  beforeEach(async () => {
    storage = await startStorage('redis', declaration());
    gateway = await startTestGateway(storage);
  });
  afterEach(async () => {
    await gateway?.stop();
    await storage?.close();
  });

  it('B5 a client that leaves while the store is away holds nothing when it is back', async () => {
    const client = await join(gateway);
    for (let i = 0; i < LIMIT; i++) expect(await subscribe(client, `demo/${i}/#`)).toBe(1);
    await storage.redis!.kill9();
    await expect.poll(() => gateway.status().ready).toBe(false);
    client.end(true);
    await expect.poll(() => gateway.quota()!.gateway.connections).toBe(0);
    await storage.redis!.restart();
    await expect.poll(() => gateway.status().ready).toBe(true);
    await untilFree(gateway, LIMIT);
  });

  it('clean sessions of a gateway that was killed hold nothing once its lease has run out', async () => {
    const doomed = await gatewayProcess(storage.redis!.url, '2');
    try {
      await doomed.start();
      const client = await join({ port: () => doomed.port } as unknown as TestGateway);
      client.on('error', () => undefined);
      for (let i = 0; i < LIMIT; i++) expect(await subscribe(client, `demo/${i}/#`)).toBe(1);
      const kept = await join({ port: () => doomed.port } as unknown as TestGateway, { clean: false });
      expect(await subscribe(kept, 'demo/0/#')).toBe(1);
      await doomed.kill9();
      await untilFree(gateway, LIMIT - 1, 60_000);
    } finally {
      await doomed.cleanUp();
    }
  });
});
