/** Every refusal of the specification, as a client sees it. */
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents, SECRETS } from './documents';
import {
  closed, connect, connectAndCollect, connectCode, startStorage, startTestGateway, type ClientOptions, type TestGateway, type TestStorage,
} from './harness';

let storage: TestStorage;
let gateway: TestGateway;
let count = 0;
const device = (group = 'GID_main'): string => `${group}@@@device-${++count}`;

beforeAll(async () => {
  storage = await startStorage('embedded');
  gateway = await startTestGateway(storage);
});
afterAll(async () => {
  await gateway?.stop();
  await storage?.close();
});

describe('who may connect', () => {
  const long = (characters: number): string => `GID_main@@@${'d'.repeat(characters - 'GID_main@@@'.length)}`;

  it.each<[string, string, number, ClientOptions?]>([
    ['C1 a Client ID of its group', 'GID_main@@@a', 0],
    ['C1 64 characters', long(64), 0],
    ['C1 65 characters', long(65), 2],
    ['C1 no separator', 'GID_main', 2],
    ['C1 an empty device', 'GID_main@@@', 2],
    ['C1 an empty group', '@@@a', 2],
    ['C1 an unknown group', 'GID_nobody@@@a', 2],
    ['C1 a group in other case', 'gid_main@@@a', 2],
    ['C1 a wildcard in the device', 'GID_main@@@#', 2],
    ['C1 a plus in the device', 'GID_main@@@+', 2],
    ['C1 a slash in the device', 'GID_main@@@a/b', 2],
    ['C1 a property of objects', '__proto__@@@a', 2],
    ['A1 no username', 'GID_main@@@a', 4, { username: undefined, password: undefined }],
    ['A1 a wrong password', 'GID_main@@@a', 4, { password: 'wrong' }],
    ['A1 an empty password', 'GID_main@@@a', 4, { password: '' }],
    ['A1 the secret itself as the password', 'GID_main@@@a', 4, { password: SECRETS['main-key'] }],
    ['A1 a password for another Client ID', 'GID_main@@@a', 4, { password: 'aGVsbG8gaGVsbG8gaGVsbG8gaGU=' }],
    ['A1 an unknown key', 'GID_main@@@a', 4, { username: 'Signature|nobody|test-instance' }],
    ['A1 a property of objects as the key', 'GID_main@@@a', 4, { username: 'Signature|__proto__|test-instance' }],
    ['A1 an unknown mode', 'GID_main@@@a', 4, { username: 'Password|main-key|test-instance' }],
    ['A1 a username of two parts', 'GID_main@@@a', 4, { username: 'Signature|main-key' }],
    ['A1 a username of four parts', 'GID_main@@@a', 4, { username: 'Signature|main-key|test-instance|x' }],
    ['A6 another instance', 'GID_main@@@a', 5, { instanceId: 'other-instance' }],
    ['A4 a sub account key for a group of the main account', 'GID_main@@@a', 5, { keyId: 'sub-key' }],
    ['A4 a main account key for a group of a sub account', 'GID_sub@@@a', 5, { keyId: 'main-key' }],
    ['A4 a sub account key for its own group', 'GID_sub@@@a', 0, { keyId: 'sub-key' }],
    ['A5 a key without any right', 'GID_main@@@a', 5, { keyId: 'idle-key' }],
  ])('%s: %s answers %i', async (_what, clientId, code, options) => {
    expect(await connectCode(gateway, clientId, options)).toBe(code);
  });

  it('A6 a well-known example secret is taken in only when every port is bound to loopback', async () => {
    const secrets = { ...documents().secrets, accessKeys: { ...SECRETS, 'main-key': 'quickstart-secret' } };
    await storage.handOver({ ...documents({ loopbackOnly: true }), secrets });
    await expect.poll(() => connectCode(gateway, device(), { secret: 'quickstart-secret' })).toBe(0);
    await expect(storage.handOver({ ...documents({ loopbackOnly: false }), secrets })).rejects.toThrow(/A6.*main-key.*well-known.*loopback/);
    await storage.handOver(documents());
    await expect.poll(() => connectCode(gateway, device(), { secret: 'quickstart-secret' })).toBe(4);
  });

  it('E7 after its expiry the instance answers 3', async () => {
    await storage.handOver(documents({ billing: 'prepaid', expiry: '2020-01-01T00:00:00Z' }));
    await expect.poll(() => connectCode(gateway, device())).toBe(3);
    await storage.handOver(documents());
    await expect.poll(() => connectCode(gateway, device())).toBe(0);
  });
});

describe('who may publish: anything else closes the connection', () => {
  it.each<[string, string, 'stays' | 'closes', ClientOptions?]>([
    ['T1 a declared parent topic', 'demo/a', 'stays'],
    ['T1 the parent topic itself', 'demo', 'stays'],
    ['T1 an undeclared parent topic', 'nobody/a', 'closes'],
    ['T1 a parent topic in other case', 'Demo/a', 'closes'],
    ['T1 a property of objects', '__proto__/a', 'closes'],
    ['T1 a leading slash', '/demo', 'closes'],
    ['T1 a reserved topic', '$SYS/broker', 'closes'],
    ['L4 128 characters', `demo/${'x'.repeat(123)}`, 'stays'],
    ['L4 129 characters', `demo/${'x'.repeat(124)}`, 'closes'],
    ['L4 a P2P topic is exempt', `demo/p2p/GID_main@@@${'x'.repeat(50)}`, 'stays'],
    ['T4 a P2P topic without a target', 'demo/p2p/', 'closes'],
    ['T4 a P2P topic with a level too many', 'demo/p2p/GID_main@@@a/b', 'closes'],
    ['A5 a topic that only permits subscribing', 'readonly/a', 'closes'],
    ['A5 a key that may publish there', 'demo/a', 'stays', { keyId: 'limited-key' }],
    ['A5 a key that may only subscribe there', 'other/a', 'closes', { keyId: 'limited-key' }],
    ['A5 a key without a right there', 'writeonly/a', 'closes', { keyId: 'limited-key' }],
  ])('%s: %s, the connection %s', async (_what, to, outcome, options) => {
    const client = await connect(gateway, device(), options);
    const acknowledged = client.publishAsync(to, 'x', { qos: 1 });
    if (outcome === 'stays') {
      await acknowledged;
      expect(client.connected).toBe(true);
    } else {
      acknowledged.catch(() => undefined);
      await closed(client);
    }
    client.end(true);
  });

  it('L4 a payload above the limit closes the connection, one at the limit is stored', async () => {
    const client = await connect(gateway, device());
    await client.publishAsync('demo/a', Buffer.alloc(65_536), { qos: 1 });
    client.publish('demo/a', Buffer.alloc(65_537), { qos: 1 });
    await closed(client);
    client.end(true);
  });

  it('nothing of a refused publisher is delivered', async () => {
    const listener = await connectAndCollect(gateway, device());
    await listener.client.subscribeAsync('demo/refused/#', { qos: 1 });
    const client = await connect(gateway, device());
    client.publish('nobody/a', 'x', { qos: 0 });
    client.publish('demo/refused/later', 'x', { qos: 1 });
    await closed(client);
    client.end(true);
    const marker = await connect(gateway, device());
    await marker.publishAsync('demo/refused/marker', 'marker', { qos: 1 });
    await listener.until(1);
    // what was sent before the refusal reached the client may be stored, what follows the refusal is not acknowledged
    expect(listener.messages.at(-1)!.payload).toBe('marker');
    await Promise.all([listener.client.endAsync(), marker.endAsync()]);
  });
});

describe('who may subscribe: anything else is 0x80', () => {
  const granted = async (client: MqttClient, filter: string, qos: 0 | 1 | 2 = 1): Promise<number> => {
    try {
      const [answer] = await client.subscribeAsync(filter, { qos });
      return answer!.qos;
    } catch (error) {
      return (error as { packet?: { granted?: number[] } }).packet?.granted?.[0] ?? 128;
    }
  };

  it.each<[string, string, number, ClientOptions?]>([
    ['T1 below a declared parent topic', 'demo/#', 1],
    ['T1 the parent topic itself', 'demo', 1],
    ['T1 an undeclared parent topic', 'nobody/#', 128],
    ['T1 a wildcard in the first level', '+/a', 128],
    ['T1 everything', '#', 128],
    ['T1 a reserved topic', '$SYS/#', 128],
    ['T4 P2P messages', 'demo/p2p/#', 128],
    ['T4 P2P messages of another client', 'demo/p2p/GID_main@@@other', 128],
    ['A5 a topic that only permits publishing', 'writeonly/a', 128],
    ['A5 a key that may subscribe there', 'other/#', 1, { keyId: 'limited-key' }],
    ['A5 a key that may only publish there', 'demo/#', 128, { keyId: 'limited-key' }],
    ['L4 129 characters', `demo/${'x'.repeat(124)}`, 128],
  ])('%s: %s grants %i', async (_what, filter, qos, options) => {
    const client = await connect(gateway, device(), options);
    expect(await granted(client, filter)).toBe(qos);
    expect(client.connected).toBe(true);
    await client.endAsync();
  });

  it('a refused filter beside a granted one is not stored with it', async () => {
    const id = device();
    const client = await connect(gateway, id, { clean: false });
    await client.subscribeAsync({ 'nobody/#': { qos: 1 }, 'demo/beside': { qos: 1 } }).catch(() => undefined);
    await client.endAsync();
    const back = await connectAndCollect(gateway, id, { clean: false });
    await back.client.publishAsync('demo/beside', 'x', { qos: 1 });
    await back.until(1);
    await back.client.endAsync();
  });

  it('L4 the 31st subscription of a client is refused, replacing one is not', async () => {
    const client = await connect(gateway, device());
    for (let i = 0; i < 30; i++) expect(await granted(client, `demo/sub/${i}`)).toBe(1);
    expect(await granted(client, 'demo/sub/30')).toBe(128);
    expect(await granted(client, 'demo/sub/0', 2)).toBe(2);
    await client.unsubscribeAsync('demo/sub/1');
    expect(await granted(client, 'demo/sub/30')).toBe(1);
    await client.endAsync();
  });

  it('L4 the 101st wildcard filter of a parent topic is refused', async () => {
    const clients: MqttClient[] = [];
    for (let c = 0; c < 4; c++) {
      const client = await connect(gateway, device());
      clients.push(client);
      for (let i = 0; i < 25; i++) expect(await granted(client, `other/w${c}/${i}/+`)).toBe(1);
    }
    const late = await connect(gateway, device());
    clients.push(late);
    expect(await granted(late, 'other/late/+')).toBe(128);
    expect(await granted(late, 'other/w0/0/+')).toBe(1); // the same filter counts once
    expect(await granted(late, 'other/exact')).toBe(1);
    await Promise.all(clients.map((client) => client.endAsync()));
  });

  it('T1 in MQTT 3.1, which has no 0x80, the connection closes', async () => {
    const client = await connect(gateway, device(), { protocolVersion: 3, protocolId: 'MQIsdp' });
    expect(await granted(client, 'demo/a')).toBe(1);
    client.subscribe('nobody/a');
    await closed(client);
    client.end(true);
  });
});

describe('T7 MQTT 3.1', () => {
  it('accepts Client IDs longer than 23 characters', async () => {
    const { client, until } = await connectAndCollect(gateway, `GID_main@@@${'long-'.repeat(8)}`, { protocolVersion: 3, protocolId: 'MQIsdp' });
    await client.subscribeAsync('demo/31', { qos: 1 });
    await client.publishAsync('demo/31', 'x', { qos: 1 });
    await until(1);
    await client.endAsync();
  });
});
