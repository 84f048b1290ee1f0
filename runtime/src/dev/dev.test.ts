import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fork } from 'node:child_process';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { InstanceRecord } from '../../../lib/manifest/manifest';
import { signPassword } from '../auth/signature';
import { freePort } from '../../../test/setup/ports';
import { instanceManifest, storageManifest, topic } from '../testing/documents';
import { sampleCommand, sampleOf } from './banner';
import { consoleLines } from './console-lines';
import { DataFolder, readKnownInstances } from './data-folder';
import { lockFolder } from './folder-lock';
import { checkPorts } from './ports';
import { prepare } from './prepare';
import { findInstance } from './stacks';
import { resolveVariables } from './variables';

const root = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-dev-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const fresh = () => path.join(root, String(count++));

const NOTHING_KEPT = { accessKeySecrets: {}, consoleUserPasswords: {} };

function record(more: Partial<InstanceRecord> = {}): InstanceRecord {
  return {
    manifest: instanceManifest(), storage: storageManifest(), storeUrl: null,
    listeners: { tcp: { bindAddress: '0.0.0.0', port: 1883 }, http: { bindAddress: '127.0.0.1', port: 18080 } },
    accessKeySecrets: { 'quickstart-key': 'quickstart-secret' }, tls: null, ...more,
  };
}

function synthesized(stacks: { [name: string]: { instances?: unknown[]; unboundStorage?: unknown[]; variable?: unknown } }): string {
  const dir = fresh();
  for (const [name, { instances = [], unboundStorage = [], variable }] of Object.entries(stacks)) {
    mkdirSync(path.join(dir, 'stacks', name), { recursive: true });
    writeFileSync(path.join(dir, 'stacks', name, 'cdk.tf.json'), JSON.stringify({ '//': { mqttGateway: { version: 1, instances, unboundStorage } }, variable }));
  }
  return dir;
}

describe('Terraform variables', () => {
  const variables = { a: { default: 'one' }, n: { type: 'number', default: 5 }, secret: {}, list: { type: 'list(string)' } };

  it('come from TF_VAR_, else from the default', () => {
    const document = { x: '${var.a}', y: ['mqtt://${var.a}:${var.n}'], z: '${var.n}', s: '${var.secret}', l: '${var.list}', plain: '$${kept}', n: 1 };
    expect(resolveVariables(document, variables, { TF_VAR_secret: 's', TF_VAR_list: '["p"]', TF_VAR_a: 'two' })).toEqual({
      value: { x: 'two', y: ['mqtt://two:5'], z: 5, s: 's', l: ['p'], plain: '${kept}', n: 1 }, unresolved: [],
    });
  });

  it('are named when they have no value, and so is what only Terraform knows', () => {
    expect(resolveVariables({ a: { b: ['${var.secret}'] }, c: '${docker_image.x.id}' }, variables, {}).unresolved).toEqual([
      'a.b[0] needs the variable "secret"; set TF_VAR_secret',
      'c is ${docker_image.x.id}, which only Terraform can evaluate; give it a plain value or an input variable',
    ]);
  });
});

describe('B6 an instance with direct push', () => {
  const pushing = record({ manifest: instanceManifest({ binding: null, directPushTopics: [topic('prices')] }), storage: null });

  it('is found without a storage, and prepared under its own id', () => {
    const found = findInstance({ synthDir: synthesized({ one: { instances: [pushing] } }) }, {});
    expect(found.storage).toBeNull();
    const { config, incoming } = prepare(found.record, null, NOTHING_KEPT, { open: false, portOffset: 0, ports: {}, logLevel: 'warn' });
    expect([config.storageId, incoming.storage, incoming.instance.directPushTopics]).toMatchObject(['quickstart', null, [{ name: 'prices' }]]);
    expect(sampleOf({ instance: incoming.instance, storage: null, accessKeySecrets: { 'quickstart-key': 's' } })?.topic).toBe('prices/hello');
  });

  it('B1 is not bound later, nor the other way round, in one data folder', () => {
    const [bound, direct] = [new DataFolder(fresh()), new DataFolder(fresh())];
    bound.keep(record());
    expect(() => bound.keep(pushing)).toThrow(/bound to storage "store-1".*got no storage \(direct push\) \(B1\)/);
    direct.keep(pushing);
    expect(() => direct.keep(record())).toThrow(/bound to no storage \(direct push\).*got storage "store-1" \(B1\)/);
  });
});

describe('finding the instance', () => {
  const other = record({ manifest: instanceManifest({ instanceId: 'other' }) });

  it('takes the only one', () => {
    expect(findInstance({ synthDir: synthesized({ one: { instances: [record()] } }) }, {})).toMatchObject({ stack: 'one', storage: { name: 'orders' } });
  });

  it('lists them where there are several, and takes the named one', () => {
    const synthDir = synthesized({ one: { instances: [record(), other] }, two: { instances: [record()] } });
    expect(() => findInstance({ synthDir }, {})).toThrow('3 instances match; choose one:\n  --stack one --instance quickstart\n  --stack one --instance other\n  --stack two --instance quickstart');
    expect(findInstance({ synthDir, instance: 'other' }, {}).record.manifest.instanceId).toBe('other');
    expect(findInstance({ synthDir, stack: 'two' }, {}).stack).toBe('two');
    expect(() => findInstance({ synthDir, instance: 'none' }, {})).toThrow(/no instance matches --instance none; there are:/);
  });

  it('S2 finds a storage that another stack declares', () => {
    const synthDir = synthesized({ gateway: { instances: [record({ storage: null })] }, storage: { unboundStorage: [storageManifest({ description: 'there' })] } });
    expect(findInstance({ synthDir }, {}).storage!.description).toBe('there');
    expect(() => findInstance({ synthDir: synthesized({ gateway: { instances: [record({ storage: null })] } }) }, {})).toThrow(/declared by no synthesized stack here/);
  });

  it('says what to do when nothing is there', () => {
    expect(() => findInstance({ synthDir: fresh() }, {})).toThrow(/run `npx cdktf synth` first/);
    expect(() => findInstance({ synthDir: synthesized({ empty: {} }) }, {})).toThrow(/declares an MQTT instance; declare one/);
  });

  it('names variables without a value', () => {
    const synthDir = synthesized({ one: { instances: [record({ accessKeySecrets: { k: '${var.key_secret}' } })], variable: { key_secret: { type: 'string' } } } });
    expect(() => findInstance({ synthDir }, {})).toThrow('accessKeySecrets.k needs the variable "key_secret"; set TF_VAR_key_secret');
    expect(findInstance({ synthDir }, { TF_VAR_key_secret: 's' }).record.accessKeySecrets).toEqual({ k: 's' });
  });
});

describe('the data folder', () => {
  it('keeps generated secrets and the sealing key, for its owner alone', () => {
    const folder = fresh();
    const generated = record({ accessKeySecrets: { generated: null, given: 'g' } });
    const first = new DataFolder(folder).keep(generated);
    expect(first.accessKeySecrets.given).toBe('g');
    expect(first.accessKeySecrets.generated).toHaveLength(43);
    expect(new DataFolder(folder).keep(generated)).toEqual(first);
    const later = new DataFolder(folder).keep({ ...generated, consoleUserPasswords: { admin: null, given: 'p' } });
    expect(later).toEqual({ ...first, consoleUserPasswords: { admin: expect.stringMatching(/^.{43}$/) as string, given: 'p' } });
    expect(statSync(path.join(folder, 'state.json')).mode & 0o777).toBe(0o600);
  });

  it('E1 makes the secret of a webhook once, and takes a given one', () => {
    const folder = fresh();
    const manifest = instanceManifest({ webhook: { url: 'http://localhost:9000/' } });
    const kept = new DataFolder(folder).keep(record({ manifest, webhookSecret: null }));
    expect(kept.webhookSecret).toHaveLength(43);
    expect(new DataFolder(folder).keep(record())).not.toHaveProperty('webhookSecret');
    expect(new DataFolder(folder).keep(record({ manifest, webhookSecret: null }))).toEqual(kept);
    expect(new DataFolder(folder).keep(record({ manifest, webhookSecret: 'given-secret' })).webhookSecret).toBe('given-secret');
    const { incoming } = prepare(record({ manifest, webhookSecret: null }), storageManifest(), kept, { open: false, portOffset: 0, ports: {}, logLevel: 'warn' });
    expect([incoming.instance.webhook, incoming.secrets.webhookSecret]).toEqual([{ url: 'http://localhost:9000/' }, kept.webhookSecret]);
  });

  it('B1 refuses a changed binding, L3 a changed region', () => {
    const folder = fresh();
    new DataFolder(folder).keep(record());
    const binding = { storageId: 'store-2', storageName: 'b', storageEdition: 'standard', storageNamespace: 'independent', storageRegion: 'local' } as const;
    expect(() => new DataFolder(folder).keep(record({ manifest: instanceManifest({ binding }) }))).toThrow(/is bound to storage "store-1".*never changes.*\(B1\)/);
    const region = { ...instanceManifest().region, id: 'elsewhere' };
    expect(() => new DataFolder(folder).keep(record({ manifest: instanceManifest({ region: { ...region, id: 'LOCAL' } }) }))).not.toThrow();
    expect(() => new DataFolder(folder).keep(record({ manifest: instanceManifest({ region }) }))).toThrow(/cannot move to "elsewhere" \(L3\)/);
  });

  it('belongs to one process', async () => {
    const folder = fresh();
    mkdirSync(folder);
    const lock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toThrow(/is used by another mqttgw; stop that one, or name another folder with --data/);
    await lock.release();
    await (await lockFolder(folder)).release();
  });

  it.skipIf(process.platform === 'win32')('is free again after its process was killed', async () => {
    const folder = fresh();
    mkdirSync(folder);
    const script = path.join(folder, 'hold.mjs');
    const lock = await lockFolder(folder);
    await lock.release();
    // leaves a socket file behind, as a killed process does
    writeFileSync(script, 'import net from "node:net"; net.createServer().listen(process.argv[2], () => process.send("listening"));');
    const { createHash } = await import('node:crypto');
    const name = createHash('sha256').update(folder).digest('hex').slice(0, 24);
    const child = fork(script, [path.join(os.tmpdir(), `mqttgw-${process.getuid?.() ?? 0}-${name}.lock`)]);
    await new Promise((resolve) => child.once('message', resolve));
    await expect(lockFolder(folder)).rejects.toThrow(/is used by another/);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    await (await lockFolder(folder)).release();
  });

  it('C1 knows the declared groups; a folder of an older version does not', () => {
    const folder = fresh();
    new DataFolder(folder).keep(record());
    expect(readKnownInstances(folder).get('quickstart')?.groups).toEqual(['GID_demo']);
    const file = path.join(folder, 'state.json');
    const state = JSON.parse(readFileSync(file, 'utf8')) as { instances: { [id: string]: { groups?: string[] } } };
    delete state.instances.quickstart!.groups;
    writeFileSync(file, JSON.stringify(state));
    expect(readKnownInstances(folder).get('quickstart')).toEqual({ storageId: 'store-1', region: expect.any(String) as string, generatedSecrets: {}, generatedPasswords: {} });
    new DataFolder(folder).keep(record());
    expect(readKnownInstances(folder).get('quickstart')?.groups).toEqual(['GID_demo']);
  });
});

describe('what runs locally', () => {
  const choices = { open: false, portOffset: 0, ports: {}, logLevel: 'info' } as const;

  it('listens on loopback whatever the stack declares', () => {
    const { config, incoming } = prepare(record(), storageManifest(), NOTHING_KEPT, choices);
    expect(config.listeners).toEqual({ tcp: { bindAddress: '127.0.0.1', port: 1883 }, http: { bindAddress: '127.0.0.1', port: 18080 } });
    expect(incoming.instance).toMatchObject({ loopbackOnly: true, publicEndpoints: { tcp: { url: 'mqtt://localhost:1883' } }, admission: { mode: 'strict' } });
    const published = { ...instanceManifest(), metrics: { enabled: true, beyondLoopback: true } };
    expect(prepare(record({ manifest: published }), storageManifest(), NOTHING_KEPT, choices).incoming.instance.metrics).toEqual({ enabled: true, beyondLoopback: false });
    expect(Object.values(config.listeners).every(({ bindAddress }) => net.isIPv4(bindAddress) && bindAddress.startsWith('127.'))).toBe(true);
  });

  it('moves ports', () => {
    const { config } = prepare(record(), storageManifest(), NOTHING_KEPT, { ...choices, portOffset: 100, ports: { http: 9 } });
    expect(config.listeners).toMatchObject({ tcp: { port: 1983 }, http: { port: 9 } });
    expect(() => prepare(record(), storageManifest(), NOTHING_KEPT, { ...choices, portOffset: 60_000 })).toThrow(/too high/);
  });

  it('opens admission on demand', () => {
    expect(prepare(record(), storageManifest(), NOTHING_KEPT, { ...choices, open: true }).incoming.instance.admission).toEqual({ mode: 'open', anonymous: true });
  });
});

describe('ports that are taken', () => {
  const listen = (port: number): Promise<net.Server> => new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject).listen(port, '127.0.0.1', () => resolve(server));
  });
  const on = (port: number) => ({ bindAddress: '127.0.0.1', port });
  const refused = async (...asked: Parameters<typeof checkPorts>): Promise<string> => checkPorts(...asked).then(() => '', ({ message }: Error) => message);
  const proposed = (message: string): number => Number(/--port-offset (\d+)/.exec(message)?.[1]);
  const opened: net.Server[] = [];
  const taken = async (port: number): Promise<number> => {
    const server = await listen(port);
    opened.push(server);
    return (server.address() as net.AddressInfo).port;
  };
  afterEach(() => opened.splice(0).forEach((server) => server.close()));

  it('P1 proposes an offset and a port that are free', async () => {
    const port = await taken(await freePort());
    const listeners = { tcp: on(port), http: on(await freePort()) };
    const message = await refused(listeners, { portOffset: 0, ports: {} });
    expect(message).toContain(`port ${port} on 127.0.0.1 (listener tcp) is used by another process`);
    const offset = proposed(message);
    for (const { port: declared } of Object.values(listeners)) await taken(declared + offset);
    // what was proposed is taken now, so the next proposal is another
    const next = await refused(listeners, { portOffset: 0, ports: {} });
    expect(proposed(next)).toBeGreaterThan(0);
    expect(proposed(next)).not.toBe(offset);
    await taken(Number(/--port tcp=(\d+)/.exec(next)?.[1]));
  });

  it('does not propose the offset that was given, nor one that meets a port of its own', async () => {
    const [declared, http] = [await freePort(), await freePort()];
    const first = proposed(await refused({ tcp: on(await taken(declared)), http: on(http) }, { portOffset: 0, ports: {} }));
    const port = await taken(declared + first);
    const moved = await refused({ tcp: on(port), http: on(http + first) }, { portOffset: first, ports: {} });
    expect(proposed(moved)).not.toBe(first);
    const fixed = declared + proposed(moved);
    expect(proposed(await refused({ tcp: on(port), http: on(fixed) }, { portOffset: first, ports: { http: fixed } }))).not.toBe(proposed(moved));
  });

  it('proposes no offset for a port that was given by itself, which an offset does not move', async () => {
    const port = await taken(await freePort());
    const message = await refused({ tcp: on(await freePort()), http: on(port) }, { portOffset: 0, ports: { http: port } });
    expect(message).toMatch(/to move one: --port http=\d+$/);
    expect(message).not.toContain('--port-offset');
  });
});

describe('what is said of the console', () => {
  const passwords = { example: 'quickstart-password', given: 'one-of-their-own', made: 'made-here-and-kept' };
  const say = (console: { enabled: boolean; users: { name: string; account: string }[] } | undefined) =>
    consoleLines({ instance: console ? { console } : {}, url: 'http://127.0.0.1:18080', passwords, generated: ['made'], dataFolder: '.mqttgw' }).join('\n');

  it('A6 where it is and who may log in; the password of an example alone is shown', () => {
    const text = say({ enabled: true, users: Object.keys(passwords).map((name) => ({ name, account: 'main' })) });
    expect(text).toContain('http://127.0.0.1:18080/console/');
    expect(text).toMatch(/user example, password quickstart-password\n +user given, with the password that it was given\n +user made, password generated, in \.mqttgw\/state\.json/);
    expect(text).not.toMatch(/one-of-their-own|made-here-and-kept/);
  });

  it('that nobody may log in, and that it is off', () => {
    for (const nobody of [undefined, { enabled: true, users: [] }]) expect(say(nobody)).toMatch(/\/console\/\n +nobody may log in yet: declare a user with addConsoleUser/);
    expect(say({ enabled: false, users: [{ name: 'example', account: 'main' }] })).toBe('Console    switched off in the program');
  });
});

describe('the sample client', () => {
  const input = { instance: instanceManifest(), storage: storageManifest(), accessKeySecrets: { 'quickstart-key': 'quickstart-secret' } };

  it('A1 has credentials that are ready to paste', () => {
    const sample = sampleOf(input);
    expect(sample).toEqual({
      clientId: 'GID_demo@@@device-1', topic: 'demo/hello',
      credentials: { username: 'Signature|quickstart-key|quickstart', password: signPassword('quickstart-secret', 'GID_demo@@@device-1') },
    });
    expect(sampleCommand(sample!, record().listeners, 'npx mqttgw')).toMatch(/^npx mqttgw pub --url mqtt:\/\/0\.0\.0\.0:1883 --client-id GID_demo@@@device-1 --username 'Signature\|quickstart-key\|quickstart' --password \S+ --topic demo\/hello --message hello --receive$/);
  });

  it('A4 A5 uses a key of the group\'s account and a topic that it may use', () => {
    const instance = instanceManifest({
      accounts: [{ name: 'main', main: true }, { name: 'sub', main: false }],
      groups: [{ name: 'GID_sub', account: 'sub', remark: '' }],
      accessKeys: [
        { id: 'quickstart-key', account: 'main', access: 'all', grants: [] },
        { id: 'sub-key', account: 'sub', access: 'granted', grants: [{ topic: 'b', publish: true, subscribe: true }] },
      ],
    });
    const storage = storageManifest({ topics: [topic('a'), topic('b')] });
    expect(sampleOf({ instance, storage, accessKeySecrets: { 'quickstart-key': 'x', 'sub-key': 'y' } })).toMatchObject({ clientId: 'GID_sub@@@device-1', topic: 'b/hello', credentials: { username: 'Signature|sub-key|quickstart' } });
    expect(sampleOf({ ...input, storage: storageManifest({ topics: [topic('a', { permission: 'publish' })] }) })).toBeUndefined();
  });

  it('needs no credentials under open admission', () => {
    expect(sampleOf({ ...input, instance: instanceManifest({ admission: { mode: 'open', anonymous: true } }) })).toMatchObject({ credentials: undefined });
  });
});
