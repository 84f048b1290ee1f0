/** Several stacks with the real deployment: references travel through Terraform, nothing is depended on across them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { TerraformOutput, TerraformStack, TerraformVariable, Testing } from 'cdktf';
import { describe, expect, it } from 'vitest';
import { MqttInstance, Region, StorageEdition, StorageInstance, NamespaceType } from '../../lib';
import type { StackRecord } from '../../lib/manifest/manifest';

interface Synthesized {
  readonly '//': { readonly mqttGateway: StackRecord };
  readonly output?: { [name: string]: { value: unknown } };
  readonly resource: { readonly docker_container: { [id: string]: { networks_advanced: { name: string }[]; upload: { file: string; content: string }[]; depends_on?: string[] } } };
  readonly data: { readonly docker_network?: { [id: string]: { name: string } } };
  readonly locals: { [id: string]: { url?: string; password?: string; sealingKey?: string } };
  readonly terraform: { readonly required_providers: { docker: { version: string } } };
}

function synthesize(build: (stack: (id: string) => TerraformStack) => void): (id: string) => Synthesized {
  const app = Testing.app();
  build((id) => new TerraformStack(app, id));
  app.synth();
  return (id) => JSON.parse(readFileSync(path.join(app.outdir, 'stacks', id, 'cdk.tf.json'), 'utf8')) as Synthesized;
}

const gatewayImage = 'gw:1';

describe('I2 a storage of another stack', () => {
  const make = () => synthesize((stack) => {
    const [data, front, reader] = [stack('data'), stack('front'), stack('reader')];
    const storage = new StorageInstance(data, 'store', { region: new Region(data, 'r1', { gatewayImage }) });
    storage.addParentTopic('demo');
    const instance = new MqttInstance(front, 'gate', { region: new Region(front, 'r1', { gatewayImage }) });
    instance.bindTo(storage);
    instance.addAccessKey('key');
    new TerraformOutput(reader, 'url', { value: instance.publicUrl, staticId: true });
  });
  it('is joined through its network, its URL and user come from the other stack\'s state', () => {
    const front = make()('front');
    const containers = Object.values(front.resource.docker_container);
    for (const { networks_advanced: networks } of containers) {
      expect(networks.map(({ name }) => name)).toContainEqual(expect.stringContaining('terraform_remote_state'));
    }
    const access = Object.entries(front.locals).find(([id]) => id.includes('StoreAccess'))![1];
    expect(access.password).toContain('terraform_remote_state');
  });
  it('is declared, and shown, where it is', () => {
    const synthesized = make();
    expect(synthesized('data')['//'].mqttGateway.unboundStorage).toMatchObject([{ name: 'store', topics: [{ name: 'demo' }] }]);
    expect(synthesized('front')['//'].mqttGateway.instances).toMatchObject([{ storage: null, storeUrl: null, manifest: { binding: { storageName: 'store' } } }]);
  });
  it('P2 endpoints can be read by a third stack', () => {
    expect(JSON.stringify(make()('reader').output)).toContain('terraform_remote_state');
  });
});

describe('I2 a storage of another program', () => {
  const exporting = (outputs?: boolean) => synthesize((stack) => {
    const data = stack('data');
    new StorageInstance(data, 'store', { region: new Region(data, 'r1', { gatewayImage }), storageId: 'orders', outputs }).addParentTopic('demo');
  })('data');
  it('says on request what the other program needs, secrets apart and marked (A6)', () => {
    const { storage_orders_attributes: attributes, storage_orders_secrets: secrets } = exporting(true).output!;
    expect(attributes).toMatchObject({
      value: {
        storageId: 'orders', endpoint: expect.stringContaining('redis://data-r1-shared-store:6379'), regionId: 'r1', edition: 'standard',
        namespaceType: 'independent', networkName: 'data-r1', storageName: 'store', username: 'orders',
      },
    });
    expect(attributes).not.toHaveProperty('sensitive', true);
    expect(Object.keys(secrets!.value as object)).toEqual(['password', 'sealingKey']);
    expect(secrets).toHaveProperty('sensitive', true);
  });
  it('says nothing of its own accord', () => expect(exporting().output).toBeUndefined());

  const importing = (networkName?: string, own?: string) => synthesize((stack) => {
    const front = stack('front');
    const secret = new TerraformVariable(front, 'storage_secret', { type: 'string', sensitive: true });
    const storage = StorageInstance.fromStorageInstanceAttributes(front, 'store', {
      storageId: 'orders', endpoint: 'redis://data-r1-shared-store:6379', regionId: 'r1', edition: StorageEdition.STANDARD,
      namespaceType: NamespaceType.INDEPENDENT, networkName, username: 'orders', password: secret.stringValue, sealingKey: secret.stringValue,
    });
    const instance = new MqttInstance(front, 'gate', { region: new Region(front, 'r1', { gatewayImage, internalDomain: own }) });
    instance.bindTo(storage);
  })('front');
  const networksOf = (front: Synthesized) => Object.values(front.resource.docker_container).map(({ networks_advanced: networks }) => networks.map(({ name }) => name));
  it('is reached through its network, which its gateway and hand-over join', async () => {
    const front = importing('data-r1');
    expect(front.data.docker_network).toMatchObject({ instance_gate_StoreNetwork: { name: 'data-r1' } });
    const both = ['${docker_network.region_r1_Network.id}', '${data.docker_network.instance_gate_StoreNetwork.id}'];
    expect(networksOf(front)).toEqual([both, both]);
    const { '//': _, ...rendered } = front;
    await expect(`${JSON.stringify(rendered, null, 2).replaceAll(process.cwd(), '.')}\n`).toMatchFileSnapshot('golden/imported-storage.tf.json');
  });
  it.each([['without one', undefined, undefined], ['in the region\'s own', 'shared', 'shared']])('joins no other network %s', (_how, networkName, own) => {
    const front = importing(networkName, own);
    expect(front.data.docker_network).toBeUndefined();
    expect(networksOf(front)).toEqual([['${docker_network.region_r1_Network.id}'], ['${docker_network.region_r1_Network.id}']]);
  });
});

describe('I2 a storage by URL', () => {
  it('S2 is handed over before the instance that is bound to it, its password as a variable', () => {
    const main = synthesize((stack) => {
      const main = stack('main');
      const password = new TerraformVariable(main, 'store_password', { type: 'string', sensitive: true });
      const storage = StorageInstance.fromUrl(main, 'store', {
        storageId: 'outside', endpoint: 'rediss://store.example.com:6380', regionId: 'r1', edition: StorageEdition.PLATINUM,
        namespaceType: NamespaceType.INDEPENDENT, username: 'mqtt', password: password.stringValue,
      });
      storage.addParentTopic('demo');
      const instance = new MqttInstance(main, 'gate', { region: new Region(main, 'r1', { gatewayImage }) });
      instance.bindTo(storage);
      instance.addAccessKey('key');
    })('main');
    expect(main['//'].mqttGateway.instances).toMatchObject([
      { storeUrl: 'rediss://store.example.com:6380', storage: { storageId: 'outside', topics: [{ name: 'demo' }] }, accessKeySecrets: { key: null } },
    ]);
    expect(main.terraform.required_providers.docker.version).toBe('>= 4.5.0, < 5.0.0');
    expect(JSON.stringify(main.locals)).toContain('${var.store_password}');
    const { storage_outside_HandOver: topics, instance_gate_HandOver: instance } = main.resource.docker_container;
    expect(topics!.upload.map(({ file }) => file)).toEqual(['/etc/mqttgw/storage.json', '/etc/mqttgw/store.json']);
    expect(instance!.upload.map(({ file }) => file)).toEqual(['/etc/mqttgw/instance.json', '/etc/mqttgw/secrets.json', '/etc/mqttgw/store.json']);
    expect(instance!.depends_on).toEqual(['terraform_data.storage_outside_Accepted']);
    // both seal with one key
    const keys = Object.values(main.locals).flatMap(({ sealingKey }) => sealingKey ?? []);
    expect(keys).toEqual([keys[0], keys[0]]);
  });
  it('A6 has a sealing key that another stack can use, made unless it is given', () => {
    const given = 'k'.repeat(40);
    const keys = [undefined, given].map((sealingKey) => {
      const front = synthesize((stack) => {
        const [data, front] = [stack('data'), stack('front')];
        const storage = StorageInstance.fromUrl(data, 'store', {
          storageId: 'outside', endpoint: 'redis://store.example.com', regionId: 'r1', edition: StorageEdition.PLATINUM,
          namespaceType: NamespaceType.INDEPENDENT, sealingKey,
        });
        new Region(data, 'r1', { gatewayImage });
        new MqttInstance(front, 'gate', { region: new Region(front, 'r1', { gatewayImage, internalDomain: 'front' }) }).bindTo(storage);
      })('front');
      return Object.values(front.locals).flatMap((local) => local.sealingKey ?? []);
    });
    expect(keys).toEqual([[expect.stringContaining('terraform_remote_state')], [given]]);
  });
});

describe('B1 the guard of a store whose URL only the deploy knows', () => {
  const guarded = (url: (variable: TerraformVariable) => string) => {
    return synthesize((stack) => {
      const main = stack('main');
      const variable = new TerraformVariable(main, 'store_url', { type: 'string', sensitive: true });
      const storage = StorageInstance.fromUrl(main, 'store', {
        storageId: 'outside', endpoint: url(variable), regionId: 'r1', edition: StorageEdition.PLATINUM, namespaceType: NamespaceType.INDEPENDENT,
      });
      new MqttInstance(main, 'gate', { region: new Region(main, 'r1', { gatewayImage }), outputs: false }).bindTo(storage);
    })('main') as unknown as { resource: { terraform_data: Record<string, { input: string; lifecycle: { precondition: Record<string, string>[] } }> }; locals: Record<string, string> };
  };
  it.each([['a token', (variable: TerraformVariable) => variable.stringValue], ['an expression', () => '${var.store_url}']])('compares it without its password, written as %s', (_how, url) => {
    const { resource: { terraform_data: { mqtt_store_kept_gate: kept, mqtt_store_check_gate: check } }, locals } = guarded(url);
    expect(locals['mqtt_store_now_gate']).toBe('${var.store_url}');
    const plain = 'replace(replace(replace(replace(local.mqtt_store_now_gate, "/://.*@/", "://"), "/[?#].*$/", ""), "/^(rediss?://[^/]*)/0?$/", "$1"), "/^(rediss?://[^:/[]+)$/", "$1:6379")';
    expect(kept!.input).toBe(`\${${plain}}`);
    expect(check!.lifecycle.precondition[0]!['condition']).toContain(`lower(terraform_data.mqtt_store_kept_gate.output) == lower(${plain})`);
    expect(check!.lifecycle.precondition[0]!['error_message']).toContain(`got \${try(nonsensitive(${plain}), ${plain})}; allowed: \${terraform_data.mqtt_store_kept_gate.output}`);
  });
});

describe('escape hatches', () => {
  it('the default child of each construct is the resource that stands for it', () => {
    synthesize((stack) => {
      const main = stack('main');
      const region = new Region(main, 'r1', { gatewayImage });
      const instance = new MqttInstance(main, 'gate', { region });
      const binding = instance.bindToNewPlatinumStorage();
      const made = [region, binding, binding.storageInstance, binding.storageInstance.addParentTopic('demo'), instance.addGroupId('GID_demo'),
        instance.addAccount('sub'), instance.addAccessKey('key')];
      expect(made.map(({ node }) => node.defaultChild?.node.id)).toEqual(['Network', 'Entry', 'Store', 'topic', 'group', 'account', 'access-key']);
    });
  });
});

describe('a refused program of the real deployment', () => {
  it('reports its failures together instead of failing halfway', () => {
    const build = () => synthesize((stack) => {
      const main = stack('main');
      const region = new Region(main, 'r1', { gatewayImage });
      new Region(main, 'again', { regionId: 'r1', gatewayImage });
      const one = new MqttInstance(main, 'one', { region, instanceId: 'a b|c', tcp: { port: 99_999 }, replicas: 9 });
      const { storageInstance } = one.bindToNewStandardStorage({ storageId: 'same' });
      storageInstance.addParentTopic('x y');
      const two = new MqttInstance(main, 'two', { region, instanceId: 'a b|c' });
      two.bindToNewPlatinumStorage({ storageId: 'same' });
      two.bindTo(storageInstance);
      two.addGroupId('');
    });
    const message = (() => { try { build(); return ''; } catch (error) { return String(error); } })();
    const rules = [...message.matchAll(/: ([A-Z]\d): /g)].map(([, rule]) => rule);
    expect([...new Set(rules)].sort()).toEqual(['B1', 'B2', 'E1', 'E6', 'I1', 'N1', 'N2', 'N3', 'P1']);
  });
});
