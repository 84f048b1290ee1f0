/** Valid documents for tests, to be changed one property at a time. */
import type { InstanceManifest, InstanceSecrets, StorageManifest, TopicDeclaration } from '../../../lib/manifest/manifest';

export const SEALING_KEY = 'a sealing key for tests, of enough characters';

export function topic(name: string, more: Partial<TopicDeclaration> = {}): TopicDeclaration {
  return { name, type: 'normal', permission: 'publish-and-subscribe', remark: '', removalPolicy: 'retain', ...more };
}

export function storageManifest(more: Partial<StorageManifest> = {}): StorageManifest {
  return {
    version: 1, kind: 'storage', storageId: 'store-1', name: 'orders', description: '', edition: 'standard', namespace: 'independent',
    engine: 'redis', durability: 'everysec', region: 'local', topics: [topic('demo')], ...more,
  };
}

export function instanceManifest(more: Partial<InstanceManifest> = {}): InstanceManifest {
  return {
    version: 1, kind: 'instance', instanceId: 'quickstart', name: 'quickstart', remark: '', edition: 'basic', billing: 'postpaid',
    namespace: 'independent',
    region: {
      id: 'local', quotas: { mqttInstances: 8, standardStorage: 8, platinumStorage: null },
      used: { mqttInstances: 1, standardStorage: 1, platinumStorage: 0 }, siblings: [],
    },
    protocols: ['mqtt'],
    spec: { tps: 1_000, connections: 10_000, subscriptions: 100_000 },
    alarmThresholdPercent: { tps: 70, connections: 70, subscriptions: 70 },
    expiry: null, replicas: 1,
    admission: { mode: 'strict', anonymous: false },
    limits: {
      parentTopics: 25, wildcardFiltersPerTopic: 100, subscriptionsPerClient: 30, payloadBytes: 65_536, clientIdLength: 64, topicLength: 128,
      retentionSeconds: 259_200, storedMessages: 1_000_000,
    },
    features: { retained: true, wills: true, sharedSubscriptions: true },
    loopbackOnly: true,
    publicEndpoints: { tcp: { address: 'localhost:1883', url: 'mqtt://localhost:1883' } },
    internalEndpoints: {},
    groups: [{ name: 'GID_demo', account: 'main', remark: '' }],
    accounts: [{ name: 'main', main: true }],
    accessKeys: [{ id: 'quickstart-key', account: 'main', access: 'all', grants: [] }],
    binding: { storageId: 'store-1', storageName: 'orders', storageEdition: 'standard', storageNamespace: 'independent', storageRegion: 'local' },
    directPushTopics: [],
    ...more,
  };
}

export function secrets(accessKeys: { [keyId: string]: string } = { 'quickstart-key': 'quickstart-secret' }): InstanceSecrets {
  return { version: 1, kind: 'secrets', accessKeys, tls: null };
}
