import { readFileSync, readdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, freePorts, launch, mqttgw, ROOT, startDev, synthesize, temporaryFolder, type Dev, type MqttListener } from './support';

const LISTENERS: readonly MqttListener[] = ['tcp', 'tls', 'websocket', 'websocketTls'];

let synth: string;
beforeAll(async () => { synth = await synthesize('quickstart'); });

describe('the quickstart, embedded', () => {
  let dev: Dev;
  const data = temporaryFolder();
  beforeAll(async () => { dev = await startDev(['--synth', synth, '--data', data], await freePorts()); });
  afterAll(() => dev.kill9());

  it.each(LISTENERS)('P1 A1 sends and receives over %s', async (listener) => {
    const clientId = `GID_demo@@@${listener}`;
    const { client, received } = await connect(listener, dev.ports, clientId);
    await client.subscribeAsync(`demo/${listener}`, { qos: 1 });
    await client.publishAsync(`demo/${listener}`, 'hello', { qos: 1 });
    await expect.poll(() => received).toEqual(['hello']);
    await client.endAsync();
  });

  it('P1 answers the Flash socket policy', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = net.connect(dev.ports.flash, '127.0.0.1', () => socket.write('<policy-file-request/>\0'));
      let text = '';
      socket.on('data', (chunk) => { text += chunk.toString(); });
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toContain(`to-ports="${dev.ports.tcp},${dev.ports.tls}"`);
  });

  it('says that it lives and is ready, and nothing secret', async () => {
    const live = await fetch(`http://127.0.0.1:${dev.ports.http}/livez`);
    const ready = await fetch(`http://127.0.0.1:${dev.ports.http}/readyz`);
    expect([live.status, await live.json()]).toEqual([200, { live: true }]);
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, reasons: [] }]);
  });

  it('prints endpoints, the fingerprint of its certificate and credentials', async () => {
    const text = dev.stdout();
    for (const port of Object.values(dev.ports)) expect(text).toContain(`127.0.0.1:${port}`);
    const socket = tls.connect({ port: dev.ports.tls, host: '127.0.0.1', rejectUnauthorized: false });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    expect(text).toContain(socket.getPeerCertificate().fingerprint256);
    socket.destroy();
    expect(text).toMatch(/Client ID {2}GID_demo@@@\S+\n {2}Username {3}Signature\|quickstart-key\|quickstart\n {2}Password {3}\S+=/);
  });

  it('prints where the console is and who may log in, which is true', async () => {
    const [, url, user, password] = /^Console +(http:\S+)\n +user (\S+), password (\S+)$/m.exec(dev.stdout())!;
    const page = await fetch(url!);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<script')]);
    const ask = (method: string, headers: { [name: string]: string }, body?: object) =>
      fetch(new URL('/api/v1/console/session', url), { method, headers: { 'x-mqttgw-console': '1', ...headers }, ...(body && { body: JSON.stringify(body) }) });
    const login = await ask('POST', {}, { user, password });
    expect([login.status, await login.json()]).toMatchObject([200, { user: 'quickstart', account: 'main', main: true }]);
    expect((await ask('GET', { cookie: login.headers.getSetCookie()[0]!.split(';')[0]! })).status).toBe(200);
    expect((await ask('POST', {}, { user, password: 'another' })).status).toBe(401);
  });

  it('A6 keeps secrets out of its output and its data folder, but for the sealed ones', () => {
    expect(dev.stdout() + dev.stderr()).not.toContain('quickstart-secret');
    for (const file of readdirSync(data, { recursive: true, withFileTypes: true })) {
      if (file.isFile()) expect(readFileSync(path.join(file.parentPath ?? file.path, file.name)).includes('quickstart-secret'), file.name).toBe(false);
    }
  });

  it('prints one command that sends and receives a message', async () => {
    const command = dev.stdout().split('\n').find((line) => line.includes(' pub --url '))?.trim() ?? '';
    expect(command).toMatch(/^npx mqttgw pub /);
    const { code, stdout, stderr } = await launch('/bin/sh', ['-c', command]).ended;
    expect({ code, stdout, stderr: stderr.replace(/^npm (warn|notice).*\n/gim, '') }).toEqual({ code: 0, stdout: 'demo/hello hello\n', stderr: '' });
  });

  it('names every port that is taken, and the fix', async () => {
    const { code, stderr } = await mqttgw(['dev', '--synth', synth, '--data', temporaryFolder(), ...Object.entries(dev.ports).flatMap(([name, port]) => ['--port', `${name}=${port}`])]);
    expect(code).toBe(5);
    expect(stderr).toContain(`port ${dev.ports.tcp} on 127.0.0.1 (listener tcp) is used by another process`);
    expect(stderr).toContain(`port ${dev.ports.http} on 127.0.0.1 (listener http) is used by another process`);
    expect(stderr).toMatch(/to move one: --port tcp=\d+\n$/);
  });

  it('names a data folder that is taken', async () => {
    const { code, stderr } = await mqttgw(['dev', '--synth', synth, '--data', data]);
    expect(code).toBe(5);
    expect(stderr).toBe(`mqttgw: the data folder ${data} is used by another mqttgw; stop that one, or name another folder with --data\n`);
  });
});

describe('T5 data survives', () => {
  it.each([['Ctrl-C', 'stop'], ['kill -9', 'kill9']] as const)('%s: what was acknowledged for an offline client is delivered after a restart', async (_what, end) => {
    const data = temporaryFolder();
    const ports = await freePorts();
    const first = await startDev(['--synth', synth, '--data', data], ports);
    const { client: offline } = await connect('tcp', ports, 'GID_demo@@@offline', { clean: false });
    await offline.subscribeAsync('demo/kept', { qos: 1 });
    await offline.endAsync();
    const { client: sender } = await connect('tcp', ports, 'GID_demo@@@sender');
    sender.on('error', () => undefined);
    const sent = Array.from({ length: 200 }, (_, index) => `message ${index}`);
    await Promise.all(sent.map((payload) => sender.publishAsync('demo/kept', payload, { qos: 1 })));
    const ended = await first[end]();
    if (end === 'stop') expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/stopped\n$/) });
    sender.end(true);

    const second = await startDev(['--synth', synth, '--data', data], ports);
    const { client: back, received } = await connect('tcp', ports, 'GID_demo@@@offline', { clean: false });
    await expect.poll(() => received.length).toBe(sent.length);
    expect(received).toEqual(sent);
    await back.endAsync();
    expect(await second.stop()).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('npm start', () => {
  it('runs the quickstart, and again without making anything anew', async () => {
    const data = temporaryFolder();
    const ports = await freePorts();
    const start = (): Promise<Dev> => startDev(['--data', data], ports, { command: ['npm', 'start', '--'] });
    const first = await start();
    expect(first.stdout()).toContain('MQTT instance "quickstart" is running');
    expect((await first.stop()).stdout).toMatch(/stopped\n$/);
    const second = await start();
    expect(second.stdout()).not.toMatch(/^· /m);
    // a SIGTERM for npm alone, as a supervisor sends it: the ports are free again soon after
    second.child.kill('SIGTERM');
    await second.ended;
    expect(second.stdout()).toMatch(/stopped\n$/);
  });

  it('lets the environment override the key', async () => {
    const other = temporaryFolder();
    const { code } = await launch(process.execPath, ['--import', 'tsx', 'main.ts'], {
      cwd: path.join(ROOT, 'examples/quickstart'), env: { CDKTF_OUTDIR: other, MQTTGW_GATEWAY_IMAGE: 'x', MQTTGW_KEY_ID: 'my-key', MQTTGW_KEY_SECRET: 'a-secret-of-my-own' },
    }).ended;
    expect(code).toBe(0);
    const dev = await startDev(['--synth', other, '--data', temporaryFolder()], await freePorts());
    expect(dev.stdout()).toContain('Signature|my-key|quickstart');
    await dev.stop();
  });
});
