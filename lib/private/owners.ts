import type { Construct } from 'constructs';
import type { IMqttInstance } from '../mqtt-instance';
import { DEFAULT_ALARM_THRESHOLDS, DEFAULT_SPEC, REPLICAS } from '../rules/editions';
import { DEFAULT_LIMITS } from '../rules/limits';
import type { IStorageInstance } from '../storage-instance';
import { InstanceFacts, StorageFacts, factsOf } from './facts';
import { literal } from './support';

/** Facts of an instance; one of a user's own class counts as imported. */
export function instanceFactsOf(instance: IMqttInstance): InstanceFacts {
  return factsOf('instance', instance) ?? importedInstance(instance);
}

/** Of an imported instance nothing is judged or rendered; it only has a name. */
export function importedInstance(instance: IMqttInstance): InstanceFacts {
  return {
    kind: 'instance', construct: instance as unknown as InstanceFacts['construct'], imported: true, instanceId: instance.instanceId,
    name: instance.instanceId, remark: '', edition: 'basic', billing: 'postpaid', namespace: 'independent', regionId: '',
    protocols: ['mqtt'], spec: DEFAULT_SPEC, alarmThresholdPercent: DEFAULT_ALARM_THRESHOLDS, expiry: null, replicas: REPLICAS.basic.default,
    admission: { mode: 'strict', anonymous: false }, publishAnonymousBeyondLoopback: false, limits: DEFAULT_LIMITS,
    features: { retained: true, wills: true, sharedSubscriptions: true }, listeners: { http: { bindAddress: '127.0.0.1', port: 18080 } },
    trustedProxies: [], consoleEnabled: false, metrics: { enabled: false }, directPush: false, memoryMegabytes: 0, workers: 1, drainSeconds: 0, logLevel: 'info', labels: {}, outputs: false,
    groups: [], accounts: [], keys: [], consoleUsers: [], bindings: [], topics: [],
  };
}

/** Facts of a storage; one of a user's own class counts as imported. `construct` stands for it. */
export function storageFactsOf(construct: Construct, storage: IStorageInstance): StorageFacts {
  return factsOf('storage', storage) ?? {
    kind: 'storage', construct, origin: 'imported', storageId: storage.storageId, name: storage.storageName, description: '',
    edition: literal(storage.edition), namespace: literal(storage.namespaceType), durability: 'always', regionId: storage.regionId,
    url: storage.endpoint, topics: [], backendUsers: [],
  };
}
