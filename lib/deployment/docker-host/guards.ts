/** B1 and L3: what a plan may not change once a hand-over has succeeded. */
import { ITerraformDependable, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { PlanGuard } from '../deployment';
import { TerraformData } from './terraform-data';

/**
 * The first value is kept by a resource that comes into being only after `accepted`; a second one compares it with what is
 * declared, which stops the plan. Both stand in the stack itself under ids made from the instance id alone, so that neither
 * a renamed nor a moved construct slips past.
 */
export function guard(scope: Construct, instanceId: string, { name, value, sentence }: PlanGuard, accepted: ITerraformDependable[]): void {
  const stack = TerraformStack.of(scope);
  const keptId = `mqtt_${name}_kept_${instanceId}`;
  const kept = new TerraformData(stack, keptId, { input: value, dependsOn: accepted, lifecycle: { ignoreChanges: ['input'] } });
  kept.overrideLogicalId(keptId);
  const was = kept.reference('output');
  const checkId = `mqtt_${name}_check_${instanceId}`;
  const check = new TerraformData(stack, checkId, { input: value });
  check.overrideLogicalId(checkId);
  check.addOverride('lifecycle.precondition', [{
    condition: `\${${kept.expression('output')} == ${literal(value)}}`,
    error_message: sentence.split('${was}').join(was).split('${now}').join(value),
  }]);
}

/** A string as it may stand inside an expression; a token keeps its own `${}`. */
function literal(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&')}"`;
}
