/** What a stack would declare for the gateway that is measured: limits that no scenario meets. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MANIFEST_VERSION, type StackRecord } from '../../lib/manifest/manifest';
import type { Key } from '../types';
import type { Fsync } from './redis';

export const KEY: Key = { keyId: 'bench-key', secret: 'bench-Qx7-secret', instanceId: 'bench' };

const PLENTY = 10_000_000;

function stackRecord(durability: Fsync): StackRecord {
  const off = { bindAddress: '127.0.0.1', port: 0 };
  return {
    version: MANIFEST_VERSION,
    unboundStorage: [],
    instances: [{
      storage: {
        version: MANIFEST_VERSION, kind: 'storage', storageId: 'bench-storage', name: 'bench', description: '', edition: 'standard', namespace: 'independent',
        engine: 'redis', durability, region: 'local',
        topics: [{ name: 'bench', type: 'normal', permission: 'publish-and-subscribe', remark: '', removalPolicy: 'retain' }],
      },
      storeUrl: null, tls: null, accessKeySecrets: { [KEY.keyId]: KEY.secret },
      listeners: { tcp: off, http: off },
      manifest: {
        version: MANIFEST_VERSION, kind: 'instance', instanceId: KEY.instanceId, name: 'bench', remark: '', edition: 'basic', billing: 'postpaid',
        namespace: 'independent',
        region: {
          id: 'local', quotas: { mqttInstances: 8, standardStorage: 8, platinumStorage: null },
          used: { mqttInstances: 1, standardStorage: 1, platinumStorage: 0 }, siblings: [],
        },
        protocols: ['mqtt'], spec: { tps: PLENTY, connections: PLENTY, subscriptions: PLENTY },
        alarmThresholdPercent: { tps: 100, connections: 100, subscriptions: 100 }, expiry: null, replicas: 1,
        admission: { mode: 'strict', anonymous: false },
        limits: {
          parentTopics: 25, wildcardFiltersPerTopic: 100, subscriptionsPerClient: 30, payloadBytes: 65_536, clientIdLength: 64, topicLength: 128,
          retentionSeconds: 259_200, storedMessages: PLENTY,
        },
        features: { retained: true, wills: true, sharedSubscriptions: true },
        loopbackOnly: true, publicEndpoints: {}, internalEndpoints: {},
        groups: [{ name: 'GID_bench', account: 'main', remark: '' }], accounts: [{ name: 'main', main: true }],
        accessKeys: [{ id: KEY.keyId, account: 'main', access: 'all', grants: [] }],
        binding: { storageId: 'bench-storage', storageName: 'bench', storageEdition: 'standard', storageNamespace: 'independent', storageRegion: 'local' },
        directPushTopics: [],
      },
    }],
  };
}

/** Writes it as `cdktf synth` would; returns the folder for `mqttgw dev --synth`. */
export function writeStack(folder: string, durability: Fsync): string {
  const stack = path.join(folder, 'synth/stacks/bench');
  mkdirSync(stack, { recursive: true });
  writeFileSync(path.join(stack, 'cdk.tf.json'), JSON.stringify({ '//': { mqttGateway: stackRecord(durability) } }));
  return path.join(folder, 'synth');
}
