/** Alarms as records of the instance, and the webhook that is told of them (E1, E2, E3, E7, T5, B5), with a real receiver. */
import { spawn } from 'node:child_process';
import { Writable } from 'node:stream';
import { generate } from 'selfsigned';
import { afterEach, describe, expect, it } from 'vitest';
import type { InstanceManifest } from '../../lib/manifest/manifest';
import { runCli } from '../../runtime/src/cli/program';
import { EVENTS } from '../../runtime/src/events';
import { codeBlocks, NOTIFICATIONS } from '../library/readme-blocks';
import { api, type TestApi } from './api-harness';
import { documents, SECRETS, type TestDocuments } from './documents';
import { connect, ENGINES, startStorage, startTestGateway, type EngineName, type TestGateway, type TestStorage } from './harness';
import { PATIENCE_MS } from './patience';
import { device, listeningLogger } from './quota-helpers';
import { startReceiver, WEBHOOK_SECRET, type Receiver } from './webhook-receiver';

const DAY_MS = 86_400_000;
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Declares the receiver as the webhook. */
function told(receiver: Receiver | null, more: Partial<InstanceManifest> = {}): TestDocuments {
  const declared = documents({ ...(receiver && { webhook: { url: receiver.url } }), ...more });
  return { ...declared, secrets: { ...declared.secrets, ...(receiver && { webhookSecret: WEBHOOK_SECRET }) } };
}

const expiring = (days: number): Partial<InstanceManifest> => ({ billing: 'prepaid', expiry: new Date(Date.now() + days * DAY_MS).toISOString() });

interface Setup { storage: TestStorage; receiver: Receiver; start(replica?: string): Promise<{ gateway: TestGateway; ask: TestApi; log: ReturnType<typeof listeningLogger> }> }

async function setUp(engine: EngineName, more: Partial<InstanceManifest> = {}): Promise<Setup> {
  const receiver = await startReceiver();
  cleanUps.push(() => receiver.close());
  const storage = await startStorage(engine, told(receiver, more));
  cleanUps.push(() => storage.close());
  return {
    storage, receiver,
    async start(replica = '1') {
      const log = listeningLogger();
      const gateway = await startTestGateway(storage, { replica, logger: log.logger });
      cleanUps.push(() => gateway.stop());
      return { gateway, ask: api(gateway.port('http')), log };
    },
  };
}

const waiting = { timeout: PATIENCE_MS };

interface StoredJournal { readonly alarms: readonly unknown[]; readonly notifications: readonly unknown[]; readonly [field: string]: unknown }

/** The record as a gateway of another version leaves it. */
async function putJournal(storage: TestStorage, journal: StoredJournal): Promise<void> {
  const store = storage.open();
  await store.open();
  await store.putRecord({ kind: 'notify', id: 'journal', value: JSON.stringify(journal), expectedVersion: null });
  await store.close();
}

async function journalOf(storage: TestStorage): Promise<StoredJournal> {
  const store = storage.open();
  await store.open();
  const [record] = await store.readRecords('notify', ['journal']);
  await store.close();
  return JSON.parse(record!.value) as StoredJournal;
}

describe.each(ENGINES)('notifications (%s)', (engine) => {
  it('E1 E7 tells that the instance is runnable, that an alarm is raised and that it is over, signed and once', async () => {
    const { storage, receiver, start } = await setUp(engine);
    const { ask, gateway, log } = await start();
    await expect.poll(() => receiver.named(), waiting).toEqual(['instance-runnable']);
    await storage.handOver(told(receiver, expiring(3)));
    await expect.poll(() => receiver.named(), waiting).toEqual(['instance-runnable', 'alarm-raised expiry']);
    const standing = (await ask('GET', '/alarms')).body.alarms;
    expect(standing).toEqual([expect.objectContaining({ alarm: 'expiry', state: 'raised', threshold: 7, unit: 'days', value: 3 })]);
    expect((await ask('GET', '/instance')).body.alarms).toMatchObject([{ alarm: 'expiry' }]);
    expect(gateway.quota()!.alarms.map(({ alarm }) => alarm)).toEqual(['expiry']);
    await storage.handOver(told(receiver));
    await expect.poll(() => receiver.named(), waiting).toEqual(['instance-runnable', 'alarm-raised expiry', 'alarm-cleared expiry']);
    const [runnable, raised, cleared] = receiver.deliveries;
    expect(receiver.deliveries.map(({ signed, path, headers, body }) => [signed, path, headers['content-type'], headers['webhook-id'] === body.id])).toEqual([1, 2, 3].map(() => [true, '/hook?key=hush', 'application/json', true]));
    expect(runnable!.body).toMatchObject({ instance: { instanceId: 'test-instance', region: 'local' }, data: { replicas: 1 } });
    expect(raised!.body.data).toMatchObject({ state: 'raised', threshold: 7, unit: 'days' });
    expect(cleared!.body.data).toMatchObject({ state: 'cleared', alarmId: raised!.body.data.alarmId, since: raised!.body.data['since'], until: expect.any(String) as string });
    expect((await ask('GET', '/alarms')).body.alarms).toMatchObject([{ alarm: 'expiry', state: 'cleared', until: expect.any(Number) as number }]);
    await expect.poll(async () => (await ask('GET', '/notifications')).body.notifications.map(({ state }: { state: string }) => state), waiting).toEqual(['delivered', 'delivered', 'delivered']);
    // A6: neither the secret nor what stands behind the host
    expect(JSON.stringify(log.events)).not.toMatch(/hush|kXy90/);
    expect(JSON.stringify((await ask('GET', '/notifications')).body)).not.toMatch(/hush|kXy90/);
    expect(log.named(EVENTS.alarmRaised)).toHaveLength(1);
    expect(log.named(EVENTS.notificationDelivered)).toHaveLength(3);
  });

  it('E1 a receiver that refuses, redirects or breaks off is tried again with the same id, and alarms keep their order', async () => {
    const { storage, receiver, start } = await setUp(engine, expiring(3));
    const elsewhere = await startReceiver();
    cleanUps.push(() => elsewhere.close());
    const answers: Receiver['respond'][] = [
      (response) => response.writeHead(500).end('x'.repeat(1_000_000)),
      (response) => response.writeHead(302, { location: elsewhere.url }).end(),
      (response) => response.destroy(),
    ];
    let turn = 0;
    receiver.respond = (response, delivery) => {
      if (delivery.body.type !== 'alarm-raised' || turn >= answers.length) return void response.writeHead(200).end();
      answers[turn++]!(response, delivery);
    };
    const { ask } = await start();
    await expect.poll(() => receiver.named().filter((each) => each === 'alarm-raised expiry').length, waiting).toBe(1);
    await storage.handOver(told(receiver));
    await expect.poll(() => receiver.named(), { timeout: 2 * PATIENCE_MS }).toContain('alarm-cleared expiry');
    const ofAlarm = receiver.deliveries.filter(({ body }) => body.data.alarm === 'expiry');
    expect(ofAlarm.map(({ body }) => body.type)).toEqual([...Array<string>(4).fill('alarm-raised'), 'alarm-cleared']);
    expect(new Set(ofAlarm.slice(0, 4).map(({ body, text }) => `${body.id} ${text}`)).size).toBe(1);
    expect(ofAlarm.every(({ signed }) => signed)).toBe(true);
    expect(elsewhere.deliveries).toEqual([]);
    await expect.poll(async () => (await ask('GET', '/notifications')).body.notifications.find(({ event }: { event: string }) => event === 'alarm-raised'), waiting)
      .toMatchObject({ state: 'delivered', attempts: 4, subject: 'expiry' });
  });

  it('E1 a webhook that is added later, or has another URL, is told of the alarms that stand; one that stays is not told again', async () => {
    const { storage, receiver, start } = await setUp(engine);
    await storage.handOver(told(null, expiring(3)));
    const { ask, gateway } = await start();
    await expect.poll(async () => (await ask('GET', '/alarms')).body.alarms.length, waiting).toBe(1);
    expect(receiver.deliveries).toEqual([]);
    await storage.handOver(told(receiver, expiring(3)));
    await expect.poll(() => receiver.named(), waiting).toEqual(['alarm-raised expiry']);
    const [{ id: alarmId }] = (await ask('GET', '/alarms')).body.alarms;
    expect(receiver.deliveries[0]!.body.data).toMatchObject({ alarmId, state: 'raised' });
    const other = await startReceiver();
    cleanUps.push(() => other.close());
    await storage.handOver(told(other, expiring(3)));
    await expect.poll(() => other.named(), waiting).toEqual(['alarm-raised expiry']);
    expect(other.deliveries[0]!.body.data).toMatchObject({ alarmId });
    // a gateway that starts again knows who was told
    await gateway.stop();
    await start();
    await storage.handOver(told(other));
    await expect.poll(() => other.named(), waiting).toEqual(['alarm-raised expiry', 'alarm-cleared expiry']);
    expect(receiver.named()).toEqual(['alarm-raised expiry']);
  });

  it('E1 a gateway that finds the journal of a later version tells what waits, and keeps what it does not know', async () => {
    const { storage, receiver, start } = await setUp(engine, expiring(3));
    const since = Date.now() - 60_000;
    const alarm = { id: 'a1', alarm: 'clock-skew', state: 'raised', since, until: null, value: 9, valueAt: since, threshold: 5, unit: 'seconds', message: 'clocks differ', silencedBy: 'ops' };
    const waits = (event: string, more: object = {}) => ({
      id: `${event}-1`, event, subject: event, at: since, state: 'retrying', attempts: 3, nextAt: since, finishedAt: null, lastError: 'answered 500', body: JSON.stringify({ type: event, id: `${event}-1`, data: {} }), lane: 2, ...more,
    });
    const unknown = { alarms: [{ id: 'a0', group: 'of several' }], notifications: [waits('digest', { state: 'held' }), { id: 'n0', parts: [] }] };
    await putJournal(storage, {
      format: 7, alarms: [...unknown.alarms, alarm], notifications: [waits('replica-moved'), ...unknown.notifications, waits('alarm-escalated')],
      runnable: null, knowing: null, silences: [{ alarm: 'tps' }],
    });
    const { ask } = await start();
    await expect.poll(() => receiver.named().sort(), waiting).toEqual(['alarm-escalated', 'alarm-raised clock-skew', 'alarm-raised expiry', 'instance-runnable', 'replica-moved']);
    expect((await ask('GET', '/alarms')).body.alarms.map((each: { alarm: string; state: string }) => `${each.alarm} ${each.state}`).sort()).toEqual(['clock-skew raised', 'expiry raised']);
    await expect.poll(async () => (await ask('GET', '/notifications')).body.notifications.map(({ state }: { state: string }) => state), waiting).toEqual(Array(5).fill('delivered'));
    const kept = await journalOf(storage);
    expect(kept).toMatchObject({ format: 7, silences: [{ alarm: 'tps' }], alarms: [unknown.alarms[0], alarm, { alarm: 'expiry' }] });
    expect(kept.notifications.slice(0, 4)).toEqual([expect.objectContaining({ id: 'replica-moved-1', state: 'delivered', lane: 2 }), ...unknown.notifications, expect.objectContaining({ id: 'alarm-escalated-1', lane: 2 })]);
  });

  it('E1 what an earlier version wrote goes on: what waits is told, what stands is neither told again nor forgotten', async () => {
    const { storage, receiver, start } = await setUp(engine, expiring(3));
    const since = Date.now() - 60_000;
    // as version 0.1.0 wrote it
    await putJournal(storage, {
      alarms: [{ id: 'a1', alarm: 'expiry', state: 'raised', since, until: null, value: 3, valueAt: Date.now(), threshold: 7, unit: 'days', message: 'the instance expires soon' }],
      notifications: [
        { id: 'n1', event: 'alarm-raised', subject: 'expiry', at: since, state: 'delivered', attempts: 1, nextAt: since, finishedAt: since, lastError: null, body: null },
        { id: 'n2', event: 'test', subject: 'n2', at: since, state: 'retrying', attempts: 2, nextAt: since, finishedAt: null, lastError: 'answered 503', body: '{"type":"test","id":"n2","data":{}}' },
      ],
      runnable: null,
    });
    const { ask } = await start();
    await expect.poll(() => receiver.named().sort(), waiting).toEqual(['instance-runnable', 'test']);
    expect((await ask('GET', '/alarms')).body.alarms).toMatchObject([{ id: 'a1', state: 'raised', since }]);
    await storage.handOver(told(receiver));
    await expect.poll(() => receiver.named().at(-1), waiting).toBe('alarm-cleared expiry');
    expect(receiver.deliveries.at(-1)!.body.data.alarmId).toBe('a1');
    expect(receiver.named()).toHaveLength(3);
  });

  it('E3 alarms and what was told of them survive a restart, and are not told again', async () => {
    const { storage, receiver, start } = await setUp(engine, { spec: { tps: 1_000, connections: 2, subscriptions: 100 } });
    const first = await start();
    const client = await connect(first.gateway, device());
    await connect(first.gateway, device()).then((other) => cleanUps.push(() => other.endAsync(true)));
    cleanUps.push(() => client.endAsync(true));
    await expect.poll(() => receiver.named(), waiting).toContain('alarm-raised connections');
    const before = (await first.ask('GET', '/alarms')).body.alarms;
    await first.gateway.stop();
    const { ask } = await start();
    // no client is there any more, but that may only be because the gateway has just started
    expect((await ask('GET', '/alarms')).body.alarms.map(({ id, state }: { id: string; state: string }) => [id, state])).toEqual([[before[0].id, 'raised']]);
    await expect.poll(() => receiver.named().filter((each) => each.endsWith('connections')), { timeout: 3 * PATIENCE_MS }).toEqual(['alarm-raised connections', 'alarm-cleared connections']);
    expect(receiver.named().filter((each) => each === 'instance-runnable')).toHaveLength(1);
    await storage.handOver(told(receiver));
  });

  it('E1 a test notification is sent from any replica, listed page by page, and refused where no webhook is declared', async () => {
    const { storage, receiver, start } = await setUp(engine);
    const [one, two] = [await start('1'), await start('2')];
    const ids: string[] = [];
    for (const { ask } of [one, two, one]) ids.push((await ask('POST', '/notifications/test', {})).body.id);
    await expect.poll(() => receiver.deliveries.filter(({ body }) => body.type === 'test').map(({ body }) => body.id).sort(), waiting).toEqual([...ids].sort());
    await expect.poll(async () => (await two.ask('GET', '/notifications?limit=1')).body.notifications[0].state, waiting).toBe('delivered');
    const { body: page } = await two.ask('GET', '/notifications?limit=2');
    expect(page).toMatchObject({ webhook: new URL(receiver.url).origin, notifications: [{ id: ids[2] }, { id: ids[1] }], next: ids[1] });
    expect((await one.ask('GET', `/notifications?limit=1&after=${page.next}`)).body.notifications).toMatchObject([{ id: ids[0] }]);
    expect((await api(one.gateway.port('http'), 'sub-key')('GET', '/notifications'))).toMatchObject({ status: 403, body: { code: 'account-denied' } });
    await storage.handOver(told(null));
    await expect.poll(async () => (await two.ask('POST', '/notifications/test', {})).status, waiting).toBe(409);
    expect((await one.ask('GET', '/notifications')).body.webhook).toBeNull();
  });

  it('E1 what waits for a receiver that is not there is given up when the webhook is taken away', async () => {
    const { storage, receiver, start } = await setUp(engine);
    const { ask } = await start();
    await expect.poll(() => receiver.named(), waiting).toEqual(['instance-runnable']);
    await receiver.close();
    const { body: { id } } = await ask('POST', '/notifications/test', {});
    const found = async () => (await ask('GET', '/notifications')).body.notifications.find((each: { id: string }) => each.id === id);
    await expect.poll(found, waiting).toMatchObject({ state: 'retrying', lastError: 'the connection failed (ECONNREFUSED)' });
    await storage.handOver(told(null));
    await expect.poll(found, waiting).toMatchObject({ state: 'failed', lastError: 'no webhook is declared any more' });
  });
});

describe('E1 a receiver with a certificate of an authority of its own', () => {
  const authority = (name: string) => generate([{ name: 'commonName', value: name }], { keyType: 'ec', curve: 'P-256', algorithm: 'sha256', extensions: [{ name: 'basicConstraints', cA: true, critical: true }, { name: 'keyUsage', keyCertSign: true, critical: true }] });

  it('is told where that authority is declared, and no other one', async () => {
    const [ours, other] = [await authority('the plant'), await authority('somebody else')];
    const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
      keyType: 'ec', curve: 'P-256', algorithm: 'sha256', ca: { key: ours.private, cert: ours.cert }, extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    });
    const receiver = await startReceiver('127.0.0.1', { cert: leaf.cert, key: leaf.private });
    cleanUps.push(() => receiver.close());
    const declared = (caCertificate?: string): TestDocuments => told(receiver, { webhook: { url: receiver.url, ...(caCertificate && { caCertificate }) } });
    const storage = await startStorage('embedded', declared());
    cleanUps.push(() => storage.close());
    const gateway = await startTestGateway(storage);
    cleanUps.push(() => gateway.stop());
    const ask = api(gateway.port('http'));
    const last = async () => (await ask('GET', '/notifications')).body.notifications[0];
    await expect.poll(last, waiting).toMatchObject({ state: 'retrying', lastError: 'the connection failed (UNABLE_TO_VERIFY_LEAF_SIGNATURE)' });
    await storage.handOver(declared(other.cert));
    const { attempts } = await last();
    await expect.poll(async () => (await last()).attempts, waiting).toBeGreaterThan(attempts + 1);
    expect(receiver.deliveries).toEqual([]);
    await storage.handOver(declared(`${other.cert}\n${ours.cert}`));
    await expect.poll(() => receiver.named(), { timeout: 3 * PATIENCE_MS }).toEqual(['instance-runnable']);
    expect(receiver.deliveries[0]!.signed).toBe(true);
  });
});

describe('alarms of what is about to end', () => {
  const endsIn = async (days: number): Promise<{ certificate: string; privateKey: string }> => {
    const made = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', curve: 'P-256', notAfterDate: new Date(Date.now() + days * DAY_MS) });
    return { certificate: made.cert, privateKey: made.private };
  };

  it('tells of a certificate that ends within 30 days, until another one is deployed', async () => {
    const { storage, receiver, start } = await setUp('embedded');
    await start();
    const deploy = async (days: number): Promise<void> => {
      const declared = told(receiver);
      await storage.handOver({ ...declared, secrets: { ...declared.secrets, tls: await endsIn(days) } });
    };
    await deploy(29);
    await expect.poll(() => receiver.named(), waiting).toContain('alarm-raised certificate');
    expect(receiver.deliveries.at(-1)!.body.data).toMatchObject({ value: 29, threshold: 30, unit: 'days', message: expect.stringMatching(/^the certificate of the TLS listeners expires at /) as string });
    await deploy(90);
    await expect.poll(() => receiver.named().at(-1), waiting).toBe('alarm-cleared certificate');
  });

  it('E6 tells of a store that is nearly full, before it removes messages for want of room', async () => {
    const receiver = await startReceiver();
    cleanUps.push(() => receiver.close());
    const limited = (limitBytes: number): TestDocuments => {
      const declared = told(receiver);
      return { ...declared, storage: { ...declared.storage, limitBytes } };
    };
    const storage = await startStorage('redis', limited(200_000));
    cleanUps.push(() => storage.close());
    const gateway = await startTestGateway(storage);
    cleanUps.push(() => gateway.stop());
    const client = await connect(gateway, device());
    cleanUps.push(() => client.endAsync(true));
    // a message counts 200 bytes more than its payload: 173,400 in all, and traces and records a few thousand
    for (let stored = 0; stored < 17; stored++) await client.publishAsync('demo/x', 'x'.repeat(10_000), { qos: 1 });
    await expect.poll(() => receiver.named(), waiting).toContain('alarm-raised store-memory');
    const { data } = receiver.deliveries.at(-1)!.body;
    expect(data).toMatchObject({ threshold: 170_000, unit: 'bytes' });
    expect(data['value']).toBeGreaterThan(170_000);
    expect(data['value']).toBeLessThan(200_000);
    await storage.handOver(limited(2_000_000));
    await expect.poll(() => receiver.named().at(-1), waiting).toBe('alarm-cleared store-memory');
  });
});

describe('E1 the page about notifications', () => {
  /** The receiver that it shows, as a process of its own. */
  async function shownReceiver(): Promise<{ port: number; lines(): string[] }> {
    const [program] = codeBlocks('js', NOTIFICATIONS);
    const child = spawn(process.execPath, ['--input-type=module', '-e', program!], { env: { ...process.env, PORT: '0', WEBHOOK_SECRET }, stdio: ['ignore', 'pipe', 'inherit'] });
    cleanUps.push(async () => { child.kill(); });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => { text += chunk.toString(); });
    const lines = (): string[] => text.split('\n').slice(0, -1);
    await expect.poll(lines, waiting).toEqual([expect.stringMatching(/^listening \d+$/)]);
    return { port: Number(lines()[0]!.split(' ')[1]), lines };
  }

  it('has a receiver that takes what a gateway sends, and refuses what is forged or old', async () => {
    const { receiver: known, storage, start } = await setUp('embedded', expiring(3));
    await start();
    await expect.poll(() => known.named(), waiting).toContain('alarm-raised expiry');
    const { port, lines } = await shownReceiver();
    const { text, headers } = known.deliveries.find(({ body }) => body.type === 'alarm-raised')!;
    const send = async (changed: Record<string, string>, body = text): Promise<number> => (await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST', body, headers: { ...Object.fromEntries(['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, String(headers[name])])), ...changed },
    })).status;
    expect(await send({})).toBe(204);
    expect(await send({ 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) })).toBe(401);
    expect(await send({ 'webhook-timestamp': 'x' })).toBe(401);
    expect(await send({ 'webhook-id': 'another' })).toBe(401);
    expect(await send({ 'webhook-signature': 'v1,' })).toBe(401);
    expect(await send({}, text.replace('3', '4'))).toBe(401);
    const own = told(known);
    await storage.handOver({ ...own, instance: { ...own.instance, webhook: { url: `http://localhost:${port}/` } } });
    await expect.poll(lines, waiting).toEqual([expect.any(String), expect.stringMatching(/^alarm-raised the instance expires at /), expect.stringMatching(/^alarm-cleared /)]);
  });

  it('shows a body of the form that is sent', async () => {
    const { receiver, start } = await setUp('embedded', expiring(3));
    await start();
    await expect.poll(() => receiver.named(), waiting).toContain('alarm-raised expiry');
    const shown = JSON.parse(codeBlocks('json', NOTIFICATIONS)[0]!) as { data: object };
    const { body } = receiver.deliveries.find(({ body: { type } }) => type === 'alarm-raised')!;
    expect([Object.keys(body), Object.keys(body.data), Object.keys(body.instance)]).toEqual([Object.keys(shown), Object.keys(shown.data), ['instanceId', 'name', 'region']]);
  });
});

describe('E1 the command line', () => {
  it('lists alarms and notifications, and sends a test', async () => {
    const { storage, receiver, start } = await setUp('embedded', expiring(3));
    const { gateway } = await start();
    const run = async (...args: string[]): Promise<string> => {
      let out = '';
      const sink = new Writable({ write: (chunk, _encoding, written) => { out += String(chunk); written(); } });
      const env = { MQTTGW_API_URL: `http://127.0.0.1:${gateway.port('http')}`, MQTTGW_KEY_ID: 'main-key', MQTTGW_KEY_SECRET: SECRETS['main-key'] };
      expect(await runCli(args, { stdout: sink, stderr: sink, env })).toBe(args.includes('test') && out.includes('webhook-undeclared') ? 1 : 0);
      return out;
    };
    await expect.poll(() => receiver.named(), waiting).toContain('alarm-raised expiry');
    expect(await run('alarms')).toMatch(/^ALARM +STATE +SINCE.*\nexpiry +raised +\S+Z +- +3 +7 +the instance expires at /);
    const [, id] = /queued the notification (\S+);/.exec(await run('notifications', 'test'))!;
    await expect.poll(() => receiver.deliveries.some(({ body }) => body.id === id), waiting).toBe(true);
    await expect.poll(() => run('notifications', '--limit', '1'), waiting).toMatch(new RegExp(`^webhook at http://127[^/]+\n\nEVENT.*\ntest +${id} +\\S+Z +delivered +1 +- +${id}`));
    expect(JSON.parse(await run('alarms', '--json'))).toMatchObject({ alarms: [{ alarm: 'expiry' }], next: null });
    await storage.handOver(told(null));
    await expect.poll(() => run('notifications', 'test'), waiting).toContain('declare `webhook` on the MqttInstance and deploy');
    expect(await run('notifications')).toMatch(/^no webhook is declared\n/);
  });
});
