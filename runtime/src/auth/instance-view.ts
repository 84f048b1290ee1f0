import { createHash } from 'node:crypto';
import type {
  Admission, Features, Grant, GroupDeclaration, InstanceManifest, InstanceSecrets, Limits, Spec, StorageManifest, TopicDeclaration,
} from '../../../lib/manifest/manifest';
import { isWellKnownSecret } from '../../../lib/rules/secrets';
import { OPEN_LOG, type DeclaredSince, type FirstDeclared, type MadeThings } from '../store/contract';

export interface KeyView {
  readonly id: string;
  readonly account: string;
  readonly secret: Buffer;
  /** Changes with the secret and tells nothing about it. */
  readonly secretTag: string;
  /** Refused unless every port is bound to loopback (A6). */
  readonly secretIsWellKnown: boolean;
  /** null: every topic of the instance. */
  readonly grants: ReadonlyMap<string, Grant> | null;
}

/** Somebody who may log in to the console. */
export interface ConsoleUserView {
  readonly name: string;
  readonly account: string;
  readonly password: Buffer;
}

/**
 * What the gateway decides by: the documents, compiled once and never changed. Maps throughout, because names come from
 * the network and `__proto__` must read as absent.
 */
export interface InstanceView {
  readonly instanceId: string;
  readonly revision: number;
  readonly manifest: InstanceManifest;
  readonly loopbackOnly: boolean;
  readonly admission: Admission;
  readonly limits: Limits;
  readonly features: Features;
  readonly spec: Spec;
  /** Milliseconds since 1970 from which CONNECT is refused (E7); null: never. */
  readonly expiresAt: number | null;
  readonly accounts: ReadonlySet<string>;
  readonly groups: ReadonlyMap<string, GroupDeclaration>;
  readonly topics: ReadonlyMap<string, TopicDeclaration>;
  readonly keys: ReadonlyMap<string, KeyView>;
  readonly consoleOn: boolean;
  /** Empty while the console is off. */
  readonly consoleUsers: ReadonlyMap<string, ConsoleUserView>;
  /** Which of the topics and groups were made through the control API (I4). */
  readonly made: MadeThings;
  /** Milliseconds since 1970 at which a deploy first brought what is declared; absent where nobody noted it. */
  readonly declaredSince: { readonly [kind in keyof DeclaredSince]: ReadonlyMap<string, number> };
  /** What each account's keys may do together: the rights of its devices (A3); null: every topic. */
  readonly accountGrants: ReadonlyMap<string, ReadonlyMap<string, Grant> | null>;
  /** Logs that hold this instance's messages. */
  readonly logs: readonly string[];
  /** The instance has come to its expiry (E7). */
  expired(): boolean;
  hasTopic(name: string): boolean;
  hasGroup(name: string): boolean;
}

export interface ViewSources {
  readonly revision: number;
  readonly instance: InstanceManifest;
  /** null for direct push (B6). */
  readonly storage: StorageManifest | null;
  /** Opened; null: no key has a secret, so nobody can sign. */
  readonly secrets: InstanceSecrets | null;
  /** Through the control API (I4): topics and groups like the declared ones. */
  readonly made?: MadeThings;
  readonly declaredSince?: DeclaredSince;
}

export function compileInstanceView(sources: ViewSources): InstanceView {
  const { instance, storage } = sources;
  const secrets = new Map(Object.entries(sources.secrets?.accessKeys ?? {}));
  const keys = new Map<string, KeyView>();
  for (const key of instance.accessKeys) {
    const secret = secrets.get(key.id);
    // a key without a secret cannot sign; an empty secret would let everybody sign
    if (secret === undefined || secret === '') continue;
    keys.set(key.id, {
      id: key.id,
      account: key.account,
      secret: Buffer.from(secret, 'utf8'),
      secretTag: secretTagOf(secret),
      secretIsWellKnown: isWellKnownSecret(secret),
      // `granted` with an empty list opens nothing, never everything
      grants: key.access === 'all' ? null : mergeGrants(key.grants),
    });
  }
  const declared = instance.binding === null ? instance.directPushTopics : (storage?.topics ?? []);
  // what is declared comes last, and wins
  const topics = new Map<string, TopicDeclaration>([...(sources.made?.topics ?? []), ...declared].map((topic) => [topic.name, topic]));
  const groups = new Map<string, GroupDeclaration>([...(sources.made?.groups ?? []), ...instance.groups].map((group) => [group.name, group]));
  const expiresAt = instance.expiry === null ? null : Date.parse(instance.expiry);
  return Object.freeze({
    instanceId: instance.instanceId,
    revision: sources.revision,
    manifest: instance,
    loopbackOnly: instance.loopbackOnly,
    admission: instance.admission,
    limits: instance.limits,
    features: instance.features,
    spec: instance.spec,
    expiresAt,
    accounts: new Set(instance.accounts.map((account) => account.name)),
    groups,
    topics,
    keys,
    consoleOn: instance.console?.enabled ?? true,
    consoleUsers: consoleUsersOf(sources),
    made: sources.made ?? NOTHING_MADE,
    declaredSince: { topics: timesOf(sources.declaredSince?.topics), groups: timesOf(sources.declaredSince?.groups), accessKeys: timesOf(sources.declaredSince?.accessKeys) },
    accountGrants: grantsByAccount([...keys.values()].filter(({ secretIsWellKnown }) => instance.loopbackOnly || !secretIsWellKnown)),
    logs: instance.admission.mode === 'open' ? [OPEN_LOG] : [...topics.keys()],
    expired: () => expiresAt !== null && Date.now() >= expiresAt,
    hasTopic: (name: string) => topics.has(name),
    hasGroup: (name: string) => groups.has(name),
  });
}

/** One without a password, or with one of an example beyond loopback (A6), cannot log in. */
function consoleUsersOf({ instance: { console, loopbackOnly }, secrets }: ViewSources): Map<string, ConsoleUserView> {
  const passwords = new Map(Object.entries(secrets?.consoleUsers ?? {}));
  const users = (console?.enabled ? console.users : []).map(({ name, account }) => ({ name, account, password: passwords.get(name) ?? '' }));
  return new Map(users.filter(({ password }) => password !== '' && (loopbackOnly || !isWellKnownSecret(password)))
    .map((user) => [user.name, { ...user, password: Buffer.from(user.password, 'utf8') }]));
}

function timesOf(noted: readonly FirstDeclared[] = []): ReadonlyMap<string, number> {
  return new Map(noted.map(({ name, at }) => [name, at]));
}

const NOTHING_MADE: MadeThings = { topics: [], groups: [] };

/** Changes with the secret and tells nothing about it. */
export function secretTagOf(secret: string): string {
  return createHash('sha256').update('secret-tag\0').update(secret).digest('base64url').slice(0, 12);
}

function grantsByAccount(keys: readonly KeyView[]): Map<string, ReadonlyMap<string, Grant> | null> {
  const grants = new Map<string, ReadonlyMap<string, Grant> | null>();
  for (const { account, grants: own } of keys) {
    const known = grants.get(account);
    grants.set(account, own === null || known === null ? null : mergeGrants([...known?.values() ?? [], ...own.values()]));
  }
  return grants;
}

function mergeGrants(grants: readonly Grant[]): Map<string, Grant> {
  const merged = new Map<string, Grant>();
  for (const grant of grants) {
    const known = merged.get(grant.topic);
    merged.set(grant.topic, {
      topic: grant.topic,
      publish: grant.publish || known?.publish === true,
      subscribe: grant.subscribe || known?.subscribe === true,
    });
  }
  return merged;
}
