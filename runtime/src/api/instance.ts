/** The instance: what was declared of it, where it is reached, what it uses, and its gateways. */
import { Type, type Static } from '@sinclair/typebox';
import { asAlarm, JournalKeeper, standing } from '../notify/journal';
import { endpoints, instanceEdition, namespaceType, spec, storageEdition } from '../manifest/schema';
import type { GatewayRecord } from '../store/contract';
import { operation } from './operation';
import { count, filled, milliseconds, nullable, text } from './schemas';
import { siblingState } from './sibling-states';
import { STATES } from './state';

const gateway = Type.Object({
  gatewayId: filled, replica: filled, worker: nullable(count), revision: filled, startedAt: milliseconds, ready: Type.Boolean(),
  connections: count, subscriptions: count, tps: Type.Number(),
}, { $id: 'Gateway' });

const used = Type.Object({ tps: Type.Number(), connections: count, subscriptions: count });

const instance = Type.Object({
  instanceId: filled, name: filled, remark: text, edition: instanceEdition, billing: Type.String(), namespace: namespaceType,
  region: filled, protocols: Type.Array(text), replicas: count, expiry: nullable(text),
  admission: Type.Object({ mode: text, anonymous: Type.Boolean() }),
  endpoints: Type.Object({ public: endpoints, internal: endpoints }),
  binding: nullable(Type.Object({ storageId: filled, storageName: filled, storageEdition, storageNamespace: namespaceType, storageRegion: filled })),
  spec, used,
  throttled: Type.Boolean({ description: 'E2: the spec is a ceiling' }),
  limits: Type.Object({ clientIdLength: Type.Integer({ minimum: 1, description: 'characters of a Client ID (L4)' }) }),
  alarmThresholds: Type.Object({ tps: Type.Number(), connections: Type.Number(), subscriptions: Type.Number() }),
  alarms: Type.Array(Type.Object({ alarm: filled, since: milliseconds, value: Type.Number(), threshold: Type.Number() })),
  quota: Type.Object({
    mqttInstances: Type.Object({ quota: count, used: count }),
    standardStorage: Type.Object({ quota: count, used: count }),
    platinumStorage: Type.Object({ quota: nullable(count), used: count }),
  }),
  gateways: Type.Array(gateway),
  statistics: Type.Object({
    topics: count, groups: count, storedMessages: count, storedMessagesLimit: count, payloadBytes: count,
    storeBytes: nullable(count), storeBytesLimit: nullable(count),
  }),
  siblings: Type.Array(Type.Object({
    instanceId: filled, name: filled, edition: instanceEdition, consoleUrl: nullable(filled),
    state: Type.Union([...STATES, 'unknown'].map((name) => Type.Literal(name)), { description: 'seconds old; unknown: this gateway cannot ask it, or has not heard yet' }),
    alarms: nullable(Type.Integer({ minimum: 0, description: 'that stand; null: unknown' })),
  }), { description: 'other instances of the region, as the deploy knew them' }),
  documentsRevision: count,
}, { $id: 'Instance' });

export type InstanceAnswer = Static<typeof instance>;

export const instanceOperations = [
  operation({
    id: 'getInstance', method: 'GET', path: '/instance', tag: 'instance', summary: 'The instance, its endpoints, binding, quota and use, alarms, gateways and statistics',
    status: 200, response: instance, problems: [],
    async handle({ serving: { view, store, broker, documents } }) {
      const { manifest } = view;
      const { region: { id: region, quotas, used: usedOf, siblings }, binding } = manifest;
      const [records, statistics, journal] = await Promise.all([store.gateways(), store.statistics(), new JournalKeeper(store).read()]);
      const gateways = records.filter(({ instanceId }) => instanceId === view.instanceId);
      const { enforced, thresholds } = broker.quota.status();
      return {
        instanceId: view.instanceId, name: manifest.name, remark: manifest.remark, edition: manifest.edition, billing: manifest.billing,
        namespace: manifest.namespace, region, protocols: manifest.protocols, replicas: manifest.replicas, expiry: manifest.expiry,
        admission: { mode: manifest.admission.mode, anonymous: manifest.admission.anonymous },
        endpoints: { public: manifest.publicEndpoints, internal: manifest.internalEndpoints },
        binding: binding && { ...binding },
        spec: view.spec, used: sum(gateways), throttled: enforced, limits: { clientIdLength: view.limits.clientIdLength }, alarmThresholds: thresholds, alarms: standing(journal).map(asAlarm),
        quota: {
          mqttInstances: { quota: quotas.mqttInstances, used: usedOf.mqttInstances },
          standardStorage: { quota: quotas.standardStorage, used: usedOf.standardStorage },
          platinumStorage: { quota: quotas.platinumStorage, used: usedOf.platinumStorage },
        },
        gateways: gateways.map(shown).sort((a, b) => (a.gatewayId < b.gatewayId ? -1 : 1)),
        statistics: {
          topics: view.topics.size, groups: view.groups.size, storedMessages: statistics.messages, storedMessagesLimit: view.limits.storedMessages,
          payloadBytes: statistics.payloadBytes, storeBytes: statistics.usedBytes ?? null, storeBytesLimit: statistics.limitBytes ?? null,
        },
        siblings: siblings.map((each) => ({ instanceId: each.instanceId, name: each.name, edition: each.edition, consoleUrl: each.consoleUrl ?? null, ...siblingState(store, each) })),
        documentsRevision: documents.revision,
      };
    },
  }),
];

function shown({ gatewayId, replica, worker, revision, startedAt, ready, connections, subscriptions, tps }: GatewayRecord) {
  return { gatewayId, replica, worker: worker ?? null, revision, startedAt, ready, connections, subscriptions: subscriptions ?? 0, tps: tps ?? 0 };
}

/** Of the records, also for the gateway that answers: the same on each of them. */
function sum(gateways: readonly GatewayRecord[]): { tps: number; connections: number; subscriptions: number } {
  const total = (valueOf: (record: GatewayRecord) => number | undefined): number => gateways.reduce((all, record) => all + (valueOf(record) ?? 0), 0);
  return { tps: total(({ tps }) => tps), connections: total(({ connections }) => connections), subscriptions: total(({ subscriptions }) => subscriptions) };
}
