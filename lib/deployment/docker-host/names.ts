/** Names on the Docker host. Several stacks, regions and instances live side by side there, so each name carries all three. */
import { createHash } from 'crypto';
import { TerraformStack } from 'cdktf';
import { IConstruct } from 'constructs';

export function shortHash(text: string, length = 8): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** One part of a name: lower case; what Docker does not take is replaced, and a hash then keeps two such parts apart. */
export function namePart(text: string): string {
  const lower = text.toLowerCase();
  const clean = lower.replace(/[^a-z0-9_-]+/g, '-').replace(/^[_-]+/, '');
  return clean === lower ? clean : `${clean}${clean === '' ? '' : '-'}${shortHash(text, 6)}`;
}

/** Begin of every name of a region. */
export function regionPrefix(scope: IConstruct, regionId: string): string {
  return `${namePart(TerraformStack.of(scope).node.id)}-${namePart(regionId)}`;
}

/** Ids that carry the prefix already (storage ids do) are not prefixed twice. */
export function prefixed(prefix: string, id: string): string {
  const part = namePart(id);
  return part.startsWith(`${prefix}-`) ? part : `${prefix}-${part}`;
}

/** A host name that every resolver takes: one label of at most 63 letters, digits and hyphens. */
export function hostLabel(name: string): string {
  const label = name.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  return label === name && label.length <= 63 ? label : `${label.slice(0, 54)}-${shortHash(name)}`;
}

const taken = new WeakMap<IConstruct, Map<string, string>>();

/** Two things of one name on one host would share a container or, worse, a volume. */
export function claimName(scope: IConstruct, host: string, name: string): string {
  const names = taken.get(scope.node.root) ?? new Map<string, string>();
  taken.set(scope.node.root, names);
  const key = `${host} ${name}`;
  const owner = names.get(key);
  if (owner !== undefined && owner !== scope.node.path) {
    throw new Error(`[${scope.node.path}] the name "${name}" on Docker host ${host} is taken by [${owner}]; give one of them, its region or its stack another id`);
  }
  names.set(key, scope.node.path);
  return name;
}
