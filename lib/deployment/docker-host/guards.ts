/** B1 and L3: what a plan may not change once a hand-over has succeeded. */
import { ITerraformDependable, TerraformLocal, TerraformStack, Token } from 'cdktf';
import { Construct } from 'constructs';
import { plainAddress, plainAddressExpression } from '../../rules/addresses';
import { keptValue } from '../../rules/guards';
import { PlanGuard } from '../deployment';
import { TerraformData } from './terraform-data';

/**
 * The first value is kept by a resource that comes into being only after `accepted`; a second one compares it with what is
 * declared, which stops the plan. Both stand in the stack itself under ids made from the guarded thing's id alone, so that
 * neither a renamed nor a moved construct slips past.
 */
export function addGuards(scope: Construct, kind: 'mqtt' | 'region', id: string, guards: readonly PlanGuard[], accepted: ITerraformDependable[]): void {
  const stack = TerraformStack.of(scope);
  /** Name → condition under which the guard holds. */
  const holds = new Map<string, string>();
  for (const { name, value, sentence, compared = 'exactly', within } of guards) {
    const now = valueNow(stack, `${kind}_${name}_now_${id}`, value, compared);
    const kept = new TerraformData(stack, keptValue(kind, name, id), { input: now.text, dependsOn: accepted, lifecycle: { ignoreChanges: ['input'] } });
    kept.overrideLogicalId(kept.node.id);
    const check = new TerraformData(stack, `${kind}_${name}_check_${id}`, { input: now.text });
    check.overrideLogicalId(check.node.id);
    const was = kept.expression('output');
    const same = compared === 'exactly' ? `${was} == ${now.expression}` : `lower(${was}) == lower(${now.expression})`;
    holds.set(name, same);
    check.addOverride('lifecycle.precondition', [{
      // what belongs to another binding says nothing beside the sentence of that one
      condition: within === undefined ? `\${${same}}` : `\${!(${holds.get(within)}) || ${same}}`,
      error_message: sentence.split('${was}').join(`\${${was}}`).split('${now}').join(now.shown),
    }]);
  }
}

interface ValueNow {
  /** Inside an expression. */
  readonly expression: string;
  /** As a value. */
  readonly text: string;
  /** In a sentence. */
  readonly shown: string;
}

function valueNow(stack: TerraformStack, id: string, value: string, compared: PlanGuard['compared']): ValueNow {
  if (!Token.isUnresolved(value) && !value.includes('${')) {
    const text = compared === 'as address' ? plainAddress(value) : value;
    return { expression: `"${text.replace(/[\\"]/g, '\\$&')}"`, text, shown: text };
  }
  // a token of cdktf can stand by itself only: within an expression it would lose its own `${}`
  const local = new TerraformLocal(stack, id, value);
  local.overrideLogicalId(id);
  const plain = compared === 'as address' ? plainAddressExpression(`local.${id}`) : `local.${id}`;
  // a sentence with a sensitive value in it is not shown, and what is guarded is no secret once the password is out of it
  return { expression: plain, text: `\${${plain}}`, shown: `\${try(nonsensitive(${plain}), ${plain})}` };
}
