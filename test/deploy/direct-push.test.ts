/** B6 on a real engine: one gateway without a store, handed over to through its control port. */
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient, connectCode, mosquittoPub, mosquittoSub } from './clients';
import { DeployedStack, eventually, type InstanceOutputs } from './harness';
import type { DirectPushProgram } from './programs/direct-push';
import { attempt, docker } from './run';

const key = { instanceId: 'push', keyId: 'key', secret: 'playground-secret-71c2' };
const reader = { instanceId: 'push', keyId: 'reader', secret: 'playground-secret-93fb' };
const READY = 'http://localhost:26885/readyz';
const first: DirectPushProgram = { topics: ['demo'], groups: ['GID_test'] };
let count = 0;
const device = (group = 'GID_test'): string => `${group}@@@device-${++count}`;

/** Terraform breaks lines and draws a bar beside them; what stands before its reasons would fill pages. */
const errors = (text: string): string => text.slice(Math.max(0, text.search(/Error: /))).replace(/[│╷╵]/g, ' ').replace(/\s+/g, ' ');

describe('B6 direct push', () => {
  const stack = new DeployedStack('pushing', 'test/deploy/programs/direct-push.ts');
  let outputs: InstanceOutputs;
  let url: string;

  const declare = (program: DirectPushProgram): void => stack.set({ DIRECT_PUSH: JSON.stringify(program) });
  const gateway = async () => {
    const { id, pid } = await stack.container('gateway');
    return { id, pid };
  };
  const fingerprint = (): Promise<string> => new Promise((resolve, reject) => {
    const socket = tls.connect({ host: 'localhost', port: 26884, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });
  const ready = () => eventually('the gateway is ready', async () => (await fetch(READY)).status === 200);

  /** The rules that were handed over hold. */
  async function expectRules(): Promise<void> {
    const client = await TestClient.connect(url, key, device());
    await client.subscribe('demo/#', 1);
    await client.publish('demo/rules', 'hold', 1);
    await client.until(1);
    await expect(client.subscribe('undeclared/#', 1)).rejects.toThrow();
    await client.end();
    expect(await connectCode(url, key, 'GID_unknown@@@device')).toBe(2);
    expect(await connectCode(url, { ...key, secret: 'a-wrong-secret' }, device())).toBe(4);
  }

  beforeAll(async () => {
    declare(first);
    await stack.deploy();
    outputs = stack.instance('push');
    url = outputs.publicUrls['tcp']!;
  });
  afterAll(() => stack.cleanUp());

  it('is one gateway and a hand-over, without a store, and is ready when the deploy ends', async () => {
    expect((await stack.containers()).map(({ role }) => role)).toEqual(['gateway', 'hand-over']);
    expect((await fetch(READY)).status).toBe(200);
    expect(outputs.publicEndpoints).toEqual({ tcp: 'localhost:26883', tls: 'localhost:26884' });
    expect(outputs.storageEndpoint).toBeUndefined();
    expect(await stack.volumes()).toEqual(['pushing-here-push-gateway-data']);
  });

  it.each([0, 1, 2] as const)('T5 pushes at QoS %i to whoever is connected, by mqtt.js and by mosquitto\'s clients', async (qos) => {
    const client = await TestClient.connect(outputs.publicUrls['tls']!, key, device());
    await client.subscribe('demo/#', qos);
    const mosquitto = mosquittoSub(outputs.publicEndpoints['tcp']!, key, device(), `demo/${qos}`, 1);
    await mosquitto.subscribed;
    await mosquittoPub(outputs.publicEndpoints['tcp']!, key, device(), `demo/${qos}`, 'hello', qos);
    expect(await client.until(1)).toMatchObject([{ topic: `demo/${qos}`, payload: 'hello', qos }]);
    expect(await mosquitto.lines).toEqual([`demo/${qos} ${qos} hello`]);
    await client.end();
  });

  it('T5 keeps nothing for a client that is away', async () => {
    const id = device();
    const before = await TestClient.connect(url, key, id, { clean: false });
    await before.subscribe('demo/#', 1);
    await before.end();
    const sender = await TestClient.connect(url, key, device());
    await sender.publish('demo/away', 'to nobody', 1);
    const back = await TestClient.connect(url, key, id, { clean: false });
    await back.subscribe('demo/#', 1);
    await sender.publish('demo/away', 'to all', 1);
    expect((await back.until(1)).map(({ payload }) => payload)).toEqual(['to all']);
    await Promise.all([sender.end(), back.end()]);
  });

  it('a second plan is empty', async () => {
    const { code, text } = await stack.plan();
    expect(text).toContain('No changes');
    expect(code).toBe(0);
  });

  it('I5 a new topic and a new group are in the plan by name, and reach the gateway while clients stay connected', async () => {
    const client = await TestClient.connect(url, key, device(), { reconnectPeriod: 200 });
    await client.subscribe('demo/#', 1);
    const before = await gateway();
    declare({ topics: ['demo', 'added'], groups: ['GID_test', 'GID_added'] });
    const { code, text } = await stack.plan();
    expect(code).toBe(2);
    expect(text).toMatch(/terraform_data\.\S*added_topic\S* will be created/);
    expect(text).toMatch(/terraform_data\.\S*GID_added_group\S* will be created/);
    expect(text).not.toMatch(/_Entry\S* .*(will|must) be/);
    await stack.deploy();
    expect(await gateway()).toEqual(before);
    await client.subscribe('added/#', 1);
    const other = await TestClient.connect(url, key, device('GID_added'));
    await other.publish('added/x', 'over the new topic', 1);
    await other.publish('demo/x', 'over the old one', 1);
    expect((await client.until(2)).map(({ payload }) => payload)).toEqual(['over the new topic', 'over the old one']);
    expect(client.closes).toBe(0);
    expect((await stack.plan()).code).toBe(0);
    await Promise.all([client.end(), other.end()]);
  });

  it('I5 a removed topic and a removed group close at once', async () => {
    const [stays, goes] = [await TestClient.connect(url, key, device()), await TestClient.connect(url, key, device('GID_added'))];
    declare(first);
    await stack.deploy();
    await eventually('the client of the removed group is closed', () => goes.closes === 1);
    await expect(stays.subscribe('added/#', 1)).rejects.toThrow();
    expect(stays.closes).toBe(0);
    await stays.end();
  });

  it('A5 a key may do what it is granted', async () => {
    const [reads, sends] = [await TestClient.connect(url, reader, device()), await TestClient.connect(url, key, device())];
    await reads.subscribe('demo/#', 1);
    await sends.publish('demo/granted', 'readable', 1);
    await reads.until(1);
    void reads.publish('demo/granted', 'not writable', 1).catch(() => undefined);
    await eventually('the connection of a PUBLISH without right is closed', () => reads.closes === 1);
    await sends.end();
  });

  it('A6 the control port answers nobody without its token', async () => {
    for (const authorization of [undefined, 'Bearer ', `Bearer ${'0'.repeat(64)}`]) {
      const answer = await fetch('http://localhost:26885/control/documents', { headers: authorization === undefined ? {} : { authorization } });
      expect([answer.status, await answer.text()]).toEqual([401, expect.not.stringContaining('demo')]);
    }
  });

  it('A6 nothing secret stands in a plan, an output, or a container\'s environment, command or log', async () => {
    const state = (await attempt('terraform', ['state', 'pull'], { cwd: stack.terraformFolder })).text;
    const generated = [...state.matchAll(/"triggers_replace": \{\s*"value": "([0-9a-f]{64})"/g)].map(([, value]) => value!);
    expect(generated).toHaveLength(3); // control token, sealing key, one AccessKey
    const plans = await Promise.all([stack.plan('-destroy'), attempt('terraform', ['show', '-no-color'], { cwd: stack.terraformFolder })]);
    const seen = [...plans.map(({ text }) => text), JSON.stringify(stack.outputs)];
    for (const { id } of await stack.containers()) {
      const [info] = JSON.parse(await docker('inspect', id)) as { Config: { Env: string[]; Cmd: string[]; Labels: object }; Args: string[] }[];
      seen.push(JSON.stringify([info!.Config.Env, info!.Config.Cmd, info!.Config.Labels, info!.Args]), (await attempt('docker', ['logs', id])).text);
    }
    const { id } = await gateway();
    seen.push(await docker('exec', id, 'cat', '/var/lib/mqttgw/push.json'));
    for (const secret of [...generated, key.secret, reader.secret]) expect(seen.filter((text) => text.includes(secret))).toEqual([]);
  });

  it.each(['restart', 'kill'])('comes back by itself after a %s, with its rules and its certificate, though nobody hands over', async (how) => {
    const before = { certificate: await fingerprint(), ...await gateway() };
    const handOver = await stack.container('hand-over');
    await docker('stop', handOver.id);
    if (how === 'restart') await docker('restart', before.id);
    else process.kill(before.pid, 'SIGKILL');
    await eventually('it was started again', async () => { const { id, pid } = await gateway(); return id === before.id && pid !== 0 && pid !== before.pid; });
    await ready();
    await expectRules();
    expect(await fingerprint()).toBe(before.certificate);
    await docker('start', handOver.id);
    await eventually('the hand-over has an answer again', async () => (await attempt('docker', ['logs', '--tail', '1', handOver.id])).text.startsWith('ACCEPTED '));
    expect((await stack.plan()).code).toBe(0);
  });

  it('a gateway that is replaced gets its documents anew, and keeps its certificate', async () => {
    const before = { certificate: await fingerprint(), ...await gateway(), handOver: (await stack.container('hand-over')).id };
    declare({ ...first, logLevel: 'debug' });
    await stack.deploy();
    expect((await fetch(READY)).status).toBe(200);
    expect((await gateway()).id).not.toBe(before.id);
    expect((await stack.container('hand-over')).id).not.toBe(before.handOver);
    await expectRules();
    expect(await fingerprint()).toBe(before.certificate);
    declare(first);
    await stack.deploy();
    expect((await stack.plan()).code).toBe(0);
  });

  it('L3 B1 another region, and a binding, stop the plan with a sentence', async () => {
    declare({ ...first, regionId: 'elsewhere' });
    const moved = await stack.plan();
    expect([moved.code, errors(moved.text)]).toEqual([1, expect.stringMatching(/region of MQTT instance push.*a region never changes/i)]);
    declare({ ...first, bound: true });
    const bound = await stack.plan();
    expect([bound.code, errors(bound.text)]).toEqual([1, expect.stringMatching(/binding of MQTT instance push.*none \(direct push\).*a binding never changes/i)]);
    declare(first);
  });

  it('N5 a name that only the deploy knows is judged by the hand-over; the earlier rules stay, and deploying again mends it', async () => {
    declare({ ...first, lateTopic: true });
    stack.set({ TF_VAR_late_topic: 'GID_is_not_for_topics' });
    const { code, text } = await stack.tryDeploy();
    expect(code).not.toBe(0);
    expect(errors(text)).toMatch(/N2.*GID_is_not_for_topics/);
    await expectRules();
    stack.set({ TF_VAR_late_topic: 'late' });
    await stack.deploy();
    const client = await TestClient.connect(url, key, device());
    await client.subscribe('late/#', 1);
    await client.end();
    expect((await stack.plan()).code).toBe(0);
  });

  it('destroy leaves nothing', async () => {
    await stack.destroy();
    expect([await stack.containers(), await stack.networks(), await stack.volumes()]).toEqual([[], [], []]);
  });
});
