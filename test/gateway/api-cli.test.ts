/** The commands over the control API, run against a real gateway with real MQTT clients. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../runtime/src/cli/program';
import { SECRETS } from './documents';
import { closed, connect, connectAndCollect, connectCode, startStorage, startTestGateway, type TestGateway, type TestStorage } from './harness';
import { withTokens } from './issuer';

describe('commands over the control API', () => {
  let storage: TestStorage;
  let gateway: TestGateway;
  let url: string;
  beforeAll(async () => {
    storage = await startStorage('embedded');
    gateway = await startTestGateway(storage);
    url = `http://127.0.0.1:${gateway.port('http')}`;
  });
  afterAll(async () => {
    await gateway.stop();
    await storage.close();
  });

  interface Ran { readonly code: number; readonly stdout: string; readonly stderr: string }

  async function run(args: readonly string[], { keyId = 'main-key', secret = SECRETS[keyId]!, stdin = '', env = {} }: { keyId?: string; secret?: string; stdin?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Ran> {
    const [out, err]: [string[], string[]] = [[], []];
    const into = (lines: string[]): Writable => new Writable({ write: (chunk, _encoding, written) => { lines.push(String(chunk)); written(); } });
    const code = await runCli(args, {
      stdout: into(out), stderr: into(err), stdin: Readable.from([Buffer.from(stdin)]) as never, env: { MQTTGW_KEY_ID: keyId, MQTTGW_KEY_SECRET: secret, ...env },
    });
    return { code, stdout: out.join(''), stderr: err.join('') };
  }

  /** Runs a command that succeeds; what it prints. */
  async function prints(args: readonly string[], more?: Parameters<typeof run>[1]): Promise<string> {
    const ran = await run([...args, '--url', url], more);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    return ran.stdout;
  }

  const json = async (args: readonly string[], more?: Parameters<typeof run>[1]): Promise<any> => JSON.parse(await prints([...args, '--json'], more));

  it('status shows the instance and its gateways', async () => {
    const shown = await prints(['status']);
    expect(shown).toMatch(/^instance +test-instance$/m);
    expect(shown).toMatch(/^storage +test-storage$/m);
    expect(shown).toMatch(/^connections +0 of 10000$/m);
    expect(shown).toMatch(/^messages a second +\d+(\.\d{1,3})? of \d+$/m);
    expect(shown).toMatch(/^GATEWAY +REPLICA +READY/m);
    expect(await json(['status'])).toMatchObject({ instanceId: 'test-instance', gateways: [{ replica: '1' }] });
  });

  it('topics are listed, made and deleted', async () => {
    expect(await prints(['topics'])).toMatch(/^demo +normal +publish-and-subscribe +declared +\d+ +\d+ +-$/m);
    expect(await prints(['topics', 'create', 'by-hand', '--type', 'global-ordered', '--remark', 'bell\u0007'])).toBe('made the topic by-hand\n');
    // a remark does not speak to the terminal
    expect(await prints(['topics', 'list'])).toMatch(/^by-hand +global-ordered +publish-and-subscribe +api +0 +0 +bell\?$/m);
    expect(await prints(['topics', 'delete', 'by-hand'])).toBe('deleted the topic by-hand\n');
    expect((await json(['topics'])).topics.map(({ name }: { name: string }) => name)).not.toContain('by-hand');
  });

  it('groups are listed, made and deleted', async () => {
    expect(await json(['groups', 'create', 'GID_visitors', '--remark', 'for a day'])).toMatchObject({ name: 'GID_visitors', account: 'main', remark: 'for a day' });
    expect(await prints(['groups'])).toMatch(/^GID_visitors +main +api +0 +for a day$/m);
    expect(await prints(['groups', 'delete', 'GID_visitors'])).toBe('deleted the group GID_visitors\n');
    expect(await prints(['groups'])).not.toContain('GID_visitors');
  });

  it('A6 keys are listed without their secrets', async () => {
    const shown = await prints(['keys']);
    expect(shown).toMatch(/^sub-key +sub +yes +all +active +\d{4}-\S+$/m);
    for (const secret of Object.values(SECRETS)) expect(shown).not.toContain(secret);
    expect((await json(['keys'], { keyId: 'sub-key' })).accessKeys).toMatchObject([{ keyId: 'sub-key' }]);
  });

  it('clients are listed, shown and closed', async () => {
    const clientId = 'GID_main@@@by-hand';
    const client = await connect(gateway, clientId, { clean: false });
    await client.subscribeAsync('demo/a', { qos: 1 });
    await expect.poll(() => prints(['clients', '--group', 'GID_main', '--topic', 'demo'])).toMatch(/^GID_main@@@by-hand +127\.0\.0\.1 +tcp [\s\S]*\n1 of 1 online$/m);
    const shown = await prints(['clients', 'show', clientId]);
    expect(shown).toMatch(/^online +yes$/m);
    expect(shown).toMatch(/^subscriptions +demo\/a \(QoS 1\)$/m);
    const gone = closed(client);
    expect(await prints(['clients', 'close', clientId])).toBe(`closed the connection of ${clientId}\n`);
    await gone;
    expect(await json(['clients', 'show', clientId])).toMatchObject({ online: false, stored: true });
  });

  it('send stores a message, to all or to one client', async () => {
    const { client, until } = await connectAndCollect(gateway, 'GID_main@@@reader');
    await client.subscribeAsync('demo/sent', { qos: 1 });
    expect(await prints(['send', '--topic', 'demo/sent', '--message', 'grüße'])).toMatch(/^stored as \d{16,}\n$/);
    expect(await json(['send', '--topic', 'demo/sent', '--qos', '0'], { stdin: 'from a pipe' })).toMatchObject({ topic: 'demo/sent', qos: 0, payloadBytes: 11 });
    await json(['send', '--topic', 'demo', '--to', 'GID_main@@@reader', '--message', 'for you']);
    expect((await until(3)).map(({ payload }) => payload).sort()).toEqual(['for you', 'from a pipe', 'grüße']);
    await client.endAsync();
  });

  it('T8 trace shows the way of a message, and what happened to a device', async () => {
    const { client, until } = await connectAndCollect(gateway, 'GID_main@@@traced');
    await client.subscribeAsync('demo/traced', { qos: 1 });
    const { messageId } = await json(['send', '--topic', 'demo/traced', '--message', 'm']);
    await until(1);
    await expect.poll(() => prints(['trace', 'message', String(messageId)])).toMatch(/^GID_main@@@traced +acknowledged +1 +\d{4}-\S+ +\d{4}-\S+ +127\.0\.0\.1 /m);
    const shown = await prints(['trace', 'message', String(messageId)]);
    expect(shown).toMatch(/^topic +demo\/traced$/m);
    expect(shown).toMatch(/^origin +api$/m);
    expect(shown).not.toContain('not every delivery');
    expect(await prints(['trace', 'messages', '--topic', 'demo/+', '--since', '1h', '--limit', '1'])).toMatch(new RegExp(`^\\d{4}-\\S+ +${messageId} +demo/traced +1 +1 +- +api$`, 'm'));
    await client.endAsync();
    await expect.poll(() => prints(['trace', 'device', 'GID_main@@@traced'])).toMatch(/client-disconnected +127\.0\.0\.1 .*reason disconnect.*\n.*client-subscribed .*filter demo\/traced, qos 1.*\n.*client-connected /);
    expect(await prints(['clients', 'history', 'GID_main@@@traced'])).toMatch(/^\d{4}-\S+ +\d{4}-\S+ +127\.0\.0\.1 +tcp +\S+ +disconnect$/m);
  });

  it('A2 token applies for one, asks what it is worth, and revokes it', async () => {
    const before = Date.now();
    const token = (await prints(['token', 'apply', '--resource', 'demo/#', '--resource', 'other/#', '--actions', 'R', '--for', '2h'])).trim();
    expect(await connectCode(gateway, 'GID_main@@@token', withTokens(`R|${token}`))).toBe(0);
    const { token: carried } = await json(['token', 'query'], { stdin: `${token}\n` });
    expect(carried).toMatchObject({ keyId: 'main-key', actions: ['R'], resources: ['demo/#', 'other/#'] });
    expect(carried.expireTime - before).toBeGreaterThanOrEqual(2 * 3_600_000);
    expect(carried.expireTime - before).toBeLessThan(2 * 3_600_000 + 60_000);
    expect(await prints(['token', 'revoke'], { stdin: token })).toBe('revoked\n');
    expect(await prints(['token', 'query', token])).toMatch(/^valid +no\nproblem +revoked\n/);
    await expect.poll(() => connectCode(gateway, 'GID_main@@@token', withTokens(`R|${token}`))).toBe(4);
  });

  it('A3 device registers one, with what it connects by, renews and takes away', async () => {
    const clientId = 'GID_main@@@own';
    const shown = await prints(['device', 'register', clientId]);
    const [, username] = /^username +(\S+)$/m.exec(shown)!;
    const [, password] = /^password +(\S+)$/m.exec(shown)!;
    expect(await connectCode(gateway, clientId, { username, password })).toBe(0);
    expect(await prints(['device', 'register', clientId])).toBe(shown);
    const got = await json(['device', 'get', clientId]);
    expect(got).toMatchObject({ clientId, account: 'main', deviceAccessKeyId: expect.any(String) });
    const renewed = await json(['device', 'refresh', clientId]);
    expect(renewed.deviceAccessKeyId).toBe(got.deviceAccessKeyId);
    expect(renewed.deviceAccessKeySecret).not.toBe(got.deviceAccessKeySecret);
    expect(await connectCode(gateway, clientId, { username, password })).toBe(4);
    expect(await prints(['device', 'unregister', clientId])).toBe(`unregistered ${clientId}\n`);
    expect(await run(['device', 'get', clientId, '--url', url])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('(credential-not-found)') });
  });

  it('the URL may come from the environment', async () => {
    expect(await run(['status'], { env: { MQTTGW_API_URL: url } })).toMatchObject({ code: 0, stdout: expect.stringContaining('test-instance') });
    expect(await run(['status'], { env: { MQTTGW_API_URL: 'nonsense' } })).toMatchObject({ code: 2, stderr: expect.stringContaining('MQTTGW_API_URL: got "nonsense"; allowed is') });
  });

  it.each([
    [['topics', 'delete', 'demo'], {}, 1, /^mqttgw: the parent topic is declared.*\(topic-declared\); allowed: .*; fix: .*\n$/],
    [['token', 'apply', '--resource', 'demo/#', '--for', '10s'], {}, 1, /\(rule-broken\)/],
    [['topics', 'create', 'GIDx'], {}, 1, /^mqttgw: N2: parent topic name: got "GIDx"; allowed: [^;]+; fix: [^;]+; [^;]+ \(rule-broken\)\n$/],
    [['tail', 'nope', '--no-follow'], {}, 1, /\(topic-unknown\); fix: .*mqttgw topics/],
    [['send', '--topic', 'nope/x', '--message', 'x'], {}, 1, /\(topic-undeclared\); fix: .*mqttgw topics create/],
    [['trace', 'message', '1'], {}, 1, /\(message-unknown\)/],
    [['tail', 'demo', '--since', '5'], {}, 2, /a duration such as 10m/],
    [['groups'], { secret: 'wrong' }, 1, /\(request-signature-wrong\)/],
    [['status'], { keyId: 'limited-key' }, 1, /\(access-denied\)/],
    [['clients', 'show', 'GID_main@@@x'], { keyId: 'sub-key' }, 1, /\(account-denied\)/],
    [['status'], { env: { MQTTGW_KEY_ID: '', MQTTGW_KEY_SECRET: '' } }, 2, /no AccessKey was given/],
    [['token', 'apply', '--resource', 'demo/#', '--for', 'ever'], {}, 2, /such as 60s, 12h or 30d/],
    [['token', 'apply'], {}, 2, /--resource/],
    [['clients', '--limit', '0'], {}, 2, /from 1 to 1000/],
  ] as const)('%j with %j is refused in one line', async (args, more, code, message) => {
    const ran = await run([...args, '--url', url], more);
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).not.toContain('    at ');
  });

  it('a port where nobody listens, and one where something else answers, are told', async () => {
    const server: Server = createServer((_request, response) => response.end('<html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const elsewhere = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await run(['status', '--url', elsewhere])).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('is not the control API') });
    await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
    expect(await run(['status', '--url', elsewhere])).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('(ECONNREFUSED)') });
    expect(await run(['status', '--url', 'mqtt://127.0.0.1'])).toMatchObject({ code: 2 });
  });

  it.each(['status', 'topics', 'topics create', 'groups', 'groups create', 'clients', 'clients show', 'clients history', 'send', 'tail', 'trace', 'trace message', 'trace messages', 'trace device', 'token', 'token apply', 'device', 'device register'])('%s --help', async (command) => {
    const { code, stdout, stderr } = await run([...command.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: mqttgw ${command}`);
  });
});
