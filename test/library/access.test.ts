import { Lazy, Testing } from 'cdktf';
import { describe, expect, it } from 'vitest';
import { AccessKey, AccessKeyAccess, AdmissionMode, ParentTopic, TopicPermission } from '../../lib';
import { Bench, accepts, recordingOf, refusals, refuses, useRecordingDeployment } from './support';

useRecordingDeployment();

describe('A4 groups and keys belong to accounts', () => {
  it('makes the main account by default', () => {
    const bench = new Bench();
    const { region, instance } = bench.pair();
    const sub = instance.addAccount('contractor');
    instance.addGroupId('GID_main');
    instance.addGroupId('GID_sub', { account: sub });
    instance.addAccessKey('key', { account: instance.mainAccount });
    const manifest = recordingOf(region).instances[0].manifest();
    expect(manifest.accounts).toEqual([{ name: 'main', main: true }, { name: 'contractor', main: false }]);
    expect(manifest.groups.map(({ name, account }) => [name, account])).toEqual([['GID_main', 'main'], ['GID_sub', 'contractor']]);
    expect(manifest.accessKeys[0].account).toBe('main');
  });
  it('refuses an account of another instance', () => refuses((b) => {
    const { region, instance } = b.pair();
    const other = b.instance('other', { region });
    other.bindToNewStandardStorage();
    instance.addGroupId('GID_demo', { account: other.addAccount('contractor') });
  }, 'main/gateway/GID_demo: A4: account of the group', 'account contractor of MQTT instance other'));
  it('refuses one name twice, also main', () => {
    expect(refusals((b) => {
      const { instance } = b.pair();
      instance.addAccount('sub');
      instance.addAccount('sub');
      instance.addAccount('main');
    })).toEqual([expect.stringMatching(/main\/gateway\/main: A4: .*the main account/), expect.stringMatching(/main\/gateway\/sub2: A4/)]);
  });
});

describe('A5 rights of a key', () => {
  it('are everything by default', () => {
    const bench = new Bench();
    const { region, instance } = bench.pair();
    instance.addAccessKey('key');
    expect(recordingOf(region).instances[0].manifest().accessKeys).toEqual([{ id: 'key', account: 'main', access: 'all', grants: [] }]);
  });
  it('are what is granted, one entry a topic', () => {
    const bench = new Bench();
    const { region, instance, storage } = bench.pair();
    const key = instance.addAccessKey('key', { access: AccessKeyAccess.GRANTED });
    const [first, second] = [storage.addParentTopic('first', { permission: TopicPermission.PUBLISH_AND_SUBSCRIBE }), storage.addParentTopic('second')];
    first.grantPublish(key);
    first.grantSubscribe(key);
    second.grantSubscribe(key);
    expect(recordingOf(region).instances[0].manifest().accessKeys[0]).toMatchObject({
      access: 'granted', grants: [{ topic: 'first', publish: true, subscribe: true }, { topic: 'second', publish: false, subscribe: true }],
    });
  });
  it('without a grant are nothing, never everything', () => {
    const bench = new Bench();
    const { region, instance } = bench.pair();
    instance.addAccessKey('key', { access: AccessKeyAccess.GRANTED });
    expect(recordingOf(region).instances[0].manifest().accessKeys[0]).toMatchObject({ access: 'granted', grants: [] });
  });
  it('refuses a grant on a key that may do everything, and explains', () => refuses((b) => {
    const { instance, storage } = b.pair();
    storage.addParentTopic('demo').grantPublish(instance.addAccessKey('key'));
  }, 'main/gateway/key: A5: rights of the AccessKey: got access all and a grant on "demo"', 'set access to granted'));
  it('refuses a grant to an imported key (I3)', () => refuses((b) => {
    const { storage } = b.pair();
    storage.addParentTopic('demo').grantPublish(AccessKey.fromAccessKeyAttributes(b.stack, 'k', { keyId: 'elsewhere' }));
  }, 'main/store/demo: I3: rights on parent topic demo'));
  it('refuses one key id twice', () => refuses((b) => {
    const { instance } = b.pair();
    instance.addAccessKey('key');
    instance.addAccessKey('again', { keyId: 'key' });
  }, 'main/gateway/again: A1: AccessKey id: got "key", which main/gateway/key has too'));
  it('refuses a key id with a bar', () => refuses((b) => { b.pair().instance.addAccessKey('k', { keyId: 'a|b' }); }, 'A1: AccessKey id: got "a|b"'));
});

describe('T2 a topic and a group meet only inside one instance', () => {
  it('refuses a right on a topic of another instance', () => refuses((b) => {
    const { region, instance } = b.pair();
    const foreign = b.instance('other', { region }).bindToNewStandardStorage().storageInstance.addParentTopic('demo');
    foreign.grantPublish(instance.addAccessKey('key', { access: AccessKeyAccess.GRANTED }));
  }, 'main/gateway/key: T2: right on parent topic demo'));
  it('accepts one on an imported topic of its own storage (S2)', () => accepts((b) => {
    const { instance, storage } = b.pair();
    ParentTopic.fromParentTopicAttributes(b.stack, 't', { topicName: 'made-elsewhere', storageInstance: storage })
      .grantSubscribe(instance.addAccessKey('key', { access: AccessKeyAccess.GRANTED }));
  }));
  it('does not declare an imported topic (I4)', () => {
    const bench = new Bench();
    const { region, storage } = bench.pair();
    ParentTopic.fromParentTopicAttributes(bench.stack, 't', { topicName: 'made-elsewhere', storageInstance: storage });
    expect(recordingOf(region).storages[0].manifest().topics).toEqual([]);
  });
});

describe('A6 secrets', () => {
  it('refuses a well-known one beyond loopback, and never repeats it', () => {
    const found = refusals((b) => { b.pair().instance.addAccessKey('key', { secret: 'Quickstart-Secret' }); });
    expect(found).toEqual([expect.stringContaining('main/gateway/key: A6: secret of AccessKey key: got a well-known example secret')]);
    expect(found[0]).not.toMatch(/quickstart-secret/i);
  });
  it('accepts it while every port is bound to loopback', () => accepts((b) => { b.pair({ bindAddress: '127.0.0.1' }).instance.addAccessKey('key', { secret: 'quickstart-secret' }); }));
  it('counts the port of the control API too', () => refuses((b) => {
    b.pair({ bindAddress: '127.0.0.1', http: { port: 19_000, bindAddress: '0.0.0.0' }, metrics: { enabled: false } }).instance.addAccessKey('key', { secret: 'changeme' });
  }, 'A6'));
  it('accepts another one anywhere', () => accepts((b) => { b.pair().instance.addAccessKey('key', { secret: 'c0rrect-horse-battery' }); }));
  it('refuses one that is short enough to be tried out, without repeating it', () => {
    const found = refusals((b) => { b.pair().instance.addAccessKey('key', { secret: 'hush-42' }); });
    expect(found.join()).toMatch(/A6.*key.*got 7 characters.*at least 8/);
    expect(found.join()).not.toContain('hush-42');
  });
  it('accepts a short one while every port is bound to loopback', () => accepts((b) => { b.pair({ bindAddress: '127.0.0.1' }).instance.addAccessKey('key', { secret: 'hush-42' }); }));
  it('accepts eight characters anywhere', () => accepts((b) => { b.pair().instance.addAccessKey('key', { secret: 'hush-042' }); }));
  it('does not judge a token', () => accepts((b) => { b.pair().instance.addAccessKey('key', { secret: '${var.secret}' }); }));
  it('refuses an empty one', () => refuses((b) => { b.pair().instance.addAccessKey('key', { secret: '' }); }, 'A6', 'an empty text'));
  it('generates one at deploy, and keeps it out of the manifest and the plan', () => {
    const bench = new Bench();
    const { region, instance } = bench.pair();
    const key = instance.addAccessKey('key');
    instance.addAccessKey('given', { secret: 'c0rrect-horse-battery' });
    const recording = recordingOf(region);
    expect(key.secret).toBe('generated(main/gateway/key)');
    expect(recording.instances[0].accessKeySecrets()).toEqual({ key: key.secret, given: 'c0rrect-horse-battery' });
    expect(recording.records[0].accessKeySecrets).toEqual({ key: null, given: 'c0rrect-horse-battery' });
    for (const visible of [recording.instances[0].manifest(), recording.shown]) {
      expect(JSON.stringify(visible)).not.toMatch(/generated|c0rrect/);
    }
  });
});

describe('no key at all', () => {
  const warnings = (build: (b: Bench) => void) => {
    const bench = new Bench();
    build(bench);
    Testing.synth(bench.stack, true);
    return bench.stack.node.findAll().flatMap(({ node }) => node.metadata).filter(({ type }) => type === '@cdktf/warn').map(({ data }) => String(data));
  };
  it('is a warning, not a failure', () => expect(warnings((b) => { b.pair(); })).toEqual([expect.stringContaining('has no AccessKey')]));
  it('is none with a key that comes later', () => expect(warnings((b) => { b.pair().instance.addAccessKey('key'); })).toEqual([]));
  it('is none with anonymous clients', () =>
    expect(warnings((b) => { b.pair({ admission: AdmissionMode.OPEN, allowAnonymous: true, bindAddress: '127.0.0.1' }); })).toEqual([]));
});

describe('admission', () => {
  const open = { admission: AdmissionMode.OPEN, allowAnonymous: true };
  it('is strict by default', () => {
    const bench = new Bench();
    const { region } = bench.pair();
    expect(recordingOf(region).instances[0].manifest().admission).toEqual({ mode: 'strict', anonymous: false });
  });
  it('refuses anonymous clients with strict', () => refuses((b) => { b.pair({ allowAnonymous: true }); }, 'anonymous clients: got admission strict'));
  it('refuses anonymous clients beyond loopback', () => refuses((b) => { b.pair(open); }, 'a port beyond loopback', 'publishAnonymousBeyondLoopback'));
  it('accepts them on loopback', () => accepts((b) => { b.pair({ ...open, bindAddress: '127.0.0.1' }); }));
  it('accepts them beyond it when the program says so', () => accepts((b) => { b.pair({ ...open, publishAnonymousBeyondLoopback: true }); }));
  it('A1 refuses them on an address that is a token, which may be anywhere', () => refuses((b) => { b.pair({ ...open, bindAddress: '${var.address}' }); },
    'main/gateway: A1', 'got an address that is known only at deploy', 'loopback addresses alone, written as text', 'publishAnonymousBeyondLoopback'));
  it('A1 refuses them where one listener alone has such an address', () => refuses((b) => {
    b.pair({ ...open, bindAddress: '127.0.0.1', tcp: { port: 19_001, bindAddress: Lazy.stringValue({ produce: () => '127.0.0.1' }) } });
  }, 'A1', 'got an address that is known only at deploy'));
  it('A1 accepts them on a token when the program says so', () =>
    accepts((b) => { b.pair({ ...open, bindAddress: '${var.address}', publishAnonymousBeyondLoopback: true }); }));
  it('A1 accepts a token where clients have keys', () => accepts((b) => { b.pair({ admission: AdmissionMode.OPEN, bindAddress: '${var.address}' }); }));
});
