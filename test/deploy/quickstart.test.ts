/** The quickstart example, deployed as the README says, with the image built from the bundled runtime. */
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Load, TestClient, connectCode, missing, mosquittoPub, mosquittoSub } from './clients';
import { DeployedStack, eventually, pause, type InstanceOutputs } from './harness';
import { attempt, docker } from './run';

const key = { instanceId: 'quickstart', keyId: 'quickstart-key', secret: 'quickstart-secret' };
let count = 0;
const device = (): string => `GID_demo@@@device-${++count}`;

describe('quickstart', () => {
  const stack = new DeployedStack('quickstart', 'examples/quickstart/main.ts');
  let outputs: InstanceOutputs;
  beforeAll(async () => {
    await stack.deploy();
    outputs = stack.instance('quickstart');
  });
  afterAll(() => stack.cleanUp());

  it('P1 P2 gives both endpoints of every listener as domain and port', () => {
    expect(outputs.publicEndpoints).toEqual({
      tcp: 'localhost:1883', tls: 'localhost:8883', websocket: 'localhost:8080', websocketTls: 'localhost:8443', flash: 'localhost:8843',
    });
    expect(outputs.publicUrls['websocketTls']).toBe('wss://localhost:8443/mqtt');
    expect(outputs.internalEndpoints['tls']).toBe('quickstart.quickstart-local:8883');
  });

  it('P1 the internal endpoint resolves in the region\'s network', async () => {
    const [host] = outputs.internalEndpoints['tcp']!.split(':');
    const { id } = await stack.container('store');
    expect(await docker('exec', id, 'getent', 'hosts', host!)).toContain(host);
  });

  it.each(['tcp', 'tls', 'websocket', 'websocketTls'])('P1 T5 sends and receives at QoS 0, 1 and 2 over %s', async (listener) => {
    const client = await TestClient.connect(outputs.publicUrls[listener]!, key, device());
    await client.subscribe(`demo/${listener}/#`, 2);
    for (const qos of [0, 1, 2] as const) await client.publish(`demo/${listener}/q`, `at ${qos}`, qos);
    expect((await client.until(3)).map(({ payload, qos }) => [payload, qos])).toEqual([['at 0', 0], ['at 1', 1], ['at 2', 2]]);
    await client.end();
  });

  it('P1 answers a Flash policy request', async () => {
    const [host, port] = outputs.publicEndpoints['flash']!.split(':');
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = net.connect(Number(port), host!, () => socket.write('<policy-file-request/>\0'));
      socket.on('data', (data) => (text += data)).on('close', () => resolve(text)).on('error', reject);
    });
    expect(answer).toContain('<cross-domain-policy>');
  });

  it.each([0, 1, 2])('T5 mosquitto\'s clients send and receive at QoS %i', async (qos) => {
    const subscriber = mosquittoSub(outputs.publicEndpoints['tcp']!, key, device(), `demo/mosquitto/${qos}`, 1);
    await subscriber.subscribed;
    await mosquittoPub(outputs.publicEndpoints['tcp']!, key, device(), `demo/mosquitto/${qos}`, 'hello', qos);
    expect(await subscriber.lines).toEqual([`demo/mosquitto/${qos} ${qos} hello`]);
  });

  it('P2 its console loads at the address of the outputs, and takes a log-in of the declared user', async () => {
    expect(outputs.consoleUrl).toBe('http://localhost:18080/console/');
    const page = await fetch(outputs.consoleUrl);
    const [, script] = /src="(assets\/[^"]+\.js)"/.exec(await page.text())!;
    expect((await fetch(new URL(script!, outputs.consoleUrl))).status).toBe(200);
    const ask = (method: string, headers: { [name: string]: string }, body?: object) =>
      fetch(new URL('/api/v1/console/session', outputs.consoleUrl), { method, headers: { 'x-mqttgw-console': '1', ...headers }, ...(body && { body: JSON.stringify(body) }) });
    const login = await ask('POST', {}, { user: 'quickstart', password: 'quickstart-password' });
    expect([login.status, await login.json()]).toMatchObject([200, { user: 'quickstart', main: true }]);
    expect((await ask('GET', { cookie: login.headers.getSetCookie()[0]!.split(';')[0]! })).status).toBe(200);
    expect((await ask('POST', {}, { user: 'quickstart', password: 'another' })).status).toBe(401);
  });

  it('T4 a P2P message reaches its client without a subscription, and nobody else', async () => {
    const target = device();
    const [sender, receiver, other] = await Promise.all([
      TestClient.connect(outputs.publicUrls['tcp']!, key, device()),
      TestClient.connect(outputs.publicUrls['tcp']!, key, target),
      TestClient.connect(outputs.publicUrls['tcp']!, key, device()),
    ]);
    await other.subscribe('demo/#', 1);
    await sender.publish(`demo/p2p/${target}`, 'for you alone', 1);
    expect(await receiver.until(1)).toMatchObject([{ topic: `demo/p2p/${target}`, payload: 'for you alone' }]);
    expect(other.received).toEqual([]);
    await Promise.all([sender.end(), receiver.end(), other.end()]);
  });

  it('T5 a client that was away gets what it missed, in order', async () => {
    const id = device();
    const first = await TestClient.connect(outputs.publicUrls['tcp']!, key, id, { clean: false });
    await first.subscribe('demo/offline', 1);
    await first.end();
    const sender = await TestClient.connect(outputs.publicUrls['tcp']!, key, device());
    for (let i = 1; i <= 20; i++) await sender.publish('demo/offline', String(i), 1);
    await sender.end();
    const back = await TestClient.connect(outputs.publicUrls['tcp']!, key, id, { clean: false });
    expect((await back.until(20)).map(({ payload }) => Number(payload))).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    await back.end();
  });

  it('A1 A6 C1 refuses what the rules refuse, through the published port', async () => {
    const url = outputs.publicUrls['tcp']!;
    expect(await connectCode(url, { ...key, secret: 'wrong' }, device())).toBe(4);
    expect(await connectCode(url, { ...key, instanceId: 'another' }, device())).toBe(5);
    expect(await connectCode(url, key, 'GID_unknown@@@device')).toBe(2);
  });

  it('a second plan is empty', async () => {
    const { code, text } = await stack.plan();
    expect(text).toContain('No changes');
    expect(code).toBe(0);
  });

  it('A6 nothing secret stands in a plan, an output, or a container\'s environment, command or log', async () => {
    const state = (await attempt('terraform', ['state', 'pull'], { cwd: stack.terraformFolder })).text;
    const generated = [...state.matchAll(/"triggers_replace": \{\s*"value": "([0-9a-f]{64})"/g)].map(([, value]) => value!);
    expect(generated.length).toBeGreaterThanOrEqual(3); // administrator, storage user, sealing key
    const secrets = [...generated, key.secret, 'quickstart-password'];
    const plans = await Promise.all([stack.plan('-destroy'), attempt('terraform', ['show', '-no-color'], { cwd: stack.terraformFolder })]);
    const seen = [...plans.map(({ text }) => text), JSON.stringify(stack.outputs), await stack.logs()];
    for (const { id } of await stack.containers()) {
      const [info] = JSON.parse(await docker('inspect', id)) as { Config: { Env: string[]; Cmd: string[]; Labels: object }; Args: string[]; Path: string }[];
      seen.push(JSON.stringify([info!.Config.Env, info!.Config.Cmd, info!.Config.Labels, info!.Args, info!.Path]));
    }
    for (const secret of secrets) expect(seen.filter((text) => text.includes(secret))).toEqual([]);
  });

  it('I1 everything carries our labels, limits, log rotation and a restart policy, and runs without more rights than it needs', async () => {
    const containers = await stack.containers();
    expect(containers.map(({ role }) => role).sort()).toEqual(['gateway', 'hand-over', 'hand-over', 'store']);
    for (const { id, name, role } of containers) {
      expect(name).toMatch(/^quickstart-local-/);
      const [info] = JSON.parse(await docker('inspect', id)) as { Config: { User: string }; HostConfig: Record<string, unknown> }[];
      expect(info!.HostConfig).toMatchObject({
        RestartPolicy: { Name: 'unless-stopped' }, LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
        SecurityOpt: ['no-new-privileges:true'], Privileged: false,
      });
      expect(info!.HostConfig['Memory']).toBeGreaterThan(0);
      expect(info!.HostConfig['MemorySwap']).toBe(info!.HostConfig['Memory']);
      if (role !== 'store') expect([info!.Config.User, info!.HostConfig['CapDrop']]).toEqual(['10001:10001', ['ALL']]);
    }
    const { id } = await stack.container('store');
    expect(await docker('exec', id, 'sh', '-c', 'stat -c %U /proc/1')).toBe('redis');
  });

  it('T5 a gateway process that is killed comes back, and nothing acknowledged is missing', async () => {
    const url = outputs.publicUrls['tcp']!;
    const options = { clean: false, reconnectPeriod: 200 };
    const subscriber = await TestClient.connect(url, key, device(), options);
    await subscriber.subscribe('demo/kill', 1);
    const publisher = await TestClient.connect(url, key, device(), options);
    const load = new Load(publisher, 'demo/kill');
    await pause(1500);
    const before = await stack.container('gateway');
    process.kill(before.pid, 'SIGKILL');
    await eventually('the gateway was started again', async () => (await stack.container('gateway')).pid !== before.pid);
    const atKill = load.acknowledged.length;
    await eventually('the publisher goes on', () => load.acknowledged.length > atKill + 200);
    await load.stop();
    await eventually('everything acknowledged arrived', () => missing(load.acknowledged, subscriber.received).length === 0, 30_000)
      .catch(() => undefined);
    expect(missing(load.acknowledged, subscriber.received)).toEqual([]);
    expect((await stack.container('gateway')).id).toBe(before.id);
    await Promise.all([publisher.end(), subscriber.end()]);
  });

  it('B5 with the store away nothing is acknowledged and CONNECT is refused with 3; all goes on when it is back', async () => {
    const url = outputs.publicUrls['tcp']!;
    const subscriber = await TestClient.connect(url, key, device(), { clean: false, reconnectPeriod: 200 });
    await subscriber.subscribe('demo/away', 1);
    const publisher = await TestClient.connect(url, key, device(), { clean: false, reconnectPeriod: 200 });
    const store = await stack.container('store');
    await docker('stop', store.id);
    await eventually('the gateway says that it is not ready', async () => (await fetch('http://localhost:18080/readyz')).status === 503);
    let acknowledged = 0;
    const publishes = Array.from({ length: 10 }, (_, i) => publisher.publish('demo/away', String(i), 1).then(() => acknowledged++));
    expect(await connectCode(url, key, device())).toBe(3);
    await pause(2000);
    expect(acknowledged).toBe(0);
    await docker('start', store.id);
    await Promise.all(publishes);
    await eventually('what was in flight arrived', () => new Set(subscriber.received.map(({ payload }) => payload)).size === 10);
    expect(await connectCode(url, key, device())).toBe(0);
    await Promise.all([publisher.end(), subscriber.end()]);
  });

  it('B5 destroy leaves the volume alone, and a new deploy finds the messages in it', async () => {
    const id = device();
    const first = await TestClient.connect(outputs.publicUrls['tcp']!, key, id, { clean: false });
    await first.subscribe('demo/kept', 1);
    await first.end();
    const sender = await TestClient.connect(outputs.publicUrls['tcp']!, key, device());
    await sender.publish('demo/kept', 'still here', 1);
    await sender.end();
    await stack.destroy();
    expect([await stack.containers(), await stack.networks()]).toEqual([[], []]);
    expect(await stack.volumes()).toEqual(['quickstart-local-shared-data']);
    await stack.deploy();
    const back = await TestClient.connect(stack.instance('quickstart').publicUrls['tcp']!, key, id, { clean: false });
    expect(await back.until(1)).toMatchObject([{ payload: 'still here' }]);
    await back.end();
  });
});
