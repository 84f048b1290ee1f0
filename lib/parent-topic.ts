import { Construct, IConstruct } from 'constructs';
import type { IAccessKey } from './access-key';
import type { IMqttInstance } from './mqtt-instance';
import { InstanceFacts, StorageFacts, TopicFacts, isImported, programOf, registerFacts } from './private/facts';
import { recordGrant } from './private/grants';
import { instanceFactsOf, storageFactsOf } from './private/owners';
import { checkPropTypes } from './private/prop-types';
import { literal, sameStack } from './private/support';
import { validateProgram } from './private/validation';
import { sameRegion } from './rules/regions';
import type { IStorageInstance } from './storage-instance';
import { MessageType, RemovalPolicy, TopicPermission } from './values';

/** A parent topic: the first level of every topic that clients use. */
export interface IParentTopic extends IConstruct {
  /** Name: the first level of the topics below it. */
  readonly topicName: string;
  /** The storage instance that holds it; undefined with direct push, where the MQTT instance has its topics itself (B6). */
  readonly storageInstance?: IStorageInstance;
  /** Lets a key with access `GRANTED` publish on this topic and below it (A5). */
  grantPublish(key: IAccessKey): void;
  /** Lets a key with access `GRANTED` subscribe on this topic and below it (A5). */
  grantSubscribe(key: IAccessKey): void;
}

/** Options of a parent topic. */
export interface ParentTopicOptions {
  /**
   * Name, 3 to 64 of letters, digits, `-` and `_`, not starting with `CID` or `GID`, unique in its instance ignoring case (N2).
   * @default - the construct id
   */
  readonly name?: string;
  /**
   * Message type (T3).
   * @default MessageType.NORMAL
   */
  readonly messageType?: MessageType;
  /**
   * What clients may do with it.
   * @default TopicPermission.PUBLISH_AND_SUBSCRIBE
   */
  readonly permission?: TopicPermission;
  /**
   * Remark, at most 128 characters (N4).
   * @default ""
   */
  readonly remark?: string;
  /**
   * What happens to its messages when the declaration goes away: they go with their retention, or at once (I5).
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** Properties of a ParentTopic. */
export interface ParentTopicProps extends ParentTopicOptions {
  /**
   * The storage instance that holds it; declared in the same stack, or by URL (I3).
   * @default - none: `mqttInstance` has it
   */
  readonly storageInstance?: IStorageInstance;
  /**
   * The MQTT instance with direct push that has it (B6); declared in the same stack.
   * @default - none: `storageInstance` holds it
   */
  readonly mqttInstance?: IMqttInstance;
}

/** What is known of a parent topic that is made elsewhere: by another program, the API, the console or a backend (S2, I4). */
export interface ParentTopicAttributes {
  /** Name. */
  readonly topicName: string;
  /** The storage instance that holds it. */
  readonly storageInstance: IStorageInstance;
}

/** A parent topic. Clients use it and any sub topic below it without further declaration (T1). */
export class ParentTopic extends Construct implements IParentTopic {
  /** A parent topic that is made elsewhere. Rights on it can be granted here; a deploy never touches it. */
  public static fromParentTopicAttributes(scope: Construct, id: string, attrs: ParentTopicAttributes): IParentTopic {
    class Import extends Construct implements IParentTopic {
      public readonly topicName = attrs.topicName;
      public readonly storageInstance?: IStorageInstance = attrs.storageInstance;

      public grantPublish(key: IAccessKey): void {
        recordGrant(this, key, { publish: true, subscribe: false });
      }

      public grantSubscribe(key: IAccessKey): void {
        recordGrant(this, key, { publish: false, subscribe: true });
      }
    }
    const topic = new Import(scope, id);
    registerFacts({
      kind: 'topic', construct: topic, imported: true, name: attrs.topicName, type: 'normal', permission: 'publish-and-subscribe',
      remark: '', removalPolicy: 'retain', owner: storageFactsOf(topic, attrs.storageInstance),
    });
    validateProgram(topic);
    return topic;
  }

  public readonly topicName: string;
  public readonly storageInstance?: IStorageInstance;

  constructor(scope: Construct, id: string, props: ParentTopicProps) {
    super(scope, id);
    checkPropTypes(this, 'parentTopic', props);
    this.topicName = props.name ?? id;
    this.storageInstance = props.storageInstance;
    const owner = ownerOf(this, props);
    const facts: TopicFacts = registerFacts({
      kind: 'topic', construct: this, imported: false, name: this.topicName, type: literal(props.messageType ?? MessageType.NORMAL),
      permission: literal(props.permission ?? TopicPermission.PUBLISH_AND_SUBSCRIBE), remark: props.remark ?? '',
      removalPolicy: literal(props.removalPolicy ?? RemovalPolicy.RETAIN), owner,
    });
    if (!isImported(owner) && sameStack(owner.construct, this)) {
      owner.topics.push(facts);
      const place = owner.kind === 'storage' ? { storage: owner.storageId } : { instance: owner.instanceId };
      regionDeployment(this, owner)?.showInPlan(this, 'topic', () => ({
        name: facts.name, ...place, type: facts.type, permission: facts.permission, remark: facts.remark,
        removalPolicy: facts.removalPolicy,
      }));
      this.node.defaultChild = this.node.tryFindChild('topic');
    }
    validateProgram(this);
  }

  public grantPublish(key: IAccessKey): void {
    recordGrant(this, key, { publish: true, subscribe: false });
  }

  public grantSubscribe(key: IAccessKey): void {
    recordGrant(this, key, { publish: false, subscribe: true });
  }
}

function ownerOf(topic: Construct, { storageInstance, mqttInstance }: ParentTopicProps): StorageFacts | InstanceFacts {
  if (storageInstance && !mqttInstance) return storageFactsOf(topic, storageInstance);
  if (mqttInstance && !storageInstance) return instanceFactsOf(mqttInstance);
  throw new Error(`${topic.node.path}: owner of the parent topic: got ${mqttInstance ? 'storageInstance and mqttInstance' : 'none'}; allowed: one of storageInstance and mqttInstance; fix: give storageInstance, or mqttInstance with direct push`);
}

/** A storage by URL has no Region of its own: the one of its id in this stack shows its topics. */
function regionDeployment(topic: Construct, owner: StorageFacts | InstanceFacts) {
  const region = owner.region
    ?? programOf(topic).regions.find((other) => other.deployment && sameRegion(other.regionId, owner.regionId) && sameStack(other.construct, topic));
  return region?.deployment;
}
