/**
 * How a declaration becomes containers: one replaceable part (today one Docker host, `docker-host/`). The constructs hand
 * over plain values and lazily made documents; a deployment creates Terraform resources below the construct's own scope.
 * Nothing here is exported from the package.
 */
import { ITerraformDependable, TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import {
  Durability, InstanceManifest, InstanceRecord, ListenerBindings, ListenerName, RemovalPolicyName, StorageEdition, StorageManifest,
} from '../manifest/manifest';

/** The Docker host as the provider addresses it. */
export interface HostAddress {
  /** `unix:///var/run/docker.sock`, `ssh://user@host`, `tcp://host:2376`. */
  readonly url: string;
  /** Folder with ca.pem, cert.pem and key.pem for TCP with certificates. */
  readonly certPath?: string;
  readonly sshOptions?: string[];
  /** Images can be built there (a remote host needs a prebuilt gateway image). */
  readonly local: boolean;
}

/** Image names; each has a public default. */
export interface ImageNames {
  /** Prebuilt gateway image; undefined: built from the bundled runtime on `base`. */
  readonly gateway?: string;
  /** Base of the built gateway image; default `node:24-slim`. */
  readonly base: string;
  /** Default `redis:7.4`. */
  readonly store: string;
  /** Default `haproxy:3.0`. */
  readonly front: string;
}

export interface RegionDeploymentProps {
  readonly regionId: string;
  readonly host: HostAddress;
  readonly provider?: TerraformProvider;
  readonly images: ImageNames;
  readonly internalDomain: string;
  readonly labels: { [key: string]: string };
  /** What may never change once something lives in the region (L3). */
  readonly guards: PlanGuard[];
  /** Of the store that the region's standard storage instances share (E6). */
  readonly sharedStore: { readonly durability: Durability; readonly memoryMegabytes: number; readonly removalPolicy: RemovalPolicyName };
}

export interface StorageDeploymentProps {
  readonly storageId: string;
  readonly edition: StorageEdition;
  readonly durability: Durability;
  readonly memoryMegabytes: number;
  readonly removalPolicy: RemovalPolicyName;
  readonly deletionProtection: boolean;
  readonly labels: { [key: string]: string };
  /** Users of the store for backend services (S1), all of them; passwords are sensitive expressions. */
  backendUsers(): { readonly name: string; readonly password: string }[];
  /** Made at synth, when every topic is known. */
  manifest(): StorageManifest;
}

/** A storage's place in a store, as Terraform expressions. */
export interface StorageDeployment {
  readonly url: string;
  readonly username?: string;
  /** Sensitive. */
  readonly password?: string;
  /** Sensitive. Seals secrets at rest. */
  readonly sealingKey: string;
  /** Stands once the topics were handed over. */
  readonly ready: ITerraformDependable[];
  /** Wraps a value so that it is known only once the hand-over was accepted. */
  onceAccepted(value: string): string;
  /** Id of the Docker network in which the store's name resolves, besides the region's own: what binds joins it. */
  readonly network?: string;
}

/** A store that is not run here: of another stack, of another program, or outside Terraform. */
export interface ExternalStorageProps {
  readonly storageId: string;
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly sealingKey?: string;
  /** Id of a Docker network through which its store is reached, besides the region's own: a storage of another stack of this program. */
  readonly network?: string;
  /** Name of that network, where its id is not known: a storage of another program. */
  readonly networkName?: string;
}

/** A storage that this program owns, in a store that it does not run. */
export interface StorageByUrlProps extends ExternalStorageProps {
  /** Made at synth, when every topic is known. */
  manifest(): StorageManifest;
}

/** What every gateway needs, with or without a store. */
export interface GatewayDeploymentProps {
  readonly instanceId: string;
  readonly replicas: number;
  readonly listeners: ListenerBindings;
  readonly publicDomain: string;
  readonly memoryMegabytes: number;
  /** Processes of each gateway; 0: one a core. */
  readonly workers: number;
  readonly drainSeconds: number;
  readonly logLevel: string;
  readonly labels: { [key: string]: string };
  manifest(): InstanceManifest;
  /** AccessKey id → secret expression; sensitive. */
  accessKeySecrets(): { [keyId: string]: string };
  /** Console user → password expression; sensitive. */
  consoleUserPasswords(): { [name: string]: string };
  /** Sensitive. */
  readonly metricsToken?: string;
  readonly tls?: { readonly certificate: string; readonly privateKey: string };
  /** Sensitive expression; undefined: no webhook. */
  readonly webhookSecret?: string;
  /** What may never change after a successful hand-over, with the sentence of the plan error (B1, L3). */
  readonly guards: PlanGuard[];
}

export interface InstanceDeploymentProps extends GatewayDeploymentProps {
  readonly storageId: string;
  readonly storage: StorageDeployment | ExternalStorageProps;
  /** Made at synth: handed over together with the instance when this program owns the storage and has not handed it over apart; null otherwise. */
  storageManifest(): StorageManifest | null;
}

/** A value that a plan may not change: of a binding once the hand-over has succeeded, of a region once something lives in it. */
export interface PlanGuard {
  /** Part of the logical id together with the id of what is guarded alone, so that renaming a construct does not slip past. */
  readonly name: 'binding' | 'edition' | 'namespace' | 'store' | 'region' | 'host';
  readonly value: string;
  /** Sentence of the plan error; `${was}` and `${now}` are replaced by expressions of the values. */
  readonly sentence: string;
  /** Another guard, named before this one: only while that one holds is this one asked. */
  readonly within?: PlanGuard['name'];
  /** `as address`: without user, password and defaults, ignoring case. Default: `exactly`. */
  readonly compared?: 'exactly' | 'ignoring case' | 'as address';
}

export interface InstanceDeployment {
  /** Everything that promises a standing binding, or direct push, depends on these: outputs, guards (P2). */
  readonly bindingStands: ITerraformDependable[];
  /** Wraps a value so that it is known only once the binding stands. */
  whenBound(value: string): string;
}

/** One per Region. */
export interface RegionDeployment {
  readonly provider: TerraformProvider;
  addStorage(scope: Construct, props: StorageDeploymentProps): StorageDeployment;
  /** Hands the topics over, so that they stand before anything is bound (S2). */
  addStorageByUrl(scope: Construct, props: StorageByUrlProps): StorageDeployment;
  addInstance(scope: Construct, props: InstanceDeploymentProps): InstanceDeployment;
  /** A gateway without a store (B6). */
  addDirectPush(scope: Construct, props: GatewayDeploymentProps): InstanceDeployment;
  /** Terraform resource that shows a declared thing (topic, group, key, account) by name in the plan; no effect of its own. */
  showInPlan(scope: Construct, kind: string, fields: () => { [name: string]: unknown }): void;
  /** A secret made once at the first deploy and kept; sensitive expression. */
  generateSecret(scope: Construct, id: string): string;
  /** Adds to the `StackRecord` of the stack. */
  record(instance: () => InstanceRecord): void;
}

/** Port of each listener inside a gateway container. */
export const CONTAINER_PORTS: { readonly [K in ListenerName | 'http']: number } = {
  tcp: 1883, tls: 8883, websocket: 80, websocketTls: 443, flash: 843, http: 18080,
};
