/** Makes the documents of `lib/manifest/manifest.ts` from facts. Called at synth, when every topic, group and key is known. */
import { CONTAINER_PORTS, GatewayDeploymentProps } from '../deployment/deployment';
import {
  AccessKeyDeclaration, Endpoints, Grant, InstanceManifest, InstanceRecord, ListenerName, MANIFEST_VERSION, MetricsDeclaration, RegionSummary, StorageManifest, TopicDeclaration, WebhookDeclaration,
} from '../manifest/manifest';
import { LISTENER_NAMES, URL_PARTS, internalLabel, isLoopback, loopbackOnly } from '../rules/addresses';
import { DEFAULT_QUOTAS, sameRegion, standardStorageBytes } from '../rules/regions';
import { InstanceFacts, KeyFacts, StorageFacts, TopicFacts, WebhookFacts, programOf } from './facts';
import { numberText, sameStack, unresolved } from './support';

export function storageManifest(storage: StorageFacts): StorageManifest {
  const { storageId, name, description, edition, namespace, durability, regionId, topics } = storage;
  return {
    version: MANIFEST_VERSION, kind: 'storage', storageId, name, description, edition, namespace, engine: 'redis', durability, region: regionId,
    ...limitBytes(storage), topics: topicDeclarations(topics),
  };
}

/** E6: every standard storage that a Region declares has the same part of its shared store. */
function limitBytes({ construct, origin, edition, region }: StorageFacts): Pick<StorageManifest, 'limitBytes'> {
  const memory = region?.sharedMemoryMegabytes;
  if (origin !== 'declared' || edition !== 'standard' || memory === undefined || unresolved(memory)) return {};
  const sharing = programOf(construct).storages.filter((other) => other.origin === 'declared' && other.edition === 'standard' && other.region === region);
  return { limitBytes: standardStorageBytes(memory, sharing.length) };
}

function topicDeclarations(topics: readonly TopicFacts[]): TopicDeclaration[] {
  return topics.map(({ name, type, permission, remark, removalPolicy }) => ({ name, type, permission, remark, removalPolicy }));
}

/**
 * Name by which containers of the region's network reach an instance: whatever owns its ports carries it as an alias, and
 * Docker resolves `<alias>.<network>`.
 */
function internalHost(instance: InstanceFacts): string {
  const id = unresolved(instance.instanceId) ? instance.instanceId : internalLabel(instance.instanceId);
  return `${id}.${instance.region?.internalDomain ?? 'localhost'}`;
}

export function endpointsOf(instance: InstanceFacts, side: 'public' | 'internal'): Endpoints {
  const host = side === 'public' ? (instance.region?.publicDomain ?? 'localhost') : internalHost(instance);
  const port = (name: ListenerName) => (side === 'public' ? instance.listeners[name]!.port : CONTAINER_PORTS[name]);
  return Object.fromEntries(LISTENER_NAMES.filter((name) => instance.listeners[name]).map((name) => {
    const address = `${host}:${numberText(port(name))}`;
    return [name, { address, url: `${URL_PARTS[name].scheme}://${address}${URL_PARTS[name].path}` }];
  }));
}

/**
 * Where a browser finds the console; undefined: it is off. On loopback that is this name on the host itself, such as through an
 * SSH tunnel to the same port.
 */
export function consoleUrlOf({ consoleEnabled, listeners: { http: { bindAddress, port } }, region }: InstanceFacts): string | undefined {
  if (!consoleEnabled) return undefined;
  const host = !unresolved(bindAddress) && isLoopback(bindAddress) ? 'localhost' : (region?.publicDomain ?? 'localhost');
  return `http://${host}:${numberText(port)}/console/`;
}

/** Rights of one key, one entry a topic. */
export function grantsOf(key: KeyFacts): Grant[] {
  const byTopic = new Map<string, Grant>();
  for (const { topic: { name: topic }, publish, subscribe } of key.grants) {
    const before = byTopic.get(topic);
    byTopic.set(topic, { topic, publish: publish || !!before?.publish, subscribe: subscribe || !!before?.subscribe });
  }
  return [...byTopic.values()];
}

export function keyDeclaration(key: KeyFacts): AccessKeyDeclaration {
  return { id: key.keyId, account: key.account.name, access: key.access, grants: grantsOf(key) };
}

export function instanceManifest(instance: InstanceFacts): InstanceManifest {
  const { bindings: [binding] } = instance;
  return {
    version: MANIFEST_VERSION,
    kind: 'instance',
    instanceId: instance.instanceId,
    name: instance.name,
    remark: instance.remark,
    edition: instance.edition,
    billing: instance.billing,
    namespace: instance.namespace,
    region: regionSummary(instance),
    protocols: instance.protocols,
    spec: instance.spec,
    alarmThresholdPercent: instance.alarmThresholdPercent,
    expiry: instance.expiry,
    replicas: instance.replicas,
    admission: { ...instance.admission, ...(instance.publishAnonymousBeyondLoopback && { beyondLoopback: true }) },
    limits: instance.limits,
    features: instance.features,
    loopbackOnly: loopbackOnly(instance.listeners, unresolved),
    publicEndpoints: endpointsOf(instance, 'public'),
    internalEndpoints: endpointsOf(instance, 'internal'),
    groups: instance.groups.map(({ name, account, remark }) => ({ name, account: account.name, remark })),
    accounts: instance.accounts.map(({ name, main }) => ({ name, main })),
    accessKeys: instance.keys.map(keyDeclaration),
    binding: binding ? {
      storageId: binding.storage.storageId, storageName: binding.storage.name, storageEdition: binding.storage.edition,
      storageNamespace: binding.storage.namespace, storageRegion: binding.storage.regionId,
    } : null,
    directPushTopics: topicDeclarations(instance.topics),
    ...(instance.webhook && { webhook: webhookDeclaration(instance.webhook) }),
    console: { enabled: instance.consoleEnabled, users: instance.consoleUsers.map(({ name, account }) => ({ name, account: account.name })) },
    metrics: metricsDeclaration(instance),
    ...(instance.trustedProxies.length > 0 && { trustedProxies: instance.trustedProxies }),
  };
}

/** An address that is not known yet may be anywhere. */
export function metricsDeclaration({ metrics: { enabled }, listeners: { http } }: InstanceFacts): MetricsDeclaration {
  return { enabled, beyondLoopback: unresolved(http.bindAddress) || !isLoopback(http.bindAddress) };
}

function webhookDeclaration({ url, caCertificate }: WebhookFacts): WebhookDeclaration {
  return { url, ...(caCertificate !== undefined && { caCertificate }) };
}

/** What travels in the sensitive document. */
export function instanceSecretsOf(instance: InstanceFacts): Pick<GatewayDeploymentProps, 'accessKeySecrets' | 'consoleUserPasswords' | 'metricsToken' | 'tls' | 'webhookSecret'> {
  return {
    accessKeySecrets: () => Object.fromEntries(instance.keys.map(({ keyId, secret }) => [keyId, secret ?? ''])),
    consoleUserPasswords: () => Object.fromEntries(instance.consoleUsers.map(({ name, password }) => [name, password ?? ''])),
    metricsToken: instance.metrics.token,
    tls: tlsOf(instance),
    webhookSecret: instance.webhook && (instance.webhook.secret ?? ''),
  };
}

function regionSummary(instance: InstanceFacts): RegionSummary {
  const { regionId, region } = instance;
  const { instances, storages } = programOf(instance.construct);
  const here = instances.filter((other) => !other.imported && sameRegion(other.regionId, regionId));
  const storage = (edition: string) => storages.filter((s) => s.origin === 'declared' && sameRegion(s.regionId, regionId) && s.edition === edition).length;
  return {
    id: regionId,
    quotas: region?.quotas ?? DEFAULT_QUOTAS,
    used: { mqttInstances: here.length, standardStorage: storage('standard'), platinumStorage: storage('platinum') },
    siblings: here.filter((other) => other !== instance).map((other) => {
      const { instanceId, name, edition } = other;
      const consoleUrl = consoleUrlOf(other);
      const internalHttpUrl = `http://${internalHost(other)}:${CONTAINER_PORTS.http}`;
      return { instanceId, name, edition, ...(unresolved(internalHttpUrl) ? {} : { internalHttpUrl }), ...(consoleUrl !== undefined && !unresolved(consoleUrl) && { consoleUrl }) }; // a token of another stack has no place here
    }),
  };
}

/** What the embedded mode runs. */
export function instanceRecord(instance: InstanceFacts): InstanceRecord {
  const storage = instance.bindings[0]?.storage;
  const ours = storage && storage.origin !== 'imported' && sameStack(storage.construct, instance.construct);
  return {
    manifest: instanceManifest(instance),
    storage: ours ? storageManifest(storage) : null,
    storeUrl: storage?.origin === 'url' ? storage.url : null,
    listeners: instance.listeners,
    accessKeySecrets: Object.fromEntries(instance.keys.map((key) => [key.keyId, key.givenSecret ?? null])),
    consoleUserPasswords: Object.fromEntries(instance.consoleUsers.map(({ name, givenPassword }) => [name, givenPassword ?? null])),
    metricsToken: instance.metrics.token ?? null,
    tls: tlsOf(instance) ?? null,
    ...(instance.webhook && { webhookSecret: instance.webhook.givenSecret ?? null }),
  };
}

/** Both halves or nothing; half a pair is a finding. */
export function tlsOf(instance: InstanceFacts): { certificate: string; privateKey: string } | undefined {
  const { certificate, privateKey } = instance.tls ?? {};
  return certificate !== undefined && privateKey !== undefined ? { certificate, privateKey } : undefined;
}
