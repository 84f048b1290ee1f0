/**
 * Judges whole documents when the hand-over takes them in: what was an unresolved token at synth is checked here for the
 * first time (N5), by the very rules that the constructs use.
 */
import type { InstanceManifest, StorageManifest } from '../manifest/manifest';
import { checkBound, checkDocumentExposure } from './bindings';
import {
  checkAccessKey, checkAccount, checkConsoleUser, checkGroup, checkInstanceBinding, checkInstanceFields, checkInstanceSurroundings, checkStorageFields, checkTopic,
} from './declarations';
import { Finding, show } from './finding';
import { checkTopicCount } from './limits';
import { duplicate, repeated } from './names';

export { sentence } from './finding';
export type { Finding } from './finding';

export function checkStorageManifest(storage: StorageManifest): Finding[] {
  return [
    ...checkStorageFields(storage),
    ...storage.topics.flatMap((topic) => named(`parent topic ${show(topic.name)}`, checkTopic(topic))),
    ...unique('N2', 'parent topic name', storage.topics.map(({ name }) => name), true),
  ];
}

export function checkInstanceManifest(instance: InstanceManifest): Finding[] {
  const { groups, accounts, accessKeys, directPushTopics } = instance;
  const users = instance.console?.users ?? [];
  return [
    ...checkInstanceFields(instance),
    ...checkInstanceSurroundings(instance),
    ...checkInstanceBinding(instance),
    ...checkDocumentExposure(instance.admission, instance.loopbackOnly),
    ...checkBound({ bindings: instance.binding ? 1 : 0, directPush: !instance.binding, replicas: instance.replicas }),
    ...groups.flatMap((group) => named(`group ${show(group.name)}`, checkGroup(group))),
    ...unique('N3', 'Group ID', groups.map(({ name }) => name), false),
    ...accounts.flatMap((account) => named(`account ${show(account.name)}`, checkAccount(account))),
    ...unique('A4', 'account name', accounts.map(({ name }) => name), false),
    ...checkMainAccount(instance),
    ...checkOwners(instance),
    ...accessKeys.flatMap((key) => named(`AccessKey ${show(key.id)}`, checkAccessKey(key))),
    ...unique('A1', 'AccessKey id', accessKeys.map(({ id }) => id), false),
    ...users.flatMap((user) => named(`console user ${show(user.name)}`, checkConsoleUser(user))),
    ...unique('A4', 'console user name', users.map(({ name }) => name), false),
    ...directPushTopics.flatMap((topic) => named(`parent topic ${show(topic.name)}`, checkTopic(topic))),
    ...unique('N2', 'parent topic name', directPushTopics.map(({ name }) => name), true),
    ...checkTopicCount(directPushTopics.length, instance.limits),
  ];
}

/** In a document of many parts a finding says which one it means. */
function named(part: string, findings: Finding[]): Finding[] {
  return findings.map((finding) => ({ ...finding, subject: `${finding.subject} of ${part}` }));
}

function unique(rule: string, subject: string, names: string[], ignoreCase: boolean): Finding[] {
  return repeated(names, (name) => name, ignoreCase)
    .map(({ items }) => duplicate(rule, subject, items[1], 'the instance', show(items[0]), ignoreCase));
}

function checkMainAccount({ accounts }: InstanceManifest): Finding[] {
  const main = accounts.filter((account) => account.main).length;
  if (main === 1) return [];
  return [{ rule: 'A4', subject: 'main accounts', got: String(main), allowed: 'exactly one', fix: 'declare one main account' }];
}

/** A4: a group, a key or a user of an account that does not exist would be usable by nobody. */
function checkOwners({ accounts, groups, accessKeys, console }: InstanceManifest): Finding[] {
  const known = new Set(accounts.map(({ name }) => name));
  const owned = [
    ...groups.map(({ name, account }) => ({ what: `group ${show(name)}`, account })),
    ...accessKeys.map(({ id, account }) => ({ what: `AccessKey ${show(id)}`, account })),
    ...(console?.users ?? []).map(({ name, account }) => ({ what: `console user ${show(name)}`, account })),
  ];
  return owned.filter(({ account }) => !known.has(account)).map(({ what, account }) => ({
    rule: 'A4', subject: `account of ${what}`, got: show(account), allowed: `an account of this instance (${[...known].join(', ')})`, fix: 'declare the account, or name one that is declared',
  }));
}
