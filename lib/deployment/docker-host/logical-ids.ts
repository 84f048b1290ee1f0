/**
 * Addresses in Terraform's state. What carries a fixed Docker name, data or a secret is addressed by the id of what it
 * belongs to, which never changes, instead of by its construct path: else a renamed construct would mean a second container
 * of one name beside the first, and a volume that is deleted although its storage stays.
 */
import { TerraformElement, Token } from 'cdktf';
import { IConstruct } from 'constructs';

const prefixes = new WeakMap<IConstruct, string>();

/** What is made directly below `scope` is addressed by `kind` and `id`. An id that only the deploy knows cannot be an address. */
export function addressById(scope: IConstruct, kind: 'region' | 'storage' | 'instance', id: string): void {
  if (!Token.isUnresolved(id) && /^[\w-]+$/.test(id)) prefixes.set(scope, `${kind}_${id}`);
}

/** To be called before anything refers to the element. */
export function addressed<E extends TerraformElement>(element: E): E {
  const { scope, id } = element.node;
  const prefix = scope && prefixes.get(scope);
  if (prefix !== undefined) element.overrideLogicalId(`${prefix}_${id}`);
  return element;
}
