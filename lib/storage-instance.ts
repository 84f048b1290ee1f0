import { TerraformOutput } from 'cdktf';
import { Construct, IConstruct } from 'constructs';
import { BackendUser, BackendUserOptions } from './backend-user';
import { ParentTopic, ParentTopicOptions } from './parent-topic';
import { storageManifest } from './private/documents';
import { StorageFacts, factsOf, programOf, registerFacts } from './private/facts';
import { checkPropTypes } from './private/prop-types';
import { handOverStoragesByUrl } from './private/storage-by-url';
import { childId, literal, makeStorageId, ofStack, oneOf, regionOf, sameStack } from './private/support';
import { validateProgram } from './private/validation';
import type { IRegion } from './region';
import { Durability, NamespaceType, RemovalPolicy, StorageEdition, StorageEngine } from './values';

/** A storage instance: topics and their messages. */
export interface IStorageInstance extends IConstruct {
  /** Key space in the store; never changes. */
  readonly storageId: string;
  /** Name of the storage instance. */
  readonly storageName: string;
  /** Edition. */
  readonly edition: StorageEdition;
  /** Namespace type; both sides of a binding have the same (B3). */
  readonly namespaceType: NamespaceType;
  /** Region it is in; both sides of a binding are in the same (B4). */
  readonly regionId: string;
  /** URL of the store, for backend services beside it (S1). */
  readonly endpoint: string;
  /** Docker network in which the endpoint's name resolves; empty for a store that needs none. */
  readonly networkName: string;
  /** User of the store that reads and writes this storage instance and nothing else. */
  readonly username: string;
  /** Password of that user. Sensitive. */
  readonly password: string;
  /** Key that seals secrets at rest in the store; another program that binds this storage needs it. Sensitive. */
  readonly sealingKey: string;
  /**
   * Declares a parent topic.
   * @param id construct id, and the topic's name unless `options.name` says another
   */
  addParentTopic(id: string, options?: ParentTopicOptions): ParentTopic;
  /**
   * Declares a user of the store for a backend service (S1).
   * @param id construct id, and the user's name unless `options.name` says another
   */
  addBackendUser(id: string, options?: BackendUserOptions): BackendUser;
}

/** Options of a storage instance, without its region. */
export interface StorageInstanceOptions {
  /**
   * Name, 1 to 64 characters (N4).
   * @default - the construct id
   */
  readonly storageName?: string;
  /**
   * Description, at most 128 characters (N4).
   * @default ""
   */
  readonly description?: string;
  /**
   * Engine.
   * @default StorageEngine.REDIS
   */
  readonly engine?: StorageEngine;
  /**
   * What an acknowledged message has survived. A standard instance shares its Region's store and has what that one has.
   * @default - Durability.ALWAYS, or `standardStoreDurability` of the Region
   */
  readonly durability?: Durability;
  /**
   * Memory for the data of a platinum instance's own store, in MiB. Beyond it writes are refused; nothing is evicted. A standard
   * instance has an equal part of the shared store: see `standardStoreMemoryMegabytes` of the Region.
   * @default - 1024, or a part of the shared store
   */
  readonly memoryMegabytes?: number;
  /**
   * What happens to the data of a platinum instance when it goes away (B5). A standard instance has its data in its Region's
   * shared store, and what happens to that one's is set on the Region.
   * @default - RemovalPolicy.RETAIN, or `standardStoreRemovalPolicy` of the Region
   */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * Whether a plan that would delete this declared storage instance stops (B5).
   * @default false
   */
  readonly deletionProtection?: boolean;
  /**
   * Key space in the store: letters, digits and `-`, unique on the host. It never changes: a changed one is another storage.
   * @default - made from stack, region, name and construct path
   */
  readonly storageId?: string;
  /**
   * Whether the stack has outputs with what another program needs to bind it: `storage_<storageId>_attributes`, and marked as
   * sensitive `storage_<storageId>_secrets`.
   * @default false
   */
  readonly outputs?: boolean;
  /**
   * Docker labels.
   * @default - those of the region
   */
  readonly labels?: { [key: string]: string };
}

/** Properties of a StorageInstance. */
export interface StorageInstanceProps extends StorageInstanceOptions {
  /** Region it is made in; never changes. */
  readonly region: IRegion;
  /**
   * Standard shares the region's store, platinum has one of its own (E6).
   * @default StorageEdition.STANDARD
   */
  readonly edition?: StorageEdition;
  /**
   * Whether its topics' names stand alone.
   * @default NamespaceType.INDEPENDENT
   */
  readonly namespaceType?: NamespaceType;
}

/** What is known of a storage instance that another program declares. */
export interface StorageInstanceAttributes {
  /** Key space in the store. */
  readonly storageId: string;
  /** URL of the store, `redis://host:port` or `rediss://host:port`, as the gateways reach it. */
  readonly endpoint: string;
  /** Region it is in, so that B4 can be checked. */
  readonly regionId: string;
  /** Edition. */
  readonly edition: StorageEdition;
  /** Namespace type, so that B3 can be checked. */
  readonly namespaceType: NamespaceType;
  /**
   * Docker network of the same host in which the endpoint's name resolves; the gateway joins it.
   * @default - none: the endpoint is reached from the network of the importing region
   */
  readonly networkName?: string;
  /**
   * Name.
   * @default - the storage id
   */
  readonly storageName?: string;
  /**
   * User of the store.
   * @default - none
   */
  readonly username?: string;
  /**
   * Password of that user. Sensitive.
   * @default - none
   */
  readonly password?: string;
  /**
   * Key of at least 32 characters that seals secrets at rest. Sensitive.
   * @default - made at deploy
   */
  readonly sealingKey?: string;
}

/** A storage instance in a store that exists outside Terraform. This program owns it: topics may be added. */
export interface StorageInstanceFromUrlProps extends StorageInstanceAttributes {
  /**
   * Description, at most 128 characters (N4).
   * @default ""
   */
  readonly description?: string;
}

/**
 * A storage instance: owns topics, messages, subscriptions and offsets; a binding puts an MQTT instance in front of it.
 *
 * @example
 * import { App, TerraformStack } from 'cdktf';
 * import { MqttInstance, Region, StorageEdition, StorageInstance } from 'cdktf-mqtt-gateway';
 *
 * const stack = new TerraformStack(new App(), 'plant');
 * const region = new Region(stack, 'local');
 * const storage = new StorageInstance(stack, 'measurements', { region, edition: StorageEdition.PLATINUM, memoryMegabytes: 512 });
 * storage.addParentTopic('temperatures');
 *
 * const mqtt = new MqttInstance(stack, 'machines', { region });
 * mqtt.bindTo(storage); // for good
 */
export class StorageInstance extends Construct implements IStorageInstance {
  /** A storage instance that another program declares. It can be bound here; its topics are declared where it is (I3). */
  public static fromStorageInstanceAttributes(scope: Construct, id: string, attrs: StorageInstanceAttributes): IStorageInstance {
    return imported(scope, id, attrs, 'imported', '');
  }

  /** A storage instance in a store that exists outside Terraform, owned by the program that binds it (I2, I3). */
  public static fromUrl(scope: Construct, id: string, props: StorageInstanceFromUrlProps): IStorageInstance {
    return imported(scope, id, props, 'url', props.description ?? '');
  }

  public readonly storageId: string;
  public readonly storageName: string;
  public readonly edition: StorageEdition;
  public readonly namespaceType: NamespaceType;
  public readonly regionId: string;
  public readonly endpoint: string;
  public readonly networkName: string;
  public readonly username: string;
  public readonly password: string;
  public readonly sealingKey: string;

  constructor(scope: Construct, id: string, props: StorageInstanceProps) {
    super(scope, id);
    checkPropTypes(this, 'storageInstance', props);
    this.regionId = regionOf(this, props).regionId;
    this.storageName = props.storageName ?? id;
    this.edition = oneOf(this, 'edition', props.edition ?? StorageEdition.STANDARD, Object.values(StorageEdition));
    this.namespaceType = props.namespaceType ?? NamespaceType.INDEPENDENT;
    this.storageId = props.storageId ?? makeStorageId(this, this.regionId, this.storageName);
    const region = factsOf('region', props.region);
    const wantedDurability = props.durability && literal(props.durability);
    const durability = (this.edition === StorageEdition.STANDARD ? region?.sharedDurability : wantedDurability) ?? literal(Durability.ALWAYS);
    const topics: StorageFacts['topics'] = [];
    const backendUsers: StorageFacts['backendUsers'] = [];
    // what a rule is going to refuse is not rendered: the rules say it better than a failure halfway would
    const twin = programOf(this).storages.some((other) => other.storageId.toLowerCase() === this.storageId.toLowerCase());
    const deployment = region && !twin && sameStack(region.construct, this) ? region.deployment?.addStorage(this, {
      storageId: this.storageId, edition: literal(this.edition), durability,
      memoryMegabytes: props.memoryMegabytes ?? 1024,
      removalPolicy: literal(props.removalPolicy ?? RemovalPolicy.RETAIN),
      deletionProtection: props.deletionProtection ?? false,
      labels: props.labels ?? {},
      backendUsers: () => backendUsers.map(({ name, password }) => ({ name, password })),
      manifest: () => storageManifest(facts),
    }) : undefined;
    this.node.defaultChild = this.node.tryFindChild('Store') ?? this.node.tryFindChild('HandOver');
    this.endpoint = ofStack(this, deployment?.url ?? '');
    this.networkName = deployment && region ? region.internalDomain : '';
    this.username = ofStack(this, deployment?.username ?? '');
    this.password = ofStack(this, deployment?.password ?? '');
    this.sealingKey = ofStack(this, deployment?.sealingKey ?? '');
    const facts: StorageFacts = registerFacts({
      kind: 'storage', construct: this, origin: 'declared', storageId: this.storageId, name: this.storageName,
      description: props.description ?? '', edition: literal(this.edition), namespace: literal(this.namespaceType), durability,
      wantedDurability, wantedMemoryMegabytes: props.memoryMegabytes, wantedRemovalPolicy: props.removalPolicy && literal(props.removalPolicy), regionId: this.regionId, region, url: this.endpoint, username: this.username, password: this.password,
      sealingKey: this.sealingKey, deployment, topics, backendUsers,
    });
    if (deployment && props.outputs) addOutputs(this);
    validateProgram(this);
  }

  public addParentTopic(id: string, options: ParentTopicOptions = {}): ParentTopic {
    return addTopic(this, id, options);
  }

  public addBackendUser(id: string, options: BackendUserOptions = {}): BackendUser {
    return addUser(this, id, options);
  }
}

/** Named as the attributes of `fromStorageInstanceAttributes` are. */
function addOutputs(storage: StorageInstance): void {
  const { storageId, endpoint, regionId, edition, namespaceType, networkName, storageName, username, password, sealingKey } = storage;
  const add = (what: string, value: { [name: string]: string }, description: string, sensitive: boolean) =>
    new TerraformOutput(storage, `storage_${storageId}_${what}`, { value, description, sensitive, staticId: true });
  add('attributes', { storageId, endpoint, regionId, edition, namespaceType, networkName, storageName, username },
    `storage instance ${storageName}, for another program that binds it`, false);
  add('secrets', { password, sealingKey }, `password of the store user of storage instance ${storageName}, and the key that seals secrets at rest`, true);
}

function addTopic(storage: IStorageInstance & Construct, id: string, options: ParentTopicOptions): ParentTopic {
  const scope = storage;
  return new ParentTopic(scope, childId(scope, id, 'Topic'), { name: id, ...options, storageInstance: storage });
}

function addUser(storage: IStorageInstance & Construct, id: string, options: BackendUserOptions): BackendUser {
  return new BackendUser(storage, childId(storage, id, 'BackendUser'), { name: id, ...options, storageInstance: storage });
}

function imported(
  scope: Construct, id: string, attrs: StorageInstanceAttributes, origin: 'url' | 'imported', description: string,
): IStorageInstance {
  class Import extends Construct implements IStorageInstance {
    public readonly storageId = attrs.storageId;
    public readonly storageName = attrs.storageName ?? attrs.storageId;
    public readonly edition = attrs.edition;
    public readonly namespaceType = attrs.namespaceType;
    public readonly regionId = attrs.regionId;
    public readonly endpoint = attrs.endpoint;
    public readonly networkName = attrs.networkName ?? '';
    public readonly username = attrs.username ?? '';
    public readonly password = attrs.password ?? '';

    /** Made by the hand-over of a storage by URL unless it is given. */
    public get sealingKey(): string {
      return attrs.sealingKey ?? ofStack(this, factsOf('storage', this)?.deployment?.sealingKey ?? '');
    }

    public addParentTopic(topicId: string, options: ParentTopicOptions = {}): ParentTopic {
      return addTopic(this, topicId, options);
    }

    public addBackendUser(userId: string, options: BackendUserOptions = {}): BackendUser {
      return addUser(this, userId, options);
    }
  }
  const storage = new Import(scope, id);
  registerFacts({
    kind: 'storage', construct: storage, origin, storageId: storage.storageId, name: storage.storageName, description,
    edition: literal(storage.edition), namespace: literal(storage.namespaceType), durability: 'always', regionId: storage.regionId,
    url: storage.endpoint, username: attrs.username, password: attrs.password, sealingKey: attrs.sealingKey, networkName: attrs.networkName, topics: [], backendUsers: [],
  });
  handOverStoragesByUrl(storage);
  validateProgram(storage);
  return storage;
}
