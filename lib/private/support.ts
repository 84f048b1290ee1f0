/** Small things that every construct needs: tokens, ids, enum values. */
import { createHash } from 'node:crypto';
import { TerraformStack, Token, Tokenization, ref } from 'cdktf';
import type { Construct, IConstruct } from 'constructs';
import { fitLabel } from '../rules/addresses';

/** A token, or a Terraform expression written as text: known only at deploy. */
export function unresolved(value: unknown): boolean {
  return Token.isUnresolved(value) || (typeof value === 'string' && value.includes('${'));
}

/** A number that may be a token, inside a text. */
export function numberText(value: number): string {
  return unresolved(value) ? Tokenization.stringifyNumber(value) : String(value);
}

/** Value of a string enum as the manifest's literal types have it. */
export function literal<T extends string>(value: T): `${T}` {
  return value as `${T}`;
}

/** The region of a construct's props: jsii checks nothing for JavaScript, and a runner such as tsx none of the types. */
export function regionOf<T>(construct: IConstruct, props: { readonly region: T } | undefined): T {
  if (props?.region) return props.region;
  throw new Error(`${construct.node.path}: region: got ${String(props?.region)}; allowed: a Region; fix: pass one, such as { region: new Region(stack, 'local') }`);
}

/** One of the values of an enum, which a text from elsewhere may not be. */
export function oneOf<T extends string>(construct: IConstruct, property: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw new Error(`${construct.node.path}: ${property}: got ${JSON.stringify(value)}; allowed: ${allowed.map((one) => JSON.stringify(one)).join(', ')}; fix: write one of them`);
}

export function stackOf(construct: IConstruct): TerraformStack {
  return TerraformStack.of(construct);
}

export function sameStack(a: IConstruct, b: IConstruct): boolean {
  return stackOf(a) === stackOf(b);
}

/**
 * An expression written as text is bound to its stack: read in another one, it travels through Terraform's state like any
 * reference of cdktf, instead of naming a resource that is not there.
 */
export function ofStack(construct: IConstruct, expression: string): string {
  const whole = /^\$\{(.*)\}$/s.exec(expression);
  if (!whole || Token.isUnresolved(expression)) return expression;
  return Token.asString(ref(whole[1], stackOf(construct)));
}

/**
 * Construct id of a factory's child: what the caller gave, made free. A name declared twice is reported by the rules with
 * everything else, instead of stopping at the first; a token cannot be a construct id.
 */
export function childId(scope: Construct, wanted: string, fallback: string): string {
  // jsii checks nothing for JavaScript, and the type `any` nothing for TypeScript
  if (typeof wanted !== 'string') {
    throw new Error(`${scope.node.path}: id of the ${fallback}: got ${String(wanted)}; allowed: a text; fix: pass its name as the first argument`);
  }
  const base = unresolved(wanted) || wanted.trim() === '' ? fallback : wanted;
  let id = base;
  for (let n = 2; scope.node.tryFindChild(id); n++) id = `${base}${n}`;
  return id;
}

/** One label of a domain: what a resolver does not take is replaced, what is too long ends in a hash. */
export function networkName(text: string): string {
  const label = text.toLowerCase().replace(/[^a-z0-9_-]+/g, '-').replace(/^[_-]+/, '');
  return fitLabel(label, text);
}

/** Stable, unique on a Docker host, safe in a key of the store and in the name of a store user. */
export function makeStorageId(construct: Construct, regionId: string, name: string): string {
  const readable = [stackOf(construct).node.id, regionId, name]
    .map((part) => (unresolved(part) ? '' : part.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 24)))
    .filter((part) => part !== '');
  return [...readable, createHash('sha256').update(construct.node.path).digest('hex').slice(0, 8)].join('-');
}
