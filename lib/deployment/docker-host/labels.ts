/** Labels of ours on everything that the deployment makes, besides the user's. */
import { DefaultTokenResolver, StringConcat, Tokenization } from 'cdktf';
import { IConstruct } from 'constructs';
import { shortHash } from './names';

const PREFIX = 'io.cdktf-mqtt-gateway.';

export interface OwnLabels {
  readonly stack: string;
  readonly region: string;
  readonly role: string;
  readonly instance?: string;
  readonly storage?: string;
  readonly revision?: string;
  /** Hash of settings that the provider does not notice by itself; a changed label replaces the container. */
  readonly config?: string;
}

/** As the provider takes them; ours win over the user's. */
export function labelList(own: OwnLabels, users: { [key: string]: string }): { label: string; value: string }[] {
  const all = new Map(Object.entries(users));
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined) all.set(`${PREFIX}${name}`, String(value));
  }
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([label, value]) => ({ label, value }));
}

/** A token's text differs from synth to synth; what it stands for does not. */
export function configHash(scope: IConstruct, settings: unknown): string {
  const resolved: unknown = Tokenization.resolve(settings, { scope, resolver: new DefaultTokenResolver(new StringConcat()) });
  return shortHash(JSON.stringify(resolved), 12);
}
