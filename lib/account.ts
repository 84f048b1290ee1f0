import { Construct, IConstruct } from 'constructs';
import type { IMqttInstance } from './mqtt-instance';
import { registerFacts } from './private/facts';
import { instanceFactsOf } from './private/owners';
import { checkPropTypes } from './private/prop-types';
import { sameStack } from './private/support';
import { validateProgram } from './private/validation';

/** An account of an MQTT instance. Group IDs and keys of one account work together alone (A4). */
export interface IAccount extends IConstruct {
  /** Name. */
  readonly accountName: string;
}

/** Options of an account. */
export interface AccountOptions {
  /**
   * Name, 1 to 64 of letters, digits, `-` and `_`, unique in its instance.
   * @default - the construct id
   */
  readonly name?: string;
}

/** Properties of an Account. */
export interface AccountProps extends AccountOptions {
  /** The MQTT instance it belongs to. */
  readonly mqttInstance: IMqttInstance;
}

/** What is known of an account that another program declares. */
export interface AccountAttributes {
  /** Name. */
  readonly accountName: string;
  /** The MQTT instance it belongs to. */
  readonly mqttInstance: IMqttInstance;
}

/** A sub-account. The main account is there by default: `mqttInstance.mainAccount`. */
export class Account extends Construct implements IAccount {
  /** An account that another program declares. */
  public static fromAccountAttributes(scope: Construct, id: string, attrs: AccountAttributes): IAccount {
    class Import extends Construct implements IAccount {
      public readonly accountName = attrs.accountName;
    }
    const account = new Import(scope, id);
    registerFacts({
      kind: 'account', construct: account, imported: true, name: attrs.accountName, main: false, instance: instanceFactsOf(attrs.mqttInstance),
    });
    return account;
  }

  public readonly accountName: string;

  constructor(scope: Construct, id: string, props: AccountProps) {
    super(scope, id);
    checkPropTypes(this, 'account', props);
    this.accountName = props.name ?? id;
    const instance = instanceFactsOf(props.mqttInstance);
    const facts = registerFacts({ kind: 'account', construct: this, imported: false, name: this.accountName, main: false, instance });
    if (!instance.imported && sameStack(instance.construct, this)) {
      instance.accounts.push(facts);
      instance.region?.deployment?.showInPlan(this, 'account', () => ({ name: facts.name, instance: instance.instanceId }));
      this.node.defaultChild = this.node.tryFindChild('account');
    }
    validateProgram(this);
  }
}
