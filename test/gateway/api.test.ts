/** The control API on real gateways: two on one Redis, one on the embedded engine, with real MQTT clients. */
import { once } from 'node:events';
import http from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ApiClient, type ApiAnswer } from '../../runtime/src/api/client';
import { authorizationOf, type Unsigned } from '../../runtime/src/api/signing';
import { apiFleet, checked, type TestApi } from './api-harness';
import { documents, SECRETS, topic } from './documents';
import { closed, connect, connectAndCollect, connectCode, startStorage, startTestGateway } from './harness';

describe.each([['redis', 2], ['embedded', 1]] as const)('control API on %s, %i gateways', (engine, count) => {
  const fleet = apiFleet(engine, count);
  const { first, other, sub } = fleet;

  /** What a gateway took in over the store, the others take in by a notice. */
  const visible = (ask: TestApi, what: 'topics' | 'groups', name: string) =>
    expect.poll(async () => (await ask('GET', `/${what}`)).body[what].some((each: { name: string }) => each.name === name));

  describe('who asks', () => {
    const target = '/api/v1/instance';
    const ask = async (authorization: string | undefined, init: RequestInit = {}, path: string = target): Promise<ApiAnswer> => {
      const response = await fetch(`http://127.0.0.1:${fleet.gateways[0]!.port('http')}${path}`, { ...init, headers: { ...(authorization && { authorization }), ...init.headers } });
      return checked(init.method ?? 'GET', path.replace('/api/v1', ''), { status: response.status, body: await response.json(), headers: response.headers });
    };
    const signed = (more: Partial<Unsigned> = {}): string => authorizationOf({ method: 'GET', target, keyId: 'main-key', secret: SECRETS['main-key']!, ...more });

    it.each([
      ['no header', (): string | undefined => undefined, 401, 'request-unsigned'],
      ['another scheme', (): string => 'Bearer abc', 401, 'authorization-malformed'],
      ['a short nonce', () => signed({ nonce: 'short' }), 401, 'authorization-malformed'],
      ['an unknown key', () => signed({ keyId: 'nobody' }), 401, 'request-signature-wrong'],
      ['a wrong secret', () => signed({ secret: 'other' }), 401, 'request-signature-wrong'],
      ['another method', () => signed({ method: 'POST' }), 401, 'request-signature-wrong'],
      ['another query', () => signed({ target: `${target}?a=1` }), 401, 'request-signature-wrong'],
      ['a timestamp of 6 minutes ago', () => signed({ timestamp: Math.floor(Date.now() / 1_000) - 360 }), 401, 'timestamp-outside-tolerance'],
      ['a timestamp 6 minutes ahead', () => signed({ timestamp: Math.floor(Date.now() / 1_000) + 360 }), 401, 'timestamp-outside-tolerance'],
      ['a body that was not signed', () => signed({ body: 'x' }), 401, 'body-changed'],
      ['A5 a key with grants only', () => signed({ keyId: 'limited-key', secret: SECRETS['limited-key']! }), 403, 'access-denied'],
    ] as const)('%s is refused', async (_what, header, status, code) => {
      expect(await ask(header())).toMatchObject({ status, body: { code } });
    });

    it('a clock that is 4 minutes off is tolerated', async () => {
      expect((await ask(signed({ timestamp: Math.floor(Date.now() / 1_000) - 240 }))).status).toBe(200);
    });

    it('a nonce is used once, on whichever gateway', async () => {
      const authorization = signed();
      expect((await ask(authorization)).status).toBe(200);
      const again = await fetch(`http://127.0.0.1:${fleet.gateways.at(-1)!.port('http')}${target}`, { headers: { authorization } });
      expect([again.status, await again.json()]).toMatchObject([401, { code: 'nonce-used' }]);
    });

    it('a nonce is used up by what is refused after the signature, and by nothing that is refused before', async () => {
      const [path, body] = ['/api/v1/topics', '{"name":"demo"}'];
      const post = (authorization: string) => ask(authorization, { method: 'POST', body, headers: { 'content-type': 'application/json' } }, path);
      const parts = { method: 'POST', target: path, body, nonce: 'a-nonce-of-one-test' };
      expect(await post(signed({ ...parts, secret: 'other' }))).toMatchObject({ status: 401, body: { code: 'request-signature-wrong' } });
      expect(await post(signed(parts))).toMatchObject({ status: 409, body: { code: 'topic-exists' } });
      expect(await post(signed(parts))).toMatchObject({ status: 401, body: { code: 'nonce-used' } });
    });

    it('a body that was changed on its way is refused, and nothing is made', async () => {
      const path = '/api/v1/topics';
      const authorization = signed({ method: 'POST', target: path, body: '{"name":"signed"}' });
      expect(await ask(authorization, { method: 'POST', body: '{"name":"forged"}', headers: { 'content-type': 'application/json' } }, path)).toMatchObject({ status: 401, body: { code: 'body-changed' } });
      expect((await first('GET', '/topics')).body.topics.map((each: { name: string }) => each.name)).not.toContain('forged');
    });

    it('L4 a message that no payload allowed makes so long is refused before it comes', async () => {
      const path = '/api/v1/messages';
      const request = http.request({
        method: 'POST', host: '127.0.0.1', port: fleet.gateways[0]!.port('http'), path, agent: false,
        headers: { authorization: signed({ method: 'POST', target: path, body: 'never sent' }), 'content-type': 'application/json', 'content-length': 20_000_000 },
      });
      request.flushHeaders();
      const [response] = await once(request, 'response') as [http.IncomingMessage];
      expect([response.statusCode, JSON.parse(await readText(response))]).toMatchObject([413, { code: 'body-too-large', allowed: `${65_536 * 7} bytes` }]);
      request.destroy();
    });

    it('bodies are bounded, and read as JSON', async () => {
      expect(await first('POST', '/topics', { name: 'x'.repeat(70_000) })).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
      const path = '/api/v1/topics';
      expect(await ask(signed({ method: 'POST', target: path, body: '{' }), { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }, path)).toMatchObject({ status: 400, body: { code: 'request-malformed' } });
    });

    it('an operation that there is not, and properties that there are not, are told', async () => {
      expect(await first('GET', '/nothing')).toMatchObject({ status: 404, body: { code: 'operation-unknown' } });
      expect(await first('POST', '/topics', { name: 'fine-name', typ: 'normal' })).toMatchObject({ status: 400, body: { code: 'request-malformed', allowed: 'name, type, permission, remark, removalPolicy' } });
      expect(await first('POST', '/topics', { name: 'fine-name', type: 'odd' })).toMatchObject({ status: 400, body: { code: 'request-malformed' } });
      expect(await first('GET', '/topics?limit=1')).toMatchObject({ status: 400, body: { code: 'request-malformed' } });
    });

    it('the document is OpenAPI 3.1 and needs no key', async () => {
      const response = await fetch(`http://127.0.0.1:${fleet.gateways[0]!.port('http')}/api/v1/openapi.json`);
      const document = await response.json() as { openapi: string; paths: object; components: { schemas: object } };
      expect(document.openapi).toBe('3.1.0');
      expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/api/v1/instance', '/api/v1/topics/{name}', '/api/v1/groups', '/api/v1/messages']));
      const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
      for (const [, name] of references) expect(Object.keys(document.components.schemas)).toContain(name);
    });
  });

  it('the instance is told alike on every gateway, with every gateway', async () => {
    const { body } = await first('GET', '/instance');
    expect(body).toMatchObject({ instanceId: 'test-instance', region: 'local', throttled: false, binding: { storageId: 'test-storage' }, spec: { connections: 10_000 }, limits: { clientIdLength: 64 } });
    expect(body.gateways.map(({ replica }: { replica: string }) => replica).sort()).toEqual(fleet.gateways.map((_, n) => String(n + 1)));
    const second = (await other('GET', '/instance')).body;
    expect(second.gateways.map(({ gatewayId }: { gatewayId: string }) => gatewayId)).toEqual(body.gateways.map(({ gatewayId }: { gatewayId: string }) => gatewayId));
  });

  it('L1 L2 tells the other instances of the region, its quotas and what of them is used, as the last deploy knew them', async () => {
    const { region } = documents().instance;
    const siblings = [{ instanceId: 'office', name: 'office', edition: 'platinum' as const, consoleUrl: 'http://localhost:18081/console/' }, { instanceId: 'plain', name: 'plain', edition: 'basic' as const }];
    await fleet.storage.handOver(documents({ region: { ...region, used: { mqttInstances: 3, standardStorage: 2, platinumStorage: 1 }, siblings } }));
    await expect.poll(async () => (await other('GET', '/instance')).body).toMatchObject({
      quota: { mqttInstances: { quota: 8, used: 3 }, standardStorage: { quota: 8, used: 2 }, platinumStorage: { quota: null, used: 1 } },
      siblings: [{ ...siblings[0], state: 'unknown', alarms: null }, { ...siblings[1], consoleUrl: null, state: 'unknown', alarms: null }],
    });
  });

  it('L1 tells on every gateway how the other instances of the region do: state and alarms, also when one has ended', async () => {
    const url = `http://127.0.0.1:${fleet.gateways[0]!.port('http')}/api/v1/state`;
    expect(checked('GET', '/state', await fetch(url).then(async (response) => ({ status: response.status, body: await response.json(), headers: response.headers })))).toMatchObject({ body: { instanceId: 'test-instance', state: 'running', alarms: 0 } });
    const soon = new Date(Date.now() + 2 * 86_400_000).toISOString();
    const elsewhere = await startStorage(engine, documents({ billing: 'prepaid', expiry: soon }));
    const sibling = await startTestGateway(elsewhere);
    try {
      const { region } = documents().instance;
      const internalHttpUrl = `http://127.0.0.1:${sibling.port('http')}`;
      const declared = { name: 'office', edition: 'basic' as const, internalHttpUrl };
      // the fixture has one instance id; what answers under another one is not the sibling
      await fleet.storage.handOver(documents({ region: { ...region, siblings: [{ ...declared, instanceId: 'test-instance' }, { ...declared, instanceId: 'somebody-else' }] } }));
      const told = (ask: TestApi) => expect.poll(async () => (await ask('GET', '/instance')).body.siblings.map(({ state, alarms }: { state: string; alarms: number | null }) => [state, alarms]), { timeout: 60_000 });
      for (const ask of [first, other]) await told(ask).toEqual([['running', 1], ['unknown', null]]);
      await sibling.stop();
      for (const ask of [first, other]) await told(ask).toEqual([['down', null], ['down', null]]);
    } finally {
      await elsewhere.close();
      await fleet.storage.handOver(documents());
    }
  });

  describe('I4 I5 topics', () => {
    it('one that is made carries messages at once, on every gateway, and connections stay', async () => {
      const client = await connect(fleet.gateways[0]!, 'GID_main@@@stays');
      expect(await other('POST', '/topics', { name: 'made-here', remark: 'by hand' })).toMatchObject({ status: 201, body: { origin: 'api', account: 'main', type: 'normal' } });
      await visible(first, 'topics', 'made-here').toBe(true);
      const { client: reader, until } = await connectAndCollect(fleet.gateways[0]!, 'GID_main@@@reader');
      await reader.subscribeAsync('made-here/#', { qos: 1 });
      await client.publishAsync('made-here/a', 'x', { qos: 1 });
      expect((await until(1))[0]).toMatchObject({ topic: 'made-here/a', payload: 'x' });
      const { topics } = (await other('GET', '/topics')).body;
      expect(topics).toContainEqual(expect.objectContaining({ name: 'made-here', origin: 'api', remark: 'by hand', storedMessages: 1, storedBytes: 1 }));
      expect(topics).toContainEqual(expect.objectContaining({ name: 'demo', origin: 'declared', account: null }));
      expect(client.connected).toBe(true);
      await Promise.all([client.endAsync(), reader.endAsync()]);
    });

    it.each([
      ['N2 a name that is too short', { name: 'ab' }, 422, 'rule-broken'],
      ['N2 a name that starts with GID', { name: 'GID_topic' }, 422, 'rule-broken'],
      ['N2 a declared name, ignoring case', { name: 'DEMO' }, 409, 'topic-exists'],
      ['N4 a long remark', { name: 'long-remark', remark: 'x'.repeat(129) }, 422, 'rule-broken'],
    ] as const)('%s is refused', async (_what, body, status, code) => {
      const answer = await first('POST', '/topics', body);
      expect(answer).toMatchObject({ status, body: { code } });
      expect(answer.body.allowed).toBeTruthy();
    });

    it('a declared one is not deleted, nor one of another account, nor one that there is not', async () => {
      expect(await first('DELETE', '/topics/demo')).toMatchObject({ status: 409, body: { code: 'topic-declared' } });
      expect(await first('DELETE', '/topics/nowhere')).toMatchObject({ status: 404, body: { code: 'topic-unknown' } });
      expect((await first('POST', '/topics', { name: 'of-main' })).status).toBe(201);
      expect(await sub('DELETE', '/topics/of-main')).toMatchObject({ status: 403, body: { code: 'account-denied' } });
      expect((await first('DELETE', '/topics/of-main')).status).toBe(200);
    });

    it('I5 one that is deleted is closed at once; its messages go when its removal policy says destroy', async () => {
      expect((await sub('POST', '/topics', { name: 'short-lived', removalPolicy: 'destroy' })).body).toMatchObject({ account: 'sub' });
      await visible(first, 'topics', 'short-lived').toBe(true);
      expect((await first('POST', '/messages', { topic: 'short-lived/x', payload: 'x' })).status).toBe(201);
      expect((await sub('DELETE', '/topics/short-lived')).status).toBe(200);
      await visible(first, 'topics', 'short-lived').toBe(false);
      expect(await first('POST', '/messages', { topic: 'short-lived/x', payload: 'x' })).toMatchObject({ status: 403, body: { code: 'topic-undeclared' } });
      const store = fleet.storage.open();
      await store.open();
      expect((await store.statistics()).perLog['short-lived'] ?? 0).toBe(0);
      await store.close();
    });

    it('I4 a deploy leaves them alone, and adopts one of the same name with its messages', async () => {
      for (const name of ['left-alone', 'adopted']) {
        expect((await first('POST', '/topics', { name })).status).toBe(201);
        expect((await first('POST', '/messages', { topic: `${name}/x`, payload: 'kept' })).status).toBe(201);
      }
      const declared = documents();
      await fleet.storage.handOver({ ...declared, storage: { ...declared.storage, topics: [...declared.storage.topics, topic('adopted')] } });
      await expect.poll(async () => (await other('GET', '/topics')).body.topics).toContainEqual(expect.objectContaining({ name: 'adopted', origin: 'declared', storedMessages: 1 }));
      expect((await other('GET', '/topics')).body.topics).toContainEqual(expect.objectContaining({ name: 'left-alone', origin: 'api', storedMessages: 1 }));
      await fleet.storage.handOver(declared);
    });

    it('N2 L4 a deploy meets them where names and counts are judged', async () => {
      expect((await first('POST', '/topics', { name: 'in-the-way' })).status).toBe(201);
      const declared = documents();
      await expect(fleet.storage.handOver({ ...declared, storage: { ...declared.storage, topics: [...declared.storage.topics, topic('IN-THE-WAY')] } })).rejects.toThrow(/N2.*made through the control API/);
      const { topics } = (await first('GET', '/topics')).body;
      const many = Array.from({ length: 25 - topics.length + 1 }, (_, n) => topic(`more-${n}`));
      await expect(fleet.storage.handOver({ ...declared, storage: { ...declared.storage, topics: [...declared.storage.topics, ...many] } })).rejects.toThrow(/L4.*made through the control API/);
      await fleet.storage.handOver({ ...declared, storage: { ...declared.storage, topics: [...declared.storage.topics, ...many.slice(1)] } });
      await expect.poll(async () => (await first('GET', '/topics')).body.topics.length).toBe(25);
      expect(await first('POST', '/topics', { name: 'one-too-many' })).toMatchObject({ status: 422, body: { code: 'rule-broken' } });
      await fleet.storage.handOver(declared);
      await expect.poll(async () => (await first('GET', '/topics')).body.topics.length).toBe(topics.length);
    });
  });

  describe('I4 I5 N3 A4 groups', () => {
    it('A4 a group belongs to the account whose key made it', async () => {
      expect(await sub('POST', '/groups', { name: 'GID_made_by_sub' })).toMatchObject({ status: 201, body: { account: 'sub', origin: 'api' } });
      await visible(first, 'groups', 'GID_made_by_sub').toBe(true);
      expect(await connectCode(fleet.gateways[0]!, 'GID_made_by_sub@@@a', { keyId: 'sub-key' })).toBe(0);
      expect(await connectCode(fleet.gateways[0]!, 'GID_made_by_sub@@@a', { keyId: 'main-key' })).toBe(5);
    });

    it('a sub-account sees its own groups, the main account all', async () => {
      await visible(first, 'groups', 'GID_sub').toBe(true);
      await visible(first, 'groups', 'GID_main').toBe(true);
      await visible(sub, 'groups', 'GID_sub').toBe(true);
      await visible(sub, 'groups', 'GID_main').toBe(false);
    });

    it('refusals', async () => {
      expect(await first('POST', '/groups', { name: 'no-prefix' })).toMatchObject({ status: 422, body: { code: 'rule-broken' } });
      expect(await first('POST', '/groups', { name: 'GID_main' })).toMatchObject({ status: 409, body: { code: 'group-exists' } });
      expect(await first('DELETE', '/groups/GID_main')).toMatchObject({ status: 409, body: { code: 'group-declared' } });
      expect(await first('DELETE', '/groups/GID_nobody')).toMatchObject({ status: 404, body: { code: 'group-not-found' } });
      expect(await sub('DELETE', '/groups/GID_main')).toMatchObject({ status: 403, body: { code: 'account-denied' } });
    });

    it('I5 deleting a group closes the connections that stand on it, on every gateway', async () => {
      expect((await other('POST', '/groups', { name: 'GID_leaving' })).status).toBe(201);
      await visible(first, 'groups', 'GID_leaving').toBe(true);
      const client = await connect(fleet.gateways[0]!, 'GID_leaving@@@a');
      const gone = closed(client);
      expect((await other('DELETE', '/groups/GID_leaving')).status).toBe(200);
      await gone;
      await expect.poll(() => connectCode(fleet.gateways[0]!, 'GID_leaving@@@a')).toBe(2);
    });
  });

  it('I4 tells when a deploy first brought what it declares, also after others, and keeps the time of what it adopts', async () => {
    const createdAt = async (ask: TestApi, what: 'topics' | 'groups' | 'access-keys', id: string): Promise<number | null | undefined> =>
      (Object.values((await ask('GET', `/${what}`)).body)[0] as { name?: string; keyId?: string; createdAt: number }[]).find(({ name, keyId }) => (name ?? keyId) === id)?.createdAt;
    const first_ = await Promise.all([createdAt(first, 'topics', 'demo'), createdAt(other, 'groups', 'GID_main'), createdAt(first, 'access-keys', 'main-key')]);
    for (const at of first_) expect(Math.abs(Date.now() - at!)).toBeLessThan(600_000);
    const made = (await first('POST', '/topics', { name: 'older-made' })).body.createdAt;
    const before = Date.now();
    const declared = documents();
    await fleet.storage.handOver({ ...declared, storage: { ...declared.storage, topics: [...declared.storage.topics, topic('older-made'), topic('brand-new')] } });
    await visible(other, 'topics', 'brand-new').toBe(true);
    expect(await createdAt(other, 'topics', 'brand-new')).toBeGreaterThanOrEqual(before);
    expect(await createdAt(other, 'topics', 'older-made')).toBe(made);
    expect(await Promise.all([createdAt(other, 'topics', 'demo'), createdAt(other, 'groups', 'GID_main'), createdAt(other, 'access-keys', 'main-key')])).toEqual(first_);
    await fleet.storage.handOver(declared);
    await visible(other, 'topics', 'brand-new').toBe(false);
  });

  it('A4 A6 AccessKeys are listed without their secrets: all for the main account, its own for a sub-account', async () => {
    const { accessKeys } = (await other('GET', '/access-keys')).body;
    expect(accessKeys).toMatchObject([
      { keyId: 'idle-key', account: 'main', subAccount: false, access: 'granted', state: 'active' }, { keyId: 'limited-key', account: 'main', access: 'granted' },
      { keyId: 'main-key', account: 'main', subAccount: false, access: 'all', state: 'active' }, { keyId: 'sub-key', account: 'sub', subAccount: true, access: 'all', state: 'active' },
    ]);
    expect((await first('GET', '/access-keys')).body.accessKeys).toEqual(accessKeys);
    expect((await sub('GET', '/access-keys')).body.accessKeys).toEqual([accessKeys[3]]);
    const declared = documents();
    const known = Object.keys(SECRETS).filter((id) => id !== 'idle-key');
    await fleet.storage.handOver({ ...declared, instance: { ...declared.instance, accessKeys: declared.instance.accessKeys.filter(({ id }) => known.includes(id)) } });
    await expect.poll(async () => (await other('GET', '/access-keys')).body.accessKeys.map(({ keyId }: { keyId: string }) => keyId)).toEqual(known.sort());
    await fleet.storage.handOver(declared);
    await expect.poll(async () => (await other('GET', '/access-keys')).body.accessKeys.length).toBe(4);
  });

  describe('T5 T8 messages', () => {
    it.each([
      ['a text', { payload: 'grüße' }, 'grüße'],
      ['JSON', { payload: { on: true }, encoding: 'json' }, '{"on":true}'],
      ['Base64', { payload: Buffer.from('bytes').toString('base64'), encoding: 'base64' }, 'bytes'],
    ] as const)('%s arrives, and the answer has the Message ID', async (_what, body, payload) => {
      const { client, until } = await connectAndCollect(fleet.gateways[0]!, 'GID_main@@@listener');
      await client.subscribeAsync('demo/sent', { qos: 1 });
      const one = await other('POST', '/messages', { topic: 'demo/sent', ...body });
      expect(one).toMatchObject({ status: 201, body: { topic: 'demo/sent', qos: 1, retain: false, clientId: null } });
      expect((await until(1))[0]).toMatchObject({ topic: 'demo/sent', payload, qos: 1 });
      const two = await first('POST', '/messages', { topic: 'demo/sent', ...body });
      expect(two.body.messageId).toBeGreaterThan(one.body.messageId);
      await client.endAsync();
    });

    it('T4 a P2P message reaches its client without a subscription', async () => {
      const { client, until } = await connectAndCollect(fleet.gateways[0]!, 'GID_main@@@target');
      expect((await other('POST', '/messages', { topic: 'demo', clientId: 'GID_main@@@target', payload: 'for you' })).body).toMatchObject({ topic: 'demo/p2p/GID_main@@@target', clientId: 'GID_main@@@target' });
      expect((await until(1))[0]).toMatchObject({ payload: 'for you' });
      await client.endAsync();
    });

    it('T6 a retained message is kept', async () => {
      expect((await first('POST', '/messages', { topic: 'other/state', payload: 'on', retain: true })).body.retain).toBe(true);
      const { client, until } = await connectAndCollect(fleet.gateways.at(-1)!, 'GID_main@@@late');
      await client.subscribeAsync('other/state');
      expect((await until(1))[0]).toMatchObject({ payload: 'on', retain: true });
      await client.endAsync();
    });

    it.each([
      ['T1 an undeclared topic', { topic: 'nowhere/x', payload: '' }, 403, 'topic-undeclared'],
      ['a topic that permits no publishing', { topic: 'readonly/x', payload: '' }, 403, 'topic-publish-denied'],
      ['a wildcard', { topic: 'demo/#', payload: '' }, 400, 'topic-malformed'],
      ['L4 a long topic', { topic: `demo/${'x'.repeat(128)}`, payload: '' }, 403, 'topic-too-long'],
      ['L4 a large payload', { topic: 'demo/x', payload: 'x'.repeat(65_537) }, 413, 'payload-too-large'],
      ['T4 a malformed target', { topic: 'demo', clientId: 'nobody', payload: '' }, 400, 'p2p-malformed'],
      ['a text that is no Base64', { topic: 'demo/x', payload: 'no base64!', encoding: 'base64' }, 400, 'payload-malformed'],
      ['an object that is not named JSON', { topic: 'demo/x', payload: { a: 1 } }, 400, 'payload-malformed'],
      ['QoS 3', { topic: 'demo/x', payload: '', qos: 3 }, 400, 'request-malformed'],
    ] as const)('%s is refused', async (_what, body, status, code) => {
      expect(await first('POST', '/messages', body)).toMatchObject({ status, body: { code } });
    });
  });

  describe('clients', () => {
    const at = (clientId: string): string => `/clients/${encodeURIComponent(clientId)}`;
    const onlineFrom = (ask: TestApi, clientId: string) => expect.poll(async () => (await ask('GET', at(clientId))).body);

    it('one that is connected is described alike on every gateway', async () => {
      const clientId = 'GID_main@@@described';
      const before = Date.now();
      const client = await connect(fleet.gateways[0]!, clientId, { clean: false });
      await client.subscribeAsync({ 'demo/a': { qos: 1 }, 'other/#': { qos: 0 } });
      for (const ask of [first, other]) {
        await onlineFrom(ask, clientId).toMatchObject({
          clientId, group: 'GID_main', online: true, address: '127.0.0.1', listener: 'tcp', stored: true,
          subscriptions: [{ filter: 'demo/a', qos: 1 }, { filter: 'other/#', qos: 0 }], backlog: { messages: 0, more: false },
        });
      }
      const { body } = await other('GET', at(clientId));
      expect(body.connectedAt).toBeGreaterThanOrEqual(before - 1_000);
      expect(body.lastActivityAt).toBeGreaterThanOrEqual(body.connectedAt);
      const replica = (await first('GET', '/instance')).body.gateways.find(({ gatewayId }: { gatewayId: string }) => gatewayId === body.gatewayId)?.replica;
      expect(replica).toBe('1');
      await client.endAsync();
      await onlineFrom(other, clientId).toMatchObject({ online: false, gatewayId: null, address: null, connectedAt: null, stored: true });
      for (const n of [1, 2, 3]) await first('POST', '/messages', { topic: 'demo/a', payload: String(n) });
      expect((await other('GET', at(clientId))).body.backlog).toEqual({ messages: 3, more: false });
    });

    it('many are asked for at once, and listed by group and by topic, with counts', async () => {
      const ids = ['GID_main@@@many-1', 'GID_main@@@many-2', 'GID_sub@@@many-3'];
      const clients = [await connect(fleet.gateways[0]!, ids[0]!), await connect(fleet.gateways.at(-1)!, ids[1]!), await connect(fleet.gateways[0]!, ids[2]!, { keyId: 'sub-key' })];
      await clients[1]!.subscribeAsync('other/x');
      for (const ask of [first, other]) {
        await expect.poll(async () => (await ask('GET', '/clients?group=GID_main')).body.clients.map((each: { clientId: string }) => each.clientId)).toEqual(ids.slice(0, 2));
        await expect.poll(async () => (await ask('GET', '/clients?topic=other')).body.clients).toMatchObject([{ clientId: ids[1], address: '127.0.0.1' }]);
        await expect.poll(async () => (await ask('GET', '/online')).body).toMatchObject({
          total: 3, groups: expect.arrayContaining([{ name: 'GID_main', online: 2 }, { name: 'GID_sub', online: 1 }]), topics: expect.arrayContaining([{ name: 'other', online: 1 }, { name: 'demo', online: 0 }]),
        });
      }
      const query = await other('POST', '/clients/query', { clientIds: [...ids, 'GID_main@@@nobody'] });
      expect(query.body.clients.map(({ clientId, online }: { clientId: string; online: boolean }) => [clientId, online])).toEqual(ids.map((id) => [id, true]));
      const page = (await first('GET', '/clients?limit=2')).body;
      expect(page).toMatchObject({ total: 3, next: ids[1] });
      expect((await first('GET', `/clients?limit=2&after=${encodeURIComponent(page.next)}`)).body).toMatchObject({ clients: [{ clientId: ids[2] }], next: null });
      await expect.poll(async () => (await first('GET', '/groups')).body.groups).toContainEqual(expect.objectContaining({ name: 'GID_main', online: 2 }));
      // A4: a sub-account sees its own
      expect((await sub('GET', '/online')).body).toMatchObject({ total: 1, groups: expect.not.arrayContaining([expect.objectContaining({ name: 'GID_main' })]) });
      expect((await sub('GET', '/clients')).body.clients.map((each: { clientId: string }) => each.clientId)).toEqual([ids[2]]);
      await Promise.all(clients.map((client) => client.endAsync()));
      for (const ask of [first, other]) await expect.poll(async () => (await ask('GET', '/online')).body.total).toBe(0);
    });

    it('a connection is closed from any gateway; the stored session stays', async () => {
      const clientId = 'GID_main@@@kicked';
      const client = await connect(fleet.gateways[0]!, clientId, { clean: false });
      const gone = closed(client);
      expect(await other('DELETE', `${at(clientId)}/connection`)).toMatchObject({ status: 200, body: { closed: true } });
      await gone;
      expect(await other('DELETE', `${at(clientId)}/connection`)).toMatchObject({ status: 404, body: { code: 'client-offline' } });
      expect(await first('GET', at(clientId))).toMatchObject({ status: 200, body: { online: false, stored: true } });
      const again = await connect(fleet.gateways[0]!, clientId, { clean: false });
      expect(again.connected).toBe(true);
      await again.endAsync();
    });

    it.each([
      ['GET', '/clients/GID_main%40%40%40nobody', undefined, 404, 'session-unknown'],
      ['DELETE', '/clients/GID_main%40%40%40nobody/connection', undefined, 404, 'session-unknown'],
      ['GET', '/clients?group=GID_nobody', undefined, 404, 'group-not-found'],
      ['GET', '/clients?topic=nowhere', undefined, 404, 'topic-unknown'],
      ['GET', '/clients?limit=0', undefined, 400, 'request-malformed'],
      ['GET', '/clients?page=1', undefined, 400, 'request-malformed'],
      ['POST', '/clients/query', { clientIds: [] }, 400, 'request-malformed'],
    ] as const)('%s %s is refused', async (method, path, body, status, code) => {
      expect(await first(method, path, body)).toMatchObject({ status, body: { code } });
    });

    it.each([
      ['GET', '/clients/GID_main%40%40%40x', undefined],
      ['DELETE', '/clients/GID_main%40%40%40x/connection', undefined],
      ['GET', '/clients?group=GID_main', undefined],
      ['POST', '/clients/query', { clientIds: ['GID_sub@@@x', 'GID_main@@@x'] }],
    ] as const)('A4 %s %s is refused to a sub-account', async (method, path, body) => {
      expect(await sub(method, path, body)).toMatchObject({ status: 403, body: { code: 'account-denied' } });
    });
  });

  it('a key that asks too often is told when it may ask again, whichever gateways it asks', async () => {
    const askers = fleet.gateways.map((gateway) => new ApiClient(`http://127.0.0.1:${gateway.port('http')}`, { keyId: 'sub-key', secret: SECRETS['sub-key']! }));
    const began = performance.now();
    const answers = await Promise.all(Array.from({ length: 400 }, (_, i) => askers[i % askers.length]!.ask('GET', '/groups')));
    const seconds = (performance.now() - began) / 1_000;
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(100 + 50 * seconds + 1);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]!.body).toMatchObject({ code: 'rate-exceeded' });
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    // others are not held up by it
    expect((await first('GET', '/groups')).status).toBe(200);
  });
});
