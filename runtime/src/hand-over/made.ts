/**
 * What the control API made, as a hand-over meets it (I4): a declaration of the same name adopts it with its messages; what is
 * not declared is left alone, and still counts for names and limits.
 */
import type { TopicDeclaration } from '../../../lib/manifest/manifest';
import { show, type Finding } from '../../../lib/rules/finding';
import { checkTopicCount } from '../../../lib/rules/limits';
import { duplicate } from '../../../lib/rules/names';
import type { MadeThings } from '../store/contract';
import type { Current, Incoming } from './decide';

/** What stays made by the API; names that are declared now belong to the declaration. */
export function afterAdoption(made: MadeThings | undefined, incoming: Incoming): MadeThings | undefined {
  if (made === undefined) return undefined;
  const topics = namesOf(topicsOf(incoming));
  const groups = namesOf(incoming.instance?.groups);
  return { topics: made.topics.filter(({ name }) => !topics.has(name)), groups: made.groups.filter(({ name }) => !groups.has(name)) };
}

export function checkAgainstMade(current: Current, incoming: Incoming): Finding[] {
  // an instance that comes alone meets what its storage holds already
  const declared = topicsOf(incoming) ?? (incoming.instance ? current.storage?.topics : undefined);
  const left = afterAdoption(current.made, incoming);
  if (left === undefined || declared === undefined) return [];
  const { limits } = incoming.instance ?? current.instance ?? {};
  // without any, the declaration's own finding says enough
  const over = limits && left.topics.length > 0 ? checkTopicCount(declared.length + left.topics.length, limits) : [];
  return [
    ...declared.flatMap((topic) => sameIgnoringCase(topic, left.topics)),
    ...over.map((finding) => ({ ...finding, got: `${finding.got}, ${left.topics.length} of them made through the control API or on the storage side` })),
  ];
}

/** N2 */
function sameIgnoringCase({ name }: TopicDeclaration, made: MadeThings['topics']): Finding[] {
  const other = made.find((topic) => topic.name.toLowerCase() === name.toLowerCase());
  return other === undefined ? [] : [duplicate('N2', 'parent topic name', name, 'the instance', `${show(other.name)}, made ${other.origin === 'storage' ? 'on the storage side' : 'through the control API'},`, true)];
}

function namesOf(things: readonly { readonly name: string }[] | undefined): ReadonlySet<string> {
  return new Set((things ?? []).map(({ name }) => name));
}

/** undefined: nothing is said about topics. */
export function topicsOf({ storage, instance }: Pick<Incoming, 'storage' | 'instance'>): readonly TopicDeclaration[] | undefined {
  return storage?.topics ?? (instance?.binding === null ? instance.directPushTopics : undefined);
}
