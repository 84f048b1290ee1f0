import { Construct, IConstruct } from 'constructs';
import type { IAccount } from './account';
import type { IMqttInstance } from './mqtt-instance';
import { GroupFacts, registerFacts } from './private/facts';
import { accountFactsOf } from './private/accounts';
import { instanceFactsOf } from './private/owners';
import { checkPropTypes } from './private/prop-types';
import { sameStack } from './private/support';
import { validateProgram } from './private/validation';

/** A Group ID: the first part of a Client ID, `<GroupID>@@@<DeviceID>`. */
export interface IGroupId extends IConstruct {
  /** Name. */
  readonly groupName: string;
}

/** Options of a Group ID. */
export interface GroupIdOptions {
  /**
   * Name, 7 to 60 of letters, digits, `-` and `_`, starting with `GID_` or `GID-`, unique in its instance; cannot be renamed (N3).
   * @default - the construct id
   */
  readonly name?: string;
  /**
   * The account whose keys may use it (A4).
   * @default - the main account
   */
  readonly account?: IAccount;
  /**
   * Remark, at most 128 characters (N4).
   * @default ""
   */
  readonly remark?: string;
}

/** Properties of a GroupId. */
export interface GroupIdProps extends GroupIdOptions {
  /** The MQTT instance it belongs to; declared in the same stack (I3). */
  readonly mqttInstance: IMqttInstance;
}

/** What is known of a Group ID that is made elsewhere. */
export interface GroupIdAttributes {
  /** Name. */
  readonly groupName: string;
  /** The MQTT instance it belongs to. */
  readonly mqttInstance: IMqttInstance;
}

/** A Group ID. Devices of one kind share one. */
export class GroupId extends Construct implements IGroupId {
  /** A Group ID that is made elsewhere: by another program, the API or the console. A deploy never touches it. */
  public static fromGroupIdAttributes(scope: Construct, id: string, attrs: GroupIdAttributes): IGroupId {
    class Import extends Construct implements IGroupId {
      public readonly groupName = attrs.groupName;
    }
    const group = new Import(scope, id);
    const instance = instanceFactsOf(attrs.mqttInstance);
    registerFacts({
      kind: 'group', construct: group, imported: true, name: attrs.groupName, remark: '', account: accountFactsOf(group, undefined, instance), instance,
    });
    return group;
  }

  public readonly groupName: string;

  constructor(scope: Construct, id: string, props: GroupIdProps) {
    super(scope, id);
    checkPropTypes(this, 'groupId', props);
    this.groupName = props.name ?? id;
    const instance = instanceFactsOf(props.mqttInstance);
    const facts: GroupFacts = registerFacts({
      kind: 'group', construct: this, imported: false, name: this.groupName, remark: props.remark ?? '',
      account: accountFactsOf(this, props.account, instance), instance,
    });
    if (!instance.imported && sameStack(instance.construct, this)) {
      instance.groups.push(facts);
      instance.region?.deployment?.showInPlan(this, 'group', () => ({
        name: facts.name, instance: instance.instanceId, account: facts.account.name, remark: facts.remark,
      }));
      this.node.defaultChild = this.node.tryFindChild('group');
    }
    validateProgram(this);
  }
}
