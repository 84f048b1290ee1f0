import { TerraformOutput, TerraformStack, TerraformVariable, Testing } from 'cdktf';
import { describe, expect, it } from 'vitest';
import {
  AccessKeyAccess, Binding, InstanceEdition, MqttInstance, NamespaceType, ParentTopic, RemovalPolicy, StorageEdition, StorageInstance,
} from '../../lib';
import { plainAddress } from '../../lib/rules/addresses';
import { Bench, accepts, recordingOf, refusals, refuses, useRecordingDeployment } from './support';

useRecordingDeployment();

/** Of a storage that another program declares. */
const ATTRIBUTES = {
  storageId: 'shared-id', endpoint: 'redis://a:6379', regionId: 'r1', edition: StorageEdition.STANDARD, namespaceType: NamespaceType.INDEPENDENT,
};

const byUrl = (b: Bench, id: string, regionId = 'r1', storageId = 'outside') => StorageInstance.fromUrl(b.stack, id, {
  storageId, endpoint: 'redis://store.example.com:6379', regionId, edition: StorageEdition.STANDARD, namespaceType: NamespaceType.INDEPENDENT,
});

describe('B1 an MQTT instance binds exactly once', () => {
  it('accepts one binding', () => accepts((b) => { b.pair(); }));
  it('refuses a second one', () => refuses((b) => {
    const { region, instance } = b.pair();
    instance.bindTo(b.storage('second', { region }));
  }, 'main/gateway/Binding2: B1: bindings of MQTT instance gateway', 'main/gateway/Binding'));
  it('refuses a second one under another construct id', () => refuses((b) => {
    const { region, instance } = b.pair();
    new Binding(b.stack, 'elsewhere', { mqttInstance: instance, storageInstance: b.storage('second', { region }) });
  }, 'main/elsewhere: B1'));
  it('hands a plan guard over that names what was and what is', () => {
    const bench = new Bench();
    const { region, storage } = bench.pair();
    const [{ guards }] = recordingOf(region).instances;
    const says = (rule: string) => expect.stringMatching(new RegExp(`^${rule}: .*got .*\\$\\{now\\}.*allowed: .*\\$\\{was\\}.*fix: `)) as string;
    expect(guards).toEqual([
      { name: 'binding', value: storage.storageId, sentence: says('B1') },
      { name: 'edition', value: 'standard', sentence: says('B1'), within: 'binding' },
      { name: 'namespace', value: 'independent', sentence: says('B1'), within: 'binding' },
      { name: 'region', value: 'r1', sentence: says('L3'), compared: 'ignoring case' },
    ]);
  });
  it('guards the store of a storage that this program does not run', () => {
    const bench = new Bench();
    const region = bench.region();
    bench.instance('gateway', { region }).bindTo(byUrl(bench, 's'));
    const [{ guards }] = recordingOf(region).instances;
    expect(guards.find(({ name }) => name === 'store')).toEqual({
      name: 'store', value: 'redis://store.example.com:6379', sentence: expect.stringMatching(/^B1: URL of the store/), within: 'binding', compared: 'as address',
    });
  });
  it('compares addresses without user, password and defaults (A6)', () => {
    const plain = 'redis://store.example.com:6379';
    for (const same of ['', '/', ':6379/0'].map((end) => `redis://store.example.com${end}`)) expect(plainAddress(same)).toBe(plain);
    expect(plainAddress('redis://me:hunter2@store.example.com')).toBe(plain);
    for (const wrong of ['redis://me:hun/ter2@store.example.com', 'redis://store.example.com:6379?password=hunter2']) expect(plainAddress(wrong)).toBe(plain);
    expect(plainAddress('ssh://deploy@example.com')).toBe('ssh://example.com');
    for (const other of ['rediss://store.example.com:6379', 'redis://store.example.com:6380', 'redis://store.example.com/1', 'unix:///run/user/0']) expect(plainAddress(other)).toBe(other);
  });
  it('says how a renamed storage stays the same one (I1)', () => {
    const bench = new Bench();
    const { region } = bench.pair();
    expect(recordingOf(region).instances[0].guards[0]!.sentence)
      .toContain("a storage that was renamed or moved in the program counts as another one, unless it is given storageId: '${was}'");
  });
});

describe('B2 a storage instance is bound by at most one MQTT instance', () => {
  it('refuses a second one', () => refuses((b) => {
    const { region, storage } = b.pair();
    b.instance('second', { region }).bindTo(storage);
  }, 'main/second/Binding: B2', 'second beside gateway'));
  it('refuses two imports of one storage', () => refuses((b) => {
    const region = b.region();
    b.instance('one', { region }).bindTo(StorageInstance.fromStorageInstanceAttributes(b.stack, 'a', ATTRIBUTES));
    b.instance('two', { region }).bindTo(StorageInstance.fromStorageInstanceAttributes(b.stack, 'b', ATTRIBUTES));
  }, 'main/two/Binding: B2'));
  it('does not judge a storage id that is a token', () => accepts((b) => {
    const region = b.region();
    const attrs = { ...ATTRIBUTES, storageId: '${var.storage}' };
    b.instance('one', { region }).bindTo(StorageInstance.fromStorageInstanceAttributes(b.stack, 'a', attrs));
    b.instance('two', { region }).bindTo(StorageInstance.fromStorageInstanceAttributes(b.stack, 'b', attrs));
  }));
});

describe('B3 both sides have the same namespace type', () => {
  it('accepts both shared', () => accepts((b) => { b.pair({ namespaceType: NamespaceType.SHARED }); }));
  it('refuses shared and independent', () => refuses((b) => {
    const region = b.region();
    b.instance('gateway', { region, namespaceType: NamespaceType.SHARED }).bindTo(b.storage('store', { region }));
  }, 'main/gateway/Binding: B3', 'MQTT instance shared, storage instance independent'));
  it('refuses a shared instance with a new storage, which is independent (I2)', () => refuses((b) => {
    b.instance('gateway', { region: b.region(), namespaceType: NamespaceType.SHARED }).bindToNewStandardStorage();
  }, 'B3'));
  it('refuses it for a storage by URL', () => refuses((b) => {
    b.instance('gateway', { region: b.region(), namespaceType: NamespaceType.SHARED }).bindTo(byUrl(b, 's'));
  }, 'B3'));
});

describe('B4 both sides are in the same region', () => {
  it('refuses two regions', () => refuses((b) => {
    b.instance('gateway', { region: b.region('r1') }).bindTo(b.storage('store', { region: b.region('r2') }));
  }, 'main/gateway/Binding: B4', 'MQTT instance in "r1", storage instance in "r2"'));
  it('refuses it for a storage by URL', () => refuses((b) => {
    b.instance('gateway', { region: b.region('r1') }).bindTo(byUrl(b, 's', 'r2'));
  }, 'B4'));
  it('does not judge a region that is a token', () => accepts((b) => {
    b.instance('gateway', { region: b.region('r1') }).bindTo(byUrl(b, 's', '${var.region}'));
  }));
});

describe('B5 deleting the storage of a bound instance', () => {
  it('refuses a storage that was taken out of the program', () => refuses((b) => {
    b.pair();
    b.stack.node.tryRemoveChild('store');
  }, 'main/gateway/Binding: B5', 'taken out of the program'));
  it('refuses an instance that lost storage and binding', () => refuses((b) => {
    const { instance } = b.pair();
    b.stack.node.tryRemoveChild('store');
    instance.node.tryRemoveChild('Binding');
  }, 'main/gateway: B6', 'got none', 'the gateway is unavailable'));
  it('accepts both gone', () => accepts((b) => {
    b.pair();
    b.stack.node.tryRemoveChild('store');
    b.stack.node.tryRemoveChild('gateway');
  }));
  it('hands removal policy and deletion protection over', () => {
    const bench = new Bench();
    const region = bench.region();
    bench.storage('kept', { region });
    bench.storage('guarded', { region, deletionProtection: true });
    expect(recordingOf(region).storages.map(({ removalPolicy, deletionProtection }) => ({ removalPolicy, deletionProtection })))
      .toEqual([{ removalPolicy: 'retain', deletionProtection: false }, { removalPolicy: 'retain', deletionProtection: true }]);
  });
});

describe('B6 an MQTT instance without a binding', () => {
  it('is refused', () => refuses((b) => { b.instance('gateway', { region: b.region() }); }, 'main/gateway: B6: binding: got none', 'bindTo(storage)'));
  it('is accepted with direct push', () => accepts((b) => {
    const instance = b.instance('gateway', { region: b.region(), directPush: true });
    instance.addParentTopic('demo').grantPublish(instance.addAccessKey('sender', { access: AccessKeyAccess.GRANTED }));
  }));
  it('refuses direct push with a binding', () => {
    const found = refusals((b) => { b.pair({ directPush: true }); });
    expect(found.some((line) => line.includes('a Binding and direct push'))).toBe(true);
  });
  it('refuses direct push with several replicas', () => {
    const found = refusals((b) => { b.instance('gateway', { region: b.region(), directPush: true, edition: InstanceEdition.PLATINUM }); });
    expect(found).toEqual([expect.stringMatching(/B6: replicas: got 3 with direct push.*edition basic/)]);
  });
  it.each([0, 2])('refuses direct push with %i workers', (workers) =>
    refuses((b) => { b.instance('gateway', { region: b.region(), directPush: true, workers }); }, `B6: workers: got ${workers} with direct push`));
  it('refuses topics on an instance that is bound', () => refuses((b) => { b.pair().instance.addParentTopic('demo'); },
    'main/gateway/demo: B6: parent topic demo', 'does not declare direct push', 'call addParentTopic() on the storage instance'));
  it('N2 refuses two topics of one name on an instance', () => refuses((b) => {
    const instance = b.instance('gateway', { region: b.region(), directPush: true });
    instance.addParentTopic('demo');
    instance.addParentTopic('other', { name: 'DEMO' });
  }, 'N2'));
  it('N3 topics of direct push and of a storage share the shared namespace of a region', () => refuses((b) => {
    const { region, storage } = b.pair({ namespaceType: NamespaceType.SHARED });
    storage.addParentTopic('demo');
    b.instance('pusher', { region, directPush: true, namespaceType: NamespaceType.SHARED }).addParentTopic('demo');
  }, 'N2', 'shared namespace'));
  it('L4 counts the topics of the instance', () => refuses((b) => {
    const instance = b.instance('gateway', { region: b.region(), directPush: true, limits: { parentTopics: 1 } });
    instance.addParentTopic('one');
    instance.addParentTopic('two');
  }, 'L4: parent topics of the instance: got 2'));
  it('T2 refuses a grant to a key of another instance', () => refuses((b) => {
    const region = b.region();
    const topic = b.instance('one', { region, directPush: true }).addParentTopic('demo');
    topic.grantPublish(b.instance('two', { region, directPush: true }).addAccessKey('key', { access: AccessKeyAccess.GRANTED }));
  }, 'T2', 'MQTT instance one, given to a key of two'));
  it('I3 refuses a topic in another stack, or on an imported instance', () => {
    refuses((b) => { new ParentTopic(new TerraformStack(b.app, 'other'), 'demo', { mqttInstance: b.instance('gateway', { region: b.region(), directPush: true }) }); },
      'I3', 'declared in another stack');
    refuses((b) => { new ParentTopic(b.stack, 'demo', { mqttInstance: MqttInstance.fromMqttInstanceAttributes(b.stack, 'far', { instanceId: 'far' }) }); }, 'I3', 'imported here');
  });
  it('a topic has one owner', () => {
    const bench = new Bench();
    const { instance, storage } = bench.pair();
    expect(() => new ParentTopic(bench.stack, 'both', { mqttInstance: instance, storageInstance: storage })).toThrow(/got storageInstance and mqttInstance; allowed: one of/);
    expect(() => new ParentTopic(bench.stack, 'neither', {})).toThrow(/got none; allowed: one of/);
  });
  it('hands over what a bound instance would, with its own topics, and endpoints wait for it', () => {
    const bench = new Bench();
    const region = bench.region();
    const instance = bench.instance('gateway', { region, directPush: true, tcp: { port: 1883 } });
    new TerraformOutput(bench.stack, 'early', { value: instance.publicEndpoint });
    instance.addParentTopic('demo', { removalPolicy: RemovalPolicy.DESTROY });
    instance.addAccessKey('key', { secret: 'a-secret-of-the-program' });
    instance.addGroupId('GID_one');
    const { directPush: [handed], instances, storages, shown, records } = recordingOf(region);
    expect([instances, storages]).toEqual([[], []]);
    expect(handed!.manifest()).toMatchObject({
      binding: null, directPushTopics: [{ name: 'demo', removalPolicy: 'destroy' }], groups: [{ name: 'GID_one' }], accessKeys: [{ id: 'key' }],
    });
    expect(handed!.accessKeySecrets()).toEqual({ key: 'a-secret-of-the-program' });
    expect(handed!.guards.map(({ name }) => name)).toEqual(['binding', 'region']);
    expect(shown.find(({ kind }) => kind === 'topic')!.fields).toMatchObject({ name: 'demo', instance: 'gateway' });
    expect(records).toMatchObject([{ storage: null, storeUrl: null, manifest: { binding: null } }]);
    const { output } = JSON.parse(Testing.synth(bench.stack)) as { output: Record<string, { value: unknown }> };
    expect(output['early']).toEqual({ value: 'pushed(localhost:1883)' });
    expect(output['mqtt_gateway_public_endpoints']!.value).toMatchObject({ tcp: 'pushed(localhost:1883)' });
    expect(output['mqtt_gateway_storage_endpoint']).toBeUndefined();
  });
});

describe('I2 three ways to a storage', () => {
  it('accepts a new standard, a new platinum, and one by URL', () => accepts((b) => {
    const region = b.region();
    b.instance('one', { region }).bindToNewStandardStorage().storageInstance.addParentTopic('demo');
    b.instance('two', { region }).bindToNewPlatinumStorage().storageInstance.addParentTopic('demo');
    const outside = byUrl(b, 's');
    outside.addParentTopic('demo');
    b.instance('three', { region }).bindTo(outside);
  }));
  it('hands topics of a storage by URL over apart from the instance', () => {
    const bench = new Bench();
    const region = bench.region();
    const outside = byUrl(bench, 's');
    bench.instance('one', { region }).bindTo(outside);
    bench.instance('two', { region }).bindToNewStandardStorage();
    outside.addParentTopic('later');
    const { storagesByUrl: [handedOver], instances: [one, two], shown } = recordingOf(region);
    expect(handedOver!.manifest().topics.map(({ name }) => name)).toEqual(['later']);
    expect(one!.storage).toMatchObject({ storageId: 'outside', url: 'redis://store.example.com:6379', sealingKey: 'k-outside' });
    expect([one!.storageManifest(), two!.storageManifest()]).toEqual([null, null]);
    expect(shown.map(({ kind, fields }) => [kind, fields.name])).toEqual([['topic', 'later']]);
  });
  it('S2 hands them over with nothing bound, whether the Region is declared before the storage or after it', () => {
    for (const regionFirst of [true, false]) {
      const bench = new Bench();
      const before = regionFirst ? bench.region() : undefined;
      byUrl(bench, 's').addParentTopic('early');
      const { storagesByUrl } = recordingOf(before ?? bench.region());
      expect(storagesByUrl.map(({ storageId, manifest }) => [storageId, manifest().topics.map(({ name }) => name)])).toEqual([['outside', ['early']]]);
    }
  });
  it('S2 hands them over once, in the Region of its id and stack alone', () => {
    const bench = new Bench();
    const elsewhere = bench.region('r2');
    byUrl(bench, 's');
    const inOtherStack = recordingOf(bench.region('r1', {}, new TerraformStack(bench.app, 'other')));
    const region = bench.region('R1');
    expect([recordingOf(elsewhere), inOtherStack, recordingOf(region)].map(({ storagesByUrl }) => storagesByUrl.length)).toEqual([0, 0, 1]);
  });
  it('hands them over with the instance where the storage has no Region of its own stack, or an id that only the deploy knows', () => {
    const withToken = new Bench();
    const region = withToken.region();
    withToken.instance('gateway', { region }).bindTo(byUrl(withToken, 's', 'r1', '${var.storage_id}'));
    const apart = new Bench();
    const other = new TerraformStack(apart.app, 'other');
    const otherRegion = apart.region('r1', {}, other);
    apart.instance('gateway', { region: otherRegion }, other).bindTo(byUrl(apart, 's'));
    for (const each of [region, otherRegion]) {
      expect(recordingOf(each).storagesByUrl).toEqual([]);
      expect(recordingOf(each).instances[0].storageManifest()).toMatchObject({ kind: 'storage' });
    }
  });
  it.each([['that only the deploy knows', true], ['in plain text', undefined]])('P1 shows a store at a URL %s in an output that Terraform takes', (_which, sensitive) => {
    const b = new Bench();
    const endpoint = sensitive ? new TerraformVariable(b.stack, 'url', { type: 'string', sensitive: true }).stringValue : 'redis://store:6379';
    b.instance('gateway', { region: b.region() }).bindTo(StorageInstance.fromUrl(b.stack, 's', {
      storageId: 'x', endpoint, regionId: 'r1', edition: StorageEdition.STANDARD, namespaceType: NamespaceType.INDEPENDENT,
    }));
    const { output } = JSON.parse(Testing.synth(b.stack)) as { output: Record<string, { sensitive?: boolean }> };
    expect(output['mqtt_gateway_storage_endpoint']!.sensitive).toBe(sensitive);
  });
  it('refuses a URL with a password, and does not repeat it (A6)', () => {
    const found = refusals((b) => {
      const storage = StorageInstance.fromUrl(b.stack, 's', {
        storageId: 'x', endpoint: 'redis://u:hunter2@store:6379', regionId: 'r1', edition: StorageEdition.STANDARD, namespaceType: NamespaceType.INDEPENDENT,
      });
      b.instance('gateway', { region: b.region() }).bindTo(storage);
    });
    expect(found).toEqual([expect.stringContaining('I2: URL of the store')]);
    expect(found[0]).not.toContain('hunter2');
  });
});

describe('I3 a resource is declared where its owner is', () => {
  it('refuses a topic on an imported storage', () => refuses((b) => {
    StorageInstance.fromStorageInstanceAttributes(b.stack, 's', ATTRIBUTES).addParentTopic('demo');
  }, 'main/s/demo: I3: parent topic demo', 'in the program that declares'));
  it('refuses groups, accounts, keys and a binding on an imported instance', () => {
    const found = refusals((b) => {
      const imported = MqttInstance.fromMqttInstanceAttributes(b.stack, 'i', { instanceId: 'elsewhere' });
      const { instance } = b.pair();
      instance.addGroupId('GID_demo');
      new Binding(b.stack, 'bad', { mqttInstance: imported, storageInstance: b.storage('t', { region: instance.region }) });
    });
    expect(found).toEqual([expect.stringMatching(/main\/bad: I3: binding: got MQTT instance elsewhere, which is imported here/)]);
  });
  it('refuses a topic in another stack than its storage', () => refuses((b) => {
    const { storage } = b.pair();
    const other = new TerraformStack(b.app, 'other');
    new ParentTopic(other, 'demo', { storageInstance: storage });
  }, 'other/demo: I3', 'declare it in the stack of main/store'));
  it('refuses an instance and a storage in another stack than their Region', () => {
    const found = refusals((b) => {
      const region = b.region();
      b.instance('gateway', { region }, new TerraformStack(b.app, 'other')).bindToNewStandardStorage();
    });
    expect(found).toEqual([
      expect.stringMatching(/other\/gateway\/Storage: I3: region of storage instance gateway/),
      expect.stringMatching(/other\/gateway: I3: region of MQTT instance gateway: .* declare a Region with regionId r1/),
    ]);
  });
  it('accepts a storage of another stack', () => accepts((b) => {
    const { storage } = { storage: b.storage('store', { region: b.region() }) };
    const other = new TerraformStack(b.app, 'other');
    b.instance('gateway', { region: b.region('r1', {}, other) }, other).bindTo(storage);
  }));
});
