/**
 * `terraform_data`, which is part of Terraform itself. cdktf's own class asks for a Terraform program at every synth; the
 * embedded mode has none.
 */
import { Op, TerraformMetaArguments, TerraformResource, Token, conditional, ref } from 'cdktf';
import { Construct } from 'constructs';

export interface TerraformDataConfig extends TerraformMetaArguments {
  /** Shown in the plan and in `output`. */
  readonly input?: unknown;
  readonly triggersReplace?: unknown;
}

export class TerraformData extends TerraformResource {
  private readonly attributes: { [name: string]: unknown };

  constructor(scope: Construct, id: string, config: TerraformDataConfig = {}) {
    const { input, triggersReplace, ...meta } = config;
    super(scope, id, { terraformResourceType: 'terraform_data', ...meta });
    this.attributes = { input, triggers_replace: triggersReplace };
  }

  /** Expression of an attribute, without `${}`. */
  public expression(attribute: 'id' | 'input' | 'output' | 'triggers_replace'): string {
    return `${this.terraformResourceType}.${this.friendlyUniqueId}.${attribute}`;
  }

  /** Usable in any string. */
  public reference(attribute: 'id' | 'input' | 'output' | 'triggers_replace'): string {
    return ref(this.expression(attribute), this.cdktfStack).toString();
  }

  /** An expression that is unknown until this stands, then the value. */
  public onceStanding(value: string): string {
    return Token.asString(conditional(Op.neq(this.reference('id'), 'none'), value, ''));
  }

  protected synthesizeAttributes(): { [name: string]: unknown } {
    return this.attributes;
  }

  protected synthesizeHclAttributes(): { [name: string]: unknown } {
    const set = Object.entries(this.attributes).filter(([, value]) => value !== undefined);
    return Object.fromEntries(set.map(([name, value]) => [name, { value, isBlock: false, type: 'any', storageClassType: 'any' }]));
  }
}
