/**
 * Documents as file contents. The object goes into a Terraform local as it is, and Terraform makes the JSON: a token may
 * become any text, quotes and line ends included.
 */
import { Lazy, TerraformLocal, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';

/** Expression of the JSON text; `make` is called at synth, when everything is declared. */
export function jsonDocument(scope: Construct, id: string, make: () => unknown, secrecy: 'plain' | 'sensitive'): string {
  const local = new TerraformLocal(scope, id, Lazy.anyValue({ produce: make }));
  const json = `jsonencode(local.${TerraformStack.of(scope).getLogicalId(local)})`;
  return secrecy === 'sensitive' ? `\${sensitive(${json})}` : `\${${json}}`;
}
