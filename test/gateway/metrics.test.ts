/** `GET /metrics` of real gateways: what it counts, who may read it, and several workers behind one scrape. */
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents, SECRETS } from './documents';
import { twoWorkers } from './two-workers';
import { clientOptions, closed, connect, connectAndCollect, connectCode, startFleet, startStorage, startTestGateway, type TestFleet, type TestStorage } from './harness';
import { scrape } from './scrape';

const OURS = /^mqttgw_\w+$/;

describe.each(['embedded', 'redis'] as const)('metrics on %s', (engine) => {
  let fleet: TestFleet;
  const read = () => scrape(fleet.gateways[0]!.port('http'));

  beforeAll(async () => { fleet = await startFleet(engine, 1); });
  afterAll(async () => { await fleet?.stop(); });

  it('counts messages by topic and QoS, connections, refusals and what is stored', async () => {
    const [gateway] = fleet.gateways as [TestFleet['gateways'][number]];
    const { client, until } = await connectAndCollect(gateway, 'GID_main@@@counts');
    await client.subscribeAsync({ 'demo/#': { qos: 2 }, 'other/x': { qos: 0 } });
    await client.publishAsync('demo/a', 'x'.repeat(100), { qos: 1 });
    await client.publishAsync('demo/a/b', 'x'.repeat(10), { qos: 2 });
    await client.publishAsync('other/x', 'abc');
    await client.publishAsync('demo/p2p/GID_main@@@counts', 'me', { qos: 1 });
    await until(4);
    expect(await connectCode(gateway, 'GID_main@@@wrong', { secret: 'wrong' })).toBe(4);
    const metrics = await read();
    expect(metrics.value('mqttgw_messages_received_total', { topic: 'demo', qos: '1' })).toBe(2);
    expect(metrics.value('mqttgw_messages_received_total', { topic: 'demo', qos: '2' })).toBe(1);
    expect(metrics.value('mqttgw_messages_received_total', { topic: 'other', qos: '0' })).toBe(1);
    expect(metrics.value('mqttgw_messages_sent_total')).toBe(4);
    expect(metrics.value('mqttgw_payload_received_bytes_total', { topic: 'demo' })).toBe(112);
    expect(metrics.value('mqttgw_payload_sent_bytes_total')).toBe(115);
    // E4: clean session, 1 + 2 + 2 + 5 in each direction
    expect(metrics.value('mqttgw_weighted_messages_total', { direction: 'received' })).toBe(10);
    expect(metrics.value('mqttgw_weighted_messages_total', { direction: 'sent' })).toBe(10);
    expect(metrics.value('mqttgw_connections')).toBe(1);
    expect(metrics.value('mqttgw_subscriptions')).toBe(2);
    expect(metrics.value('mqttgw_sessions', { kind: 'clean' })).toBe(1);
    expect(metrics.value('mqttgw_events_total', { event: 'client-connected' })).toBe(1);
    expect(metrics.value('mqttgw_events_total', { event: 'connect-refused', reason: 'signature-wrong' })).toBe(1);
    expect(metrics.value('mqttgw_ready')).toBe(1);
    expect(metrics.value('mqttgw_store_available')).toBe(1);
    expect(metrics.value('mqttgw_stored_messages')).toBe(4);
    expect(metrics.value('mqttgw_append_seconds_count')).toBeGreaterThanOrEqual(3);
    expect(metrics.value('mqttgw_append_seconds_bucket', { le: '+Inf' })).toBe(metrics.value('mqttgw_append_seconds_count'));
    expect(metrics.value('mqttgw_alarm_active')).toBe(0);
    expect(metrics.value('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
    await expect.poll(async () => (await read()).value('mqttgw_tail_lag_seconds')).toBe(0);
    await client.endAsync();
    await expect.poll(async () => (await read()).value('mqttgw_connections')).toBe(0);
  });

  it('names no client and no sub topic, whatever clients send', async () => {
    const client = await connect(fleet.gateways[0]!, 'GID_main@@@very-private');
    await client.publishAsync('demo/very-private', 'x', { qos: 1 });
    client.publish('nowhere/very-private', 'x', { qos: 1 });
    await closed(client);
    await expect.poll(async () => (await read()).value('mqttgw_events_total', { event: 'publish-refused', reason: 'topic-undeclared' })).toBe(1);
    const text = await (await fetch(`http://127.0.0.1:${fleet.gateways[0]!.port('http')}/metrics`)).text();
    expect(text).not.toMatch(/very-private|127\.0\.0\.1/);
    for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret);
  });

  it('docs/metrics.md lists every metric of ours, and none that there is not', async () => {
    const { types } = await read();
    const listed = [...readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8').matchAll(/^\| `(mqttgw_\w+)` \| (\w+) \|/gm)].map(([, name, type]) => [name, type]);
    expect(listed.filter(([name]) => name !== 'mqttgw_worker_up').sort()).toEqual([...types].filter(([name]) => OURS.test(name)).sort());
  });
});

describe('who may read metrics', () => {
  let storage: TestStorage;
  beforeAll(async () => { storage = await startStorage('embedded'); });
  afterAll(async () => { await storage?.close(); });

  it('with a token declared only who sends it, and nobody when they are switched off', async () => {
    const declared = documents();
    await storage.handOver({ ...declared, secrets: { ...declared.secrets, metricsToken: 'scrape-me-if-you-can' } });
    const gateway = await startTestGateway(storage);
    const ask = (authorization?: string) => fetch(`http://127.0.0.1:${gateway.port('http')}/metrics`, { headers: authorization === undefined ? {} : { authorization } });
    for (const wrong of [undefined, 'Bearer wrong', 'Basic scrape-me-if-you-can', 'Bearer']) {
      const answer = await ask(wrong);
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await answer.text()).not.toContain('mqttgw_');
    }
    expect((await scrape(gateway.port('http'), { authorization: 'Bearer scrape-me-if-you-can' })).value('mqttgw_ready')).toBe(1);
    await storage.handOver(documents({ metrics: { enabled: false, beyondLoopback: false } }));
    await expect.poll(async () => (await ask()).status).toBe(404);
    await gateway.stop();
  });
});

describe('metrics of two workers', () => {
  const two = twoWorkers();

  it('stand in one answer, each with its worker', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, async (_, n) => {
      const { url, options } = clientOptions(two.gateway.port, `GID_main@@@${n}`);
      return mqtt.connectAsync(url, options);
    }));
    await Promise.all(clients.map((client) => client.publishAsync('demo/x', 'x', { qos: 1 })));
    const metrics = await scrape(two.gateway.httpPort);
    expect(metrics.value('mqttgw_connections')).toBe(8);
    expect(metrics.value('mqttgw_messages_received_total', { topic: 'demo', qos: '1' })).toBe(8);
    expect(metrics.value('mqttgw_connections', { worker: '1' })! + metrics.value('mqttgw_connections', { worker: '2' })!).toBe(8);
    expect(metrics.value('mqttgw_worker_up')).toBe(2);
    expect(metrics.value('process_cpu_seconds_total', { worker: 'primary' })).toBeGreaterThan(0);
    await Promise.all(clients.map((client) => client.endAsync()));
  });
});
