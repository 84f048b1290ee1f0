import { Construct } from 'constructs';
import type { IAccount } from './account';
import type { IMqttInstance } from './mqtt-instance';
import { accountFactsOf } from './private/accounts';
import { ConsoleUserFacts, registerFacts } from './private/facts';
import { instanceFactsOf } from './private/owners';
import { checkPropTypes } from './private/prop-types';
import { ofStack, sameStack } from './private/support';
import { validateProgram } from './private/validation';

/** Options of a console user. */
export interface ConsoleUserOptions {
  /**
   * Name, 1 to 64 of letters, digits, `-` and `_`, unique in its instance.
   * @default - the construct id
   */
  readonly name?: string;
  /**
   * Password, at most 256 characters. Give a sensitive Terraform variable rather than plain text; well-known ones, and those
   * of less than 12 characters, are refused unless every port is bound to loopback (A6).
   * @default - generated at the first deploy and kept
   */
  readonly password?: string;
  /**
   * The account whose topics, groups and clients the user sees and changes (A4); the main account sees all.
   * @default - the main account
   */
  readonly account?: IAccount;
}

/** Properties of a ConsoleUser. */
export interface ConsoleUserProps extends ConsoleUserOptions {
  /** The MQTT instance whose console it is; declared in the same stack (I3). */
  readonly mqttInstance: IMqttInstance;
}

/**
 * Somebody who may log in to the console of an MQTT instance. Taking it out, or changing its password or account, ends its
 * sessions.
 */
export class ConsoleUser extends Construct {
  /** Name. */
  public readonly consoleUserName: string;
  /** The password: given, or generated at deploy. Sensitive. */
  public readonly password: string;

  constructor(scope: Construct, id: string, props: ConsoleUserProps) {
    super(scope, id);
    checkPropTypes(this, 'consoleUser', props);
    this.consoleUserName = props.name ?? id;
    const instance = instanceFactsOf(props.mqttInstance);
    const ours = !instance.imported && sameStack(instance.construct, this);
    const password = props.password ?? (ours ? instance.region?.deployment?.generateSecret(this, 'Password') : undefined);
    this.password = ofStack(this, password ?? '');
    const facts: ConsoleUserFacts = registerFacts({
      kind: 'consoleUser', construct: this, name: this.consoleUserName, account: accountFactsOf(this, props.account, instance),
      givenPassword: props.password, password, instance,
    });
    if (ours) {
      instance.consoleUsers.push(facts);
      // the password is not among the fields: a plan shows names alone (A6)
      instance.region?.deployment?.showInPlan(this, 'console-user', () => ({
        name: facts.name, instance: instance.instanceId, account: facts.account.name,
      }));
      this.node.defaultChild = this.node.tryFindChild('console-user');
    }
    validateProgram(this);
  }
}
