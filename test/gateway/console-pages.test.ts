/** The console's pages as they were built, from real gateways: a single one, several workers, direct push. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway } from '../../runtime/src/gateway';
import { takeIn } from '../../runtime/src/hand-over/take-in';
import { createLogger } from '../../runtime/src/logging';
import { NoneStore } from '../../runtime/src/store/none/none-store';
import { Memory } from '../../runtime/src/store/none/memory';
import { ConsoleBrowser } from './console-browser';
import { documents, INSTANCE_ID, SEALING_KEY } from './documents';
import { twoWorkers } from './two-workers';
import { startStorage, startTestGateway, type TestStorage } from './harness';

async function loads(httpPort: number): Promise<void> {
  const home = await fetch(`http://127.0.0.1:${httpPort}/`);
  expect([home.status, home.redirected, home.url]).toEqual([200, true, `http://127.0.0.1:${httpPort}/console/`]);
  const page = await home.text();
  expect(home.headers.get('content-security-policy')).toContain("default-src 'self'");
  const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!);
  expect(files.length).toBeGreaterThanOrEqual(3);
  for (const file of files) {
    expect(file).toMatch(/^assets\/[\w-]+\.(js|css|svg)$/);
    const answer = await fetch(`http://127.0.0.1:${httpPort}/console/${file}`, { headers: { 'accept-encoding': 'br' } });
    expect([answer.status, answer.headers.get('content-encoding')]).toEqual([200, 'br']);
    expect((await answer.text()).length).toBeGreaterThan(0);
  }
  // none of it runs what is not a file of its own
  expect(page).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/i);
}

async function logsIn(httpPort: number): Promise<ConsoleBrowser> {
  const browser = new ConsoleBrowser(httpPort);
  expect((await browser.login()).status).toBe(200);
  expect((await browser.ask('GET', '/instance')).body.instanceId).toBe(INSTANCE_ID);
  return browser;
}

describe('the console of a single gateway', () => {
  let storage: TestStorage;
  beforeAll(async () => { storage = await startStorage('embedded'); });
  afterAll(async () => { await storage?.close(); });

  it('loads, until it is switched off', async () => {
    const gateway = await startTestGateway(storage);
    try {
      await loads(gateway.port('http'));
      await storage.handOver(documents({ console: { enabled: false, users: [] } }));
      await expect.poll(async () => (await fetch(`http://127.0.0.1:${gateway.port('http')}/console/`)).status).toBe(404);
    } finally {
      await gateway.stop();
    }
  });
});

describe('the console of two workers', () => {
  const two = twoWorkers();

  it('loads and takes a log-in, which a restart does not end', async () => {
    await loads(two.gateway.httpPort);
    const browser = await logsIn(two.gateway.httpPort);
    expect((await browser.ask('POST', '/topics', { body: { name: 'by-worker' }, headers: { origin: `http://127.0.0.1:${two.gateway.httpPort}` } })).status).toBe(201);
    expect(await two.gateway.stop()).toBe(0);
    await two.gateway.start();
    expect(await browser.ask('GET', '/console/session')).toMatchObject({ status: 200, body: { user: 'admin' } });
    expect((await browser.ask('DELETE', '/console/session')).status).toBe(200);
    expect((await browser.ask('GET', '/instance')).status).toBe(401);
  });

  it('tells the log from where somebody logs in', () => {
    expect(two.gateway.log()).toMatch(/console-login.*"?address"?[:=] ?"?127\.0\.0\.1|"address":"127\.0\.0\.1".*console-login/);
  });

  it('loads while the store is away', async () => {
    await two.storage.redis!.stop();
    await expect.poll(async () => (await fetch(`http://127.0.0.1:${two.gateway.httpPort}/readyz`)).status).toBe(503);
    await loads(two.gateway.httpPort);
    expect((await new ConsoleBrowser(two.gateway.httpPort).login()).status).toBe(503);
  });
});

describe('B6 the console of an instance with direct push', () => {
  it('loads and takes a log-in', async () => {
    const { instance, storage, secrets } = documents();
    const store = new NoneStore(new Memory());
    await store.open();
    const incoming = { storage: null, secrets, instance: { ...instance, binding: null, directPushTopics: storage.topics } };
    expect(await takeIn({ store, storageId: INSTANCE_ID, sealingKey: SEALING_KEY, hash: 'h', incoming })).toMatchObject({ accepted: true });
    const on = { bindAddress: '127.0.0.1', port: 0 };
    const gateway = await startGateway({
      config: { version: 1, instanceId: INSTANCE_ID, storageId: INSTANCE_ID, replica: '1', revision: 'r1', proxyProtocol: false, drainSeconds: 2, logLevel: 'silent', listeners: { tcp: on, http: on } },
      store, sealingKey: SEALING_KEY, logger: createLogger({ level: 'silent' }),
    });
    try {
      await loads(gateway.listeners.http.port);
      await logsIn(gateway.listeners.http.port);
    } finally {
      await gateway.stop();
    }
  });
});
