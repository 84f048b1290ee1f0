/**
 * Whether properties are of their types. jsii sees to that for Python and Go and the compiler for TypeScript; programs in
 * JavaScript, and values of type `any`, have this alone. The compiler keeps the tables below complete and true.
 */
import { Token } from 'cdktf';
import type { IConstruct } from 'constructs';
import type { AccessKeyProps } from '../access-key';
import type { AccountProps } from '../account';
import type { BackendUserProps } from '../backend-user';
import type { BindingProps } from '../binding';
import type { ConsoleUserProps } from '../console-user';
import type { HttpListenerOptions, ListenerOptions } from '../endpoints';
import type { GroupIdProps } from '../group-id';
import type { MqttInstanceProps } from '../mqtt-instance-props';
import type { ParentTopicProps } from '../parent-topic';
import type { RegionProps } from '../region';
import type { StorageInstanceProps } from '../storage-instance';

type Simple<T> = [T] extends [string] ? 'text' : [T] extends [number] ? 'number' : [T] extends [boolean] ? 'boolean' : [T] extends [readonly string[]] ? 'texts' : 'object' | Table<T>;
/** What each property must be; `required` where it cannot be left out. */
type Table<P> = { readonly [K in keyof P]-?: undefined extends P[K] ? Simple<NonNullable<P[K]>> : Simple<P[K]> | `required ${Extract<Simple<P[K]>, string>}` };
type AnyTable = { readonly [name: string]: unknown };

const listener: Table<ListenerOptions> = { enabled: 'boolean', port: 'number', bindAddress: 'text' };
const http: Table<HttpListenerOptions> = { port: 'number', bindAddress: 'text', trustedProxies: 'texts' };
const named = { name: 'text', mqttInstance: 'required object' } as const;

const region: Table<RegionProps> = {
  regionId: 'text', host: 'object', provider: 'object', publicDomain: 'text', internalDomain: 'text', quotas: { mqttInstances: 'number', standardStorage: 'number', platinumStorage: 'number' },
  gatewayImage: 'text', baseImage: 'text', storeImage: 'text', frontImage: 'text', standardStoreDurability: 'text', standardStoreMemoryMegabytes: 'number',
  standardStoreRemovalPolicy: 'text', labels: 'object',
};
const storageInstance: Table<StorageInstanceProps> = {
  storageName: 'text', description: 'text', engine: 'object', durability: 'text', memoryMegabytes: 'number', removalPolicy: 'text', deletionProtection: 'boolean', storageId: 'text',
  outputs: 'boolean', labels: 'object', region: 'object', edition: 'text', namespaceType: 'text',
};
const mqttInstance: Table<MqttInstanceProps> = {
  region: 'object', instanceId: 'text', instanceName: 'text', remark: 'text', edition: 'text', billing: 'text', spec: { tps: 'number', connections: 'number', subscriptions: 'number' },
  alarmThresholds: { tpsPercent: 'number', connectionsPercent: 'number', subscriptionsPercent: 'number' }, webhook: { url: 'required text', secret: 'text', caCertificate: 'text' },
  expiry: 'text', namespaceType: 'text', replicas: 'number', protocols: 'texts',
  limits: {
    parentTopics: 'number', wildcardFiltersPerTopic: 'number', subscriptionsPerClient: 'number', payloadBytes: 'number', clientIdLength: 'number', topicLength: 'number',
    retentionSeconds: 'number', storedMessages: 'number',
  },
  retainedMessages: 'boolean', wills: 'boolean', sharedSubscriptions: 'boolean', admission: 'text', allowAnonymous: 'boolean', publishAnonymousBeyondLoopback: 'boolean',
  bindAddress: 'text', tcp: listener, tls: listener, websocket: listener, websocketTls: listener, flashPolicy: listener, http, console: { enabled: 'boolean' },
  metrics: { enabled: 'boolean', token: 'text' }, tlsCertificate: 'text', tlsPrivateKey: 'text', directPush: 'boolean', memoryMegabytes: 'number', workers: 'number',
  drainSeconds: 'number', logLevel: 'text', outputs: 'boolean', labels: 'object',
};
const parentTopic: Table<ParentTopicProps> = { name: 'text', messageType: 'text', permission: 'text', remark: 'text', removalPolicy: 'text', storageInstance: 'object', mqttInstance: 'object' };
const groupId: Table<GroupIdProps> = { ...named, account: 'object', remark: 'text' };
const account: Table<AccountProps> = named;
const accessKey: Table<AccessKeyProps> = { keyId: 'text', secret: 'text', account: 'object', access: 'text', mqttInstance: 'required object' };
const consoleUser: Table<ConsoleUserProps> = { ...named, account: 'object', password: 'text' };
const backendUser: Table<BackendUserProps> = { name: 'text', password: 'text', storageInstance: 'required object' };
const binding: Table<BindingProps> = { mqttInstance: 'required object', storageInstance: 'required object' };

const TABLES = { region, storageInstance, mqttInstance, parentTopic, groupId, account, accessKey, consoleUser, backendUser, binding };

const WORDS: { readonly [kind: string]: string } = { text: 'a text', number: 'a number', boolean: 'true or false', texts: 'a list of texts', object: 'an object' };

/** Stops with a sentence for each property of another type: no rule can be asked about such a value. */
export function checkPropTypes(construct: IConstruct, of: keyof typeof TABLES, props: object | undefined): void {
  const wrong = findings(TABLES[of] as AnyTable, (props ?? {}) as AnyTable, '');
  if (wrong.length > 0) throw new Error(wrong.map((sentence) => `${construct.node.path}: ${sentence}`).join('\n'));
}

function findings(table: AnyTable, props: AnyTable, prefix: string): string[] {
  return Object.entries(table).flatMap(([name, expected]) => {
    const value = props[name];
    const [kind, required] = typeof expected === 'string' ? [expected.replace('required ', ''), expected.startsWith('required ')] : ['object', false];
    if ((value === undefined || value === null) && !required) return [];
    if (!isOf(kind, value)) return [`${prefix}${name}: got ${described(value)}; allowed: ${WORDS[kind]}; fix: give ${WORDS[kind]}${required ? '' : ', or leave it out'}`];
    return typeof expected === 'string' ? [] : findings(expected as AnyTable, value as AnyTable, `${prefix}${name}.`);
  });
}

function isOf(kind: string, value: unknown): boolean {
  // one that is an object stands for a value of any type
  if (typeof value === 'object' && Token.isUnresolved(value)) return true;
  switch (kind) {
    case 'texts': return Array.isArray(value) && value.every((each) => typeof each === 'string');
    case 'object': return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'text': return typeof value === 'string';
    default: return typeof value === kind;
  }
}

/** Never the value: it may be a secret. */
function described(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'a list';
  return ({ string: 'a text', number: 'a number', boolean: 'true or false', object: 'an object' } as { [type: string]: string })[typeof value] ?? `a ${typeof value}`;
}
