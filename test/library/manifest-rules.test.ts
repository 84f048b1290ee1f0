import { describe, expect, it } from 'vitest';
import { AdmissionMode, MqttInstanceProps } from '../../lib';
import type { InstanceManifest, StorageManifest } from '../../lib/manifest/manifest';
import { checkInstanceManifest, checkStorageManifest, sentence } from '../../lib/rules/manifest-rules';
import { Bench, accepts, recordingOf, refuses, useRecordingDeployment } from './support';

useRecordingDeployment();

function documents(): { instance: InstanceManifest; storage: StorageManifest } {
  const bench = new Bench();
  const { region, instance, storage } = bench.pair();
  storage.addParentTopic('demo');
  instance.addGroupId('GID_demo');
  instance.addAccessKey('key');
  const recording = recordingOf(region);
  return { instance: recording.instances[0].manifest(), storage: recording.storages[0].manifest() };
}

const REGION: InstanceManifest['region'] = {
  id: 'r1', quotas: { mqttInstances: 8, standardStorage: 8, platinumStorage: null }, used: { mqttInstances: 1, standardStorage: 1, platinumStorage: 0 }, siblings: [],
};

const instanceRules = (change: Partial<InstanceManifest>) => checkInstanceManifest({ ...documents().instance, ...change }).map(sentence);

describe('N5 what was a token at synth is checked when the manifest is taken in', () => {
  it('accepts what the library makes', () => {
    const { instance, storage } = documents();
    expect([...checkInstanceManifest(instance), ...checkStorageManifest(storage)]).toEqual([]);
  });
  it('is one rule on both sides', () => {
    refuses((b) => { b.pair().storage.addParentTopic('t', { name: 'CIDx' }); }, 'N2');
    accepts((b) => { b.pair().storage.addParentTopic('t', { name: '${var.topic}' }); });
    const { storage } = documents();
    const findings = checkStorageManifest({ ...storage, topics: [{ ...storage.topics[0], name: 'CIDx' }] }).map(sentence);
    expect(findings).toEqual([expect.stringMatching(/^N2: parent topic name of parent topic "CIDx": got "CIDx"; allowed: .*; fix: /)]);
  });
  const wrong: [string, Partial<InstanceManifest>, RegExp][] = [
    ['I1', { instanceId: 'a|b' }, /^I1: instance id/],
    ['N1', { name: 'x' }, /^N1/],
    ['N1 a name of another instance of its region', { region: { ...REGION, siblings: [{ instanceId: 'other', name: 'GATEWAY', edition: 'basic' }] } },
      /^N1: MQTT instance name: got "gateway", which MQTT instance other has too/],
    ['L1', { region: { ...REGION, quotas: { mqttInstances: 1, standardStorage: 8, platinumStorage: null }, used: { mqttInstances: 2, standardStorage: 1, platinumStorage: 0 } } },
      /^L1: quota mqttInstances of region r1: got 2 MQTT instances; allowed: at most 1/],
    ['N3', { groups: [{ name: 'sensors', account: 'main', remark: '' }] }, /^N3: Group ID of group "sensors"/],
    ['N3 twice', { groups: [1, 2].map(() => ({ name: 'GID_demo', account: 'main', remark: '' })) }, /^N3: .*has too/],
    ['N4', { remark: 'x'.repeat(129) }, /^N4/],
    ['E1', { replicas: 3 }, /^E1: replicas/],
    ['E1 protocols', { protocols: ['amqp'] }, /^E1: protocols/],
    ['E2', { spec: { tps: 0, connections: 1, subscriptions: 1 } }, /^E2/],
    ['E3', { alarmThresholdPercent: { tps: 101, connections: 70, subscriptions: 70 } }, /^E3/],
    ['E7', { expiry: 'tomorrow', billing: 'prepaid' }, /^E7/],
    ['A1', { accessKeys: [{ id: 'a|b', account: 'main', access: 'all', grants: [] }] }, /^A1/],
    ['A4', { groups: [{ name: 'GID_demo', account: 'nobody', remark: '' }] }, /^A4: account of group "GID_demo": got "nobody"/],
    ['A4 main', { accounts: [{ name: 'main', main: false }], accessKeys: [], groups: [] }, /^A4: main accounts: got 0/],
    ['A5', { accessKeys: [{ id: 'key', account: 'main', access: 'all', grants: [{ topic: 'demo', publish: true, subscribe: false }] }] }, /^A5/],
    ['admission', { admission: { mode: 'strict', anonymous: true } }, /^A1: anonymous clients/],
    ['anonymous clients beyond loopback', { admission: { mode: 'open', anonymous: true }, loopbackOnly: false }, /^A1: listeners of an instance with anonymous clients: got a port beyond loopback/],
    ['P2', { publicEndpoints: { tcp: { address: '10.0.0.1:1883', url: 'mqtt://10.0.0.1:1883' } } }, /^P2: public endpoint: got the IP address/],
  ];
  it.each(wrong)('refuses %s', (_rule, change, pattern) => {
    expect(instanceRules(change)).toEqual([expect.stringMatching(pattern)]);
  });
  it.each<[string, Partial<InstanceManifest>]>([
    ['on loopback', { admission: { mode: 'open', anonymous: true }, loopbackOnly: true }],
    ['beyond it when the declaration says so', { admission: { mode: 'open', anonymous: true, beyondLoopback: true }, loopbackOnly: false }],
    ['not, under open admission with credentials', { admission: { mode: 'open', anonymous: false }, loopbackOnly: false }],
  ])('A1 accepts anonymous clients %s', (_where, change) => expect(instanceRules(change)).toEqual([]));
  it('A1 the manifest carries what the declaration says of anonymous clients', () => {
    const admissionOf = (props: Partial<MqttInstanceProps>) => {
      const bench = new Bench();
      const { region } = bench.pair({ admission: AdmissionMode.OPEN, allowAnonymous: true, ...props });
      return recordingOf(region).instances[0].manifest().admission;
    };
    expect(admissionOf({ publishAnonymousBeyondLoopback: true })).toEqual({ mode: 'open', anonymous: true, beyondLoopback: true });
    expect(admissionOf({ bindAddress: '127.0.0.1' })).toEqual({ mode: 'open', anonymous: true });
  });
  it('refuses B3 and B4', () => {
    const { binding } = documents().instance;
    expect(instanceRules({ binding: { ...binding!, storageNamespace: 'shared', storageRegion: 'far' } }))
      .toEqual([expect.stringMatching(/^B3/), expect.stringMatching(/^B4/)]);
  });
  it('refuses topics that differ in case alone', () => {
    const { storage } = documents();
    const [topic] = storage.topics;
    expect(checkStorageManifest({ ...storage, topics: [topic, { ...topic, name: 'DEMO' }] }).map(sentence)).toEqual([expect.stringMatching(/^N2: .*"DEMO"/)]);
  });
});

describe('B6 direct push is accepted by the rules', () => {
  const topic = { name: 'demo', type: 'normal', permission: 'publish-and-subscribe', remark: '', removalPolicy: 'retain' } as const;
  it('accepts one replica with topics of its own', () => expect(instanceRules({ binding: null, directPushTopics: [topic] })).toEqual([]));
  it('refuses several replicas', () => expect(instanceRules({ binding: null, edition: 'platinum', replicas: 3 })).toEqual([expect.stringMatching(/^B6: replicas/)]));
  it('L4 counts its topics', () => expect(instanceRules({ binding: null, directPushTopics: Array.from({ length: 26 }, (_, i) => ({ ...topic, name: `topic${i}` })) }))
    .toEqual([expect.stringMatching(/^L4/)]));
});
