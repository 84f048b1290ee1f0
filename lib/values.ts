/** Where a store keeps what is written, and what PUBACK stands for on disk. */
export enum Durability {
  /** Flushed to disk with its batch before it is acknowledged. */
  ALWAYS = 'always',
  /** Flushed within about a second; a power failure may take up to two. */
  EVERY_SECOND = 'everysec',
}

/** Edition of an MQTT instance (E1). */
export enum InstanceEdition {
  /** One gateway, usable at once. */
  BASIC = 'basic',
  /** Several dedicated gateways behind one front; the deploy ends when they run. */
  PLATINUM = 'platinum',
}

/** Edition of a storage instance (E6). */
export enum StorageEdition {
  /** Logical isolation: shares the region's store, with a key space and a store user of its own. */
  STANDARD = 'standard',
  /** Physical isolation: a store container and volume of its own. */
  PLATINUM = 'platinum',
}

/** How an MQTT instance is charged for its specification (E2). */
export enum Billing {
  /** The specification is a ceiling; above it the gateway throttles. */
  PREPAID = 'prepaid',
  /** Never throttled; a threshold raises an alarm. */
  POSTPAID = 'postpaid',
}

/** Whether topic and group names stand alone (B3, N3). */
export enum NamespaceType {
  /** Names are the instance's own and may repeat elsewhere. */
  INDEPENDENT = 'independent',
  /** All shared instances of a region have one name space of topics and groups. */
  SHARED = 'shared',
}

/** Message type of a parent topic (T3). */
export enum MessageType {
  /** No order is promised between clients. */
  NORMAL = 'normal',
  /** What one client sends is stored in the order it sent it. */
  PARTITION_ORDERED = 'partition-ordered',
  /** What arrives at the topic has one order for everybody. */
  GLOBAL_ORDERED = 'global-ordered',
}

/** What clients may do with a parent topic. */
export enum TopicPermission {
  /** Clients may only publish. */
  PUBLISH = 'publish',
  /** Clients may only subscribe. */
  SUBSCRIBE = 'subscribe',
  /** Clients may do both. */
  PUBLISH_AND_SUBSCRIBE = 'publish-and-subscribe',
}

/** What happens to data when its declaration goes away (B5, I5). */
export enum RemovalPolicy {
  /** Data outlives the declaration: a volume stays, messages go with their retention. */
  RETAIN = 'retain',
  /** Data goes with the declaration. */
  DESTROY = 'destroy',
}

/** Who may connect. */
export enum AdmissionMode {
  /** Client IDs of declared groups, topics that are declared, and authentication. */
  STRICT = 'strict',
  /** Any Client ID, any topic and filter: for fleets and test suites that cannot be changed. */
  OPEN = 'open',
}

/** What an AccessKey may do (A5). */
export enum AccessKeyAccess {
  /** Publish and subscribe on every topic of the instance. */
  ALL = 'all',
  /** Only what `grantPublish` and `grantSubscribe` say; nothing without a grant. */
  GRANTED = 'granted',
}

/** How much a gateway logs. */
export enum LogLevel {
  /** Everything, for finding a fault. */
  DEBUG = 'debug',
  /** Changes of state. */
  INFO = 'info',
  /** What may need a person. */
  WARN = 'warn',
  /** What failed. */
  ERROR = 'error',
}

/** Engine of a storage instance. */
export class StorageEngine {
  /** Redis streams. */
  public static readonly REDIS = new StorageEngine('redis');

  private constructor(
    /** Name of the engine as documents have it. */
    public readonly name: string,
  ) {}
}
