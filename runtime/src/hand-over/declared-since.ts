/** When a deploy first brought what it declares: kept while it is declared, so that lists can tell how old a thing is. */
import type { DeclaredSince, FirstDeclared } from '../store/contract';
import type { Current, Incoming } from './decide';
import { topicsOf } from './made';

/** undefined: nothing to note. What stood already when nobody noted times has none. */
export function declaredSince(current: Current & { readonly declaredSince?: DeclaredSince }, incoming: Incoming, now: number): DeclaredSince | undefined {
  const { made, declaredSince: noted } = current;
  const [before, next] = [current.instance, incoming.instance];
  const keysOf = (instance: typeof next): readonly { readonly name: string }[] | undefined => instance?.accessKeys.map(({ id }) => ({ name: id }));
  const all: DeclaredSince = {
    topics: noteNew(topicsOf(current), topicsOf(incoming), noted?.topics, made?.topics, now),
    groups: noteNew(before?.groups, next?.groups, noted?.groups, made?.groups, now),
    accessKeys: noteNew(keysOf(before), keysOf(next), noted?.accessKeys, undefined, now),
  };
  return noted === undefined && Object.values(all).every((each: readonly FirstDeclared[]) => each.length === 0) ? undefined : all;
}

type Named = readonly { readonly name: string }[] | undefined;

/** `made`: what was made through the API is as old as it is, also after its adoption (I4). */
function noteNew(before: Named, declared: Named, noted: readonly FirstDeclared[] = [], made: readonly { readonly name: string; readonly createdAt: number }[] = [], now: number): readonly FirstDeclared[] {
  if (declared === undefined) return noted;
  const known = new Map([...made.map(({ name, createdAt }) => [name, createdAt] as const), ...noted.map(({ name, at }) => [name, at] as const)]);
  const stood = new Set(before?.map(({ name }) => name));
  return declared.flatMap(({ name }) => {
    const at = known.get(name) ?? (stood.has(name) ? undefined : now);
    return at === undefined ? [] : [{ name, at }];
  });
}
