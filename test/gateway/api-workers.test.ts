/** The control API of a gateway with several worker processes: the primary, which has no store, hands it on. */
import mqtt from 'mqtt';
import { describe, expect, it } from 'vitest';
import { api } from './api-harness';
import { twoWorkers } from './two-workers';
import { clientOptions, collect } from './harness';
import { ConsoleBrowser } from './console-browser';
import { documents, SECRETS } from './documents';

describe('the control API of two workers', () => {
  const two = twoWorkers();

  it('knows both, makes a topic, and sends to it', async () => {
    const ask = api(two.gateway.httpPort);
    expect((await ask('GET', '/instance')).body.gateways.map(({ worker }: { worker: number }) => worker).sort()).toEqual([1, 2]);
    expect((await ask('POST', '/topics', { name: 'by-worker' })).status).toBe(201);
    const { url, options } = clientOptions(two.gateway.port, 'GID_main@@@reader');
    const client = await mqtt.connectAsync(url, options);
    const { until } = collect(client);
    // the other worker takes it in by a notice
    await expect.poll(async () => (await client.subscribeAsync('by-worker/#', { qos: 1 }).catch(() => [{ qos: 128 }]))[0]!.qos).toBe(1);
    expect((await ask('POST', '/messages', { topic: 'by-worker/x', payload: 'x'.repeat(60_000) })).status).toBe(201);
    expect((await until(1))[0]!.payload).toHaveLength(60_000);
    await client.endAsync();
  });

  it('refuses, and bounds bodies, as a single process does', async () => {
    const ask = api(two.gateway.httpPort);
    expect(await api(two.gateway.httpPort, 'main-key', 'wrong')('GET', '/instance')).toMatchObject({ status: 401, body: { code: 'request-signature-wrong' } });
    expect(await ask('POST', '/topics', { name: 'x'.repeat(70_000) })).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
    expect(await ask('DELETE', '/topics/demo')).toMatchObject({ status: 409, body: { code: 'topic-declared' } });
    expect((await fetch(`http://127.0.0.1:${two.gateway.httpPort}/api/v1/openapi.json`)).status).toBe(200);
    for (const secret of Object.values(SECRETS)) expect(two.gateway.log()).not.toContain(secret);
  });

  it('A6 know who asks: whoever connects, and behind a trusted proxy whom it tells', async () => {
    const browser = new ConsoleBrowser(two.gateway.httpPort);
    let user = 0;
    const told = async () => {
      await browser.login(`user-${++user}`, 'guess', { 'x-forwarded-for': `203.0.113.9, 198.51.100.${user}` });
      return [...two.gateway.log().matchAll(/"address":"([^"]*)"[^\n]*console-login-refused/g)].at(-1)?.[1];
    };
    await expect.poll(told).toBe('127.0.0.1');
    await two.storage.handOver(documents({ trustedProxies: ['127.0.0.1'] }));
    await expect.poll(told).toMatch(/^198\.51\.100\.\d+$/);
  });
});
