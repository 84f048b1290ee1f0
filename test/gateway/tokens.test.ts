/** A2: tokens with real clients, on both engines, over two gateways. */
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signPassword } from '../../runtime/src/auth/signature';
import { documents, SECRETS } from './documents';
import { gatewayProcess } from './gateway-process';
import {
  closed, collect, connect, connectAndCollect, connectCode, ENGINES, startStorage, startFleet, startTestGateway, type TestFleet, type TestGateway, type TestStorage,
} from './harness';
import { issuerOn, notices, withTokens, type Issuer } from './issuer';
import { field, packet, publish } from './packets';
import { rawClient } from './raw-client';

const UPLOAD = '$SYS/uploadToken';
const INVALID = '$SYS/tokenInvalidNotice';
const EXPIRE = '$SYS/tokenExpireNotice';
let count = 0;
const device = (): string => `GID_main@@@t${++count}`;

function upload(client: MqttClient, token: string, type: string, qos: 0 | 1 | 2 = 1): Promise<unknown> {
  return client.publishAsync(UPLOAD, JSON.stringify({ token, type }), { qos });
}

async function granted(client: MqttClient, filter: string): Promise<number> {
  const answer = await client.subscribeAsync(filter, { qos: 1 }).catch((error: { packet?: { granted?: number[] } }) => [{ qos: error.packet?.granted?.[0] ?? 128 }]);
  return answer[0]!.qos;
}

describe.each(ENGINES)('A2 tokens on the %s engine', (engine) => {
  let storage: TestStorage;
  let issuer: Issuer;
  let one: TestGateway;
  let two: TestGateway;
  let fleet: TestFleet;
  beforeAll(async () => {
    fleet = await startFleet(engine, 2);
    storage = fleet.storage;
    [one, two] = [fleet.gateways[0]!, fleet.gateways[1]!];
    issuer = await issuerOn(storage);
  });
  afterAll(async () => {
    await issuer?.close();
    await fleet?.stop();
  });

  it('a client with a token does what the token allows, and nothing else', async () => {
    const { client, until } = await connectAndCollect(one, device(), withTokens(`RW|${await issuer.token(['demo/a/#'])}`));
    expect(await granted(client, 'demo/a/+')).toBe(1);
    expect(await granted(client, 'demo/#')).toBe(128);
    expect(await granted(client, 'other/#')).toBe(128);
    await client.publishAsync('demo/a/1', 'mine', { qos: 1 });
    expect((await until(1))[0]).toMatchObject({ topic: 'demo/a/1', payload: 'mine' });
    const told = notices(client);
    const gone = closed(client);
    client.publish('demo/b', 'not mine', { qos: 1 });
    expect(await told.next(INVALID)).toEqual({ code: 4, type: 'RW' });
    await gone;
  });

  it('a client that may only read is told so when it publishes', async () => {
    const client = await connect(one, device(), withTokens(`R|${await issuer.token(['demo/#'])}`));
    const told = notices(client);
    const gone = closed(client);
    client.publish('demo/a', 'x', { qos: 0 });
    expect(await told.next(INVALID)).toEqual({ code: 5, type: 'R' });
    await gone;
  });

  it('A5 the rights of the key bound those of its tokens', async () => {
    const token = await issuer.token(['demo/#', 'other/#'], { keyId: 'limited-key' });
    const client = await connect(one, device(), withTokens(`RW|${token}`, 'limited-key'));
    await client.publishAsync('demo/a', 'x', { qos: 1 });
    expect(await granted(client, 'other/#')).toBe(1);
    expect(await granted(client, 'demo/#')).toBe(128);
    const gone = closed(client);
    client.publish('other/a', 'x', { qos: 1 });
    await gone;
  });

  it('CONNECT: one bad token refuses all with 4; a wrong instance or account is 5', async () => {
    const [good, sub] = [await issuer.token(['demo/#']), await issuer.token(['demo/#'], { keyId: 'sub-key' })];
    const revoked = await issuer.token(['demo/#']);
    await issuer.service.revokeToken(revoked, 'main');
    await expect.poll(() => connectCode(one, device(), withTokens(`R|${revoked}`))).toBe(4);
    const codes: [string, string?, string?][] = [
      [`W|${good}|R|${good}`], [`R|${good}|W|${good}x`], [`R|${good}|W|${revoked}`], [`R|${good}|R|${good}`], [good], [`R|${good}`, 'nobody'],
      [`R|${good}`, 'main-key', 'another'], [`R|${sub}`], [`R|${sub}`, 'sub-key'],
    ];
    const got: number[] = [];
    for (const [password, keyId, instanceId] of codes) got.push(await connectCode(one, device(), withTokens(password, keyId, instanceId)));
    expect(got).toEqual([0, 4, 4, 4, 4, 4, 5, 5, 5]);
    expect(await connectCode(one, 'GID_sub@@@1', withTokens(`R|${sub}`, 'sub-key'))).toBe(0);
    expect(await connectCode(one, 'nobody', withTokens('R|x'))).toBe(2);
  });

  it('an uploaded token takes the place of the one of its type, answered at every QoS, and no log gets it', async () => {
    const client = await connect(one, device(), withTokens(`R|${await issuer.token(['demo/r'])}`));
    expect(await granted(client, 'demo/new')).toBe(128);
    const before = (await issuer.store.statistics()).messages;
    await upload(client, await issuer.token(['demo/new']), 'R', 1);
    expect(await granted(client, 'demo/new')).toBe(1);
    expect(await granted(client, 'demo/r')).toBe(128);
    await upload(client, await issuer.token(['demo/w1'], { actions: ['W'] }), 'W', 2);
    await upload(client, await issuer.token(['demo/w0'], { actions: ['W'] }), 'W', 0);
    expect((await issuer.store.statistics()).messages).toBe(before);
    await client.publishAsync('demo/w0', 'x', { qos: 1 });
    const told = notices(client);
    client.publish('demo/w1', 'x', { qos: 1 });
    expect(await told.next(INVALID)).toEqual({ code: 4, type: 'W' });
  });

  it('a client that signed has no token to replace', async () => {
    const client = await connect(one, device());
    const gone = closed(client);
    client.publish(UPLOAD, '{}', { qos: 1 });
    await gone;
  });

  it.each<[string, number, (good: string) => Promise<string> | string, string?]>([
    ['no token at all', 1, () => 'what is this'],
    ['a changed one', 8, (good) => good.replace(/\../, (start) => (start === '.A' ? '.B' : '.A'))],
    ['one without the action', 5, () => issuer.token(['demo/#'], { actions: ['W'] })],
    ['one of another key', -1, () => issuer.token(['demo/#'], { keyId: 'limited-key' })],
    ['one that was revoked', 3, async () => {
      const token = await issuer.token(['demo/#']);
      await issuer.service.revokeToken(token, 'main');
      await expect.poll(() => connectCode(one, device(), withTokens(`R|${token}`))).toBe(4);
      return token;
    }],
    ['one that expired', 2, async () => {
      const late = await issuerOn(storage, { now: () => Date.now() - 120_000 });
      const token = await late.token(['demo/#'], { expireTime: Date.now() - 50_000 });
      await late.close();
      return token;
    }],
  ])('a bad upload closes the client, told why: %s is code %i', async (_what, code, make) => {
    const good = await issuer.token(['demo/#'], { actions: ['R'] });
    const bad = await make(good);
    const raw = await rawClient(one.port('tcp'));
    const id = device();
    raw.send(packet(0x10, field('MQTT'), [4, 0xc2, 0, 60], field(id), field(`Token|main-key|test-instance`), field(`R|${good}`)));
    expect(await raw.next('connack')).toMatchObject({ returnCode: 0 });
    raw.send(publish(UPLOAD, JSON.stringify({ token: bad, type: 'R' }), 1, 7));
    const notice = await raw.next('publish') as unknown as { topic: string; payload: Buffer; qos: number };
    expect([notice.topic, JSON.parse(notice.payload.toString())]).toEqual([INVALID, { code, type: 'R' }]);
    await raw.untilClosed();
    expect(raw.packets.map(({ cmd }) => cmd)).not.toContain('puback');
  });

  it('tells a client that its token expires, without any subscription, and closes it when it has', async () => {
    const early = await issuerOn(storage, { now: () => Date.now() - 55_000 });
    const expireTime = Date.now() + 6_000;
    const token = await early.token(['demo/#'], { expireTime });
    await early.close();
    const client = await connect(one, device(), withTokens(`R|${await issuer.token(['demo/#'])}|W|${token}`));
    const told = notices(client);
    expect(await told.next(EXPIRE)).toEqual({ expireTime, type: 'W' });
    const gone = closed(client);
    expect(await told.next(INVALID)).toEqual({ code: 2, type: 'W' });
    await gone;
    expect(Date.now()).toBeGreaterThanOrEqual(expireTime);
  });

  it('a token that is renewed in time keeps its client', async () => {
    const early = await issuerOn(storage, { now: () => Date.now() - 57_000 });
    const expireTime = Date.now() + 4_000;
    const token = await early.token(['demo/#'], { expireTime });
    await early.close();
    const client = await connect(one, device(), withTokens(`RW|${token}`));
    await notices(client).next(EXPIRE);
    await upload(client, await issuer.token(['demo/#']), 'RW');
    await expect.poll(() => Date.now() > expireTime + 1_500, { interval: 200 }).toBe(true); // past a look at the tokens
    await client.publishAsync('demo/a', 'still here', { qos: 1 });
    await client.endAsync();
  });

  it('a revoked token closes its clients on every gateway, fires no will, and lets nobody in, also after a restart', async () => {
    const token = await issuer.token(['demo/#']);
    const will = { topic: 'demo/will', payload: Buffer.from('should not come'), qos: 1 as const, retain: false };
    const clients = await Promise.all([connect(one, device(), { ...withTokens(`RW|${token}`), will }), connect(two, device(), { ...withTokens(`R|${token}`), will })]);
    const other = await connect(two, device(), withTokens(`RW|${await issuer.token(['demo/#'])}`));
    const seen = collect(other);
    await other.subscribeAsync('demo/#', { qos: 1 });
    const told = clients.map(notices);
    const gone = clients.map(closed);
    await issuer.service.revokeToken(token, 'main');
    expect(await told[0]!.next(INVALID)).toEqual({ code: 3, type: 'RW' });
    expect(await told[1]!.next(INVALID)).toEqual({ code: 3, type: 'R' });
    await Promise.all(gone);
    expect(await issuer.service.queryToken(token, 'main')).toMatchObject({ valid: false, problem: 'revoked' });
    for (const gateway of [one, two]) expect(await connectCode(gateway, device(), withTokens(`R|${token}`))).toBe(4);
    await two.stop();
    two = await startTestGateway(storage, { replica: '2' });
    expect(await connectCode(two, device(), withTokens(`R|${token}`))).toBe(4);
    await other.endAsync();
    const back = await connect(one, device());
    await back.publishAsync('demo/after', 'x', { qos: 1 });
    await back.endAsync();
    expect(seen.messages.map(({ topic }) => topic)).not.toContain('demo/will');
  });

  it('A5 a durable subscription gives nothing that a narrower token does not allow', async () => {
    const id = device();
    const wide = await connect(one, id, { ...withTokens(`R|${await issuer.token(['demo/x/#', 'demo/y/#'])}`), clean: false });
    await wide.subscribeAsync({ 'demo/x/#': { qos: 1 }, 'demo/y/#': { qos: 1 } });
    await wide.endAsync();
    const sender = await connect(two, device());
    for (const topic of ['demo/x/1', 'demo/y/1', 'demo/x/2', 'demo/y/2']) await sender.publishAsync(topic, 'x', { qos: 1 });
    const narrow = await connectAndCollect(two, id, { ...withTokens(`R|${await issuer.token(['demo/y/#'])}`), clean: false });
    expect((await narrow.until(2)).map(({ topic }) => topic)).toEqual(['demo/y/1', 'demo/y/2']);
    // live, and after a narrower one was uploaded
    await upload(narrow.client, await issuer.token(['demo/y/live']), 'R');
    for (const topic of ['demo/x/3', 'demo/y/3', 'demo/y/live']) await sender.publishAsync(topic, 'x', { qos: 1 });
    expect((await narrow.until(3)).map(({ topic }) => topic)).toEqual(['demo/y/1', 'demo/y/2', 'demo/y/live']);
    await narrow.client.endAsync();
    await sender.endAsync();
  });
});

describe.each(ENGINES)('a key that goes, on the %s engine', (engine) => {
  let storage: TestStorage;
  let gateway: TestGateway;
  beforeAll(async () => {
    storage = await startStorage(engine);
    gateway = await startTestGateway(storage);
  });
  afterAll(async () => {
    await gateway?.stop();
    await storage?.close();
  });

  it('I5 A1 rotation: a second key is added, the first removed, and only its connections close', async () => {
    const { instance, storage: manifest, secrets } = documents();
    const second = { id: 'second-key', account: 'main', access: 'all' as const, grants: [] };
    const secret = 'kXy85-second-secret';
    const both = { ...secrets, accessKeys: { ...SECRETS, 'second-key': secret } };
    await storage.handOver({ instance: { ...instance, accessKeys: [...instance.accessKeys, second] }, storage: manifest, secrets: both });
    const issuer = await issuerOn(storage);
    const [first, token] = [device(), device()];
    const old = await connect(gateway, first);
    const tokenClient = await connect(gateway, token, withTokens(`RW|${await issuer.token(['demo/#'])}`));
    const told = notices(tokenClient);
    const id = device();
    const signed = { keyId: 'second-key', secret, password: signPassword(secret, id) };
    await expect.poll(() => connectCode(gateway, id, signed)).toBe(0);
    const kept = await connect(gateway, id, signed);
    const limited = await connect(gateway, device(), { keyId: 'limited-key' });
    const gone = [closed(old), closed(tokenClient)];
    await storage.handOver({ instance: { ...instance, accessKeys: [...instance.accessKeys.filter((key) => key.id !== 'main-key'), second] }, storage: manifest, secrets: both });
    await Promise.all(gone);
    expect(await told.next(INVALID)).toEqual({ code: -1, type: 'RW' });
    expect(await connectCode(gateway, first)).toBe(4);
    await kept.publishAsync('demo/a', 'still here', { qos: 1 });
    await limited.publishAsync('demo/a', 'still here', { qos: 1 });
    await kept.endAsync();
    await limited.endAsync();
    await issuer.close();
  });
});

describe('A2 L4 an instance with small payloads', () => {
  it('takes the largest token in an upload, and no other payload beyond its limit', async () => {
    const { instance } = documents();
    const declared = documents({ limits: { ...instance.limits, payloadBytes: 1_024 } });
    const storage = await startStorage('embedded', declared);
    const gateway = await startTestGateway(storage);
    const issuer = await issuerOn(storage, { declared });
    try {
      const resources = Array.from({ length: 100 }, (_, i) => `demo/${String(i).padStart(3, '0')}${'x'.repeat(110)}`);
      const large = await issuer.token(resources);
      expect(large.length).toBeGreaterThan(15 * 1_024);
      const client = await connect(gateway, device(), withTokens(`RW|${await issuer.token(['demo/#'])}`));
      await upload(client, large, 'RW');
      await client.publishAsync(resources[99]!, 'x'.repeat(1_024), { qos: 1 });
      const gone = closed(client);
      client.publish(resources[99]!, 'x'.repeat(1_025), { qos: 1 });
      await gone;
    } finally {
      await issuer.close();
      await gateway.stop();
      await storage.close();
    }
  });
});

describe('A2 A3 two gateway processes on one Redis', () => {
  it('T6 A5 the wills of a gateway that died are fired by the other one, but not what was revoked or refreshed since', async () => {
    const storage = await startStorage('redis');
    const processes = await Promise.all(['1', '2'].map((replica) => gatewayProcess(storage.redis!.url, replica)));
    const issuer = await issuerOn(storage);
    try {
      await Promise.all(processes.map((gateway) => gateway.start()));
      const [dying, other] = processes.map(({ port }) => ({ port: () => port }) as unknown as TestGateway) as [TestGateway, TestGateway];
      const watcher = await connectAndCollect(other, device());
      await watcher.client.subscribeAsync('demo/will/#', { qos: 1 });
      const mortal = (name: string, options: object = {}, clientId = device()): Promise<MqttClient> =>
        connect(dying, clientId, { ...options, will: { topic: `demo/will/${name}`, payload: Buffer.from(name), qos: 1, retain: false } });
      const [good, bad] = [await issuer.token(['demo/#']), await issuer.token(['demo/#'])];
      const register = async (clientId: string): Promise<object> => {
        const { deviceAccessKeyId, deviceAccessKeySecret } = await issuer.service.registerDevice(clientId, 'main');
        return { username: `DeviceCredential|${deviceAccessKeyId}|test-instance`, password: signPassword(deviceAccessKeySecret, clientId) };
      };
      const [keeps, refreshed] = [device(), device()];
      const clients = [
        await mortal('key'), await mortal('token', withTokens(`RW|${good}`)), await mortal('revoked', withTokens(`RW|${bad}`)),
        await mortal('device', await register(keeps), keeps), await mortal('refreshed', await register(refreshed), refreshed),
      ];
      for (const client of clients) client.on('error', () => undefined);
      await processes[0]!.kill9();
      await issuer.service.revokeToken(bad, 'main');
      await issuer.service.refreshDevice(refreshed, 'main');
      await watcher.until(3, 60_000);
      await expect.poll(async () => [await issuer.store.deadSessions(1), await issuer.store.owedWills(1)], { timeout: 60_000 }).toEqual([[], []]);
      await watcher.client.publishAsync('demo/will/end', 'end', { qos: 1 });
      expect((await watcher.until(4)).map(({ payload }) => payload).sort()).toEqual(['device', 'end', 'key', 'token']);
      expect(processes[1]!.log()).toContain('will-refused');
      await watcher.client.endAsync();
    } finally {
      await issuer.close();
      await Promise.all(processes.map((gateway) => gateway.cleanUp()));
      await storage.close();
    }
  });

  it('a revocation and a refreshed device close clients on both; what was revoked stays revoked when Redis and gateways come back', async () => {
    const storage = await startStorage('redis');
    const processes = await Promise.all(['1', '2'].map((replica) => gatewayProcess(storage.redis!.url, replica)));
    const issuer = await issuerOn(storage);
    try {
      await Promise.all(processes.map((gateway) => gateway.start()));
      const gateways = processes.map(({ port }) => ({ port: () => port }) as unknown as TestGateway);
      const token = await issuer.token(['demo/#']);
      const clients = await Promise.all(gateways.map((gateway) => connect(gateway, device(), withTokens(`RW|${token}`))));
      const id = device();
      const { deviceAccessKeyId, deviceAccessKeySecret } = await issuer.service.registerDevice(id, 'main');
      const mine = await connect(gateways[1]!, id, { username: `DeviceCredential|${deviceAccessKeyId}|test-instance`, password: signPassword(deviceAccessKeySecret, id) });
      const told = clients.map(notices);
      const gone = [...clients, mine].map(closed);
      await issuer.service.revokeToken(token, 'main');
      await issuer.service.refreshDevice(id, 'main');
      for (const one of told) expect(await one.next(INVALID)).toEqual({ code: 3, type: 'RW' });
      await Promise.all(gone);
      await issuer.close();
      await Promise.all(processes.map((gateway) => gateway.kill9()));
      await storage.redis!.restart();
      await Promise.all(processes.map((gateway) => gateway.start()));
      for (const gateway of gateways) expect(await connectCode(gateway, device(), withTokens(`RW|${token}`))).toBe(4);
      for (const gateway of processes) for (const secret of [token, deviceAccessKeySecret]) expect(gateway.log()).not.toContain(secret);
    } finally {
      await Promise.all(processes.map((gateway) => gateway.cleanUp()));
      await storage.close();
    }
  });
});
