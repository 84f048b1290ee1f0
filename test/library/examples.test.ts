/** Golden synth of every example, and what the gateway says to the documents they make. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StackRecord } from '../../lib/manifest/manifest';
import { checkInstanceManifest, checkStorageManifest } from '../../lib/rules/manifest-rules';
import { checkDocument } from '../../runtime/src/manifest/check';
import { GOLDEN_VARIABLES } from './golden-variables';

const EXAMPLES = ['quickstart', 'two-regions', 'direct-push', 'backend-worker', 'sensors', 'chat', 'existing-store', 'platinum'] as const;

let outdir: string;
const synthesized = new Map<string, string>();

beforeAll(async () => {
  outdir = mkdtempSync(path.join(tmpdir(), 'mqttgw-examples-'));
  process.env.CDKTF_OUTDIR = outdir;
  Object.assign(process.env, GOLDEN_VARIABLES);
  for (const name of ['MQTTGW_KEY_ID', 'MQTTGW_KEY_SECRET', 'MQTTGW_BASE_IMAGE', 'MQTTGW_STORE_IMAGE', 'MQTTGW_FRONT_IMAGE']) delete process.env[name];
  for (const example of EXAMPLES) {
    await import(`../../examples/${example}/main.ts`);
    const text = readFileSync(path.join(outdir, 'stacks', example, 'cdk.tf.json'), 'utf8');
    synthesized.set(example, text.replaceAll(process.cwd(), '.'));
  }
}, 120_000);

afterAll(() => {
  delete process.env.CDKTF_OUTDIR;
  for (const name of Object.keys(GOLDEN_VARIABLES)) delete process.env[name];
  rmSync(outdir, { recursive: true, force: true });
});

const recordOf = (example: string) => (JSON.parse(synthesized.get(example)!) as { '//': { mqttGateway: StackRecord } })['//'].mqttGateway;

describe.each(EXAMPLES)('example %s', (example) => {
  it('synthesizes what it did before', async () => {
    await expect(synthesized.get(example)!).toMatchFileSnapshot(`golden/${example}.tf.json`);
  });

  it('makes documents that the gateway reads', () => {
    const record = recordOf(example);
    expect(checkDocument('stack', record)).toMatchObject({ ok: true });
    for (const { manifest, storage } of record.instances) {
      expect(checkDocument('instance', manifest)).toMatchObject({ ok: true });
      if (manifest.binding) expect(checkDocument('storage', storage)).toMatchObject({ ok: true });
    }
  });

  it('makes documents that keep every rule', () => {
    for (const { manifest, storage } of recordOf(example).instances) {
      expect([...checkInstanceManifest(manifest), ...(manifest.binding ? checkStorageManifest(storage!) : [])]).toEqual([]);
    }
  });
});

it('every example has a page and is synthesized here', () => {
  const folders = readdirSync('examples').filter((name) => existsSync(`examples/${name}/main.ts`));
  expect(folders.sort()).toEqual([...EXAMPLES].sort());
  for (const name of folders) expect(existsSync(`examples/${name}/README.md`), name).toBe(true);
});

describe('the quickstart', () => {
  it('has the values that documentation and checks rely on', () => {
    const { instances: [{ manifest, storage, listeners, accessKeySecrets, consoleUserPasswords }] } = recordOf('quickstart');
    expect(manifest).toMatchObject({ instanceId: 'quickstart', billing: 'postpaid', loopbackOnly: true });
    expect(manifest.groups).toMatchObject([{ name: 'GID_demo' }]);
    expect(storage!.topics).toMatchObject([{ name: 'demo' }]);
    expect(accessKeySecrets).toEqual({ 'quickstart-key': 'quickstart-secret' });
    expect(consoleUserPasswords).toEqual({ quickstart: 'quickstart-password' });
    const on = (port: number) => ({ bindAddress: '127.0.0.1', port });
    expect(listeners).toEqual({ tcp: on(1883), tls: on(8883), websocket: on(8080), websocketTls: on(8443), flash: on(8843), http: on(18_080) });
  });
});

describe('two regions', () => {
  it('has two bound pairs, ten topics, three groups, platinum with three replicas', () => {
    const { instances } = recordOf('two-regions');
    expect(instances.map(({ manifest }) => manifest.region.id)).toEqual(['plant', 'office']);
    expect(instances.flatMap(({ storage }) => storage!.topics)).toHaveLength(10);
    expect(instances.flatMap(({ manifest }) => manifest.groups)).toHaveLength(3);
    expect(instances[0]).toMatchObject({ manifest: { edition: 'platinum', replicas: 3 }, storage: { edition: 'platinum' } });
  });
  it('A6 holds no secret of a device', () => {
    expect(recordOf('two-regions').instances[0].accessKeySecrets).toEqual({
      'plant-devices': '${var.device_secret}', 'plant-machines': '${var.device_secret}', 'plant-operator': null,
    });
  });
});

describe('E1 the webhook of two regions', () => {
  it('stands in the manifest of its instance; its secret is generated', () => {
    const [plant, office] = recordOf('two-regions').instances;
    expect([plant.manifest.webhook, plant.webhookSecret]).toEqual([{ url: 'https://ops.example.com/mqtt' }, null]);
    expect([office.manifest.webhook, office.webhookSecret]).toEqual([undefined, undefined]);
  });
});

describe('direct push', () => {
  it('B6 has no storage, and topics of its own', () => {
    const { instances: [{ manifest, storage, storeUrl }], unboundStorage } = recordOf('direct-push');
    expect([storage, storeUrl, unboundStorage, manifest.binding, manifest.replicas]).toEqual([null, null, [], null, 1]);
    expect(manifest.directPushTopics).toMatchObject([{ name: 'prices' }]);
    expect(manifest.accessKeys).toMatchObject([{ id: 'everything', access: 'all' }, { id: 'display', grants: [{ topic: 'prices', publish: false, subscribe: true }] }]);
  });
});
