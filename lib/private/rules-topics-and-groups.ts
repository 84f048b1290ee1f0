/** Topics, groups and rights: N2–N4, T2, A4. */
import { checkGroup, checkTopic } from '../rules/declarations';
import { Finding } from '../rules/finding';
import { duplicate, repeated } from '../rules/names';
import { distinctRegions, sameRegion } from '../rules/regions';
import type { ConsoleUserFacts, GroupFacts, KeyFacts, Program, TopicFacts } from './facts';
import { Located, at } from './program-rules';
import { unresolved } from './support';

export function topicAndGroupFailures(program: Program): Located[] {
  const topics = program.topics.filter(({ imported }) => !imported);
  const groups = program.groups.filter(({ imported }) => !imported);
  return [
    ...topics.flatMap((topic) => at(topic.construct, [...checkTopic(topic, unresolved), ...ownerFindings(topic)])),
    ...sameTopicNames(program, topics),
    ...groups.flatMap((group) => at(group.construct, [...checkGroup(group, unresolved), ...accountFindings('group', group)])),
    ...sameGroupNames(program, groups),
    ...program.keys.flatMap((key) => at(key.construct, [...accountFindings('AccessKey', key), ...grantFindings(key)])),
    ...program.consoleUsers.flatMap((user) => at(user.construct, accountFindings('console user', user))),
  ];
}

interface NameSpace<T> {
  readonly within: string;
  readonly items: readonly T[];
}

/** N2: unique in its instance; shared instances of a region have one name space (N3). */
function sameTopicNames({ storages, instances }: Program, topics: readonly TopicFacts[]): Located[] {
  const spaces = nameSpaces([...storages, ...instances.filter(({ directPush }) => directPush)], (owner) => topics.filter((topic) => topic.owner === owner), 'its instance');
  return clashes(spaces, 'N2', 'parent topic name', true);
}

function sameGroupNames({ instances }: Program, groups: readonly GroupFacts[]): Located[] {
  const spaces = nameSpaces(instances, (instance) => groups.filter((group) => group.instance === instance), 'its instance');
  return clashes(spaces, 'N3', 'Group ID', false);
}

function nameSpaces<O extends { readonly namespace: string; readonly regionId: string }, T>(
  owners: readonly O[], itemsOf: (owner: O) => readonly T[], within: string,
): NameSpace<T>[] {
  const independent = owners.filter(({ namespace }) => namespace !== 'shared').map((owner) => ({ within, items: itemsOf(owner) }));
  const shared = owners.filter(({ namespace }) => namespace === 'shared');
  return [...independent, ...distinctRegions(shared.map(({ regionId }) => regionId)).map((regionId) => ({
    within: `the shared namespace of region ${regionId}`, items: shared.filter((owner) => sameRegion(owner.regionId, regionId)).flatMap(itemsOf),
  }))];
}

function clashes<T extends TopicFacts | GroupFacts>(spaces: readonly NameSpace<T>[], rule: string, subject: string, ignoreCase: boolean): Located[] {
  return spaces.flatMap(({ within, items }) => repeated(items.filter(({ name }) => !unresolved(name)), ({ name }) => name, ignoreCase)
    .flatMap(({ items: [first, ...others] }) => others.flatMap((other) =>
      at(other.construct, [duplicate(rule, subject, other.name, within, first.construct.node.path, ignoreCase)]))));
}

/** B6: only direct push has topics on the instance. */
function ownerFindings({ name, owner }: TopicFacts): Finding[] {
  if (owner.kind === 'storage' || owner.imported || owner.directPush) return [];
  return [{
    rule: 'B6', subject: `parent topic ${unresolved(name) ? 'of this construct' : name}`, got: `MQTT instance ${owner.instanceId}, which does not declare direct push`,
    allowed: 'the storage instance that it is bound to, which holds its topics', fix: 'call addParentTopic() on the storage instance, or set directPush',
  }];
}

/** A4: an account of another instance opens nothing here. */
function accountFindings(what: string, owned: GroupFacts | KeyFacts | ConsoleUserFacts): Finding[] {
  const { account, instance } = owned;
  if (instance.imported || instance.accounts.includes(account)) return [];
  return [{
    rule: 'A4', subject: `account of the ${what}`, got: `account ${account.name} of MQTT instance ${account.instance.instanceId}`,
    allowed: `an account that MQTT instance ${instance.instanceId} declares`, fix: `call addAccount() on ${instance.construct.node.path} and use that account`,
  }];
}

/** T2: a right reaches only topics of the key's own instance. */
function grantFindings({ instance, grants }: KeyFacts): Finding[] {
  if (instance.imported) return [];
  const bound = instance.bindings.map(({ storage }) => storage.storageId);
  const reaches = ({ owner }: TopicFacts): boolean => (owner.kind === 'instance'
    ? owner === instance
    : unresolved(owner.storageId) || bound.some((id) => unresolved(id)) || bound.includes(owner.storageId));
  return grants.filter(({ topic }) => !reaches(topic)).map(({ topic: { name, owner } }) => ({
    rule: 'T2', subject: `right on parent topic ${name}`,
    ...(owner.kind === 'instance' ? {
      got: `a topic of MQTT instance ${owner.instanceId}, given to a key of ${instance.instanceId}`,
      allowed: 'topics of the key\'s own MQTT instance', fix: `grant it to a key of ${owner.instanceId}`,
    } : {
      got: `a topic of storage instance ${owner.name}, which MQTT instance ${instance.instanceId} is not bound to`,
      allowed: 'topics of the storage instance that the key\'s MQTT instance is bound to', fix: 'grant it to a key of the instance that is bound to that storage instance',
    }),
  }));
}
