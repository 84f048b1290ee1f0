import type { AccessKeyDeclaration, Admission, InstanceManifest, Limits, StorageManifest, TopicDeclaration } from '../../../lib/manifest/manifest';
import { compileInstanceView, type InstanceView } from './instance-view';

export interface ViewFixture {
  readonly admission?: Admission;
  readonly limits?: Partial<Limits>;
  readonly loopbackOnly?: boolean;
  readonly topics?: readonly TopicDeclaration[];
  readonly keys?: readonly AccessKeyDeclaration[];
  readonly secrets?: { readonly [keyId: string]: string };
  readonly groups?: readonly string[];
  readonly directPush?: boolean;
  readonly expiry?: string;
}

export const SECRET = 'k3-not-in-any-dictionary';

export function topic(name: string, permission: TopicDeclaration['permission'] = 'publish-and-subscribe'): TopicDeclaration {
  return { name, type: 'normal', permission, remark: '', removalPolicy: 'retain' };
}

export function key(id: string, more: Partial<AccessKeyDeclaration> = {}): AccessKeyDeclaration {
  return { id, account: 'main', access: 'all', grants: [], ...more };
}

/** An instance `shop` with the topics demo, inbound (publish only) and outbound (subscribe only). */
export function viewFixture(fixture: ViewFixture = {}): InstanceView {
  const topics = [...(fixture.topics ?? [topic('demo'), topic('inbound', 'publish'), topic('outbound', 'subscribe')])];
  const keys = [...(fixture.keys ?? [key('K1')])];
  const storage: StorageManifest = {
    version: 1, kind: 'storage', storageId: 'st', name: 'st', description: '', edition: 'standard', namespace: 'independent', engine: 'redis',
    durability: 'always', region: 'local', topics,
  };
  const instance: InstanceManifest = {
    version: 1, kind: 'instance', instanceId: 'shop', name: 'shop', remark: '', edition: 'basic', billing: 'postpaid', namespace: 'independent',
    region: { id: 'local', quotas: { mqttInstances: 8, standardStorage: 8, platinumStorage: null }, used: { mqttInstances: 1, standardStorage: 1, platinumStorage: 0 }, siblings: [] },
    protocols: ['mqtt'], spec: { tps: 1_000, connections: 10_000, subscriptions: 100_000 }, alarmThresholdPercent: { tps: 70, connections: 70, subscriptions: 70 },
    expiry: fixture.expiry ?? null, replicas: 1, admission: fixture.admission ?? { mode: 'strict', anonymous: false },
    limits: {
      parentTopics: 25, wildcardFiltersPerTopic: 100, subscriptionsPerClient: 30, payloadBytes: 65_536, clientIdLength: 64, topicLength: 128,
      retentionSeconds: 259_200, storedMessages: 1_000_000, ...fixture.limits,
    },
    features: { retained: true, wills: true, sharedSubscriptions: true }, loopbackOnly: fixture.loopbackOnly ?? false, publicEndpoints: {}, internalEndpoints: {},
    groups: (fixture.groups ?? ['GID_demo']).map((name) => ({ name, account: 'main', remark: '' })),
    accounts: [{ name: 'main', main: true }, { name: 'sub', main: false }], accessKeys: keys,
    binding: fixture.directPush === true ? null
      : { storageId: 'st', storageName: 'st', storageEdition: 'standard', storageNamespace: 'independent', storageRegion: 'local' },
    directPushTopics: fixture.directPush === true ? topics : [],
  };
  const accessKeys = fixture.secrets ?? Object.fromEntries(keys.map(({ id }) => [id, SECRET]));
  return compileInstanceView({ revision: 1, instance, storage: fixture.directPush === true ? null : storage, secrets: { version: 1, kind: 'secrets', accessKeys, tls: null } });
}
