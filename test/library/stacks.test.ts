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
  readonly resource: { readonly docker_container: { [id: string]: { networks_advanced: { name: string }[]; upload: { content: string }[] } } };
  readonly locals: { [id: string]: { url?: string; password?: string } };
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

describe('I2 a storage by URL', () => {
  it('is handed over with the instance, its password as a variable', () => {
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
