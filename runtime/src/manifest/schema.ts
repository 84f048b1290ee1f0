/**
 * Schemas of the documents between the construct library and the gateway. The types live in `lib/manifest/manifest.ts`;
 * the assertions at the end keep both equal, so that neither side can change alone.
 *
 * A schema checks shapes. What a value may be (names, limits, bindings) is checked by the rules in `lib/rules/`.
 * Unknown properties are let through: a newer library may add what an older gateway does not need. What an older gateway
 * must not ignore raises `MANIFEST_VERSION`.
 */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import type {
  ControlAccess, InstanceManifest, InstanceRecord, InstanceSecrets, ListenerBindings, StackRecord, StorageManifest, StoreAccess,
} from '../../../lib/manifest/manifest';

export const oneOf = <const T extends readonly string[]>(...values: T) => Type.Unsafe<T[number]>(Type.Union(values.map((value) => Type.Literal(value))));
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const count = Type.Integer({ minimum: 0 });
const positive = Type.Integer({ minimum: 1 });
const text = Type.String();
const filled = Type.String({ minLength: 1 });

export const topicSchema = Type.Object({
  name: filled,
  type: oneOf('normal', 'partition-ordered', 'global-ordered'),
  permission: oneOf('publish', 'subscribe', 'publish-and-subscribe'),
  remark: text,
  removalPolicy: oneOf('retain', 'destroy'),
});

export const namespaceType = oneOf('independent', 'shared');
export const storageEdition = oneOf('standard', 'platinum');
export const instanceEdition = oneOf('basic', 'platinum');

export const storageManifestSchema = Type.Object({
  version: Type.Integer(),
  kind: Type.Literal('storage'),
  storageId: filled,
  name: filled,
  description: text,
  edition: storageEdition,
  namespace: namespaceType,
  engine: Type.Literal('redis'),
  durability: oneOf('always', 'everysec'),
  region: filled,
  limitBytes: Type.Optional(positive),
  topics: Type.Array(topicSchema),
});

export const spec = Type.Object({ tps: positive, connections: positive, subscriptions: positive });
export const percent = Type.Integer({ minimum: 1, maximum: 100 });
const endpoint = Type.Object({ address: filled, url: filled });
export const endpoints = Type.Object({
  tcp: Type.Optional(endpoint),
  tls: Type.Optional(endpoint),
  websocket: Type.Optional(endpoint),
  websocketTls: Type.Optional(endpoint),
  flash: Type.Optional(endpoint),
});

export const instanceManifestSchema = Type.Object({
  version: Type.Integer(),
  kind: Type.Literal('instance'),
  instanceId: filled,
  name: filled,
  remark: text,
  edition: instanceEdition,
  billing: oneOf('prepaid', 'postpaid'),
  namespace: namespaceType,
  region: Type.Object({
    id: filled,
    quotas: Type.Object({ mqttInstances: count, standardStorage: count, platinumStorage: nullable(count) }),
    used: Type.Object({ mqttInstances: count, standardStorage: count, platinumStorage: count }),
    siblings: Type.Array(Type.Object({ instanceId: filled, name: filled, edition: instanceEdition, consoleUrl: Type.Optional(filled), internalHttpUrl: Type.Optional(filled) })),
  }),
  protocols: Type.Array(text),
  spec,
  alarmThresholdPercent: Type.Object({ tps: percent, connections: percent, subscriptions: percent }),
  expiry: nullable(filled),
  replicas: positive,
  admission: Type.Object({ mode: oneOf('strict', 'open'), anonymous: Type.Boolean(), beyondLoopback: Type.Optional(Type.Boolean()) }),
  limits: Type.Object({
    parentTopics: positive,
    wildcardFiltersPerTopic: count,
    subscriptionsPerClient: positive,
    payloadBytes: positive,
    clientIdLength: positive,
    topicLength: positive,
    retentionSeconds: positive,
    storedMessages: positive,
  }),
  features: Type.Object({ retained: Type.Boolean(), wills: Type.Boolean(), sharedSubscriptions: Type.Boolean() }),
  loopbackOnly: Type.Boolean(),
  publicEndpoints: endpoints,
  internalEndpoints: endpoints,
  groups: Type.Array(Type.Object({ name: filled, account: filled, remark: text })),
  accounts: Type.Array(Type.Object({ name: filled, main: Type.Boolean() })),
  accessKeys: Type.Array(Type.Object({
    id: filled,
    account: filled,
    access: oneOf('all', 'granted'),
    grants: Type.Array(Type.Object({ topic: filled, publish: Type.Boolean(), subscribe: Type.Boolean() })),
  })),
  binding: nullable(Type.Object({
    storageId: filled,
    storageName: filled,
    storageEdition,
    storageNamespace: namespaceType,
    storageRegion: filled,
  })),
  directPushTopics: Type.Array(topicSchema),
  webhook: Type.Optional(Type.Object({ url: filled, caCertificate: Type.Optional(filled) })),
  console: Type.Optional(Type.Object({ enabled: Type.Boolean(), users: Type.Array(Type.Object({ name: filled, account: filled })) })),
  metrics: Type.Optional(Type.Object({ enabled: Type.Boolean(), beyondLoopback: Type.Boolean() })),
  trustedProxies: Type.Optional(Type.Array(filled)),
});

const tls = nullable(Type.Object({ certificate: filled, privateKey: filled }));

export const instanceSecretsSchema = Type.Object({
  version: Type.Integer(),
  kind: Type.Literal('secrets'),
  accessKeys: Type.Record(Type.String(), filled),
  consoleUsers: Type.Optional(Type.Record(Type.String(), filled)),
  metricsToken: Type.Optional(nullable(filled)),
  tls,
  webhookSecret: Type.Optional(filled),
});

export const storeAccessSchema = Type.Object({
  version: Type.Integer(),
  kind: Type.Literal('store'),
  url: Type.String({ pattern: '^rediss?://' }),
  username: nullable(filled),
  password: nullable(filled),
  sealingKey: Type.String({ minLength: 32 }),
  admin: nullable(Type.Object({ username: filled, password: filled })),
  backendUsers: Type.Optional(Type.Array(Type.Object({ name: filled, password: filled }))),
});

export const controlAccessSchema = Type.Object({
  version: Type.Integer(),
  kind: Type.Literal('control'),
  url: Type.String({ pattern: '^http://' }),
  token: Type.String({ minLength: 32 }),
  sealingKey: Type.String({ minLength: 32 }),
});

export const listenerBindingSchema = Type.Object({ bindAddress: filled, port: Type.Integer({ minimum: 0, maximum: 65_535 }) });

export const listenerBindingsSchema = Type.Object({
  tcp: Type.Optional(listenerBindingSchema),
  tls: Type.Optional(listenerBindingSchema),
  websocket: Type.Optional(listenerBindingSchema),
  websocketTls: Type.Optional(listenerBindingSchema),
  flash: Type.Optional(listenerBindingSchema),
  http: listenerBindingSchema,
});

export const instanceRecordSchema = Type.Object({
  manifest: instanceManifestSchema,
  storage: nullable(storageManifestSchema),
  storeUrl: nullable(filled),
  listeners: listenerBindingsSchema,
  accessKeySecrets: Type.Record(Type.String(), nullable(filled)),
  consoleUserPasswords: Type.Optional(Type.Record(Type.String(), nullable(filled))),
  metricsToken: Type.Optional(nullable(filled)),
  tls,
  webhookSecret: Type.Optional(nullable(filled)),
});

export const stackRecordSchema = Type.Object({
  version: Type.Integer(),
  instances: Type.Array(instanceRecordSchema),
  unboundStorage: Type.Array(storageManifestSchema),
});

/** Flattens and drops `readonly`, which TypeBox does not carry. */
type Plain<T> = T extends readonly (infer U)[] ? Plain<U>[] : T extends object ? { -readonly [K in keyof T]: Plain<T[K]> } : T;
type Same<A, B> = (<T>() => T extends Plain<A> ? 1 : 2) extends <T>() => T extends Plain<B> ? 1 : 2 ? true : false;
const assertSame = <A, B>(_same: Same<A, B>) => undefined;

assertSame<Static<typeof storageManifestSchema>, StorageManifest>(true);
assertSame<Static<typeof instanceManifestSchema>, InstanceManifest>(true);
assertSame<Static<typeof instanceSecretsSchema>, InstanceSecrets>(true);
assertSame<Static<typeof storeAccessSchema>, StoreAccess>(true);
assertSame<Static<typeof controlAccessSchema>, ControlAccess>(true);
assertSame<Static<typeof listenerBindingsSchema>, ListenerBindings>(true);
assertSame<Static<typeof instanceRecordSchema>, InstanceRecord>(true);
assertSame<Static<typeof stackRecordSchema>, StackRecord>(true);
