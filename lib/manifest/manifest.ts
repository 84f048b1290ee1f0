/**
 * The contract between the construct library and the gateway.
 *
 * The constructs render to these documents, the hand-over takes them in, and the gateway runs by them: there is no other
 * channel. The runtime checks them against a schema (`runtime/src/manifest/schema.ts`) that a compile-time assertion
 * keeps equal to these types. A change that an older gateway cannot read raises `MANIFEST_VERSION`.
 *
 * Everything here is plain data. At synth a string may hold a Terraform token; when the hand-over reads the document
 * every token has become a value.
 */
export const MANIFEST_VERSION = 1;

export type NamespaceType = 'independent' | 'shared';
export type StorageEdition = 'standard' | 'platinum';
export type InstanceEdition = 'basic' | 'platinum';
export type Billing = 'prepaid' | 'postpaid';
export type MessageType = 'normal' | 'partition-ordered' | 'global-ordered';
export type Permission = 'publish' | 'subscribe' | 'publish-and-subscribe';
export type RemovalPolicyName = 'retain' | 'destroy';
/** What PUBACK stands for on disk: `always` = flushed with its batch, `everysec` = flushed within about a second. */
export type Durability = 'always' | 'everysec';

export interface TopicDeclaration {
  readonly name: string;
  readonly type: MessageType;
  readonly permission: Permission;
  readonly remark: string;
  readonly removalPolicy: RemovalPolicyName;
}

/** One per storage instance: what it is, and its topics. Handed over with or without a binding (S2). */
export interface StorageManifest {
  readonly version: number;
  readonly kind: 'storage';
  /** Key space in the store; never changes. */
  readonly storageId: string;
  readonly name: string;
  readonly description: string;
  readonly edition: StorageEdition;
  readonly namespace: NamespaceType;
  readonly engine: 'redis';
  readonly durability: Durability;
  readonly region: string;
  /**
   * What its messages may take of a store that it shares with others (E6): payloads, and 200 bytes a message. Trimmed towards,
   * refused above. Absent: as much as the store has.
   */
  readonly limitBytes?: number;
  readonly topics: TopicDeclaration[];
}

export interface GroupDeclaration {
  readonly name: string;
  readonly account: string;
  readonly remark: string;
}

export interface AccountDeclaration {
  readonly name: string;
  /** Exactly one account of an instance is the main account. */
  readonly main: boolean;
}

/** A right of a key on one parent topic (A5). */
export interface Grant {
  readonly topic: string;
  readonly publish: boolean;
  readonly subscribe: boolean;
}

/** The secret of a key is never here: see `InstanceSecrets`. */
export interface AccessKeyDeclaration {
  readonly id: string;
  readonly account: string;
  /** `all`: every topic of the instance; `granted`: only what `grants` says, which may be nothing. */
  readonly access: 'all' | 'granted';
  readonly grants: Grant[];
}

/** Who may log in to the console, for an account. The password is never here: see `InstanceSecrets`. */
export interface ConsoleUserDeclaration {
  readonly name: string;
  readonly account: string;
}

/** The console, on the HTTP port. */
export interface ConsoleDeclaration {
  readonly enabled: boolean;
  readonly users: ConsoleUserDeclaration[];
}

/** `GET /metrics`, on the HTTP port. */
export interface MetricsDeclaration {
  readonly enabled: boolean;
  /** The HTTP port is published beyond loopback: a token is asked for (A6). */
  readonly beyondLoopback: boolean;
}

/** Ceilings of the specification (E2–E5); TPS is weighted as E4 says. */
export interface Spec {
  readonly tps: number;
  readonly connections: number;
  readonly subscriptions: number;
}

/** Limits of L4, and how long and how much is stored (T5). */
export interface Limits {
  readonly parentTopics: number;
  readonly wildcardFiltersPerTopic: number;
  readonly subscriptionsPerClient: number;
  readonly payloadBytes: number;
  readonly clientIdLength: number;
  readonly topicLength: number;
  readonly retentionSeconds: number;
  readonly storedMessages: number;
}

export interface Admission {
  /** `strict`: C1, T1 and authentication; `open`: any Client ID, topic and filter. */
  readonly mode: 'strict' | 'open';
  /** Only with `open`: clients may connect without username and password. */
  readonly anonymous: boolean;
  /** The declaration says in so many words that anonymous clients may come from beyond loopback; absent: they may not. */
  readonly beyondLoopback?: boolean;
}

/** Which of the additions of T6 are on. */
export interface Features {
  readonly retained: boolean;
  readonly wills: boolean;
  readonly sharedSubscriptions: boolean;
}

/** The storage that a binding joins, with what B3 and B4 compare. */
export interface BindingDeclaration {
  readonly storageId: string;
  readonly storageName: string;
  readonly storageEdition: StorageEdition;
  readonly storageNamespace: NamespaceType;
  readonly storageRegion: string;
}

/** Another instance of the region, for the console's overview (L2). */
export interface SiblingInstance {
  readonly instanceId: string;
  readonly name: string;
  readonly edition: InstanceEdition;
  /** Absent: it has no console, or its address is known to the deploy alone. */
  readonly consoleUrl?: string;
  /** Its HTTP port as containers of the region's network reach it, for its state. Absent: its address is known to the deploy alone. */
  readonly internalHttpUrl?: string;
}

export interface RegionSummary {
  readonly id: string;
  readonly quotas: { readonly mqttInstances: number; readonly standardStorage: number; readonly platinumStorage: number | null };
  readonly used: { readonly mqttInstances: number; readonly standardStorage: number; readonly platinumStorage: number };
  readonly siblings: SiblingInstance[];
}

/** An endpoint as `host:port` and as URL (P1). */
export interface Endpoint {
  readonly address: string;
  readonly url: string;
}

export type ListenerName = 'tcp' | 'tls' | 'websocket' | 'websocketTls' | 'flash';

/** A listener that is switched off is absent. */
export type Endpoints = { readonly [K in ListenerName]?: Endpoint };

/** One per MQTT instance. */
export interface InstanceManifest {
  readonly version: number;
  readonly kind: 'instance';
  readonly instanceId: string;
  readonly name: string;
  readonly remark: string;
  readonly edition: InstanceEdition;
  readonly billing: Billing;
  readonly namespace: NamespaceType;
  readonly region: RegionSummary;
  readonly protocols: string[];
  readonly spec: Spec;
  /** Alarm thresholds in percent of the spec (E3). */
  readonly alarmThresholdPercent: Spec;
  /** RFC 3339 date-time after which CONNECT is refused (E7); null: never. */
  readonly expiry: string | null;
  readonly replicas: number;
  readonly admission: Admission;
  readonly limits: Limits;
  readonly features: Features;
  /** Every published port is bound to a loopback address; well-known example secrets are accepted only then (A6). */
  readonly loopbackOnly: boolean;
  readonly publicEndpoints: Endpoints;
  readonly internalEndpoints: Endpoints;
  readonly groups: GroupDeclaration[];
  readonly accounts: AccountDeclaration[];
  readonly accessKeys: AccessKeyDeclaration[];
  /** null: direct push (B6), with `directPushTopics`. */
  readonly binding: BindingDeclaration | null;
  readonly directPushTopics: TopicDeclaration[];
  /** Who is told of alarms and when the instance is runnable (E1); absent: nobody. Its secret is one of `InstanceSecrets`. */
  readonly webhook?: WebhookDeclaration;
  /** Absent, in documents of an older library: on, without users. */
  readonly console?: ConsoleDeclaration;
  /** Absent, in documents of an older library: off, because nobody was asked where the port is published. */
  readonly metrics?: MetricsDeclaration;
  /** Addresses, and ranges of them, whose `X-Forwarded-For` the HTTP port believes; absent: nobody's. */
  readonly trustedProxies?: string[];
}

export interface WebhookDeclaration {
  readonly url: string;
  /** PEM; absent: the public certificate authorities. */
  readonly caCertificate?: string;
}

/** What travels apart from the manifest and is encrypted where it rests in the store (A6). */
export interface InstanceSecrets {
  readonly version: number;
  readonly kind: 'secrets';
  /** AccessKey id → AccessKey secret. */
  readonly accessKeys: { readonly [keyId: string]: string };
  /** Console user → password. */
  readonly consoleUsers?: { readonly [name: string]: string };
  /** That whoever reads the metrics brings; null or absent: none is asked for. */
  readonly metricsToken?: string | null;
  /** PEM; null: the gateway makes a development certificate and keeps it in the store. */
  readonly tls: { readonly certificate: string; readonly privateKey: string } | null;
  /** Key of the webhook's signatures; absent: no webhook. */
  readonly webhookSecret?: string;
}

/** Where the store is and how to open it. A file of its own, given to gateways and to the hand-over, never in the environment. */
export interface StoreAccess {
  readonly version: number;
  readonly kind: 'store';
  /** `redis://host:port` or `rediss://…`, without user and password. */
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
  /** Key of at least 32 characters that seals secrets at rest (A6). */
  readonly sealingKey: string;
  /** Administrator of a store that we run; only the hand-over gets it, to make the storage's own user (E6). */
  readonly admin: { readonly username: string; readonly password: string } | null;
  /**
   * Of a storage in a store that we run; only its own hand-over gets them: the users for backend services (S1), all of them.
   * Their names in the store begin with `username` and a dot. Absent: the document says nothing of them.
   */
  readonly backendUsers?: { readonly name: string; readonly password: string }[];
}

/**
 * The control port of a direct-push gateway (B6), which has no store to be handed over through. A file of its own, given to
 * the gateway and to its hand-over, never in the environment.
 */
export interface ControlAccess {
  readonly version: number;
  readonly kind: 'control';
  /** `http://host:port` of the gateway's HTTP listener in the region's network. */
  readonly url: string;
  /** At least 32 characters; whoever has it may hand over. */
  readonly token: string;
  /** Key of at least 32 characters that seals secrets on their way and at rest (A6). */
  readonly sealingKey: string;
}

/** Which address and port a listener takes on the Docker host, or on this machine in embedded mode. */
export interface ListenerBinding {
  readonly bindAddress: string;
  readonly port: number;
}

export type ListenerBindings = { readonly [K in ListenerName]?: ListenerBinding } & {
  /** Health, metrics, API and console. */
  readonly http: ListenerBinding;
};

/**
 * What a stack declares, written by the library to the root comment (`"//".mqttGateway`) of `cdk.tf.json` so that the
 * embedded mode runs exactly what the containers would. Values may be Terraform expressions of the form `${var.name}`.
 */
export interface StackRecord {
  readonly version: number;
  readonly instances: InstanceRecord[];
  /** Storage instances that nothing binds yet. */
  readonly unboundStorage: StorageManifest[];
}

export interface InstanceRecord {
  readonly manifest: InstanceManifest;
  /** null: direct push, or a storage that another stack declares. */
  readonly storage: StorageManifest | null;
  /** A storage outside Terraform: its URL; null otherwise. */
  readonly storeUrl: string | null;
  readonly listeners: ListenerBindings;
  /** AccessKey id → secret; null: generated at deploy, so the embedded mode generates and keeps one of its own. */
  readonly accessKeySecrets: { readonly [keyId: string]: string | null };
  /** Console user → password; null: generated at deploy, as above. */
  readonly consoleUserPasswords?: { readonly [name: string]: string | null };
  readonly metricsToken?: string | null;
  readonly tls: { readonly certificate: string; readonly privateKey: string } | null;
  /** null: generated, as above; absent: no webhook. */
  readonly webhookSecret?: string | null;
}
