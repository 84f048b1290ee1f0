/** What a declaration becomes on one Docker host: the parts of the rendering that no deploy is needed to judge. */
import { App, TerraformStack, Testing, Token } from 'cdktf';
import { describe, expect, it } from 'vitest';
import { InstanceEdition, MqttInstance, Region, RemovalPolicy, StorageEdition, StorageInstance } from 'cdktf-mqtt-gateway';
import { duration, healthcheck } from '../../lib/deployment/docker-host/health';
import { hostLabel, namePart, prefixed } from '../../lib/deployment/docker-host/names';
import { START_SCRIPT, redisConfig, seedUsers } from '../../lib/deployment/docker-host/store-config';
import { frontConfig } from '../../lib/deployment/docker-host/front';

type Block = Record<string, any>;

const IMAGES = { gatewayImage: 'gateway:1', storeImage: 'redis:7.4', frontImage: 'haproxy:3.0' };

function synth(build: (stack: TerraformStack) => void): Block {
  const stack = new TerraformStack(Testing.stubVersion(new App({ stackTraces: false })), 'program');
  build(stack);
  return JSON.parse(Testing.synth(stack)) as Block;
}

function instance(stack: TerraformStack, region: Region, id: string, port: number, edition = InstanceEdition.BASIC): MqttInstance {
  const made = new MqttInstance(stack, id, { region, edition, bindAddress: '127.0.0.1', tcp: { port }, http: { port: port + 1 },
    tls: { port: port + 2 }, websocket: { port: port + 3 }, websocketTls: { port: port + 4 }, flashPolicy: { port: port + 5 } });
  made.addGroupId('GID_one');
  made.addAccessKey(`${id}-key`, { secret: 'a-secret-of-the-program' });
  return made;
}

const resources = (json: Block, type: string): Block[] => Object.entries<Block>(json['resource'][type] ?? {}).map(([id, value]) => ({ id, ...value }));
const roleOf = (container: Block): string => container['labels'].find(({ label }: Block) => label.endsWith('.role')).value as string;
const container = (json: Block, role: string): Block => resources(json, 'docker_container').find((each) => roleOf(each) === role)!;

describe('a basic instance', () => {
  const json = synth((stack) => {
    const region = new Region(stack, 'eu', IMAGES);
    const { storageInstance } = instance(stack, region, 'inst', 11883).bindToNewStandardStorage();
    storageInstance.addParentTopic('demo');
  });

  it('makes one gateway, one shared store and two hand-overs, named by stack and region (I1, E6)', () => {
    expect(resources(json, 'docker_container').map(roleOf).sort()).toEqual(['gateway', 'hand-over', 'hand-over', 'store']);
    for (const { name } of resources(json, 'docker_container')) expect(name).toMatch(/^program-eu-/);
  });

  it('publishes ports sorted, with an explicit address (P1)', () => {
    const ports = container(json, 'gateway')['ports'] as Block[];
    expect(ports.map(({ internal }) => internal)).toEqual([80, 443, 843, 1883, 8883, 18080]);
    expect(new Set(ports.map(({ ip }) => ip))).toEqual(new Set(['127.0.0.1']));
  });

  it('keeps data in a volume that is no Terraform resource, unless the policy says destroy (B5)', () => {
    expect(resources(json, 'docker_volume')).toEqual([]);
    expect(container(json, 'store')['volumes']).toEqual([{ container_path: '/data', volume_name: 'program-eu-shared-data' }]);
    const destroyed = synth((stack) => {
      const region = new Region(stack, 'eu', IMAGES);
      new StorageInstance(stack, 'own', { region, edition: StorageEdition.PLATINUM, removalPolicy: RemovalPolicy.DESTROY });
    });
    expect(resources(destroyed, 'docker_volume')).toHaveLength(1);
  });

  it('asks for a provider that does not delete stopped containers', () => {
    expect(json['terraform'].required_providers.docker).toEqual({ source: 'kreuzwerker/docker', version: '>= 4.5.0, < 5.0.0' });
    expect(json['provider'].docker).toHaveLength(1);
  });

  it('marks every document with a secret in it as sensitive, and keeps secrets out of environment and command (A6)', () => {
    for (const each of resources(json, 'docker_container')) {
      expect(each['env']).toBeUndefined();
      expect(JSON.stringify(each['command'])).not.toContain('secret');
      for (const { file, content } of each['upload'] as Block[]) {
        if (/store\.json|secrets\.json/.test(file as string)) expect(content).toMatch(/^\$\{sensitive\(/);
      }
    }
    for (const { input, id } of resources(json, 'terraform_data')) expect([id, JSON.stringify(input)]).not.toEqual([id, expect.stringContaining('a-secret')]);
  });

  it('shows topics, groups and keys in the plan (I5)', () => {
    const inputs = resources(json, 'terraform_data').map(({ id, input }) => [id, input?.name ?? input?.id]);
    expect(inputs).toContainEqual([expect.stringMatching(/demo_topic/), 'demo']);
    expect(inputs).toContainEqual([expect.stringMatching(/GID_one_group/), 'GID_one']);
    expect(inputs).toContainEqual([expect.stringMatching(/inst-key_access-key/), 'inst-key']);
  });

  it('guards binding and region by ids made from the instance id alone (B1, L3)', () => {
    const ids = resources(json, 'terraform_data').map(({ id }) => id as string).filter((id) => /_(kept|check)_/.test(id));
    const guards = ['mqtt_binding', 'mqtt_edition', 'mqtt_namespace', 'mqtt_region'].map((name) => [`${name}_kept_inst`, `${name}_check_inst`]);
    expect(ids.sort()).toEqual([...guards.flat(), 'region_host_check_eu', 'region_host_kept_eu'].sort());
    const condition = (id: string) => json['resource'].terraform_data[id].lifecycle.precondition[0].condition as string;
    expect(condition('mqtt_binding_check_inst')).toMatch(/^\$\{terraform_data\.mqtt_binding_kept_inst\.output == "program-eu-inst-/);
    expect(condition('mqtt_edition_check_inst')).toMatch(/^\$\{!\(terraform_data\.mqtt_binding_kept_inst\.output == ".*"\) \|\| terraform_data\.mqtt_edition_kept_inst\.output == "standard"\}$/);
    expect(condition('mqtt_region_check_inst')).toBe('${lower(terraform_data.mqtt_region_kept_inst.output) == lower("eu")}');
    expect(condition('region_host_check_eu')).toBe('${lower(terraform_data.region_host_kept_eu.output) == lower("unix:///var/run/docker.sock")}');
  });
});

describe('N5 numbers that only the deploy knows', () => {
  const json = (unused: number) => synth((stack) => {
    for (let n = 0; n < unused; n++) Token.asNumber(`\${var.unused${n}}`);
    const memory = Token.asNumber('${var.memory}');
    const region = new Region(stack, 'eu', { ...IMAGES, standardStoreMemoryMegabytes: memory });
    new MqttInstance(stack, 'inst', { region, drainSeconds: Token.asNumber('${var.drain}'), memoryMegabytes: memory }).bindToNewStandardStorage();
  });
  it('are calculated with by Terraform', () => {
    const [store, gateway] = [container(json(0), 'store'), container(json(0), 'gateway')];
    const valueOf = (text: string) => text.replace(/local\.([\w-]+)/, (_, id: string) => (json(0)['locals'] as Block)[id]);
    expect(valueOf(store['memory'])).toBe('${ceil(${var.memory} * 1.6) + 64}');
    expect(gateway['memory']).toBe('${var.memory}');
    expect(valueOf(gateway['stop_timeout'])).toBe('${${var.drain} + 20}');
    expect(gateway['destroy_grace_seconds']).toBe(gateway['stop_timeout']);
    for (const text of [store['memory'], gateway['stop_timeout']]) expect(text).toMatch(/^\$\{[^$]*\}$/); // what stands in it is Terraform's to read
  });
  it('change no container while they stay the same, whatever else the program declares (I5)', () => {
    expect(resources(json(7), 'docker_container')).toEqual(resources(json(0), 'docker_container'));
  });
});

describe('P2 two regions of one internal domain', () => {
  it('are refused together with everything else of the program', () => {
    const app = new App({ stackTraces: false });
    const stack = new TerraformStack(app, 'program');
    new Region(stack, 'a', { ...IMAGES, internalDomain: 'mqtt.internal' });
    const region = new Region(stack, 'b', { ...IMAGES, internalDomain: 'mqtt.internal' });
    new StorageInstance(stack, 'store', { region, description: 'x'.repeat(129) });
    expect(() => app.synth()).toThrow(/program\/b: P2: internal domain: got "mqtt\.internal", which program\/a .*\n.*program\/store: N4/);
  });
});

describe('P1 the internal endpoint', () => {
  const internal = (id: string) => {
    const json = synth((stack) => void instance(stack, new Region(stack, 'eu', IMAGES), id, 11883).bindToNewStandardStorage());
    const [alias] = container(json, 'gateway')['networks_advanced'][0].aliases as string[];
    const endpoint = json['output'][`mqtt_${id}_internal_endpoints`].value.tcp as string;
    return { alias: alias!, host: /"([^".]+)\.program-eu:1883"/.exec(endpoint)![1] };
  };

  it('is the id in lower case, which is an alias of the container', () => {
    expect(internal('Plant_1')).toEqual({ alias: 'plant_1', host: 'plant_1' });
    const longest = 'a'.repeat(63);
    expect(internal(longest)).toEqual({ alias: longest, host: longest });
  });

  it('I1 fits a label of a domain also for an id of 64 characters, and stays apart from its like', () => {
    const [one, two] = ['1', '2'].map((end) => internal('a'.repeat(63) + end));
    for (const { alias, host } of [one!, two!]) {
      expect(alias).toHaveLength(63);
      expect(host).toBe(alias);
    }
    expect(one!.alias).not.toBe(two!.alias);
  });
});

describe('a platinum instance', () => {
  const json = synth((stack) => {
    const region = new Region(stack, 'eu', IMAGES);
    instance(stack, region, 'inst', 11883, InstanceEdition.PLATINUM).bindToNewPlatinumStorage();
  });
  const replicas = resources(json, 'docker_container').filter((each) => roleOf(each) === 'gateway');

  it('creates replicas before it destroys them, one after the other (E1)', () => {
    expect(replicas).toHaveLength(3);
    for (const { lifecycle, name, ports } of replicas) {
      expect(lifecycle).toEqual({ create_before_destroy: true, ignore_changes: ['name'] });
      expect(name).toContain('uuid()');
      expect(ports).toBeUndefined();
    }
    expect(replicas[2]!['depends_on']).toContain(`docker_container.${replicas[1]!['id']}`);
  });

  it('never lets Terraform treat the store as it treats the replicas: nothing that they depend on depends on it', () => {
    const store = `docker_container.${container(json, 'store')['id']}`;
    const texts = new Map<string, string>();
    for (const [type, all] of Object.entries<Block>(json['resource'])) {
      for (const [id, value] of Object.entries<Block>(all)) texts.set(`${type}.${id}`, JSON.stringify(value));
    }
    for (const [id, value] of Object.entries<Block>(json['data'].docker_logs)) texts.set(`data.docker_logs.${id}`, JSON.stringify(value));
    for (const [id, value] of Object.entries<Block>(json['locals'])) texts.set(`local.${id}`, JSON.stringify(value));
    const reached = new Set<string>(replicas.map(({ id }) => `docker_container.${id}`));
    for (const from of reached) {
      for (const to of texts.keys()) if (texts.get(from)!.includes(to)) reached.add(to);
    }
    expect(reached.size).toBeGreaterThan(10);
    expect(reached).not.toContain(store);
  });

  it('gives the host ports to the front alone, which knows nothing of an image or a topic', () => {
    const front = container(json, 'front');
    expect(front['ports']).toHaveLength(6);
    expect(JSON.stringify(front)).not.toMatch(/revision|manifest|GatewayImage/i);
  });
});

describe('direct push (B6)', () => {
  const json = synth((stack) => {
    const region = new Region(stack, 'eu', IMAGES);
    const made = new MqttInstance(stack, 'inst', { region, directPush: true, bindAddress: '127.0.0.1' });
    made.addParentTopic('demo');
    made.addAccessKey('inst-key', { secret: 'a-secret-of-the-program' });
  });
  const [gateway, handOver] = [container(json, 'gateway'), container(json, 'hand-over')];

  it('is one gateway and its hand-over: no store', () => {
    expect(resources(json, 'docker_container').map(roleOf).sort()).toEqual(['gateway', 'hand-over']);
    expect(Object.keys(json['resource'].docker_image)).toHaveLength(1);
  });

  it('never has two gateways or two hand-overs at a time: they would share ports and a volume', () => {
    expect([gateway['lifecycle'], handOver['lifecycle']]).toEqual([undefined, { replace_triggered_by: [`docker_container.${gateway['id']}.id`] }]);
    expect(handOver['depends_on']).toEqual([`docker_container.${gateway['id']}`]);
    expect([gateway['name'], handOver['name']]).toEqual(['program-eu-inst-gateway', 'program-eu-inst-hand-over']);
  });

  it('lets a gateway without a declaration stand, and waits for the hand-over instead (P2)', () => {
    expect([gateway['wait'], handOver['wait']]).toEqual([false, true]);
    expect(JSON.stringify(json['output'].mqtt_inst_public_urls)).toContain('Ready');
  });

  it('gives the topic to the hand-over alone, so that adding one leaves the gateway as it is (I5)', () => {
    const uploads = (each: Block) => (each['upload'] as Block[]).map(({ content }) => content as string);
    const local = (content: string) => JSON.stringify(json['locals'][/local\.(\w+)/.exec(content)![1]!]);
    expect(uploads(handOver).map(local).some((text) => text.includes('"demo"'))).toBe(true);
    expect(uploads(gateway).map(local).some((text) => text.includes('"demo"'))).toBe(false);
  });

  it('keeps token, key and secrets out of command, labels and clear text (A6)', () => {
    for (const each of [gateway, handOver]) {
      expect(each['env']).toBeUndefined();
      for (const { file, content } of each['upload'] as Block[]) {
        if (/(control|secrets)\.json$/.test(file as string)) expect(content).toMatch(/^\$\{sensitive\(/);
      }
    }
  });

  it('L3 B1 guards the region, and that a bound instance does not become one', () => {
    const checks = resources(json, 'terraform_data').filter(({ id }) => /_check_/.test(id as string));
    expect(checks.map(({ id, input }) => [id, input]).sort()).toEqual([
      ['mqtt_binding_check_inst', 'none (direct push)'], ['mqtt_region_check_inst', 'eu'], ['region_host_check_eu', 'unix:///var/run/docker.sock'],
    ]);
  });
});

describe('deletion protection (B5)', () => {
  it('is one block of the stack, and lifting it moves the instance to another', () => {
    const json = synth((stack) => {
      const region = new Region(stack, 'eu', IMAGES);
      new StorageInstance(stack, 'kept', { region, storageId: 'kept', deletionProtection: true });
      new StorageInstance(stack, 'free', { region, storageId: 'free' });
    });
    const { storage_with_deletion_protection: on, storage_without_deletion_protection: off } = json['resource'].terraform_data;
    expect([on.for_each, on.lifecycle, off.for_each]).toEqual(
      ['${toset(["kept, standard, in region eu"])}', { prevent_destroy: true }, '${toset(["free, standard, in region eu"])}']);
    expect(json['moved']).toContainEqual({
      from: 'terraform_data.storage_with_deletion_protection["free, standard, in region eu"]',
      to: 'terraform_data.storage_without_deletion_protection["free, standard, in region eu"]',
    });
  });

  it('takes a storage of another edition for another one, because its data go', () => {
    const key = (edition: StorageEdition) => synth((stack) => void new StorageInstance(stack, 'kept', {
      region: new Region(stack, 'eu', IMAGES), storageId: 'kept', deletionProtection: true, edition,
    }))['resource'].terraform_data.storage_with_deletion_protection.for_each as string;
    expect(key(StorageEdition.PLATINUM)).not.toBe(key(StorageEdition.STANDARD));
  });

  it('stands while a region does, even with no storage', () => {
    const json = synth((stack) => void new Region(stack, 'eu', IMAGES));
    expect(json['resource'].terraform_data.storage_with_deletion_protection.for_each).toBe('${toset([])}');
  });
});

describe('renamed constructs (I1)', () => {
  /** Everything that Terraform would delete and make again if its address changed. */
  const state = (names: { region: string; mqtt: string; storage: string }, edition: StorageEdition) => {
    const json = synth((stack) => {
      const region = new Region(stack, names.region, { ...IMAGES, regionId: 'eu', standardStoreRemovalPolicy: RemovalPolicy.DESTROY });
      const storage = new StorageInstance(stack, names.storage, {
        region, storageId: 'same', edition, removalPolicy: edition === StorageEdition.PLATINUM ? RemovalPolicy.DESTROY : undefined,
      });
      new MqttInstance(stack, names.mqtt, { region, instanceId: 'same' }).bindTo(storage);
    });
    return Object.entries<Block>(json['resource']).flatMap(([type, all]) => Object.keys(all).map((id) => `${type}.${id}`)).sort();
  };

  it.each([StorageEdition.STANDARD, StorageEdition.PLATINUM])('leave containers, volumes and secrets of a %s storage where they are while the ids stay', (edition) => {
    const before = state({ region: 'eu', mqtt: 'mqtt', storage: 'storage' }, edition);
    expect(before.join()).toContain('docker_volume.');
    expect(state({ region: 'europe', mqtt: 'gateway', storage: 'store' }, edition)).toEqual(before);
  });
});

describe('small parts', () => {
  it('writes durations as Docker prints them', () => {
    expect([1, 60, 90, 300, 3600].map(duration)).toEqual(['1s', '1m0s', '1m30s', '5m0s', '1h0m0s']);
  });

  it('keeps apart names that Docker would make alike', () => {
    expect(namePart('Sensors_1')).toBe('sensors_1');
    expect(namePart('a b')).not.toBe(namePart('a.b'));
    expect([prefixed('stack-eu', 'orders'), prefixed('stack-eu', 'stack-eu-orders-1a2b')]).toEqual(['stack-eu-orders', 'stack-eu-orders-1a2b']);
    expect(hostLabel('x'.repeat(100))).toHaveLength(63);
  });

  it('gives Terraform nothing to interpolate in scripts and configurations', () => {
    const texts = [START_SCRIPT, redisConfig('always', 64), seedUsers('0'.repeat(64)), frontConfig(['tcp', 'http'], 'gateways'), ...healthcheck({ ask: 'true', startSeconds: 1 }).test];
    for (const text of texts) expect(text).not.toMatch(/[$%]\{/);
  });

  it('keeps a store durable and never evicting, as declared (T5)', () => {
    expect(redisConfig('always', 64)).toMatch(/appendonly yes\nappendfsync always\n/);
    expect(redisConfig('everysec', 64)).toMatch(/appendfsync everysec\n/);
    expect(redisConfig('always', 64)).toMatch(/maxmemory 64mb\nmaxmemory-policy noeviction\n/);
  });
});
