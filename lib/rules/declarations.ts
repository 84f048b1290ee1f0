/**
 * Judges the parts of a manifest, each by itself. The constructs call these at synth with the values that are known, the
 * hand-over calls them for a whole document (`manifest-rules.ts`): the same rule, once.
 */
import type {
  AccessKeyDeclaration, AccountDeclaration, ConsoleUserDeclaration, Endpoints, GroupDeclaration, InstanceManifest, RegionSummary, StorageManifest, TopicDeclaration,
} from '../manifest/manifest';
import { LISTENER_NAMES, checkDomain } from './addresses';
import { checkAdmission, checkBinding } from './bindings';
import { checkAlarmThresholds, checkExpiry, checkProtocols, checkReplicas, checkSpec } from './editions';
import { Finding, Unknown, allKnown, show } from './finding';
import { checkLimits } from './limits';
import {
  checkAccessKeyId, checkAccountName, checkConsoleUserName, checkGroupName, checkInstanceId, checkInstanceName, checkRegionId, checkRemark, checkStorageId,
  checkStorageName, checkTopicName, duplicate,
} from './names';
import { checkTrustedProxies } from './trusted-proxies';
import { checkWebhookAuthority, checkWebhookUrl } from './webhook';
import { QUOTA_WORDS, QuotaName, checkQuotaUse, checkQuotaValues } from './regions';

function judge(value: string, unknown: Unknown, check: (value: string) => Finding[]): Finding[] {
  return unknown(value) ? [] : check(value);
}

export function checkTopic(topic: Pick<TopicDeclaration, 'name' | 'remark'>, unknown: Unknown = allKnown): Finding[] {
  return [
    ...judge(topic.name, unknown, checkTopicName),
    ...judge(topic.remark, unknown, (text) => checkRemark('remark of the parent topic', text)),
  ];
}

export function checkGroup(group: Pick<GroupDeclaration, 'name' | 'remark'>, unknown: Unknown = allKnown): Finding[] {
  return [
    ...judge(group.name, unknown, checkGroupName),
    ...judge(group.remark, unknown, (text) => checkRemark('remark of the group', text)),
  ];
}

export function checkAccount(account: AccountDeclaration, unknown: Unknown = allKnown): Finding[] {
  return judge(account.name, unknown, checkAccountName);
}

export function checkConsoleUser(user: Pick<ConsoleUserDeclaration, 'name'>, unknown: Unknown = allKnown): Finding[] {
  return judge(user.name, unknown, checkConsoleUserName);
}

export function checkAccessKey(key: Pick<AccessKeyDeclaration, 'id' | 'access' | 'grants'>, unknown: Unknown = allKnown): Finding[] {
  const findings = judge(key.id, unknown, checkAccessKeyId);
  if (key.access === 'all' && key.grants.length > 0) {
    const topics = key.grants.map(({ topic }) => (unknown(topic) ? 'a topic' : show(topic)));
    findings.push({
      rule: 'A5', subject: 'rights of the AccessKey', got: `access all and a grant on ${topics.join(', ')}`,
      allowed: 'access all without grants, or access granted with them: a grant does not narrow access all',
      fix: 'set access to granted, so that the key may do what is granted and nothing else',
    });
  }
  return findings;
}

export function checkStorageFields(storage: Omit<StorageManifest, 'topics'>, unknown: Unknown = allKnown): Finding[] {
  return [
    ...judge(storage.storageId, unknown, checkStorageId),
    ...judge(storage.name, unknown, checkStorageName),
    ...judge(storage.description, unknown, (text) => checkRemark('description of the storage instance', text)),
    ...judge(storage.region, unknown, checkRegionId),
  ];
}

/** Everything of an instance that stands by itself; lists and the binding apart. */
export function checkInstanceFields(instance: InstanceManifest, unknown: Unknown = allKnown): Finding[] {
  return [
    // the name is the id unless it is given, and one sentence is enough for one value
    ...(instance.instanceId === instance.name ? [] : judge(instance.instanceId, unknown, checkInstanceId)),
    ...judge(instance.name, unknown, checkInstanceName),
    ...judge(instance.remark, unknown, (text) => checkRemark('remark of the MQTT instance', text)),
    ...judge(instance.region.id, unknown, checkRegionId),
    ...checkReplicas(instance.edition, instance.replicas, unknown),
    ...checkProtocols(instance.protocols, unknown),
    ...checkSpec(instance.spec, unknown),
    ...checkAlarmThresholds(instance.alarmThresholdPercent, unknown),
    ...checkExpiry(instance.billing, instance.expiry, unknown),
    ...checkLimits(instance.limits, unknown),
    ...checkAdmission(instance.admission),
    ...(instance.webhook === undefined ? [] : [...checkWebhookUrl(instance.webhook.url, unknown), ...checkWebhookAuthority(instance.webhook, unknown)]),
    ...checkTrustedProxies(instance.trustedProxies ?? [], unknown),
  ];
}

/** What a document says about its region and endpoints; at synth these are judged where they are declared, on the Region. */
export function checkInstanceSurroundings(instance: InstanceManifest, unknown: Unknown = allKnown): Finding[] {
  return [
    ...checkQuotaValues(instance.region.quotas, unknown),
    ...checkRegionUse(instance.region, unknown),
    ...checkSiblingNames(instance, unknown),
    ...checkEndpointDomains('public endpoint', instance.publicEndpoints, unknown),
    ...checkEndpointDomains('internal endpoint', instance.internalEndpoints, unknown),
  ];
}

/** L1, L2: a quota that was a token is judged by what the program counted. */
function checkRegionUse({ id, quotas, used }: RegionSummary, unknown: Unknown): Finding[] {
  return (Object.keys(QUOTA_WORDS) as QuotaName[]).flatMap((name) => checkQuotaUse(id, name, quotas[name], used[name], unknown));
}

/** N1: so is a name. */
function checkSiblingNames({ name, region: { id, siblings } }: InstanceManifest, unknown: Unknown): Finding[] {
  if (unknown(name)) return [];
  return siblings.filter((sibling) => !unknown(sibling.name) && sibling.name.toLowerCase() === name.toLowerCase())
    .map((sibling) => duplicate('N1', 'MQTT instance name', name, `region ${id}`, `MQTT instance ${sibling.instanceId}`, true));
}

function checkEndpointDomains(subject: string, endpoints: Endpoints, unknown: Unknown): Finding[] {
  const domains = new Set(LISTENER_NAMES.flatMap((name) => {
    const address = endpoints[name]?.address;
    return address === undefined || unknown(address) ? [] : [address.replace(/:[^:]*$/, '')];
  }));
  return [...domains].flatMap((domain) => checkDomain(subject, domain));
}

export function checkInstanceBinding(instance: InstanceManifest, unknown: Unknown = allKnown): Finding[] {
  if (!instance.binding) return [];
  return checkBinding({ namespace: instance.namespace, regionId: instance.region.id }, instance.binding, unknown);
}
