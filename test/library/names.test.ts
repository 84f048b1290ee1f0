import { Lazy } from 'cdktf';
import { describe, it } from 'vitest';
import { NamespaceType, Region, StorageInstance } from '../../lib';
import { Bench, accepts, refuses, useRecordingDeployment } from './support';

useRecordingDeployment();

const token = Lazy.stringValue({ produce: () => 'x' });
const expression = '${var.name}';

describe('I1 the instance id is plain text, unique in the program', () => {
  it('accepts letters, digits, - and _', () => accepts((b) => { b.pair({ instanceId: 'Plant_1-a' }); }));
  it('refuses a token', () => refuses((b) => { b.pair({ instanceId: token, instanceName: 'plant' }); }, 'main/gateway: I1: instance id', 'known only at deploy'));
  it('refuses what cannot stand in a username', () => refuses((b) => { b.pair({ instanceId: 'a|bc', instanceName: 'plant' }); }, /I1: instance id: got "a\|bc"/));
  it('refuses one id twice, in two regions, whatever its case', () => refuses((b) => {
    b.pair({ instanceId: 'plant' });
    b.instance('other', { region: b.region('r2'), instanceId: 'PLANT' }).bindToNewStandardStorage();
  }, 'main/other: I1: instance id: got "PLANT", which main/gateway has too'));
  it('refuses a second region of one id in one stack', () => refuses((b) => {
    b.region('r1');
    b.region('again', { regionId: 'R1' });
  }, 'main/again: I1: region R1'));
  it('refuses a region id that is a token', () => refuses((b) => { b.region('r', { regionId: token }); }, 'I1: region id', 'known only at deploy'));
});

describe('N1 instance name 3–64 of the set, unique in its region ignoring case', () => {
  it('accepts 3 and 64 characters', () => accepts((b) => { b.pair({ instanceName: 'abc' }); }));
  it('accepts 64', () => accepts((b) => { b.pair({ instanceName: 'a'.repeat(64) }); }));
  it('refuses 2', () => refuses((b) => { b.pair({ instanceName: 'ab' }); }, 'main/gateway: N1: MQTT instance name: got "ab" (2 characters)', '3 to 64'));
  it('refuses 65', () => refuses((b) => { b.pair({ instanceName: 'a'.repeat(65) }); }, /N1: .*65 characters/));
  it('refuses other characters', () => refuses((b) => { b.pair({ instanceName: 'plant 1' }); }, /N1: .*"plant 1"/));
  it('refuses one name twice in a region', () => refuses((b) => {
    const { region } = b.pair({ instanceName: 'plant' });
    b.instance('other', { region, instanceName: 'Plant' }).bindToNewStandardStorage();
  }, 'main/other: N1: MQTT instance name: got "Plant", which main/gateway has too'));
  it('accepts one name in two regions', () => accepts((b) => {
    b.pair({ instanceName: 'plant' });
    b.instance('other', { region: b.region('r2'), instanceName: 'plant' }).bindToNewStandardStorage();
  }));
  it('does not judge a token', () => accepts((b) => {
    const { region } = b.pair({ instanceName: token });
    b.instance('other', { region, instanceName: token }).bindToNewStandardStorage();
  }));
});

describe('N2 parent topic 3–64 of the set, unique ignoring case, not starting with CID or GID', () => {
  const topic = (...names: string[]) => (b: Bench) => { const { storage } = b.pair(); for (const name of names) storage.addParentTopic(name); };
  it('accepts', () => accepts(topic('abc', 'a'.repeat(64), 'cid-lower', 'a_b-C')));
  it('refuses 2 characters', () => refuses(topic('ab'), 'main/store/ab: N2: parent topic name'));
  it('refuses 65 characters', () => refuses(topic('a'.repeat(65)), /N2: .*65 characters/));
  it('refuses a slash', () => refuses((b) => { b.pair().storage.addParentTopic('t', { name: 'a/bc' }); }, /N2: .*"a\/bc"/));
  it('refuses CID', () => refuses(topic('CIDx'), /N2: .*does not start with CID or GID/));
  it('refuses GID', () => refuses(topic('GID_a'), /N2: .*does not start with CID or GID/));
  it('refuses the same name in another case', () => refuses(topic('demo', 'Demo'), 'main/store/Demo: N2: parent topic name: got "Demo", which main/store/demo has too'));
  it('refuses the same name from the same factory', () => refuses(topic('demo', 'demo'), 'main/store/demo2: N2'));
  it('accepts the same name in another independent instance', () => accepts((b) => {
    const { region, storage } = b.pair();
    storage.addParentTopic('demo');
    b.instance('other', { region }).bindToNewStandardStorage().storageInstance.addParentTopic('demo');
  }));
  it('does not judge a token, also as id of the factory', () => accepts(topic(token, token, expression, expression)));
});

describe('N3 Group ID 7–60, GID_ or GID-, unique; shared instances have one name space', () => {
  const group = (...names: string[]) => (b: Bench) => { const { instance } = b.pair(); for (const name of names) instance.addGroupId(name); };
  it('accepts', () => accepts(group('GID_abc', 'GID-abc', `GID_${'a'.repeat(56)}`)));
  it('refuses 6 characters', () => refuses(group('GID_ab'), 'main/gateway/GID_ab: N3: Group ID: got "GID_ab" (6 characters)'));
  it('refuses 61 characters', () => refuses(group(`GID_${'a'.repeat(57)}`), /N3: .*61 characters/));
  it('refuses another beginning', () => refuses(group('sensors'), /N3: .*starts with GID_ or GID-.*"GID_sensors"/));
  it('refuses a repeated one', () => refuses(group('GID_demo', 'GID_demo'), 'main/gateway/GID_demo2: N3'));
  it('does not judge a token', () => accepts(group(token, token, expression, expression)));
  const shared = (regions: number) => (b: Bench) => {
    const first = b.pair({ namespaceType: NamespaceType.SHARED });
    const region = regions === 1 ? first.region : b.region('r2');
    const instance = b.instance('other', { region, namespaceType: NamespaceType.SHARED });
    const storage = b.storage('other-store', { region, namespaceType: NamespaceType.SHARED });
    instance.bindTo(storage);
    for (const each of [first, { instance, storage }]) {
      each.instance.addGroupId('GID_demo');
    }
  };
  it('refuses one group in two shared instances of a region', () => refuses(shared(1), 'main/other/GID_demo: N3', 'shared namespace of region r1'));
  it('accepts it in two regions', () => accepts(shared(2)));
  it('refuses one topic in two shared storages of a region', () => refuses((b) => {
    const { region, storage } = b.pair({ namespaceType: NamespaceType.SHARED });
    storage.addParentTopic('demo');
    b.storage('other', { region, namespaceType: NamespaceType.SHARED }).addParentTopic('DEMO');
  }, 'main/other/DEMO: N2', 'shared namespace'));
});

describe('N4 storage name 1–64, description and remarks ≤ 128, counted as characters', () => {
  it('accepts 64 CJK characters and 128 of a remark', () => accepts((b) => {
    const { region, instance, storage } = b.pair({ remark: '備'.repeat(128) });
    b.storage('s', { region, storageName: '倉'.repeat(64), description: '倉'.repeat(128) });
    storage.addParentTopic('demo', { remark: '備'.repeat(128) });
    instance.addGroupId('GID_demo', { remark: '𠮷'.repeat(128) });
  }));
  it('refuses 65', () => refuses((b) => { b.storage('s', { region: b.region(), storageName: '倉'.repeat(65) }); }, 'main/s: N4: storage instance name', '65 characters'));
  it('refuses an empty name', () => refuses((b) => { b.storage('s', { region: b.region(), storageName: '' }); }, 'N4', '0 characters'));
  it('refuses a description of 129', () => refuses((b) => { b.storage('s', { region: b.region(), description: 'x'.repeat(129) }); }, 'N4: description of the storage instance: got 129 characters'));
  it('refuses a remark of 129', () => refuses((b) => { b.pair({ remark: 'x'.repeat(129) }); }, 'N4: remark of the MQTT instance'));
  it('does not judge a token', () => accepts((b) => { b.storage('s', { region: b.region(), storageName: token, description: token }); }));
});

describe('E6 storage ids are safe and unique', () => {
  it('makes them from stack, region, name and path', () => accepts((b) => {
    const { storage, region } = b.pair();
    const other = b.storage('倉庫', { region });
    for (const { storageId } of [storage, other]) if (!/^main-r1-[a-z0-9-]+$/.test(storageId)) throw new Error(storageId);
    if (storage.storageId === other.storageId) throw new Error('not unique');
  }));
  it('refuses what is not safe in a key', () => refuses((b) => { b.storage('s', { region: b.region(), storageId: 'a:b' }); }, 'E6: storage id: got "a:b"'));
  for (const storageId of ['admin', 'default', 'health', 'Admin']) {
    it(`E6 refuses ${storageId}, a user of the store itself`, () =>
      refuses((b) => { b.storage('s', { region: b.region(), storageId }); }, `main/s: E6: storage id: got "${storageId}", which is a user of the store itself`));
  }
  it('E6 accepts an id that only begins like one', () => accepts((b) => { b.storage('s', { region: b.region(), storageId: 'admin-1' }); }));
  it('refuses one twice', () => refuses((b) => {
    const region: Region = b.region();
    const one: StorageInstance = b.storage('s', { region, storageId: 'abc' });
    b.storage('t', { region, storageId: one.storageId.toUpperCase() });
  }, 'main/t: E6: storage id'));
});
