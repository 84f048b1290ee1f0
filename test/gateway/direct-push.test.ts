/** B6 a gateway that pushes directly, with real clients: the rules of a bound one, and nothing stored. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstanceManifest, ListenerName } from '../../lib/manifest/manifest';
import { signPassword } from '../../runtime/src/auth/signature';
import { RemoteDocuments } from '../../runtime/src/control/remote-documents';
import { startGateway, type Gateway } from '../../runtime/src/gateway';
import { runHandOver } from '../../runtime/src/hand-over/run';
import type { Answer } from '../../runtime/src/hand-over/take-in';
import { createLogger } from '../../runtime/src/logging';
import { NoneStore } from '../../runtime/src/store/none/none-store';
import { freePort } from '../setup/ports';
import { api } from './api-harness';
import { documents, INSTANCE_ID, SEALING_KEY, topic } from './documents';
import { closed, collect, connect, connectAndCollect, connectCode, type ClientOptions, type TestGateway } from './harness';
import { scrape } from './scrape';
import { startReceiver, WEBHOOK_SECRET } from './webhook-receiver';

const TOKEN = 'a token of more than thirty-two characters';
const logger = createLogger({ level: process.env['MQTTGW_TEST_LOG'] ?? 'silent' });
const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-direct-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const declared = (more: Partial<InstanceManifest> = {}) => {
  const { instance, storage, secrets } = documents();
  return { storage: null, secrets, instance: { ...instance, binding: null, directPushTopics: storage.topics, ...more } };
};

/** One deployed instance: its file outlives the process that a test stops. */
class Deployed {
  private readonly file = path.join(folder, `${Math.random().toString(36).slice(2)}.json`);
  private httpPort = 0;
  private version = 0;

  /** Resolves when it serves; the first start needs a hand-over for that. */
  async start(): Promise<TestGateway> {
    this.httpPort = await freePort();
    const on = { bindAddress: '127.0.0.1', port: 0 };
    const gateway = await startGateway({
      config: {
        version: 1, instanceId: INSTANCE_ID, storageId: INSTANCE_ID, replica: '1', revision: 'r1', proxyProtocol: false, drainSeconds: 2, logLevel: 'silent',
        listeners: { tcp: on, tls: on, websocket: on, websocketTls: on, http: { bindAddress: '127.0.0.1', port: this.httpPort } },
      },
      store: new NoneStore(undefined, this.file), sealingKey: SEALING_KEY, controlToken: TOKEN, logger,
    });
    return Object.assign(Object.create(gateway) as Gateway, { port: (listener: ListenerName | 'http') => gateway.listeners[listener]!.port }) as TestGateway;
  }

  async handOver(incoming: Parameters<typeof runHandOver>[0]['incoming'] = declared(), token = TOKEN): Promise<Answer> {
    return runHandOver({
      incoming, storageId: INSTANCE_ID, sealingKey: SEALING_KEY, hash: `hash-${++this.version}`, logger, retryMs: 20,
      openStore: async () => new RemoteDocuments({ url: this.url, token }, logger),
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.httpPort}`;
  }
}

const place = new Deployed();
let gateway: TestGateway;
let count = 0;
const device = (group = 'GID_main'): string => `${group}@@@device-${++count}`;

beforeAll(async () => {
  const starting = place.start();
  const answer = await place.handOver();
  expect(answer).toMatchObject({ accepted: true, changed: true });
  gateway = await starting;
});
afterAll(() => gateway?.stop());

describe('B6 the hand-over to a gateway with direct push', () => {
  it('says that nothing was handed over yet, then is accepted when clients can connect', async () => {
    const other = new Deployed();
    const starting = other.start();
    await expect.poll(() => fetch(`${other.url}/readyz`).then(async (r) => [r.status, await r.json()], () => null))
      .toEqual([503, { ready: false, reasons: ['no declaration has been handed over yet'] }]);
    expect(await other.handOver()).toMatchObject({ accepted: true });
    expect((await fetch(`${other.url}/readyz`)).status).toBe(200);
    await (await starting).stop();
  });

  it('A6 takes a token, and tells nothing without it', async () => {
    expect(await place.handOver(declared(), 'another token of thirty-two characters')).toMatchObject({ accepted: false, sentence: expect.stringMatching(/needs the token/) });
    for (const [method, route] of [['GET', 'documents'], ['PUT', 'documents'], ['DELETE', 'logs/demo']] as const) {
      const answer = await fetch(`${place.url}/control/${route}`, { method });
      expect([route, answer.status, Object.keys(await answer.json() as object)]).toEqual([route, 401, ['error']]);
    }
  });

  it('A6 secrets are sealed on their way and at rest', async () => {
    const answer = await fetch(`${place.url}/control/documents`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(await answer.text()).not.toContain('kXy8');
  });

  it.each<[string, RegExp, ReturnType<typeof declared>]>([
    ['B6 a binding', /B6.*storage "test-storage"/, declared({ binding: documents().instance.binding })],
    ['B6 several replicas', /B6: replicas/, declared({ replicas: 2, edition: 'platinum' })],
    ['L3 another region', /L3: region of MQTT instance/, declared({ region: { ...documents().instance.region, id: 'elsewhere' } })],
    ['N2 a topic that is none', /N2/, declared({ directPushTopics: [topic('GID_demo')] })],
    ['another instance', /serves MQTT instance "test-instance", got "other"/, declared({ instanceId: 'other', name: 'other' })],
  ])('refuses %s with a sentence, and the earlier rules stay', async (_what, sentence, incoming) => {
    expect(await place.handOver(incoming)).toMatchObject({ accepted: false, sentence: expect.stringMatching(sentence) });
    expect(await connectCode(gateway, device())).toBe(0);
  });

  it('I5 topics and groups come and go while clients stay connected; retained messages of a destroyed topic go at once', async () => {
    const base = declared();
    const { client, ...received } = await connectAndCollect(gateway, device());
    await client.subscribeAsync('demo/#', { qos: 1 });
    const gone = topic('brief', { removalPolicy: 'destroy' });
    expect(await place.handOver(declared({
      directPushTopics: [...base.instance.directPushTopics, gone], groups: [...base.instance.groups, { name: 'GID_brief', account: 'main', remark: '' }],
    }))).toMatchObject({ accepted: true });
    const brief = await connect(gateway, device('GID_brief'));
    await brief.publishAsync('brief/state', 'kept a while', { qos: 1, retain: true });
    expect(await place.handOver()).toMatchObject({ accepted: true });
    await closed(brief);
    await expect(client.subscribeAsync('brief/#')).rejects.toThrow();
    await place.handOver(declared({ directPushTopics: [...base.instance.directPushTopics, gone] }));
    await client.subscribeAsync('brief/#', { qos: 1 });
    await client.publishAsync('demo/after', 'still here', { qos: 1 });
    expect((await received.until(1)).map(({ topic: name }) => name)).toEqual(['demo/after']);
    await place.handOver();
    await client.endAsync();
  });
});

describe('A2 A3 what is handed out', () => {
  it('a revoked token and a refreshed device are closed, and stay out when the gateway starts again', async () => {
    const service = gateway.credentials()!;
    const { token } = await service.applyToken({ keyId: 'main-key', actions: ['R', 'W'], resources: ['demo/#'], expireTime: Date.now() + 3_600_000 });
    const id = device();
    const before = await service.registerDevice(id, 'main');
    const byDevice = (secret: string): ClientOptions => ({ username: `DeviceCredential|${before.deviceAccessKeyId}|${INSTANCE_ID}`, password: signPassword(secret, id) });
    const byToken: ClientOptions = { username: `Token|main-key|${INSTANCE_ID}`, password: `RW|${token}` };
    const clients = [await connect(gateway, device(), byToken), await connect(gateway, id, byDevice(before.deviceAccessKeySecret))];
    const gone = clients.map(closed);
    await service.revokeToken(token, 'main');
    const after = await service.refreshDevice(id, 'main');
    await Promise.all(gone);
    await gateway.stop();
    gateway = await place.start();
    expect(await connectCode(gateway, device(), byToken)).toBe(4);
    expect(await connectCode(gateway, id, byDevice(before.deviceAccessKeySecret))).toBe(4);
    expect(await connectCode(gateway, id, byDevice(after.deviceAccessKeySecret))).toBe(0);
  });
});

describe('who may connect', () => {
  it.each<[string, string, number, ClientOptions?]>([
    ['C1 a Client ID of its group', 'GID_main@@@a', 0],
    ['C1 no separator', 'GID_main', 2],
    ['C1 an unknown group', 'GID_nobody@@@a', 2],
    ['C1 65 characters', `GID_main@@@${'d'.repeat(54)}`, 2],
    ['A1 a wrong password', 'GID_main@@@a', 4, { password: 'wrong' }],
    ['A1 an unknown key', 'GID_main@@@a', 4, { username: 'Signature|nobody|test-instance' }],
    ['A6 another instance', 'GID_main@@@a', 5, { instanceId: 'other-instance' }],
    ['A4 a sub account key for a group of the main account', 'GID_main@@@a', 5, { keyId: 'sub-key' }],
    ['A4 a sub account key for its own group', 'GID_sub@@@a', 0, { keyId: 'sub-key' }],
    ['A5 a key without any right', 'GID_main@@@a', 5, { keyId: 'idle-key' }],
  ])('%s: %s answers %i', async (_what, clientId, code, options) => {
    expect(await connectCode(gateway, clientId, options)).toBe(code);
  });

  it('C1 a second connection of one Client ID takes over', async () => {
    const id = device();
    const before = await connect(gateway, id);
    const after = await connect(gateway, id);
    await closed(before);
    await after.endAsync();
  });
});

/** mqtt.js leaves the promise of a publish open when its connection closes. */
async function expectRefused(client: MqttClient, name: string, payload: string | Buffer): Promise<void> {
  const acknowledged = client.publishAsync(name, payload, { qos: 1 }).then(() => 'acknowledged', () => 'failed');
  expect(await Promise.race([acknowledged, closed(client).then(() => 'closed')])).not.toBe('acknowledged');
  client.end(true);
}

describe('what a client may send and read', () => {
  it.each<[string, string, ClientOptions?]>([
    ['T1 an undeclared topic', 'nowhere/x'],
    ['A5 a topic that may only be read', 'readonly/x'],
    ['A5 what the key was not granted', 'other/x', { keyId: 'limited-key' }],
    ['L4 a topic of 129 characters', `demo/${'t'.repeat(124)}`],
  ])('%s: a PUBLISH to %s closes the connection', async (_what, name, options) => {
    const client = await connect(gateway, device(), options);
    await expectRefused(client, name, 'x');
  });

  it('L4 a payload beyond the limit closes the connection', async () => {
    await expectRefused(await connect(gateway, device()), 'demo/big', Buffer.alloc(65_537));
  });

  it.each<[string, string, ClientOptions?]>([
    ['T1 an undeclared topic', 'nowhere/#'],
    ['T1 a wildcard at the first level', '+/x'],
    ['A5 a topic that may only be written', 'writeonly/#'],
    ['A5 what the key was not granted', 'demo/#', { keyId: 'limited-key' }],
    ['T4 the P2P topics of others', 'demo/p2p/GID_main@@@somebody'],
  ])('%s: a SUBSCRIBE to %s is answered with 0x80', async (_what, filter, options) => {
    const client = await connect(gateway, device(), options);
    await expect(client.subscribeAsync(filter, { qos: 1 })).rejects.toThrow();
    expect(client.connected).toBe(true);
    await client.endAsync();
  });

  it('L4 the 31st subscription is refused', async () => {
    const client = await connect(gateway, device());
    for (let n = 1; n <= 30; n++) await client.subscribeAsync(`demo/${n}`, { qos: 1 });
    await expect(client.subscribeAsync('demo/31', { qos: 1 })).rejects.toThrow();
    await client.endAsync();
  });

  it('T4 a P2P message reaches its client without a subscription, and nobody else', async () => {
    const target = device();
    const [receiver, other] = [await connectAndCollect(gateway, target), await connectAndCollect(gateway, device())];
    await other.client.subscribeAsync('demo/#', { qos: 1 });
    const sender = await connect(gateway, device());
    await sender.publishAsync(`demo/p2p/${target}`, 'for you', { qos: 1 });
    await sender.publishAsync('demo/all', 'for all', { qos: 1 });
    expect(await receiver.until(1)).toMatchObject([{ topic: `demo/p2p/${target}`, payload: 'for you' }]);
    expect((await other.until(1)).map(({ payload }) => payload)).toEqual(['for all']);
    await Promise.all([receiver.client, other.client, sender].map((client) => client.endAsync()));
  });
});

describe('what an acknowledgement means', () => {
  it.each([0, 1, 2] as const)('T5 what is published at QoS %i reaches all that are connected, in order', async (qos) => {
    const receivers = await Promise.all(['tcp', 'tls', 'websocket', 'websocketTls'].map(async (listener) => {
      const client = await connect(gateway, device(), { listener: listener as ClientOptions['listener'] });
      await client.subscribeAsync(`demo/order/${qos}`, { qos });
      return { client, ...collect(client) };
    }));
    const sender = await connect(gateway, device());
    await Promise.all(Array.from({ length: 200 }, (_, n) => sender.publishAsync(`demo/order/${qos}`, String(n), { qos })));
    for (const { client, until } of receivers) {
      expect((await until(200)).map(({ payload }) => Number(payload))).toEqual(Array.from({ length: 200 }, (_, n) => n));
      await client.endAsync();
    }
    await sender.endAsync();
  });

  it('T5 a message to nobody is acknowledged, and kept for nobody', async () => {
    const id = device();
    const before = await connect(gateway, id, { clean: false });
    await before.subscribeAsync('demo/absent', { qos: 1 });
    await before.endAsync();
    const sender = await connect(gateway, device());
    await sender.publishAsync('demo/absent', 'missed', { qos: 1 });
    await sender.publishAsync(`demo/p2p/${id}`, 'missed too', { qos: 2 });
    const { client, ...back } = await connectAndCollect(gateway, id, { clean: false });
    await client.subscribeAsync('demo/absent', { qos: 1 });
    await sender.publishAsync('demo/absent', 'seen', { qos: 1 });
    expect((await back.until(1)).map(({ payload }) => payload)).toEqual(['seen']);
    await Promise.all([client.endAsync(), sender.endAsync()]);
  });

  it('T6 retained messages, wills and shared subscriptions work while the process lives', async () => {
    const sender = await connect(gateway, device());
    await sender.publishAsync('demo/retained', 'state', { qos: 1, retain: true });
    const members = [await connectAndCollect(gateway, device()), await connectAndCollect(gateway, device())];
    for (const { client } of members) await client.subscribeAsync('$share/pool/demo/work', { qos: 1 });
    for (let n = 0; n < 10; n++) await sender.publishAsync('demo/work', String(n), { qos: 1 });
    await expect.poll(() => members.flatMap(({ messages }) => messages.map(({ payload }) => Number(payload))).sort((a, b) => a - b))
      .toEqual(Array.from({ length: 10 }, (_, n) => n));
    const { client: watcher, ...watched } = await connectAndCollect(gateway, device());
    await watcher.subscribeAsync(['demo/retained', 'demo/will'], { qos: 1 });
    const mortal = await connect(gateway, device(), { will: { topic: 'demo/will', payload: Buffer.from('gone'), qos: 1, retain: false } });
    mortal.stream.destroy();
    expect((await watched.until(2)).map(({ payload, retain }) => [payload, retain])).toEqual([['state', true], ['gone', false]]);
    await Promise.all([sender, watcher, ...members.map(({ client }) => client)].map((client) => client.endAsync()));
  });
});

describe('a gateway that starts again', () => {
  it('has its rules and its certificate by itself, and nothing of sessions and retained messages', async () => {
    const own = new Deployed();
    const starting = own.start();
    await own.handOver();
    const first = await starting;
    const id = device();
    const client = await connect(first, id, { clean: false });
    await client.subscribeAsync('demo/#', { qos: 1 });
    await client.publishAsync('demo/state', 'old', { qos: 1, retain: true });
    const { certificateFingerprint } = first;
    await first.stop();
    const second = await own.start(); // nobody hands over
    expect(second.certificateFingerprint).toBe(certificateFingerprint);
    expect(await connectCode(second, 'GID_nobody@@@a')).toBe(2);
    const { client: back, ...received } = await connectAndCollect(second, id, { clean: false });
    await back.subscribeAsync('demo/state', { qos: 1 });
    await back.publishAsync('demo/state', 'new', { qos: 1 });
    expect((await received.until(1)).map(({ payload }) => payload)).toEqual(['new']);
    await back.endAsync();
    expect(await own.handOver()).toMatchObject({ accepted: true });
    await second.stop();
  });
});

describe('B6 metrics and reports of a gateway with direct push', () => {
  it('E4 tell what passed, though nothing is stored', async () => {
    const { client, until } = await connectAndCollect(gateway, device());
    await client.subscribeAsync('other/report', { qos: 1 });
    for (let n = 0; n < 3; n++) await client.publishAsync('other/report', 'abc', { qos: 1 });
    await until(3);
    expect((await scrape(gateway.port('http'))).value('mqttgw_messages_sent_total', { topic: 'other', qos: '1' })).toBeGreaterThanOrEqual(3);
    const ask = api(gateway.port('http'));
    for (const side of ['producer', 'consumer']) {
      await expect.poll(async () => (await ask('GET', `/reports/usage?side=${side}&topic=other&subTopic=report`)).body.total, { timeout: 60_000, interval: 500 }).toEqual({ messages: 3, bytes: 9, weighted: 6 });
    }
    expect((await ask('GET', '/reports/connections')).status).toBe(200);
    await client.endAsync();
  });
});

describe('B6 E1 E7 alarms and the webhook of a gateway with direct push', () => {
  it('are those of every instance, and kept over a restart', async () => {
    const other = new Deployed();
    const receiver = await startReceiver();
    const told = (more: Partial<InstanceManifest> = {}) => {
      const incoming = declared({ webhook: { url: receiver.url }, ...more });
      return other.handOver({ ...incoming, secrets: { ...incoming.secrets, webhookSecret: WEBHOOK_SECRET } });
    };
    const starting = other.start();
    expect(await told({ billing: 'prepaid', expiry: new Date(Date.now() + 86_400_000).toISOString() })).toMatchObject({ accepted: true });
    const first = await starting;
    await expect.poll(() => receiver.named().sort()).toEqual(['alarm-raised expiry', 'instance-runnable']);
    await expect.poll(async () => (await api(first.port('http'))('GET', '/notifications')).body.notifications.map(({ state }: { state: string }) => state)).toEqual(['delivered', 'delivered']);
    await first.stop();
    const second = await other.start();
    const ask = api(second.port('http'));
    expect((await ask('GET', '/alarms')).body.alarms).toMatchObject([{ alarm: 'expiry', state: 'raised' }]);
    expect(await told()).toMatchObject({ accepted: true });
    await expect.poll(() => receiver.named().slice(2)).toEqual(['alarm-cleared expiry']);
    await second.stop();
    await receiver.close();
  });
});

describe('B6 traces of a gateway with direct push', () => {
  it('T8 tell the way of a message that is still in memory, and what happened to a device', async () => {
    // a gateway of its own: what the tests above deliver may use up the budget of traces of this minute
    const other = new Deployed();
    const starting = other.start();
    expect(await other.handOver()).toMatchObject({ accepted: true });
    const traced = await starting;
    const clientId = device();
    const { client, until } = await connectAndCollect(traced, clientId, { clean: false });
    await client.subscribeAsync('other/trace', { qos: 1 });
    const ask = api(traced.port('http'));
    const { body: { messageId } } = await ask('POST', '/messages', { topic: 'other/trace', payload: 'm' });
    await until(1);
    await expect.poll(async () => (await ask('GET', `/traces/messages/${messageId}`)).body).toMatchObject({
      stored: false, complete: true, producer: { origin: 'api' }, deliveries: [{ clientId, state: 'acknowledged' }],
    });
    expect((await ask('GET', '/topics/other/messages?subTopic=trace')).body.messages).toMatchObject([{ messageId, payload: Buffer.from('m').toString('base64') }]);
    await client.endAsync();
    await expect.poll(async () => (await ask('GET', `/traces/devices/${encodeURIComponent(clientId)}`)).body.events.map(({ event }: { event: string }) => event))
      .toEqual(['client-disconnected', 'client-subscribed', 'client-connected']);
    await traced.stop();
  });
});
