/** Storage instances, their backend users, and bindings: B1–B6, E6, I2, L4, S1. */
import { checkBackendUser } from '../rules/backend-users';
import { checkBinding, checkBound } from '../rules/bindings';
import { checkStorageFields } from '../rules/declarations';
import { checkStoreMemory } from '../rules/editions';
import { Finding } from '../rules/finding';
import { checkTopicCount } from '../rules/limits';
import { duplicate, repeated } from '../rules/names';
import { checkStoreUrl } from '../rules/store-url';
import { storageManifest } from './documents';
import { BackendUserFacts, BindingFacts, Program, StorageFacts, isInTree } from './facts';
import { Located, at } from './program-rules';
import { numberText, sameStack, unresolved } from './support';

export function bindingFailures(program: Program): Located[] {
  const { bindings, instances } = program;
  return [
    ...storageFailures(program),
    ...backendUserFailures(program),
    ...instances.filter(({ imported }) => !imported).flatMap((instance) =>
      at(instance.construct, checkBound({ bindings: bindings.filter((b) => b.instance === instance).length, directPush: instance.directPush, replicas: instance.replicas, workers: instance.workers }, unresolved))),
    ...bindings.flatMap((binding) => at(binding.construct, ownFindings(binding))),
    ...boundTwice(bindings),
  ];
}

function storageFailures({ storages }: Program): Located[] {
  const owned = storages.filter(({ origin }) => origin !== 'imported');
  const known = owned.filter(({ storageId }) => !unresolved(storageId));
  return [
    ...owned.flatMap((storage) => at(storage.construct, [...checkStorageFields(storageManifest(storage), unresolved), ...urlFindings(storage.origin, storage.url), ...storeFindings(storage)])),
    ...repeated(known, ({ storageId }) => storageId, true).flatMap(({ value, items: [first, ...others] }) => others.flatMap((other) =>
      at(other.construct, [duplicate('E6', 'storage id', value, 'the program', first.construct.node.path, true)]))),
  ];
}

function backendUserFailures({ backendUsers, storages }: Program): Located[] {
  return [
    ...backendUsers.flatMap((user) => at(user.construct, [
      ...checkBackendUser({ name: user.name, password: user.givenPassword }, unresolved), ...outsideFindings(user),
    ])),
    ...storages.flatMap((storage) => repeated(storage.backendUsers.filter(({ name }) => !unresolved(name)), ({ name }) => name, false)
      .flatMap(({ value, items: [first, ...others] }) => others.flatMap((other) =>
        at(other.construct, [duplicate('S1', 'backend user name', value, 'its storage instance', first.construct.node.path, false)])))),
  ];
}

/** Who may make users in a store outside Terraform is not told to the deploy. */
function outsideFindings({ name, storage }: BackendUserFacts): Finding[] {
  if (storage.origin !== 'url') return [];
  return [{
    rule: 'S1', subject: `backend user ${unresolved(name) ? 'of this construct' : name}`, got: `storage instance ${storage.name}, whose store exists outside Terraform`,
    allowed: 'a storage instance in a store that the deploy runs', fix: 'make the user in that store, with the rules in docs/storage-layout.md',
  }];
}

/** A store of its own has memory of its own; a shared store has one configuration. */
function storeFindings({ edition, region, durability, wantedDurability, wantedMemoryMegabytes, wantedRemovalPolicy }: StorageFacts): Finding[] {
  if (edition !== 'standard') return wantedMemoryMegabytes === undefined ? [] : checkStoreMemory('memoryMegabytes of the storage instance', wantedMemoryMegabytes, unresolved);
  const differs = (what: string, wanted: string | undefined, shared: string | undefined, regionProp: string): Finding[] =>
    (wanted === undefined || shared === undefined || wanted === shared ? [] : [{
      rule: 'E6', subject: `${what} of the storage instance`, got: wanted, allowed: `${shared}, which the shared store of its region has`,
      fix: `choose edition platinum, or set ${regionProp} of the Region`,
    }]);
  return [
    ...differs('durability', wantedDurability, durability, 'standardStoreDurability'),
    ...differs('removal policy', wantedRemovalPolicy, region?.sharedRemovalPolicy, 'standardStoreRemovalPolicy'),
    ...(wantedMemoryMegabytes === undefined ? [] : [{
      rule: 'E6', subject: 'memory of the storage instance', got: `${numberText(wantedMemoryMegabytes)} MiB`, allowed: 'an equal part of the shared store of its region',
      fix: 'choose edition platinum, or set standardStoreMemoryMegabytes of the Region',
    }]),
  ];
}

function urlFindings(origin: string, url: string): Finding[] {
  return origin !== 'url' || unresolved(url) ? [] : checkStoreUrl(url);
}

function ownFindings({ construct, instance, storage }: BindingFacts): Finding[] {
  const findings: Finding[] = [];
  if (!instance.imported) {
    findings.push(...checkBinding({ namespace: instance.namespace, regionId: instance.regionId }, { storageNamespace: storage.namespace, storageRegion: storage.regionId }, unresolved));
    if (storage.origin !== 'imported') findings.push(...checkTopicCount(storage.topics.length, instance.limits, unresolved));
  }
  if (storage.origin === 'declared' && !isInTree(storage.construct)) {
    findings.push({
      rule: 'B5', subject: `storage instance of MQTT instance ${instance.instanceId}`, got: `${storage.construct.node.path}, which was taken out of the program`,
      allowed: 'a storage instance that is declared: deleting it alone makes the gateway unavailable', fix: 'leave it in the program, or take the MqttInstance and its Binding out with it',
    });
  }
  if (!instance.imported && !sameStack(instance.construct, construct)) {
    findings.push({
      rule: 'I3', subject: `binding of MQTT instance ${instance.instanceId}`, got: `a Binding in another stack than ${instance.construct.node.path}`,
      allowed: 'a Binding in the stack of its MqttInstance', fix: `declare it in the stack of ${instance.construct.node.path}; the storage instance may be of another stack`,
    });
  }
  return findings;
}

function boundTwice(bindings: readonly BindingFacts[]): Located[] {
  const ofInstances = repeated(bindings.filter(({ instance }) => !unresolved(instance.instanceId) && !instance.imported), ({ instance }) => instance.construct.node.path, false);
  const ofStorages = repeated(bindings.filter(({ storage }) => !unresolved(storage.storageId)), ({ storage }) => storage.storageId, true);
  return [
    ...ofInstances.flatMap(({ items: [first, ...others] }) => others.flatMap((other) => at(other.construct, [{
      rule: 'B1', subject: `bindings of MQTT instance ${other.instance.instanceId}`, got: `a second one beside ${first.construct.node.path}`,
      allowed: 'exactly one, for ever', fix: 'take one of them out, or declare a second MqttInstance',
    }]))),
    ...ofStorages.flatMap(({ items: [first, ...others] }) => others.filter((other) => other.instance !== first.instance).flatMap((other) => at(other.construct, [{
      rule: 'B2', subject: `bindings of storage instance ${other.storage.name}`, got: `MQTT instance ${other.instance.instanceId} beside ${first.instance.instanceId}`,
      allowed: 'at most one MQTT instance', fix: `bind ${other.instance.instanceId} to a storage instance of its own`,
    }]))),
  ];
}
