/**
 * Reports every failure of a program together. cdktf stops at the first stack that fails, so the validation of each stack
 * answers for the whole App; each line names the construct that it means.
 */
import type { TerraformStack } from 'cdktf';
import type { Construct, IConstruct } from 'constructs';
import { Finding, sentence } from '../rules/finding';
import { isInTree, programOf } from './facts';
import { programFindings } from './program-rules';
import { stackOf } from './support';

/** A finding and the construct that it means. */
export interface Failure {
  readonly construct: IConstruct;
  readonly finding: Finding;
}

const validated = new WeakSet<TerraformStack>();
/** By root: what a constructor saw and no fact keeps. */
const reported = new WeakMap<IConstruct, Failure[]>();

/** Makes sure that the rules run over the program that this construct is part of. */
export function validateProgram(construct: Construct): void {
  const stack = stackOf(construct);
  if (validated.has(stack)) return;
  validated.add(stack);
  stack.node.addValidation({ validate: () => messagesOf(stack.node.root) });
}

export function reportFailure(construct: IConstruct, finding: Finding): void {
  const { root } = construct.node;
  reported.set(root, [...(reported.get(root) ?? []), { construct, finding }]);
}

function messagesOf(root: IConstruct): string[] {
  const failures = [...(reported.get(root) ?? []).filter(({ construct }) => isInTree(construct)), ...programFindings(programOf(root))];
  return [...new Set(failures.map(({ construct, finding }) => `${construct.node.path}: ${sentence(finding)}`))].sort();
}
