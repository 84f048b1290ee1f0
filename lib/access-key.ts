import { Construct, IConstruct } from 'constructs';
import type { IAccount } from './account';
import type { IMqttInstance } from './mqtt-instance';
import { accountFactsOf } from './private/accounts';
import { grantsOf } from './private/documents';
import { KeyFacts, registerFacts } from './private/facts';
import { instanceFactsOf } from './private/owners';
import { checkPropTypes } from './private/prop-types';
import { literal, ofStack, sameStack } from './private/support';
import { validateProgram } from './private/validation';
import { AccessKeyAccess } from './values';

/** An AccessKey: what clients sign with. */
export interface IAccessKey extends IConstruct {
  /** Id, as it stands in usernames. */
  readonly keyId: string;
}

/** Options of an AccessKey. */
export interface AccessKeyOptions {
  /**
   * Id, 1 to 128 of letters, digits, `-` and `_`, unique in its instance.
   * @default - the construct id
   */
  readonly keyId?: string;
  /**
   * Secret. Give a sensitive Terraform variable rather than plain text; well-known example secrets, and those of less than
   * 8 characters, are refused unless every port is bound to loopback (A6).
   * @default - generated at the first deploy and kept
   */
  readonly secret?: string;
  /**
   * The account it belongs to (A4).
   * @default - the main account
   */
  readonly account?: IAccount;
  /**
   * What it may do (A5). A grant on a key with access `ALL` is an error at synth.
   * @default AccessKeyAccess.ALL
   */
  readonly access?: AccessKeyAccess;
}

/** Properties of an AccessKey. */
export interface AccessKeyProps extends AccessKeyOptions {
  /** The MQTT instance it opens; declared in the same stack (I3). */
  readonly mqttInstance: IMqttInstance;
}

/** What is known of an AccessKey that another program declares. */
export interface AccessKeyAttributes {
  /** Id. */
  readonly keyId: string;
}

/**
 * An AccessKey. Rights: everything, or what `topic.grantPublish(key)` and `topic.grantSubscribe(key)` say.
 *
 * @example
 * import { App, TerraformOutput, TerraformStack } from 'cdktf';
 * import { AccessKeyAccess, MqttInstance, Region } from 'cdktf-mqtt-gateway';
 *
 * const stack = new TerraformStack(new App(), 'plant');
 * const mqtt = new MqttInstance(stack, 'machines', { region: new Region(stack, 'local') });
 * const storage = mqtt.bindToNewStandardStorage().storageInstance;
 * const measurements = storage.addParentTopic('measurements');
 *
 * const key = mqtt.addAccessKey('sensors', { access: AccessKeyAccess.GRANTED });
 * measurements.grantPublish(key); // and nothing else
 * new TerraformOutput(stack, 'sensors_secret', { value: key.secret, sensitive: true });
 */
export class AccessKey extends Construct implements IAccessKey {
  /** An AccessKey that another program declares. Rights are granted where it is declared (I3). */
  public static fromAccessKeyAttributes(scope: Construct, id: string, attrs: AccessKeyAttributes): IAccessKey {
    class Import extends Construct implements IAccessKey {
      public readonly keyId = attrs.keyId;
    }
    return new Import(scope, id);
  }

  public readonly keyId: string;
  /** The secret: given, or generated at deploy. Sensitive. */
  public readonly secret: string;

  constructor(scope: Construct, id: string, props: AccessKeyProps) {
    super(scope, id);
    checkPropTypes(this, 'accessKey', props);
    this.keyId = props.keyId ?? id;
    const instance = instanceFactsOf(props.mqttInstance);
    const ours = !instance.imported && sameStack(instance.construct, this);
    const secret = props.secret ?? (ours ? instance.region?.deployment?.generateSecret(this, 'Secret') : undefined);
    this.secret = ofStack(this, secret ?? '');
    const facts: KeyFacts = registerFacts({
      kind: 'key', construct: this, imported: false, keyId: this.keyId, account: accountFactsOf(this, props.account, instance),
      access: literal(props.access ?? AccessKeyAccess.ALL), grants: [], givenSecret: props.secret, secret, instance,
    });
    if (ours) {
      instance.keys.push(facts);
      // the secret is not among the fields: a plan shows names alone (A6)
      instance.region?.deployment?.showInPlan(this, 'access-key', () => ({
        id: facts.keyId, instance: instance.instanceId, account: facts.account.name, access: facts.access, grants: grantsOf(facts),
      }));
      this.node.defaultChild = this.node.tryFindChild('access-key');
    }
    validateProgram(this);
  }
}
