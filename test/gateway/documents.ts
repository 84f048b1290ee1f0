/** Documents of a small instance, as a hand-over brings them. */
import type { InstanceManifest, InstanceSecrets, StorageManifest, TopicDeclaration } from '../../lib/manifest/manifest';
import { MANIFEST_VERSION } from '../../lib/manifest/manifest';

export const INSTANCE_ID = 'test-instance';
export const STORAGE_ID = 'test-storage';
export const SEALING_KEY = 'a sealing key of more than thirty-two characters';

export const topic = (name: string, more: Partial<TopicDeclaration> = {}): TopicDeclaration =>
  ({ name, type: 'normal', permission: 'publish-and-subscribe', remark: '', removalPolicy: 'retain', ...more });

export interface TestDocuments {
  readonly instance: InstanceManifest;
  readonly storage: StorageManifest;
  readonly secrets: InstanceSecrets;
}

/** Secrets of the AccessKeys below; a key without grants may do nothing. */
export const SECRETS: { readonly [keyId: string]: string } = {
  'main-key': 'kXy81-main-secret', 'sub-key': 'kXy82-sub-secret', 'limited-key': 'kXy83-limited-secret', 'idle-key': 'kXy84-idle-secret',
};

/** Of the console users below. */
export const PASSWORDS: { readonly [name: string]: string } = { admin: 'kXy91-admin-password', contractor: 'kXy92-contractor-password' };

export function documents(instance: Partial<InstanceManifest> = {}, storage: Partial<StorageManifest> = {}): TestDocuments {
  return {
    storage: {
      version: MANIFEST_VERSION, kind: 'storage', storageId: STORAGE_ID, name: 'storage', description: '', edition: 'standard',
      namespace: 'independent', engine: 'redis', durability: 'always', region: 'local',
      topics: [
        topic('demo'), topic('other'), topic('readonly', { permission: 'subscribe' }), topic('writeonly', { permission: 'publish' }),
      ],
      ...storage,
    },
    instance: {
      version: MANIFEST_VERSION, kind: 'instance', instanceId: INSTANCE_ID, name: INSTANCE_ID, remark: '', edition: 'basic', billing: 'postpaid',
      namespace: 'independent',
      region: {
        id: 'local', quotas: { mqttInstances: 8, standardStorage: 8, platinumStorage: null },
        used: { mqttInstances: 1, standardStorage: 1, platinumStorage: 0 }, siblings: [],
      },
      protocols: ['mqtt'], spec: { tps: 1_000, connections: 10_000, subscriptions: 100_000 },
      alarmThresholdPercent: { tps: 70, connections: 70, subscriptions: 70 }, expiry: null, replicas: 1,
      admission: { mode: 'strict', anonymous: false },
      limits: {
        parentTopics: 25, wildcardFiltersPerTopic: 100, subscriptionsPerClient: 30, payloadBytes: 65_536, clientIdLength: 64,
        topicLength: 128, retentionSeconds: 259_200, storedMessages: 1_000_000,
      },
      features: { retained: true, wills: true, sharedSubscriptions: true },
      loopbackOnly: false, publicEndpoints: {}, internalEndpoints: {},
      groups: [{ name: 'GID_main', account: 'main', remark: '' }, { name: 'GID_sub', account: 'sub', remark: '' }],
      accounts: [{ name: 'main', main: true }, { name: 'sub', main: false }],
      accessKeys: [
        { id: 'main-key', account: 'main', access: 'all', grants: [] },
        { id: 'sub-key', account: 'sub', access: 'all', grants: [] },
        {
          id: 'limited-key', account: 'main', access: 'granted',
          grants: [{ topic: 'demo', publish: true, subscribe: false }, { topic: 'other', publish: false, subscribe: true }],
        },
        { id: 'idle-key', account: 'main', access: 'granted', grants: [] },
      ],
      binding: { storageId: STORAGE_ID, storageName: 'storage', storageEdition: 'standard', storageNamespace: 'independent', storageRegion: 'local' },
      directPushTopics: [],
      console: { enabled: true, users: [{ name: 'admin', account: 'main' }, { name: 'contractor', account: 'sub' }] },
      metrics: { enabled: true, beyondLoopback: false },
      ...instance,
    },
    secrets: { version: MANIFEST_VERSION, kind: 'secrets', accessKeys: SECRETS, consoleUsers: PASSWORDS, metricsToken: null, tls: null },
  };
}
