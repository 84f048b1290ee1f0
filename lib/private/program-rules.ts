/** Every rule over a whole program: what each construct is, and what several of them are together. */
import type { IConstruct } from 'constructs';
import type { Finding } from '../rules/finding';
import type { Program } from './facts';
import { bindingFailures } from './rules-bindings';
import { instanceFailures } from './rules-instances';
import { ownerFailures } from './rules-owners';
import { portFailures } from './rules-ports';
import { regionFailures } from './rules-regions';
import { topicAndGroupFailures } from './rules-topics-and-groups';

export interface Located {
  readonly construct: IConstruct;
  readonly finding: Finding;
}

export function programFindings(program: Program): Located[] {
  return [
    ...regionFailures(program),
    ...instanceFailures(program),
    ...bindingFailures(program),
    ...topicAndGroupFailures(program),
    ...ownerFailures(program),
    ...portFailures(program),
  ];
}

export function at(construct: IConstruct, findings: readonly Finding[]): Located[] {
  return findings.map((finding) => ({ construct, finding }));
}
