/** A gateway whose Redis is full: what security needs and what frees memory goes on through the control API and the console (E6). */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { api, type TestApi } from './api-harness';
import { ConsoleBrowser } from './console-browser';
import { documents, STORAGE_ID, type TestDocuments } from './documents';
import { connect, closed, connectCode, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';
import { withTokens } from './issuer';
import { PATIENCE_MS } from './patience';
import { startReceiver, WEBHOOK_SECRET, type Receiver } from './webhook-receiver';

describe('E6 a gateway whose Redis is full', () => {
  let storage: TestStorage;
  let gateway: TestGateway;
  let root: Redis;
  let ask: TestApi;
  let receiver: Receiver;
  const declared = (expiry: string | null): TestDocuments => {
    const plain = documents({ billing: expiry === null ? 'postpaid' : 'prepaid', expiry, webhook: { url: receiver.url } });
    return { ...plain, secrets: { ...plain.secrets, webhookSecret: WEBHOOK_SECRET } };
  };
  beforeAll(async () => {
    receiver = await startReceiver();
    storage = await startStorage('redis', declared(null));
    gateway = await startTestGateway(storage);
    root = new Redis(storage.redis!.url);
    ask = api(gateway.port('http'));
  });
  afterAll(async () => {
    root?.disconnect();
    await gateway?.stop();
    await storage?.close();
    await receiver?.close();
  });

  /** The limit lies so far below what is used that nothing which is given back or held for a moment makes room. */
  async function fill(): Promise<void> {
    await root.config('SET', 'maxmemory', '0');
    await root.set('ballast', 'x'.repeat(8_000_000));
    const used = Number(/^used_memory:(\d+)/m.exec(await root.info('memory'))![1]);
    await root.config('SET', 'maxmemory', String(used - 4_000_000));
  }

  it('A2 A3 revokes, logs in and out, and takes away; what would be kept is refused with store-full, and room ends it', async () => {
    const device = 'GID_main@@@device';
    expect((await ask('POST', `/clients/${device}/credential`)).status).toBe(200);
    expect((await ask('POST', '/topics', { name: 'made-here', removalPolicy: 'destroy' })).status).toBe(201);
    expect((await ask('POST', '/groups', { name: 'GID_made' })).status).toBe(201);
    const { body: { token } } = await ask('POST', '/tokens', { actions: ['R', 'W'], resources: ['demo/#'], expireTime: Date.now() + 3_600_000 });
    const client = await connect(gateway, 'GID_main@@@token', withTokens(`RW|${token}`));
    const browser = new ConsoleBrowser(gateway.port('http'));
    await fill();

    expect(await ask('POST', '/clients/GID_main@@@another/credential')).toMatchObject({ status: 507, body: { code: 'store-full', message: expect.stringContaining('raise it') as string } });
    expect(await ask('POST', '/messages', { topic: 'demo/a', payload: 'x' })).toMatchObject({ status: 507, body: { code: 'store-full' } });

    const gone = closed(client);
    expect((await ask('POST', '/tokens/revoke', { token })).status).toBe(200);
    await gone;
    expect((await ask('POST', '/tokens/query', { token })).body).toMatchObject({ valid: false, problem: 'revoked' });
    expect(await connectCode(gateway, 'GID_main@@@token', withTokens(`RW|${token}`))).toBe(4);

    await fill();
    expect(await browser.login()).toMatchObject({ status: 200 });
    expect((await browser.ask('GET', '/console/session')).body).toMatchObject({ user: 'admin' });
    expect((await browser.ask('DELETE', '/console/session')).status).toBe(200);
    expect((await browser.ask('GET', '/console/session')).status).toBe(401);

    await fill();
    expect((await ask('POST', `/clients/${device}/credential/refresh`)).status).toBe(200);
    expect((await ask('DELETE', `/clients/${device}/credential`)).status).toBe(200);
    await fill();
    expect((await ask('DELETE', '/topics/made-here')).status).toBe(200);
    expect((await ask('DELETE', '/groups/GID_made')).status).toBe(200);

    await root.config('SET', 'maxmemory', '0');
    expect((await ask('POST', '/clients/GID_main@@@another/credential')).status).toBe(200);
    expect((await ask('POST', '/messages', { topic: 'demo/a', payload: 'x' })).status).toBe(201);
  });

  it('E1 E7 goes on telling the webhook of alarms and the API of who is connected, however long it is full', async () => {
    const client = await connect(gateway, 'GID_main@@@stays');
    const presence = () => root.hvals(`{${STORAGE_ID}}:rec:presence`);
    const alive = () => root.hget(`{${STORAGE_ID}}:rec:notify`, 'alive');
    await expect.poll(alive, { timeout: PATIENCE_MS }).not.toBeNull();
    await expect.poll(presence, { timeout: PATIENCE_MS }).toHaveLength(1);
    await fill();
    const [aliveBefore, presenceBefore] = [await alive(), await presence()];
    // what is written every now and then was
    await expect.poll(alive, { timeout: PATIENCE_MS }).not.toBe(aliveBefore);
    await expect.poll(presence, { timeout: PATIENCE_MS }).not.toEqual(presenceBefore);
    await storage.handOver(declared(new Date(Date.now() + 3 * 86_400_000).toISOString()));
    await expect.poll(() => receiver.named(), { timeout: PATIENCE_MS }).toContain('alarm-raised expiry');
    await root.config('SET', 'maxmemory', '0');
    await client.endAsync();
  });
});
