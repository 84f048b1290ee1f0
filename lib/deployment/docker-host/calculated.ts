/** Numbers made from declared ones. A token is no number to calculate with, so Terraform does it at deploy (N5). */
import { TerraformLocal, TerraformStack, Token } from 'cdktf';
import { Construct } from 'constructs';

/** `plain` and `expression` say the same, the one to JavaScript and the other to Terraform. */
export function calculated(scope: Construct, id: string, value: number, plain: (value: number) => number, expression: (value: string) => string): number {
  if (!Token.isUnresolved(value)) return plain(value);
  // within an expression a token written as text would keep its own `${}`
  const local = new TerraformLocal(scope, id, value);
  return Token.asNumber(`\${${expression(`local.${TerraformStack.of(scope).getLogicalId(local)}`)}}`);
}
