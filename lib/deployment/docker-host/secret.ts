/**
 * Secrets that a deploy makes once and keeps. The value stands in `triggers_replace`: that is the one attribute of
 * `terraform_data` that keeps its mark as sensitive; `output` would show it in the plan of a destroy.
 */
import { Fn, Token } from 'cdktf';
import { Construct } from 'constructs';
import { addressed } from './logical-ids';
import { TerraformData } from './terraform-data';

/** 64 hexadecimal digits; a sensitive token, which another stack may use too. */
export function makeSecret(scope: Construct, id: string): string {
  const secret = addressed(new TerraformData(scope, id, {
    triggersReplace: '${sensitive(sha256("${uuid()}${uuid()}"))}',
    lifecycle: { ignoreChanges: ['triggers_replace'] },
  }));
  return Token.asString(Fn.sensitive(secret.reference('triggers_replace')));
}
