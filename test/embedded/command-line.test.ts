import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signPassword } from '../../runtime/src/auth/signature';
import { instanceManifest, secrets, SEALING_KEY, storageManifest, topic } from '../../runtime/src/testing/documents';
import { startRedis, type TestRedis } from '../setup/redis';
import { freePorts, launch, mqttgw, portArguments, ROOT, startDev, synthesize, temporaryFolder, urlOf, type Dev } from './support';

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
const COMMANDS = ['dev', 'sign', 'pub', 'sub', 'status', 'topics', 'groups', 'clients', 'send', 'tail', 'trace', 'token', 'device', 'apply', 'serve', 'hand-over'];
const CREDENTIALS = ['--instance', 'quickstart', '--client-id', 'GID_demo@@@cli'];
const KEY = { MQTTGW_KEY_ID: 'quickstart-key', MQTTGW_KEY_SECRET: 'quickstart-secret' };

describe('every command explains itself', () => {
  it.each([[[]], ...COMMANDS.map((command) => [[command]])])('mqttgw %s --help', async (command) => {
    const { code, stdout, stderr } = await mqttgw([...command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Usage: mqttgw');
    if (command.length > 0) expect(stdout).toMatch(/Examples?:\n {2}(\w+ \| )?(\w+=\S+ )*mqttgw /);
    else for (const name of COMMANDS) expect(stdout).toContain(`  ${name} `);
  });

  it('ends quietly where nobody reads on', () => {
    // `true` reads nothing, and has ended before node has begun
    const script = 'set -o pipefail; "$0" "$1" sub --help | true';
    const { status, stderr } = spawnSync('bash', ['-c', script, process.execPath, path.join(ROOT, 'runtime/dist/mqttgw.mjs')], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it.each([
    [['nonsense'], 2, /unknown command 'nonsense'/],
    [['pub'], 2, /required option '--topic <topic>' not specified/],
    [['pub', '--topic', 'a', '--qos', '3'], 2, /allowed is 0, 1 or 2/],
    [['pub', '--topic', 'a', '--message', 'm', '--url', 'http://x'], 2, /allowed is a URL such as mqtt:/],
    [['pub', '--topic', 'a', '--message', 'm', '--file', 'f'], 2, /exclude each other/],
    [['pub', '--topic', 'a', '--message', 'm', '--username', 'u'], 2, /belong together/],
    [['pub', '--topic', 'a', '--message', 'm'], 2, /no credentials were given; .*--anonymous/],
    [['sub', '--topic', 'a', '--username', 'u', '--password', 'p'], 2, /--client-id is needed: <GroupID>@@@<DeviceID>/],
    [['pub', '--topic', 'a', '--message', 'm', '--anonymous', '--url', 'mqtt://127.0.0.1:1'], 3, /cannot reach mqtt:\/\/127.0.0.1:1 \(ECONNREFUSED\); is the gateway running/],
    [['sub', '--topic', 'a', '--no-clean'], 2, /--no-clean needs --client-id/],
    [['sign', '--instance', 'i', '--client-id', 'c'], 2, /no AccessKey was given/],
    [['sign', '--instance', 'i', '--client-id', 'bad', '--key-id', 'k', '--key-secret', 's'], 2, /C1: --client-id: got "bad"; allowed: <GroupID>@@@<DeviceID>/],
    [['sign', '--data', 'nowhere', '--client-id', 'GID_a@@@b'], 1, /cannot read .*nowhere\/state.json/],
    [['dev', '--synth', 'nowhere'], 1, /there is no synthesized stack in .*nowhere; run `npx cdktf synth` first/],
    [['dev', '--port', 'smtp=25'], 2, /allowed is <listener>=<port>/],
    [['dev', '--port', 'tcp=99999'], 2, /a port from 0 \(any\) to 65535/],
    [['dev', '--store', 'redis://u:hunter2%zz@127.0.0.1'], 2, /--store takes redis:\/\/host:port/],
    [['dev', '--store', 'redis://127.0.0.1:1?password=hunter2'], 2, /--store takes redis:\/\/host:port/],
    [['pub', '--topic', '', '--message', 'm', '--anonymous'], 2, /'--topic <topic>' argument '' is invalid. allowed is <parent topic>\/<anything>/],
    [['pub', '--topic', 'demo/#', '--message', 'm', '--anonymous'], 2, /without the wildcards/],
    [['sub', '--topic', 'demo/#/x', '--anonymous'], 2, /such as demo\/\+\/state or demo\/#/],
    [['pub', '--topic', 'a', '--message', 'm', '--anonymous', '--ca', 'package.json'], 2, /package.json holds no certificate; --ca takes PEM text/],
    [['serve', '--config', 'nowhere.json', '--store', 'x'], 1, /cannot read nowhere.json: there is no such file/],
    [['apply', '--dir', 'nowhere'], 1, /cannot read nowhere\/store.json/],
  ])('says what is wrong in one line, without a stack: %j', async (args, exitCode, message) => {
    const { code, stdout, stderr } = await mqttgw(args);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toMatch(/^mqttgw: /);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at |hunter2/);
  });
});

describe('A1 mqttgw sign', () => {
  const password = signPassword('quickstart-secret', 'GID_demo@@@cli');

  it('prints username and password', async () => {
    const { code, stdout } = await mqttgw(['sign', ...CREDENTIALS], { env: KEY });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `client id  GID_demo@@@cli\nusername   Signature|quickstart-key|quickstart\npassword   ${password}\n` });
  });

  it('takes the key from options and a file, and prints JSON', async () => {
    const file = path.join(temporaryFolder(), 'secret');
    writeFileSync(file, 'quickstart-secret\n');
    const { stdout } = await mqttgw(['sign', ...CREDENTIALS, '--key-id', 'quickstart-key', '--key-secret-file', file, '--json']);
    expect(JSON.parse(stdout)).toEqual({ clientId: 'GID_demo@@@cli', username: 'Signature|quickstart-key|quickstart', password });
  });
});

describe('mqttgw pub and sub', () => {
  let dev: Dev;
  let url: string;
  beforeAll(async () => {
    dev = await startDev(['--synth', await synthesize('quickstart'), '--data', temporaryFolder()], await freePorts());
    url = urlOf('tcp', dev.ports);
  });
  afterAll(() => dev.kill9());
  const login = (device: string): string[] => ['--instance', 'quickstart', '--client-id', `GID_demo@@@${device}`];

  it('T5 sub finds in its kept session what pub sent meanwhile', async () => {
    const sub = (...more: string[]) => mqttgw(['sub', '--url', url, ...login('kept'), '--topic', 'demo/#', '--no-clean', ...more], { env: KEY });
    expect(await sub('--timeout', '1')).toMatchObject({ code: 0, stdout: '' });
    expect(await mqttgw(['pub', '--url', url, ...login('sender'), '--topic', 'demo/a', '--json', '--count', '3'], { env: KEY, input: 'from stdin' }))
      .toMatchObject({ code: 0, stdout: expect.stringMatching(/^\{"topic":"demo\/a","qos":1,"messages":3,/) });
    const { code, stdout } = await sub('--count', '3', '--timeout', '10', '--json');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual(Array(3).fill({ topic: 'demo/a', qos: 1, retain: false, dup: false, payload: 'from stdin' }));
  });

  it.each(['tls', 'websocket', 'websocketTls'] as const)('over %s', async (listener) => {
    const { code, stdout } = await mqttgw(['pub', '--url', urlOf(listener, dev.ports), '--insecure', ...login('cli'), '--topic', 'demo/x', '--message', 'm', '--qos', '2', '--receive'], { env: KEY });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'demo/x m\n' });
  });

  it.each([
    ['T1 an undeclared topic', ['pub', '--topic', 'other/x', '--message', 'm', ...login('p')], 1, /"other\/x" must be a declared parent topic/],
    ['T1 a filter elsewhere', ['sub', '--topic', 'other/#', ...login('s')], 1, /refused the subscription to other\/#/],
    ['C1 a Client ID without a group', ['pub', '--topic', 'demo/x', '--message', 'm', '--instance', 'quickstart', '--client-id', 'x'], 1, /code 2.*<GroupID>@@@<DeviceID>/],
    ['A6 another instance', ['pub', '--topic', 'demo/x', '--message', 'm', '--instance', 'other', '--client-id', 'GID_demo@@@x'], 1, /code 5/],
    ['too few messages', ['sub', '--topic', 'demo/#', '--count', '1', '--timeout', '0.5', ...login('t')], 4, /fewer than 1 messages came within 0.5 s/],
  ])('%s', async (_what, args, exitCode, message) => {
    const { code, stderr } = await mqttgw([...args, '--url', url], { env: KEY });
    expect(stderr).toMatch(message);
    expect(code).toBe(exitCode);
  });

  it('A1 a wrong secret', async () => {
    const { code, stderr } = await mqttgw(['pub', '--url', url, '--topic', 'demo/x', '--message', 'm', ...login('w')], { env: { ...KEY, MQTTGW_KEY_SECRET: 'wrong' } });
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/code 4/) });
  });

  it('an untrusted certificate', async () => {
    const { code, stderr } = await mqttgw(['pub', '--url', urlOf('tls', dev.ports), '--topic', 'demo/x', '--message', 'm', ...login('c')], { env: KEY });
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/not trusted.*--insecure/) });
  });
});

describe('mqttgw dev --open', () => {
  it('lets any client in, with any topic and without credentials', async () => {
    const dev = await startDev(['--synth', await synthesize('quickstart'), '--data', temporaryFolder(), '--open'], await freePorts());
    const { code, stdout } = await mqttgw(['pub', '--url', urlOf('tcp', dev.ports), '--topic', 'anything/at/all', '--message', 'm', '--receive', '--anonymous']);
    expect(dev.stdout()).toContain('any Client ID and topic');
    expect(dev.stdout()).not.toMatch(/^(Topics|Groups) /m);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'anything/at/all m\n' });
    await dev.stop();
  });
});

describe('mqttgw dev', () => {
  it('says within --timeout that the store of --store is away', async () => {
    const { code, stderr } = await mqttgw([
      'dev', '--synth', await synthesize('quickstart'), '--data', temporaryFolder(), '--store', 'redis://127.0.0.1:1', '--timeout', '3', ...portArguments(await freePorts()),
    ]);
    expect(code).toBe(3);
    expect(stderr.trim().split('\n').at(-1)).toBe('mqttgw: the store at 127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1; tried for 3 s: is it running, and may this machine reach it? to wait longer: --timeout');
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    ['of another kind', '7', /cdk.tf.json is not what `cdktf synth` writes; synthesize again/],
    ['with a record of another kind', '{"//":{"mqttGateway":{"instances":5}}}', /cdk.tf.json is not what `cdktf synth` writes/],
    ['with an empty instance', '{"//":{"mqttGateway":{"instances":[null]}}}', /stack record is not valid: .*instances\[0\] is null, allowed is an object/],
    ['cut off', '{"//"', /cdk.tf.json is not valid JSON/],
  ])('says what is wrong with a stack %s', async (_kind, content, message) => {
    const synth = temporaryFolder();
    mkdirSync(path.join(synth, 'stacks/one'), { recursive: true });
    writeFileSync(path.join(synth, 'stacks/one/cdk.tf.json'), content);
    const { code, stderr } = await mqttgw(['dev', '--synth', synth, '--data', temporaryFolder()]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) as string });
  });

  it('says that a data folder cannot be used, and does not blame the declaration', async () => {
    const synth = await synthesize('quickstart');
    const file = path.join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const run = async (data: string) => mqttgw(['dev', '--synth', synth, '--data', data, ...portArguments(await freePorts())]);
    expect(await run(file)).toMatchObject({ code: 1, stderr: `mqttgw: cannot make the data folder ${file}: a file is in the way; name another with --data\n` });
    const data = temporaryFolder();
    writeFileSync(path.join(data, 'store'), '');
    expect(await run(data)).toMatchObject({ code: 1, stderr: expect.stringMatching(/^mqttgw: the store cannot be used: .*name a directory that this user may write/) as string });
  });

  it('says that two of its own listeners would have one port', async () => {
    const ports = await freePorts();
    const { code, stderr } = await mqttgw(['dev', '--synth', await synthesize('quickstart'), '--data', temporaryFolder(), ...portArguments({ ...ports, tcp: ports.tls })]);
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining(`port ${ports.tls} on 127.0.0.1 is given to two listeners, tcp and tls`) });
    expect(stderr).not.toContain('another process');
  });

  it('generates secrets, and signs with them, without anybody reading one', async () => {
    const data = temporaryFolder();
    const dev = await startDev(['--synth', await synthesizeWithGeneratedKey(), '--data', data], await freePorts());
    expect(dev.stdout()).toContain(`generated, in ${data}/state.json`);
    const signed = await mqttgw(['sign', '--data', data, '--client-id', 'GID_demo@@@device-7', '--json']);
    expect(signed.stderr).toBe('');
    // C1 a group that is not declared would be refused
    const undeclared = await mqttgw(['sign', '--data', data, '--client-id', 'GID_nope@@@x', '--json']);
    expect(undeclared).toMatchObject({ code: 0, stdout: expect.stringContaining('GID_nope@@@x') as string, stderr: expect.stringContaining('warning: C1: --client-id: group "GID_nope" was not declared') as string });
    expect(undeclared.stderr).toContain('declared: GID_demo;');
    const { username, password } = JSON.parse(signed.stdout) as { username: string; password: string };
    const { code } = await mqttgw(['pub', '--url', urlOf('tls', dev.ports), '--ca', path.join(data, 'development-certificate.pem'), '--username', username, '--password', password,
      '--client-id', 'GID_demo@@@device-7', '--topic', 'demo/x', '--message', 'm']);
    expect(code).toBe(0);
    // the control API is asked with the same secret
    const asked = ['topics', '--url', `http://127.0.0.1:${dev.ports.http}`, '--data', data];
    expect(await mqttgw(asked)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^demo +normal/m) as string });
    expect(await mqttgw([...asked, '--key-id', 'nobody'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--key-id: got "nobody"; allowed: one of') as string });
    // a refusal is told at the default level
    await mqttgw(['pub', '--url', urlOf('tcp', dev.ports), '--username', username, '--password', 'wrong', '--client-id', 'GID_demo@@@device-7', '--topic', 'demo/x', '--message', 'm']);
    await expect.poll(() => dev.stderr()).toMatch(/signature-wrong.*connect-refused/);
    await dev.stop();
  });
});

/** The quickstart with a key whose secret a deploy would generate. */
async function synthesizeWithGeneratedKey(): Promise<string> {
  const folder = await synthesize('quickstart');
  const file = path.join(folder, 'stacks/quickstart/cdk.tf.json');
  const json = JSON.parse(readFileSync(file, 'utf8')) as { '//': { mqttGateway: { instances: { accessKeySecrets: { [keyId: string]: string | null } }[] } } };
  json['//'].mqttGateway.instances[0]!.accessKeySecrets = { 'quickstart-key': null };
  writeFileSync(file, JSON.stringify(json));
  return folder;
}

describe('what several stacks declare', () => {
  it('is listed, one is chosen, and Terraform variables come from the environment', async () => {
    const synth = await synthesize('two-regions');
    const ambiguous = await mqttgw(['dev', '--synth', synth, '--data', temporaryFolder()]);
    expect(ambiguous.code).toBe(2);
    const choices = [...ambiguous.stderr.matchAll(/--stack (\S+) --instance (\S+)/g)].map(([, stack, instance]) => ['--stack', stack ?? '', '--instance', instance ?? '']);
    expect(choices.length).toBeGreaterThanOrEqual(2);
    const [first = []] = choices;
    const unresolved = await mqttgw(['dev', '--synth', synth, '--data', temporaryFolder(), ...first]);
    expect(unresolved).toMatchObject({ code: 1, stderr: expect.stringMatching(/needs the variable "device_secret"; set TF_VAR_device_secret/) });
    for (const choice of choices) {
      const dev = await startDev(['--synth', synth, '--data', temporaryFolder(), ...choice], await freePorts(), { env: { TF_VAR_device_secret: 'not-in-any-dictionary' } });
      expect(dev.stdout()).toContain(`MQTT instance "${choice[3]}" is running`);
      await dev.stop();
    }
  });
});

describe.skipIf(!hasRedis)('with an outside Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => { redis = await startRedis(); });
  afterAll(() => redis.stop());

  function documents(url = redis.url): string {
    const dir = temporaryFolder();
    mkdirSync(dir, { recursive: true });
    const write = (name: string, value: unknown): void => writeFileSync(path.join(dir, `${name}.json`), JSON.stringify(value));
    write('storage', storageManifest());
    write('instance', instanceManifest());
    write('secrets', secrets());
    write('store', { version: 1, kind: 'store', url, username: null, password: null, sealingKey: SEALING_KEY, admin: null });
    return dir;
  }

  it('mqttgw dev --store runs on it', async () => {
    const dev = await startDev(['--synth', await synthesize('quickstart'), '--data', temporaryFolder(), '--store', redis.url], await freePorts());
    expect(dev.stdout()).toContain('(redis)');
    const command = dev.stdout().split('\n').find((line) => line.includes(' pub --url '))?.trim() ?? '';
    expect(await launch('/bin/sh', ['-c', command]).ended).toMatchObject({ code: 0, stdout: 'demo/hello hello\n' });
    expect(await dev.stop()).toMatchObject({ code: 0 });
  });

  it('mqttgw apply accepts, refuses (B2) and gives up (exit codes 0, 1, 3)', async () => {
    const dir = documents();
    expect(await mqttgw(['apply', '--dir', dir])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ACCEPTED [0-9a-f]{64}\n$/) });
    writeFileSync(path.join(dir, 'instance.json'), JSON.stringify(instanceManifest({ instanceId: 'other' })));
    expect(await mqttgw(['apply', '--dir', dir])).toMatchObject({ code: 1, stdout: expect.stringMatching(/^REFUSED [0-9a-f]{64}: B1, B2: binding of storage instance "orders": got MQTT instance "other"/) });
    expect(await mqttgw(['apply', '--dir', documents('redis://127.0.0.1:1'), '--timeout', '1'])).toMatchObject({ code: 3, stderr: expect.stringMatching(/cannot be reached: connect ECONNREFUSED 127.0.0.1:1; tried for 1 s/) });
  });

  it('B1 mqttgw serve does not start on a store that belongs to another instance', async () => {
    const dir = documents();
    await mqttgw(['apply', '--dir', dir]);
    const config = {
      version: 1, instanceId: 'other', storageId: 'store-1', replica: '1', revision: 'r', proxyProtocol: false, drainSeconds: 1, logLevel: 'info',
      listeners: { http: { bindAddress: '127.0.0.1', port: 0 } },
    };
    writeFileSync(path.join(dir, 'gateway.json'), JSON.stringify(config));
    const { code, stderr } = await mqttgw(['serve', '--config', path.join(dir, 'gateway.json'), '--store', path.join(dir, 'store.json')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/storage "store-1" is bound to MQTT instance "quickstart", so a gateway of "other" does not start here \(B1\)/);
  });

  it('mqttgw hand-over waits for the store, is ready once it has an answer, and its answer is its last word', async () => {
    const dir = documents();
    const ready = path.join(dir, 'ready');
    await redis.kill9();
    const run = launch(process.execPath, [path.join(ROOT, 'runtime/bin/mqttgw.mjs'), 'hand-over', '--dir', dir, '--ready-file', ready]);
    await expect.poll(() => run.stdout().split('\n').length).toBeGreaterThan(2);
    expect(existsSync(ready)).toBe(false);
    await redis.restart();
    await expect.poll(() => existsSync(ready)).toBe(true);
    await expect.poll(() => run.stdout()).toMatch(/\nACCEPTED [0-9a-f]{64}\n$/);
    run.child.kill('SIGTERM');
    const { code, stdout } = await run.ended;
    expect({ code, last: stdout.trim().split('\n').at(-1)?.slice(0, 8) }).toEqual({ code: 0, last: 'ACCEPTED' });
    expect(existsSync(ready)).toBe(false);
  });

  it('I4 a hand-over of an earlier deploy that is started again writes nothing over a newer one', async () => {
    const dirs = [documents(), documents()];
    const topicsOf = (topics: string[]) => JSON.stringify(storageManifest({ topics: topics.map((name) => topic(name)) }));
    writeFileSync(path.join(dirs[0]!, 'storage.json'), topicsOf(['demo']));
    writeFileSync(path.join(dirs[1]!, 'storage.json'), topicsOf(['demo', 'newer']));
    const handOver = async (dir: string) => {
      const run = launch(process.execPath, [path.join(ROOT, 'runtime/bin/mqttgw.mjs'), 'hand-over', '--dir', dir, '--generation-file', path.join(dir, 'generation')]);
      await expect.poll(() => run.stdout(), { timeout: 15_000 }).toMatch(/^(ACCEPTED|REFUSED) .*\n$/m);
      run.child.kill('SIGKILL');
      return (await run.ended).stdout;
    };
    const declared = async (): Promise<string> => {
      const { stdout } = await launch('redis-cli', ['-u', redis.url, 'HGET', '{store-1}:docs', 'storage']).ended;
      return stdout;
    };
    expect(await handOver(dirs[0]!)).toMatch(/^ACCEPTED/);
    expect(await handOver(dirs[1]!)).toMatch(/^ACCEPTED/);
    expect(await declared()).toContain('newer');
    expect(await handOver(dirs[0]!)).toMatch(/a newer hand-over took the place of this one, so nothing is written[^]*\nACCEPTED/);
    expect(await declared()).toContain('newer');
    // the same declaration in a new deploy is newer
    rmSync(path.join(dirs[0]!, 'generation'));
    expect(await handOver(dirs[0]!)).toMatch(/^ACCEPTED/);
    expect(await declared()).not.toContain('newer');
  });

  it('A6 hand-over, apply and serve refuse a URL with a password in it, and do not repeat it', async () => {
    const dir = documents(redis.url.replace('//', '//user:hunter2@'));
    writeFileSync(path.join(dir, 'gateway.json'), JSON.stringify({
      version: 1, instanceId: 'quickstart', storageId: 'store-1', replica: '1', revision: 'r', proxyProtocol: false, drainSeconds: 1, logLevel: 'info',
      listeners: { http: { bindAddress: '127.0.0.1', port: 0 } },
    }));
    const run = launch(process.execPath, [path.join(ROOT, 'runtime/bin/mqttgw.mjs'), 'hand-over', '--dir', dir]);
    await expect.poll(() => run.stdout()).toMatch(/^REFUSED [0-9a-f]{64}: .*I2: URL of the store/m);
    run.child.kill('SIGTERM');
    const ended = [await run.ended, await mqttgw(['apply', '--dir', dir]), await mqttgw(['serve', '--config', path.join(dir, 'gateway.json'), '--store', path.join(dir, 'store.json')])];
    expect(ended.map(({ code }) => code)).toEqual([0, 1, 1]);
    for (const { stdout, stderr } of ended) {
      expect(stdout + stderr).toContain('fix: give user and password apart');
      expect(stdout + stderr).not.toContain('hunter2');
    }
  });
});
