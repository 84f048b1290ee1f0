/**
 * Takes a declaration in, or refuses it with a sentence. Pure: what stands in the store and what comes in go in, a decision
 * comes out. Whatever was a Terraform token at synth is judged here for the first time (N5), by the rules that the
 * constructs use, and the store's own binding record has the last word (B1, B2).
 */
import type { InstanceManifest, InstanceSecrets, StorageManifest, TopicDeclaration } from '../../../lib/manifest/manifest';
import { checkBinding } from '../../../lib/rules/bindings';
import { show } from '../../../lib/rules/finding';
import { checkTopicCount } from '../../../lib/rules/limits';
import { checkInstanceManifest, checkStorageManifest, sentence, type Finding } from '../../../lib/rules/manifest-rules';
import { sameRegion } from '../../../lib/rules/regions';
import { checkConsolePassword, checkMetricsExposure, checkMetricsToken, checkSecret, checkWebhookSecret } from '../../../lib/rules/secrets';
import { HIGH_WATER, type Documents, type MadeThings } from '../store/contract';
import { checkCertificate } from './check-certificate';
import { afterAdoption, checkAgainstMade, topicsOf } from './made';

/** What a hand-over may bring: a storage alone, an instance alone (its storage was handed over before), or both. */
export interface Incoming {
  readonly storage: StorageManifest | null;
  readonly instance: InstanceManifest | null;
  readonly secrets: InstanceSecrets | null;
}

/** What is to stand in the store; secrets in clear, sealed by the caller. */
export interface Accepted {
  readonly storage: StorageManifest | null;
  readonly instance: InstanceManifest | null;
  /** undefined: what is stored stays. */
  readonly secrets: InstanceSecrets | undefined;
  readonly boundTo: string | null;
  /** What the control API made and is not declared now; undefined: it never made anything. */
  readonly made: MadeThings | undefined;
  /** Logs of topics that are no longer declared and whose removal policy says destroy (I5). */
  readonly destroyedLogs: readonly string[];
  /** Accepted all the same, but somebody should know. */
  readonly warnings: readonly string[];
}

export type Decision = { readonly accept: true; readonly next: Accepted } | { readonly accept: false; readonly sentence: string };

export interface Current extends Pick<Documents, 'storage' | 'instance' | 'boundTo' | 'made'> {
  /** What the messages take, where the bound is to become lower. */
  readonly heldBytes?: number;
}

/** A gateway with direct push has no store and takes its own documents in (B6). */
export type Place = 'store' | 'gateway';

export function decideHandOver(current: Current, incoming: Incoming, place: Place = 'store'): Decision {
  const findings = [
    ...(place === 'gateway' ? judgeDirectPush(current, incoming) : [...judgeStorage(current, incoming), ...judgeInstance(current, incoming)]),
    ...checkAgainstMade(current, incoming),
  ];
  // the declared binding and the stored storage may break the same rule with the same words
  if (findings.length > 0) return { accept: false, sentence: [...new Set(findings.map(sentence))].join(' | ') };
  return {
    accept: true,
    next: {
      storage: incoming.storage ?? current.storage,
      instance: incoming.instance ?? current.instance,
      secrets: incoming.secrets ?? undefined,
      boundTo: current.boundTo ?? incoming.instance?.instanceId ?? null,
      made: afterAdoption(current.made, incoming),
      destroyedLogs: destroyedLogs(topicsOf(current) ?? [], topicsOf(incoming)),
      warnings: checkCertificate(incoming.secrets?.tls ?? null).warnings,
    },
  };
}

function judgeStorage(current: Current, { storage, instance }: Incoming): Finding[] {
  if (!storage) return [];
  const { storage: before } = current;
  return [
    ...checkStorageManifest(storage),
    ...(before && before.storageId !== storage.storageId ? [anotherStorage(storage.storageId, before)] : []),
    ...(before ? checkRegionStays(`region of storage instance ${show(storage.name)}`, before.region, storage.region) : []),
    ...checkPart(storage, current.heldBytes),
    // an instance that comes along is judged against this storage below; one that stands already must still fit. Its limits
    // may be about to change with the next step of the same deploy, so they are left to that step
    ...(current.instance && !instance ? checkSides(current.instance, storage) : []),
  ];
}

/** E6: another storage that comes to the shared store must not cost what this one has stored. */
function checkPart({ name, limitBytes }: StorageManifest, heldBytes: number | undefined): Finding[] {
  if (limitBytes === undefined || heldBytes === undefined || heldBytes <= limitBytes * HIGH_WATER) return [];
  const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  return [{
    rule: 'E6', subject: `part of the shared store for storage instance ${show(name)}`, got: mebibytes(limitBytes),
    allowed: `at least ${mebibytes(heldBytes / HIGH_WATER)}: it holds ${mebibytes(heldBytes)}`,
    fix: 'raise standardStoreMemoryMegabytes of the Region, or lower retentionSeconds or storedMessages of its MQTT instance first',
  }];
}

function judgeInstance(current: Current, { storage: incomingStorage, instance, secrets }: Incoming): Finding[] {
  if (!instance) return [];
  const findings = checkInstanceManifest(instance);
  const { binding } = instance;
  const storage = incomingStorage ?? current.storage;
  if (!binding) {
    return [...findings, { rule: 'B6', subject: 'binding', got: 'none', allowed: 'one: without it no store takes the instance in', fix: 'bind the instance to a storage instance' }];
  }
  if (!storage) {
    return [...findings, {
      rule: 'S2', subject: `storage instance ${show(binding.storageName)}`, got: 'one that has not been handed over yet', allowed: 'one that stands',
      fix: 'deploy the stack that declares it, then deploy this one again',
    }];
  }
  return [
    ...findings,
    ...(binding.storageId !== storage.storageId ? [anotherStorage(binding.storageId, storage)] : []),
    ...checkBindingRecord(current, instance, storage),
    ...checkSides(instance, storage),
    ...checkTopicCount(storage.topics.length, instance.limits),
    ...checkMoved(current, instance),
    ...checkSecrets(instance, secrets),
    ...checkCertificate(secrets?.tls ?? null).findings,
  ];
}

/** B6: nothing to bind; topics stand in the instance. */
function judgeDirectPush(current: Current, { instance, storage, secrets }: Incoming): Finding[] {
  if (!instance) return [{ rule: 'B6', subject: 'hand-over to a gateway with direct push', got: 'no instance', allowed: 'an MQTT instance that declares direct push', fix: 'hand instance.json over' }];
  const findings = checkInstanceManifest(instance);
  const bound = instance.binding ?? storage;
  if (bound) {
    return [...findings, {
      rule: 'B6', subject: `MQTT instance ${show(instance.instanceId)}`, got: `storage ${show(bound.storageId)}`,
      allowed: 'none: its gateway pushes directly and has no store', fix: 'take the binding out, or deploy a gateway that has a store',
    }];
  }
  return [...findings, ...checkMoved(current, instance), ...checkSecrets(instance, secrets), ...checkCertificate(secrets?.tls ?? null).findings];
}

/** B1, B2: whoever was bound first stays. */
function checkBindingRecord({ boundTo }: Current, { instanceId }: InstanceManifest, storage: StorageManifest): Finding[] {
  if (boundTo === null || boundTo === instanceId) return [];
  return [{
    rule: 'B1, B2', subject: `binding of storage instance ${show(storage.name)}`, got: `MQTT instance ${show(instanceId)}`,
    allowed: `${show(boundTo)} alone, to which it is bound: a binding never changes`, fix: `bind ${show(instanceId)} to another storage instance`,
  }];
}

/** B3 and B4 against the storage that really stands, whatever the binding's declaration said of it. */
function checkSides(instance: InstanceManifest, storage: StorageManifest): Finding[] {
  return checkBinding({ namespace: instance.namespace, regionId: instance.region.id }, { storageNamespace: storage.namespace, storageRegion: storage.region });
}

function checkMoved({ instance: before }: Current, instance: InstanceManifest): Finding[] {
  if (!before || before.instanceId !== instance.instanceId) return [];
  return checkRegionStays(`region of MQTT instance ${show(instance.instanceId)}`, before.region.id, instance.region.id);
}

function checkRegionStays(subject: string, before: string, now: string): Finding[] {
  if (sameRegion(before, now)) return [];
  return [{ rule: 'L3', subject, got: show(now), allowed: `${show(before)}, where it was made: a region never changes`, fix: 'declare a new one in the other region' }];
}

function anotherStorage(got: string, { name, storageId }: StorageManifest): Finding {
  return {
    rule: 'B1', subject: 'storage id', got: show(got), allowed: `${show(storageId)} (${show(name)}), which this place of the store holds`,
    fix: 'give each storage instance its own place in a store',
  };
}

function checkSecrets(instance: InstanceManifest, secrets: InstanceSecrets | null): Finding[] {
  const none = (rule: string, subject: string, allowed: string): Finding => ({ rule, subject, got: 'none', allowed, fix: 'hand secrets.json over together with instance.json' });
  const { accessKeys, console, metrics, loopbackOnly } = instance;
  const { metricsToken } = secrets ?? {};
  return [
    ...accessKeys.flatMap(({ id }) => {
      const secret = own(secrets?.accessKeys, id);
      return secret === undefined ? none('A1', `secret of AccessKey ${id}`, 'a secret for each declared key') : checkSecret(id, secret, loopbackOnly);
    }),
    ...(console?.users ?? []).flatMap(({ name }) => {
      const password = own(secrets?.consoleUsers, name);
      return password === undefined ? none('A6', `password of console user ${show(name)}`, 'a password for each declared user') : checkConsolePassword(show(name), password, loopbackOnly);
    }),
    ...checkWebhook(instance, secrets),
    ...(metrics ? checkMetricsExposure(metrics, typeof metricsToken === 'string') : []),
    ...(typeof metricsToken === 'string' ? checkMetricsToken(metricsToken, loopbackOnly) : []),
  ];
}

/** E1: what signs is judged as a key's secret is. */
function checkWebhook({ webhook }: InstanceManifest, secrets: InstanceSecrets | null): Finding[] {
  if (webhook === undefined) return [];
  if (secrets?.webhookSecret !== undefined) return checkWebhookSecret(secrets.webhookSecret);
  return [{ rule: 'E1', subject: 'secret of the webhook', got: 'none', allowed: 'one with each webhook', fix: 'hand secrets.json over together with instance.json' }];
}

function own(values: { readonly [name: string]: string } | undefined, name: string): string | undefined {
  return values && Object.hasOwn(values, name) ? values[name] : undefined;
}

/**
 * The policy that counts is the one that was last handed over: a topic that has left the program says nothing any more.
 * Topics that no deploy declared are not here and stay untouched (I4).
 */
function destroyedLogs(before: readonly TopicDeclaration[], now: readonly TopicDeclaration[] | undefined): string[] {
  const kept = new Set((now ?? before).map(({ name }) => name));
  return before.filter(({ name, removalPolicy }) => removalPolicy === 'destroy' && !kept.has(name)).map(({ name }) => name);
}
