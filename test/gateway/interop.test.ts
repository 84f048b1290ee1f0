/** The storage side, with a plain Redis client (S1, S3). */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STORAGE_ID } from './documents';
import { connect, connectAndCollect, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';

let count = 0;
const device = (): string => `GID_main@@@interop-${++count}`;
const key = (name: string): string => `{${STORAGE_ID}}:${name}`;
const fields = (flat: readonly string[]): { [name: string]: string } =>
  Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]));

describe('backend services at the storage', () => {
  let storage: TestStorage;
  let gateway: TestGateway;
  let redis: Redis;
  beforeAll(async () => {
    storage = await startStorage('redis');
    gateway = await startTestGateway(storage);
    redis = new Redis(storage.redis!.url);
  });
  afterAll(async () => {
    await redis?.quit();
    await gateway?.stop();
    await storage?.close();
  });

  it('S1 what is written into the inbox reaches MQTT clients, online and away, in order', async () => {
    const id = device();
    const away = await connect(gateway, id, { clean: false });
    await away.subscribeAsync('demo/in/#', { qos: 1 });
    await away.endAsync();
    const online = await connectAndCollect(gateway, device());
    await online.client.subscribeAsync('demo/in/#', { qos: 1 });
    const pipeline = redis.pipeline();
    for (let i = 0; i < 200; i++) pipeline.xadd(key('in:demo'), '*', 'payload', String(i), 'mqttSecondTopic', '/in/x', 'qoslevel', '1');
    await pipeline.exec();
    const expected = Array.from({ length: 200 }, (_, i) => String(i));
    expect((await online.until(200)).map((m) => m.payload)).toEqual(expected);
    const back = await connectAndCollect(gateway, id, { clean: false });
    expect((await back.until(200)).map((m) => m.payload)).toEqual(expected);
    await expect.poll(() => redis.xlen(key('in:demo'))).toBe(0);
    await Promise.all([online.client.endAsync(), back.client.endAsync()]);
  });

  it('S1 a P2P message from a backend, defaults, and an untouched binary payload', async () => {
    const id = device();
    const { client, until } = await connectAndCollect(gateway, id);
    await client.subscribeAsync('demo', { qos: 2 });
    const raw: Buffer[] = [];
    client.on('message', (_topic, payload) => raw.push(payload));
    const binary = Buffer.from([0, 255, 0xc3, 0x28, 10]);
    await redis.xadd(key('in:demo'), '*', 'payload', binary, 'mqttSecondTopic', `/p2p/${id}`);
    await redis.xadd(key('in:demo'), '*', 'payload', 'to the parent topic');
    const got = await until(2);
    expect(got[0]).toMatchObject({ topic: `demo/p2p/${id}`, qos: 1 });
    expect(raw[0]!.equals(binary)).toBe(true);
    expect(got[1]).toMatchObject({ topic: 'demo', payload: 'to the parent topic', qos: 1 });
    await client.endAsync();
  });

  it('S1 an entry that cannot be a message is put aside and holds nothing up', async () => {
    const { client, until } = await connectAndCollect(gateway, device());
    await client.subscribeAsync('demo/bad/#', { qos: 1 });
    await redis.xadd(key('in:demo'), '*', 'nonsense', 'x');
    await redis.xadd(key('in:demo'), '*', 'payload', 'x', 'mqttSecondTopic', '/bad/#');
    await redis.xadd(key('in:demo'), '*', 'payload', 'x', 'mqttSecondTopic', '/bad/x', 'qoslevel', '7');
    await redis.xadd(key('in:demo'), '*', 'payload', 'y'.repeat(65_537), 'mqttSecondTopic', '/bad/x');
    await redis.xadd(key('in:demo'), '*', 'payload', 'good', 'mqttSecondTopic', '/bad/x');
    expect((await until(1)).map((m) => m.payload)).toEqual(['good']);
    await client.endAsync();
  });

  it('S1 a backend consumes a topic with a consumer group, with the documented fields', async () => {
    await redis.xgroup('CREATE', key('log:other'), 'backend', '0', 'MKSTREAM');
    const id = device();
    const client = await connect(gateway, id);
    await client.publishAsync('other/a/b', 'payload', { qos: 2 });
    const read = await redis.xreadgroup('GROUP', 'backend', 'worker-1', 'COUNT', 10, 'STREAMS', key('log:other'), '>') as [string, [string, string[]][]][];
    const [[, entries]] = read as [[string, [string, string[]][]]];
    expect(fields(entries[0]![1])).toMatchObject({
      payload: 'payload', qoslevel: '2', cleansessionflag: 'true', mqttSecondTopic: '/a/b', mqttRealTopic: 'other/a/b', clientId: id,
    });
    expect(await redis.xack(key('log:other'), 'backend', entries[0]![0])).toBe(1);
    await client.endAsync();
  });

  it('S3 a backend follows who connects and who leaves', async () => {
    const [polite, lost] = [device(), device()];
    await (await connect(gateway, polite)).endAsync();
    (await connect(gateway, lost)).stream.destroy();
    const events = async () => ((await redis.xrange(key('ev:GID_main'), '-', '+')) as [string, string[]][]).map(([, flat]) => fields(flat));
    const of = async (clientId: string) => (await events()).filter((event) => event['clientId'] === clientId).map((event) => event['eventType']!);
    await expect.poll(() => of(polite)).toEqual(['connect', 'disconnect', 'tcpclean']);
    await expect.poll(() => of(lost)).toEqual(['connect', 'tcpclean']);
    const mine = (await events()).filter((event) => event['clientId'] === polite);
    expect(new Set(mine.map((event) => event['channelId'])).size).toBe(1);
    expect(mine[0]).toMatchObject({ clientIp: '127.0.0.1' });
    expect(Number(mine[0]!['time'])).toBeGreaterThan(Date.now() - 60_000);
  });
});
