/**
 * What the constructs know of each other. Public classes stay small and jsii-clean: each registers its facts here, and the
 * rules and documents read facts alone. An `IFoo` without facts (made by a user's own class) counts as imported.
 */
import type { Construct, IConstruct } from 'constructs';
import type { InstanceDeployment, RegionDeployment, StorageDeployment } from '../deployment/deployment';
import type {
  Admission, Billing, Durability, Features, InstanceEdition, Limits, ListenerBindings, MessageType, NamespaceType, Permission,
  RemovalPolicyName, Spec, StorageEdition,
} from '../manifest/manifest';
import type { Quotas } from '../rules/regions';

export interface RegionFacts {
  readonly kind: 'region';
  readonly construct: Construct;
  readonly imported: boolean;
  readonly regionId: string;
  /** Equal for two Regions on one Docker host. */
  readonly host: string;
  /** undefined: a remote host without a gateway image cannot be deployed to. */
  readonly hostProblem?: string;
  readonly publicDomain: string;
  readonly internalDomain: string;
  readonly quotas: Quotas;
  /** Of the store that its standard storage instances share. */
  readonly sharedDurability: Durability;
  /** undefined: known where it is declared. */
  readonly sharedMemoryMegabytes?: number;
  readonly sharedRemovalPolicy: RemovalPolicyName;
  /** undefined: imported, or declared twice. */
  readonly deployment?: RegionDeployment;
}

export interface TopicFacts {
  readonly kind: 'topic';
  readonly construct: Construct;
  readonly imported: boolean;
  readonly name: string;
  readonly type: MessageType;
  readonly permission: Permission;
  readonly remark: string;
  readonly removalPolicy: RemovalPolicyName;
  /** A storage instance, or an MQTT instance with direct push (B6). */
  readonly owner: StorageFacts | InstanceFacts;
}

export interface StorageFacts {
  readonly kind: 'storage';
  readonly construct: Construct;
  /** `declared`: made here; `url`: outside Terraform, owned by this program; `imported`: declared by another program. */
  readonly origin: 'declared' | 'url' | 'imported';
  readonly storageId: string;
  readonly name: string;
  readonly description: string;
  readonly edition: StorageEdition;
  readonly namespace: NamespaceType;
  readonly durability: Durability;
  /** What the program asked for; undefined: the default. */
  readonly wantedDurability?: Durability;
  readonly wantedMemoryMegabytes?: number;
  readonly wantedRemovalPolicy?: RemovalPolicyName;
  readonly regionId: string;
  readonly region?: RegionFacts;
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly sealingKey?: string;
  /** Docker network in which the name of its store resolves. */
  readonly networkName?: string;
  /** Set once rendered; an imported storage never is. */
  deployment?: StorageDeployment;
  /** In the order of declaration; imported topics excluded. */
  readonly topics: TopicFacts[];
  /** In the order of declaration. */
  readonly backendUsers: BackendUserFacts[];
}

/** A user of the store for backend services (S1). */
export interface BackendUserFacts {
  readonly kind: 'backendUser';
  readonly construct: Construct;
  readonly name: string;
  /** What the program gave; undefined: generated at deploy. */
  readonly givenPassword?: string;
  readonly password: string;
  readonly storage: StorageFacts;
}

export interface AccountFacts {
  readonly kind: 'account';
  readonly construct: Construct;
  readonly imported: boolean;
  readonly name: string;
  readonly main: boolean;
  readonly instance: InstanceFacts;
}

export interface GroupFacts {
  readonly kind: 'group';
  readonly construct: Construct;
  readonly imported: boolean;
  readonly name: string;
  readonly remark: string;
  readonly account: AccountFacts;
  readonly instance: InstanceFacts;
}

export interface GrantFacts {
  readonly topic: TopicFacts;
  readonly publish: boolean;
  readonly subscribe: boolean;
}

export interface KeyFacts {
  readonly kind: 'key';
  readonly construct: Construct;
  readonly imported: boolean;
  readonly keyId: string;
  readonly account: AccountFacts;
  readonly access: 'all' | 'granted';
  readonly grants: GrantFacts[];
  /** What the program gave; undefined: generated at deploy. */
  readonly givenSecret?: string;
  /** Sensitive expression; undefined: not rendered. */
  readonly secret?: string;
  readonly instance: InstanceFacts;
}

export interface WebhookFacts {
  readonly url: string;
  readonly caCertificate?: string;
  /** What the program gave; undefined: generated at deploy. */
  readonly givenSecret?: string;
  /** Sensitive expression; undefined: not rendered. */
  readonly secret?: string;
}

/** Somebody who may log in to the console. */
export interface ConsoleUserFacts {
  readonly kind: 'consoleUser';
  readonly construct: Construct;
  readonly name: string;
  readonly account: AccountFacts;
  /** What the program gave; undefined: generated at deploy. */
  readonly givenPassword?: string;
  /** Sensitive expression; undefined: not rendered. */
  readonly password?: string;
  readonly instance: InstanceFacts;
}

/** What an instance's endpoints wait for: its binding, or direct push. */
export interface Standing {
  /** Terraform elements are made below it. */
  readonly construct: Construct;
  /** Set once rendered. */
  deployment?: InstanceDeployment;
}

export interface BindingFacts extends Standing {
  readonly kind: 'binding';
  readonly instance: InstanceFacts;
  readonly storage: StorageFacts;
}

export interface InstanceFacts {
  readonly kind: 'instance';
  readonly construct: Construct;
  readonly imported: boolean;
  readonly instanceId: string;
  readonly name: string;
  readonly remark: string;
  readonly edition: InstanceEdition;
  readonly billing: Billing;
  readonly namespace: NamespaceType;
  readonly region?: RegionFacts;
  readonly regionId: string;
  readonly protocols: string[];
  readonly spec: Spec;
  readonly alarmThresholdPercent: Spec;
  readonly expiry: string | null;
  readonly replicas: number;
  readonly admission: Admission;
  readonly publishAnonymousBeyondLoopback: boolean;
  readonly limits: Limits;
  readonly features: Features;
  readonly listeners: ListenerBindings;
  readonly tls?: { readonly certificate?: string; readonly privateKey?: string };
  readonly trustedProxies: string[];
  readonly webhook?: WebhookFacts;
  readonly consoleEnabled: boolean;
  /** `token` is a sensitive expression. */
  readonly metrics: { readonly enabled: boolean; readonly token?: string };
  readonly directPush: boolean;
  readonly memoryMegabytes: number;
  readonly workers: number;
  readonly drainSeconds: number;
  readonly logLevel: string;
  readonly labels: { [key: string]: string };
  readonly outputs: boolean;
  readonly groups: GroupFacts[];
  readonly accounts: AccountFacts[];
  readonly keys: KeyFacts[];
  readonly consoleUsers: ConsoleUserFacts[];
  readonly bindings: BindingFacts[];
  /** Of direct push; those of a bound instance are its storage's. */
  readonly topics: TopicFacts[];
  /** Of direct push. */
  standing?: Standing;
}

export function isImported(owner: StorageFacts | InstanceFacts): boolean {
  return owner.kind === 'storage' ? owner.origin === 'imported' : owner.imported;
}

/** undefined: neither bound nor with direct push. */
export function standingOf({ directPush, standing, bindings }: InstanceFacts): Standing | undefined {
  return directPush ? standing : bindings[0];
}

/** Containers of one name would fail with a sentence that explains nothing; the rules say it better. */
export function hasRenderedTwin(instance: InstanceFacts): boolean {
  return programOf(instance.construct).instances.some((other) =>
    other !== instance && standingOf(other)?.deployment && other.instanceId.toLowerCase() === instance.instanceId.toLowerCase());
}

export type Facts = RegionFacts | StorageFacts | TopicFacts | InstanceFacts | GroupFacts | AccountFacts | KeyFacts | ConsoleUserFacts | BindingFacts | BackendUserFacts;
type Kind = Facts['kind'];
export type FactsOf<K extends Kind> = Extract<Facts, { kind: K }>;

const registry = new WeakMap<IConstruct, Facts>();

export function registerFacts<F extends Facts>(facts: F): F {
  registry.set(facts.construct, facts);
  return facts;
}

export function factsOf<K extends Kind>(kind: K, construct: IConstruct): FactsOf<K> | undefined {
  const facts = registry.get(construct);
  return facts?.kind === kind ? (facts as FactsOf<K>) : undefined;
}

/** Everything that the program declares, in the order of the construct tree. */
export interface Program {
  readonly regions: RegionFacts[];
  readonly storages: StorageFacts[];
  readonly topics: TopicFacts[];
  readonly instances: InstanceFacts[];
  readonly groups: GroupFacts[];
  readonly accounts: AccountFacts[];
  readonly keys: KeyFacts[];
  readonly consoleUsers: ConsoleUserFacts[];
  readonly bindings: BindingFacts[];
  readonly backendUsers: BackendUserFacts[];
}

/** Over every stack of the App: quotas, names and ports do not end at a stack. */
export function programOf(construct: IConstruct): Program {
  const all = construct.node.root.node.findAll().flatMap((child) => registry.get(child) ?? []);
  const of = <K extends Kind>(kind: K) => all.filter((facts) => facts.kind === kind) as FactsOf<K>[];
  return {
    regions: of('region'), storages: of('storage'), topics: of('topic'), instances: of('instance'),
    groups: of('group'), accounts: of('account'), keys: of('key'), consoleUsers: of('consoleUser'), bindings: of('binding'), backendUsers: of('backendUser'),
  };
}

/** A construct may have been taken out of the tree again. */
export function isInTree(construct: IConstruct): boolean {
  const scope = construct.node.scope;
  return !scope || (scope.node.tryFindChild(construct.node.id) === construct && isInTree(scope));
}
