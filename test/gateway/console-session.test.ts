/** Log-in sessions of the console on real gateways: two on one Redis, one on the embedded engine. */
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstanceManifest } from '../../lib/manifest/manifest';
import { OF_AN_ADDRESS, OF_A_NAME } from '../../runtime/src/console/login-limits';
import { LONGEST_MS, SESSIONS_A_USER, SESSION_KIND } from '../../runtime/src/console/sessions';
import { createLogger } from '../../runtime/src/logging';
import { api } from './api-harness';
import { ConsoleBrowser } from './console-browser';
import { documents, PASSWORDS } from './documents';
import { connectAndCollect, startFleet, startStorage, startTestGateway, type TestFleet, type TestGateway } from './harness';

const HOUR = 3_600_000;

describe.each([['redis', 2], ['embedded', 1]] as const)('a console session on %s, %i gateways', (engine, count) => {
  let fleet: TestFleet;
  let gateways: TestGateway[];
  let log = '';
  const at = (index: number) => new ConsoleBrowser(gateways.at(index)!.port('http'));
  const loggedIn = async (user = 'admin', index = 0): Promise<ConsoleBrowser> => {
    const browser = at(index);
    expect(await browser.login(user)).toMatchObject({ status: 200 });
    return browser;
  };
  const handOver = (instance: Partial<InstanceManifest>, consoleUsers = PASSWORDS) => {
    const next = documents(instance);
    return fleet.storage.handOver({ ...next, secrets: { ...next.secrets, consoleUsers } });
  };

  beforeAll(async () => {
    const stream = new Writable({ write: (chunk, _encoding, written) => { log += String(chunk); written(); } });
    fleet = await startFleet(engine, count, { logger: createLogger({ level: 'info', stream }) });
    ({ gateways } = fleet);
  });
  afterAll(async () => {
    await fleet?.stop();
    // A6
    for (const password of Object.values(PASSWORDS)) expect(log).not.toContain(password);
  });

  it('begins with the password of a declared user, in a cookie that only this site sends and no script reads', async () => {
    const browser = at(0);
    const before = Date.now();
    const { status, body, headers } = await browser.login();
    expect([status, body]).toEqual([200, { user: 'admin', account: 'main', main: true, expiresAt: expect.any(Number) as number }]);
    expect(body.expiresAt - before).toBeGreaterThan(HOUR / 4);
    expect(headers.getSetCookie()).toEqual([expect.stringMatching(/^mqttgw_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/)]);
    expect((await at(0).login('admin', PASSWORDS['admin'], { 'x-forwarded-proto': 'https' })).headers.getSetCookie()).toEqual([expect.stringMatching(/; Secure$/)]);
    expect(log).toContain('console-login');
  });

  it('holds on every gateway, and after one that ends', async () => {
    const browser = await loggedIn();
    browser.httpPort = gateways.at(-1)!.port('http');
    expect(await browser.ask('GET', '/console/session')).toMatchObject({ status: 200, body: { user: 'admin', account: 'main', main: true } });
    const another = await startTestGateway(fleet.storage, { replica: '9' });
    try {
      browser.httpPort = another.port('http');
      expect((await browser.ask('GET', '/instance')).status).toBe(200);
    } finally {
      await another.stop();
    }
  });

  it('A4 has the rights of the account of its user', async () => {
    const [main, sub] = [await loggedIn(), await loggedIn('contractor', -1)];
    expect((await sub.ask('GET', '/console/session')).body).toMatchObject({ user: 'contractor', account: 'sub', main: false });
    const names = async (browser: ConsoleBrowser) => (await browser.ask('GET', '/groups')).body.groups.map(({ name }: { name: string }) => name);
    expect(await names(main)).toEqual(['GID_main', 'GID_sub']);
    expect(await names(sub)).toEqual(['GID_sub']);
    expect(await main.ask('POST', '/topics', { body: { name: 'by-console' } })).toMatchObject({ status: 201, body: { account: 'main', origin: 'api' } });
    expect(await sub.ask('DELETE', '/topics/by-console')).toMatchObject({ status: 403, body: { code: 'account-denied' } });
    expect((await main.ask('DELETE', '/topics/by-console')).status).toBe(200);
  });

  it('A5 sends messages, and applies for tokens of a named key', async () => {
    const { client, until } = await connectAndCollect(gateways[0]!, 'GID_main@@@reader');
    await client.subscribeAsync('demo/#', { qos: 1 });
    const browser = await loggedIn('admin', -1);
    expect(await browser.ask('POST', '/messages', { body: { topic: 'demo/console', payload: 'hello' } })).toMatchObject({ status: 201, body: { messageId: expect.any(Number) as number } });
    expect((await until(1))[0]).toMatchObject({ topic: 'demo/console', payload: 'hello' });
    expect(await browser.ask('POST', '/messages', { body: { topic: 'nowhere/console', payload: 'hello' } })).toMatchObject({ status: 403, body: { code: 'topic-undeclared' } });
    await client.endAsync();
    const token = { actions: ['R'], resources: ['demo/#'], expireTime: Date.now() + HOUR };
    expect(await browser.ask('POST', '/tokens', { body: token })).toMatchObject({ status: 400, body: { code: 'request-malformed', allowed: 'keyId: an AccessKey' } });
    expect((await browser.ask('POST', '/tokens', { body: { ...token, keyId: 'main-key' } })).status).toBe(201);
    expect(log).toMatch(/"user":"admin".*api-changed|api-changed.*"user":"admin"/);
  });

  it('ends by logging out, everywhere; again is no error', async () => {
    const browser = await loggedIn();
    const kept = browser.cookie;
    expect((await browser.ask('DELETE', '/console/session')).status).toBe(200);
    expect(browser.cookie).toBeNull();
    expect((await browser.ask('DELETE', '/console/session')).status).toBe(200);
    browser.cookie = kept;
    browser.httpPort = gateways.at(-1)!.port('http');
    expect(await browser.ask('GET', '/console/session')).toMatchObject({ status: 401, body: { code: 'console-session-ended' } });
    expect(await browser.ask('GET', '/instance')).toMatchObject({ status: 401, body: { code: 'console-session-ended' } });
  });

  it('logging in again ends the session before it', async () => {
    const browser = await loggedIn();
    const before = browser.cookie;
    await browser.login('contractor');
    expect((await browser.ask('GET', '/console/session')).body.user).toBe('contractor');
    browser.cookie = before;
    expect((await browser.ask('GET', '/console/session')).status).toBe(401);
  });

  it('a user has a bounded number of them: the oldest ends', async () => {
    const first = await loggedIn('contractor');
    const second = await loggedIn('contractor');
    for (let n = 1; n < SESSIONS_A_USER; n++) await loggedIn('contractor', n % count);
    expect((await first.ask('GET', '/console/session')).status).toBe(401);
    expect((await second.ask('GET', '/console/session')).status).toBe(200);
  });

  describe('a page of somebody else', () => {
    it.each<[string, { [name: string]: string }, string]>([
      ['without the header of the console', { 'x-mqttgw-console': '0' }, 'console-header-missing'],
      ['from another origin', { origin: 'https://evil.example.com' }, 'origin-foreign'],
      ['from another port of the same host', { origin: 'http://127.0.0.1:3000' }, 'origin-foreign'],
      ['from a page without an origin', { origin: 'null' }, 'origin-foreign'],
    ])('changes nothing: %s', async (_, headers, code) => {
      const browser = await loggedIn();
      expect(await browser.ask('POST', '/topics', { body: { name: 'forged-topic' }, headers })).toMatchObject({ status: 403, body: { code } });
      expect(await browser.ask('DELETE', '/console/session', { headers })).toMatchObject({ status: 403, body: { code } });
      expect(await browser.login('admin', undefined, headers)).toMatchObject({ status: 403, body: { code } });
      const { topics } = (await browser.ask('GET', '/topics')).body;
      expect(topics.map(({ name }: { name: string }) => name)).not.toContain('forged-topic');
    });

    it('the console itself does', async () => {
      const browser = await loggedIn();
      const origin = `http://127.0.0.1:${browser.httpPort}`;
      expect((await browser.ask('POST', '/topics', { body: { name: 'own-origin' }, headers: { origin } })).status).toBe(201);
      expect((await browser.ask('DELETE', '/topics/own-origin', { headers: { origin } })).status).toBe(200);
    });

    it('a signed request needs neither, and counts before a cookie', async () => {
      expect((await api(gateways[0]!.port('http'))('POST', '/tokens/query', { token: 'x' })).status).toBe(200);
    });
  });

  describe('is refused', () => {
    it('without a cookie, with a malformed one, and with one that nobody made', async () => {
      const browser = at(0);
      expect(await browser.ask('GET', '/console/session')).toMatchObject({ status: 401, body: { code: 'console-session-ended' } });
      expect(await browser.ask('GET', '/instance')).toMatchObject({ status: 401, body: { code: 'request-unsigned' } });
      for (const value of ['x', '__proto__', 'A'.repeat(43), `${'A'.repeat(42)}=`]) {
        browser.cookie = `mqttgw_session=${value}`;
        expect(await browser.ask('GET', '/instance')).toMatchObject({ status: 401, body: { code: 'console-session-ended' } });
      }
    });

    it('a wrong password, an unknown user and an empty password alike, without repeating them', async () => {
      const answers = await Promise.all([['admin', 'wrong-password'], ['nobody', 'wrong-password'], ['__proto__', 'x'], ['admin', ''], ['contractor', PASSWORDS['admin']!]].map(([user, password]) => at(0).login(user, password)));
      for (const { status, body } of answers) expect([status, body.code, body.message]).toEqual([401, 'login-refused', answers[0]!.body.message]);
      expect(log).toContain('console-login-refused');
      expect(log).not.toMatch(/nobody|wrong-password/);
    });

    it('a body that is none', async () => {
      expect(await at(0).ask('POST', '/console/session', { body: { user: 'admin' } })).toMatchObject({ status: 400, body: { code: 'request-malformed' } });
      expect(await at(0).ask('POST', '/console/session', { body: { user: 'admin', password: 'x'.repeat(5_000) } })).toMatchObject({ status: 413 });
    });
  });

  describe('ends when its user changes', () => {
    const ended = async (browser: ConsoleBrowser, index: number) => {
      browser.httpPort = gateways.at(index)!.port('http');
      await expect.poll(async () => (await browser.ask('GET', '/console/session')).status).toBe(401);
    };
    const users = documents().instance.console!.users;
    let stays: ConsoleBrowser;
    beforeAll(async () => { stays = await loggedIn('contractor'); });

    it('its password, on every gateway; others stay, and the new one opens', async () => {
      const changed = await loggedIn('admin', -1);
      await handOver({}, { ...PASSWORDS, admin: 'another-password' });
      await ended(changed, 0);
      expect((await stays.ask('GET', '/instance')).status).toBe(200);
      expect((await at(0).login('admin')).status).toBe(401);
      expect((await at(0).login('admin', 'another-password')).status).toBe(200);
      await handOver({});
      await expect.poll(async () => (await at(0).login('admin')).status).toBe(200);
    });

    it('its account', async () => {
      const browser = await loggedIn();
      await handOver({ console: { enabled: true, users: users.map((user) => ({ ...user, account: 'sub' })) } });
      await ended(browser, -1);
      await handOver({});
    });

    it('I5 it is removed', async () => {
      await expect.poll(async () => (await at(0).login('admin')).body).toMatchObject({ account: 'main' });
      const browser = await loggedIn();
      await handOver({ console: { enabled: true, users: users.slice(1) } });
      await ended(browser, -1);
      expect((await at(-1).login('admin')).status).toBe(401);
      await handOver({});
    });

    it('the console is switched off', async () => {
      await expect.poll(async () => (await at(0).login('admin')).status).toBe(200);
      const browser = await loggedIn();
      await handOver({ console: { enabled: false, users } });
      await expect.poll(async () => (await browser.ask('GET', '/console/session')).body.code).toBe('console-off');
      expect((await browser.ask('GET', '/instance')).body.code).toBe('console-session-ended');
      expect(await at(0).login('admin')).toMatchObject({ status: 404, body: { code: 'console-off' } });
      await handOver({});
      await expect.poll(async () => (await at(0).login('admin')).status).toBe(200);
    });
  });

  it('tries of a name are limited over all gateways, for unknown ones as well, and the others go on', async () => {
    await loggedIn('contractor'); // forgets what was tried before
    for (const name of ['tried-user', 'contractor']) {
      const codes: string[] = [];
      for (let n = 0; n < OF_A_NAME.burst + 2; n++) codes.push((await at(n % count).login(name, 'guess')).body.code);
      expect(codes.slice(0, OF_A_NAME.burst)).toEqual(Array.from({ length: OF_A_NAME.burst }, () => 'login-refused'));
      expect(codes.at(-1)).toBe('login-rate-exceeded');
    }
    const refused = await at(0).login('contractor');
    expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
    expect((await at(0).login('admin')).status).toBe(200);
  });

  it('A6 rests in the store as hashes: neither token nor password stands there, and it goes in the end', async () => {
    const browser = await loggedIn();
    const store = fleet.storage.open();
    await store.open();
    try {
      const { records } = await store.pageRecords(SESSION_KIND, null, 1_000);
      const text = JSON.stringify([records, await store.readDocuments()]);
      expect(records.length).toBeGreaterThan(0);
      for (const secret of [...Object.values(PASSWORDS), /mqttgw_session=([^;]+)/.exec(browser.cookie!)![1]!]) expect(text).not.toContain(secret);
      for (const { expiresAt } of records) expect(expiresAt).toBeLessThan(Date.now() + LONGEST_MS);
    } finally {
      await store.close();
    }
  });
});

describe('behind a proxy of the user', () => {
  it('A6 tries are limited for each address that a trusted proxy tells; without one the header is nothing', async () => {
    const storage = await startStorage('embedded');
    const gateway = await startTestGateway(storage);
    try {
      const browser = new ConsoleBrowser(gateway.port('http'));
      let user = 0;
      const tried = async (from: string) => (await browser.login(`user-${++user}`, 'guess', { 'x-forwarded-for': from })).body.code;
      for (let n = 0; n < OF_AN_ADDRESS.burst; n++) expect(await tried(`203.0.113.${n}`)).toBe('login-refused');
      await expect.poll(() => tried('203.0.113.99')).toBe('login-rate-exceeded');
      const next = documents({ trustedProxies: ['127.0.0.0/8'] });
      await storage.handOver(next);
      // one alone may be the try that comes back every two seconds
      await expect.poll(async () => [await tried('203.0.113.96'), await tried('203.0.113.97'), await tried('203.0.113.98')]).toEqual(Array(3).fill('login-refused'));
      for (let n = 0; n < OF_AN_ADDRESS.burst; n++) expect(await tried(`203.0.113.${n}, 198.51.100.7`)).toBe('login-refused');
      await expect.poll(() => tried('203.0.113.97, 198.51.100.7')).toBe('login-rate-exceeded');
      expect(await tried('198.51.100.7, 198.51.100.8')).toBe('login-refused');
    } finally {
      await gateway.stop();
      await storage.close();
    }
  });
});

describe('behind a front', () => {
  it('tries are limited for each address that the front tells, and what the client says of itself is nothing', async () => {
    const storage = await startStorage('embedded');
    const gateway = await startTestGateway(storage, { proxyProtocol: true });
    try {
      const browser = new ConsoleBrowser(gateway.port('http'));
      const tried = async (n: number, from: string) => (await browser.login(`user-${n}`, 'guess', { 'x-forwarded-for': from })).body.code;
      for (let n = 0; n < OF_AN_ADDRESS.burst; n++) expect(await tried(n, `203.0.113.${n}, 198.51.100.7`)).toBe('login-refused');
      await expect.poll(() => tried(99, '203.0.113.99, 198.51.100.7')).toBe('login-rate-exceeded');
      expect(await tried(100, '198.51.100.7, 198.51.100.8')).toBe('login-refused');
    } finally {
      await gateway.stop();
      await storage.close();
    }
  });
});
