/** The front of a platinum instance, HAProxy itself, before two gateways. Each has a store of its own here, so that one can be away alone. */
import net from 'node:net';
import { Writable } from 'node:stream';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OF_AN_ADDRESS } from '../../runtime/src/console/login-limits';
import { createLogger } from '../../runtime/src/logging';
import { ConsoleBrowser } from './console-browser';
import { documents } from './documents';
import { startFront, type FrontProcess } from './front-process';
import { clientOptions, connectCode, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';
import { PATIENCE_MS } from './patience';

const ADDRESSES = ['127.0.0.2', '127.0.0.3'];
const LISTENERS = ['tcp', 'tls', 'websocket', 'websocketTls'] as const;
const patient = { timeout: PATIENCE_MS };

describe('the front of several gateways', () => {
  let front: FrontProcess;
  let storages: TestStorage[];
  const gateways: TestGateway[] = [];
  const logs = ['', ''];
  let clients = 0;
  const code = (listener: (typeof LISTENERS)[number] = 'tcp') => connectCode(front as unknown as TestGateway, `GID_main@@@front-${++clients}`, { listener });
  const http = (path: string) => fetch(`http://127.0.0.1:${front.port('http')}${path}`);
  const readyz = async () => { const answer = await http('/readyz'); return [answer.status, await answer.json()]; };
  const refusedAddresses = () => [...logs.join('').matchAll(/"address":"([^"]*)"[^\n]*console-login-refused/g)].map(([, address]) => address);
  const restart = async (index: number) => {
    await storages[index]!.redis!.restart();
    await expect.poll(() => gateways[index]!.status().ready, patient).toBe(true);
  };

  beforeAll(async () => {
    front = await startFront(ADDRESSES);
    storages = await Promise.all(ADDRESSES.map(() => startStorage('redis')));
    for (const [index, address] of ADDRESSES.entries()) {
      const stream = new Writable({ write: (chunk, _encoding, written) => { logs[index] += String(chunk); written(); } });
      gateways.push(await startTestGateway(storages[index]!, {
        replica: String(index + 1), proxyProtocol: true, listeners: front.bindings(address), logger: createLogger({ level: 'info', format: 'json', stream }),
      }));
    }
    await vi.waitFor(async () => expect((await http('/readyz')).status).toBe(200), patient);
    for (const listener of LISTENERS) await vi.waitFor(async () => expect(await code(listener)).toBe(0), patient);
  });
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await front?.stop();
    await Promise.all((storages ?? []).map((storage) => storage.close()));
  });

  it.each(LISTENERS)('passes %s on, and tells the address of the client itself', async (listener) => {
    const { url, options } = clientOptions(front.port(listener), `GID_main@@@address-${listener}`, { listener });
    const elsewhere = { localAddress: '127.0.0.9' };
    const client = listener === 'tcp'
      ? new mqtt.MqttClient(() => net.connect({ port: front.port('tcp'), host: '127.0.0.1', ...elsewhere }), options)
      : mqtt.connect(url, { ...options, ...elsewhere, wsOptions: elsewhere } as typeof options);
    await new Promise((resolve, reject) => client.once('connect', resolve).once('error', reject));
    const connected = () => logs.join('').split('\n').find((line) => line.includes('client-connected') && line.includes(options.clientId!));
    await expect.poll(connected).toBeDefined();
    expect(JSON.parse(connected()!)).toMatchObject({ address: '127.0.0.9' });
    await client.endAsync();
  });

  it('A6 tells who asks over HTTP: what a client says of itself is nothing', async () => {
    const browser = new ConsoleBrowser(front.port('http'));
    const tried = async (n: number) => (await browser.login(`user-${n}`, 'guess', { 'x-forwarded-for': `203.0.113.${n % 256}` })).body.code;
    // each gateway counts by itself
    for (let n = 0; n < OF_AN_ADDRESS.burst; n++) await tried(n);
    let n = OF_AN_ADDRESS.burst;
    await expect.poll(() => tried(n++), patient).toBe('login-rate-exceeded');
    expect(new Set(refusedAddresses())).toEqual(new Set(['127.0.0.1']));
    // a proxy of the user before our front
    await Promise.all(storages.map((storage) => storage.handOver(documents({ trustedProxies: ['127.0.0.1'] }))));
    await expect.poll(async () => {
      await browser.login(`user-${n++}`, 'guess', { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' });
      return refusedAddresses();
    }, patient).toContain('198.51.100.7');
    expect(refusedAddresses()).not.toContain('203.0.113.9');
  });

  it('B5 passes clients to a gateway that is ready while there is one', async () => {
    await storages[0]!.redis!.kill9();
    await expect.poll(() => gateways[0]!.status().ready, patient).toBe(false);
    // of each listener the front learns it by itself
    for (const listener of LISTENERS) await expect.poll(async () => [await code(listener), await code(listener), await code(listener)], patient).toEqual([0, 0, 0]);
    await expect.poll(async () => [(await readyz())[0], (await readyz())[0], (await readyz())[0]], patient).toEqual([200, 200, 200]);
    for (let n = 0; n < 20; n++) {
      expect(await code(LISTENERS[n % LISTENERS.length])).toBe(0);
      expect((await readyz())[0]).toBe(200);
    }
    await restart(0);
  });

  it('B5 with the store away a client gets CONNACK 3 on every listener, HTTP answers with reasons, and connections that stand stay', async () => {
    const { url, options } = clientOptions(front.port('tcp'), 'GID_main@@@standing');
    const standing = await mqtt.connectAsync(url, options);
    let closes = 0;
    standing.on('close', () => closes++);
    const logged = front.log().length;
    await Promise.all(storages.map(({ redis }) => redis!.kill9()));
    // until it has noticed, it passes clients to gateways that were ready a moment ago
    for (const name of [...LISTENERS, 'http']) await expect.poll(() => front.log().slice(logged), patient).toContain(`${name} has no server available`);
    await expect.poll(readyz, patient).toEqual([503, { ready: false, reasons: [expect.stringMatching(/^the store/)] }]);
    for (const listener of LISTENERS) await expect.poll(() => code(listener), patient).toBe(3);
    for (const listener of LISTENERS) expect([listener, await code(listener)]).toEqual([listener, 3]);
    for (const path of ['/livez', '/metrics', '/console/', '/api/v1/openapi.json']) expect([path, (await http(path)).status]).toEqual([path, 200]);
    expect((await http('/metrics').then((answer) => answer.text()))).toMatch(/^mqttgw_/m);
    expect(closes).toBe(0);
    await Promise.all([restart(0), restart(1)]);
    for (const listener of LISTENERS) await expect.poll(() => code(listener), patient).toBe(0);
    expect(await readyz()).toEqual([200, { ready: true, reasons: [] }]);
    expect(closes).toBe(0);
    await standing.endAsync();
  });

  it('passes nobody to a gateway that stops, and says 503 itself when none is left', async () => {
    const stopped = gateways[0]!.stop();
    await expect.poll(() => gateways[0]!.status().ready, patient).toBe(false);
    await stopped;
    for (let n = 0; n < 6; n++) expect(await code()).toBe(0);
    await gateways[1]!.stop();
    await expect.poll(async () => (await http('/readyz')).status, patient).toBe(503);
    expect(await http('/readyz').then((answer) => answer.text())).toContain('No server is available');
  });
});
