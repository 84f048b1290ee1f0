/** The programs of examples/sensors and examples/chat, each as a process of its own, against the gateway that its folder declares. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Redis } from 'ioredis';
import mqtt from 'mqtt';
import { generate } from 'selfsigned';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePorts, launch, mqttgw, ROOT, startDev, synthesize, temporaryFolder, urlOf, type Dev, type Ports, type Running } from '../embedded/support';
import { backendUserRules } from '../../runtime/src/store/redis/acl';
import { freePort } from '../setup/ports';
import { startRedis, type TestRedis } from '../setup/redis';

/** What a user reads in state.json of `mqttgw dev`, as the READMEs say. */
function secretOf(data: string, instance: string, key: string): string {
  const { instances } = JSON.parse(readFileSync(path.join(data, 'state.json'), 'utf8')) as { instances: Record<string, { generatedSecrets: Record<string, string> }> };
  return instances[instance]!.generatedSecrets[key]!;
}

const processes: Running[] = [];
function start(program: string, env: NodeJS.ProcessEnv, input?: string, args: readonly string[] = []): Running {
  const running = launch(process.execPath, [path.join(ROOT, 'examples', program), ...args], { env, input });
  processes.push(running);
  return running;
}
afterEach(() => { processes.splice(0).forEach(({ child }) => child.kill('SIGKILL')); });

const says = (running: Running, text: string | RegExp) => expect.poll(() => running.stdout() + running.stderr()).toMatch(text);

describe('examples/sensors', () => {
  const DEVICES = 3;
  const COUNT = 40;
  let synth: string;
  let data: string;
  let ports: Ports;
  let dev: Dev;
  beforeAll(async () => { synth = await synthesize('sensors'); });
  afterEach(() => dev?.kill9());

  const startFleet = async () => {
    data = temporaryFolder();
    ports = await freePorts();
    dev = await startDev(['--synth', synth, '--data', data], ports);
  };
  const as = (key: string, more: NodeJS.ProcessEnv = {}) => ({ MQTTGW_URL: urlOf('tcp', ports), MQTTGW_KEY_SECRET: secretOf(data, 'fleet', key), ...more });

  it('A5 T5 averages hold every measurement, also those made while the gateway was away', async () => {
    await startFleet();
    const dashboard = start('sensors/dashboard.mjs', as('dashboards', { COUNT: String(DEVICES * COUNT) }));
    await says(dashboard, /^ready$/m);
    const devices = start('sensors/device.mjs', as('sensors', { DEVICES: String(DEVICES), COUNT: String(COUNT), INTERVAL: '100' }));
    await says(devices, /sensor-3 is ready/);
    await dev.kill9();
    for (const n of [1, 2, 3]) await says(devices, new RegExp(`@@@sensor-${n} is offline`));
    dev = await startDev(['--synth', synth, '--data', data], ports);

    expect(await devices.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/sensor-1 is offline\n[^]*sensor-1 is online\n[^]*done\n$/), stderr: '' });
    const { code, stdout, stderr } = await dashboard.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const mean = (hall: number) => (Array.from({ length: COUNT }, (_, n) => Number((20 + hall + Math.sin(n / 10)).toFixed(2))).reduce((sum, value) => sum + value, 0) / COUNT).toFixed(2);
    // two sensors in the first hall, one in the second
    expect(stdout.trimEnd().split('\n').slice(-5)).toEqual([
      `hall-1: ${mean(1)} °C (${2 * COUNT} measurements)`,
      `hall-1/sensor-1: ${mean(1)} °C (${COUNT} measurements)`,
      `hall-1/sensor-3: ${mean(1)} °C (${COUNT} measurements)`,
      `hall-2: ${mean(2)} °C (${COUNT} measurements)`,
      `hall-2/sensor-2: ${mean(2)} °C (${COUNT} measurements)`,
    ]);
  });

  it('A1 a wrong secret and a missing one end the programs', async () => {
    await startFleet();
    for (const program of ['sensors/device.mjs', 'sensors/dashboard.mjs']) {
      expect(await start(program, as('sensors', { MQTTGW_KEY_SECRET: 'another secret' })).ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/Bad username or password/) });
      expect(await start(program, { MQTTGW_KEY_SECRET: '' }).ended).toMatchObject({ code: 2, stderr: expect.stringMatching(/^MQTTGW_KEY_SECRET is missing/) });
    }
  });

  it('A5 devices hear commands of the collectors, who may not publish firmware', async () => {
    await startFleet();
    const device = start('sensors/device.mjs', as('sensors', { DEVICES: '1', INTERVAL: '60000' }));
    await says(device, /sensor-1 is ready/);

    const collector = as('collectors');
    const publish = (topic: string, message: string) => mqttgw([
      'pub', '--url', collector.MQTTGW_URL, '--instance', 'fleet', '--key-id', 'collectors', '--client-id', 'GID_collectors@@@one', '--topic', topic, '--message', message, '--qos', '1',
    ], { env: { MQTTGW_KEY_SECRET: collector.MQTTGW_KEY_SECRET } });
    expect(await publish('commands/hall-1/sensor-1', '500')).toMatchObject({ code: 0 });
    await says(device, /sensor-1 hears commands\/hall-1\/sensor-1: 500/);
    expect(await publish('firmware/stable', 'of nobody')).toMatchObject({ code: 1 });

    expect(device.stdout()).not.toContain('of nobody');
  });
});

describe('examples/sensors with a store that services reach', () => {
  let redis: TestRedis;
  let dev: Dev;
  beforeAll(async () => { redis = await startRedis(); });
  afterEach(() => dev?.kill9());
  afterAll(() => redis?.stop());

  it('S1 T5 firmware that is written at the storage, as the user that may, reaches every sensor, also one that was away', async () => {
    const data = temporaryFolder();
    const ports = await freePorts();
    dev = await startDev(['--synth', await synthesize('sensors'), '--data', data, '--store', redis.url], ports);
    const storageId = /^Storage id +(\S+)/m.exec(dev.stdout())![1]!;
    const env = { MQTTGW_URL: urlOf('tcp', ports), MQTTGW_KEY_SECRET: secretOf(data, 'fleet', 'sensors'), DEVICES: '2', INTERVAL: '60000' };
    const release = async (...args: string[]) => start('sensors/release.mjs', { REDIS_URL: redis.url.replace('//', '//releases:of%20the%20releases@'), STORAGE_ID: storageId }, undefined, args).ended;

    const devices = start('sensors/device.mjs', env);
    await says(devices, /sensor-1 is ready[^]*sensor-2 is ready|sensor-2 is ready[^]*sensor-1 is ready/);
    expect(await release('stable')).toMatchObject({ code: 2, stderr: expect.stringContaining('the version is missing') });
    const admin = new Redis(redis.url);
    await admin.call('ACL', ['SETUSER', 'releases', ...backendUserRules(storageId, 'of the releases')]);
    admin.disconnect();
    expect(await release('stable', '1.4.2')).toEqual({ code: 0, stdout: 'firmware/stable: 1.4.2\n', stderr: '' });
    for (const n of [1, 2]) await says(devices, new RegExp(`sensor-${n} hears firmware/stable: 1\\.4\\.2`));
    devices.child.kill('SIGKILL');
    await devices.ended;
    expect(await release('stable', '1.5.0')).toMatchObject({ code: 0 });
    const again = start('sensors/device.mjs', env);
    for (const n of [1, 2]) await says(again, new RegExp(`sensor-${n} hears firmware/stable: 1\\.5\\.0`));
  });
});

describe('examples/chat', () => {
  let dev: Dev;
  let env: NodeJS.ProcessEnv;
  let loginEnv: NodeJS.ProcessEnv;
  beforeAll(async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { algorithm: 'sha256', extensions: [{ name: 'basicConstraints', cA: true }, { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }] });
    const data = temporaryFolder();
    const trusted = path.join(data, 'fullchain.pem');
    const ports = await freePorts();
    dev = await startDev(['--synth', await synthesize('chat'), '--data', data], ports, { env: { TF_VAR_certificate: cert, TF_VAR_private_key: key } });
    writeFileSync(trusted, cert);
    const loginPort = await freePort();
    env = { NODE_EXTRA_CA_CERTS: trusted, LOGIN_URL: `http://127.0.0.1:${loginPort}/login` };
    loginEnv = {
      MQTTGW_KEY_SECRET: secretOf(data, 'chat', 'login-server'), API_URL: `http://127.0.0.1:${ports.http}`, MQTT_URL: `mqtts://localhost:${ports.tls}`,
      PORT: String(loginPort), CHAT_USERS: 'alice:in-wonderland,bob:the-builder,carol:of-the-bells',
    };
  });
  afterAll(() => dev?.kill9());

  const logInServer = async () => { await says(start('chat/login-server.mjs', loginEnv), /^log in at /m); };
  const person = (CHAT_USER: string, CHAT_PASSWORD: string, { COUNT = '0', input = '' } = {}) => start('chat/chat.mjs', { ...env, CHAT_USER, CHAT_PASSWORD, COUNT }, input);

  it('T4 A3 what is written to an absent person arrives when that person is back, and at nobody else', async () => {
    await logInServer();
    expect(await person('bob', 'the-builder').ended).toEqual({ code: 0, stdout: 'you are bob, in lobby\n', stderr: '' });
    const carol = person('carol', 'of-the-bells', { COUNT: '1' });
    await says(carol, /you are carol/);
    expect(await person('alice', 'in-wonderland', { input: '@bob see you at eight\nhello all\n' }).ended).toMatchObject({ code: 0, stderr: '' });
    expect(await carol.ended).toEqual({ code: 0, stdout: 'you are carol, in lobby\nalice in lobby: hello all\n', stderr: '' });
    const { code, stdout, stderr } = await person('bob', 'the-builder', { COUNT: '2' }).ended;
    expect({ code, stderr, lines: stdout.trimEnd().split('\n').sort() }).toEqual({ code: 0, stderr: '', lines: ['alice in lobby: hello all', 'alice: see you at eight', 'you are bob, in lobby'] });
  });

  it('a wrong password and an unknown person are refused', async () => {
    await logInServer();
    const refused = { code: 1, stdout: '', stderr: 'user or password is wrong\n' };
    expect(await person('bob', 'in-wonderland').ended).toEqual(refused);
    expect(await person('mallory', 'the-builder').ended).toEqual(refused);
  });

  it('A3 nobody is another person with what the log-in gives', async () => {
    await logInServer();
    const response = await fetch(env.LOGIN_URL!, { method: 'POST', body: JSON.stringify({ user: 'alice', password: 'in-wonderland' }) });
    const { url, ...credential } = await response.json() as { url: string; clientId: string; username: string; password: string };
    expect(credential.clientId).toBe('GID_people@@@alice');
    const connect = (clientId: string) => mqtt.connectAsync(url, { ...credential, clientId, ca: readFileSync(env.NODE_EXTRA_CA_CERTS!), reconnectPeriod: 0 }, false);
    await (await connect('GID_people@@@alice')).endAsync();
    await expect(connect('GID_people@@@bob')).rejects.toThrow(/Bad username or password|Not authorized/);
  });
});
