/** What a person reads when the embedded mode runs: where to connect, with what, and one command that proves it. */
import type { Grant, InstanceManifest, ListenerBindings, ListenerName, StorageManifest, TopicDeclaration } from '../../../lib/manifest/manifest';
import { LISTENER_NAMES, URL_PARTS } from '../../../lib/rules/addresses';
import { signCredentials, type Credentials } from '../cli/credentials';
import { consoleLines, hostOf, urlOf } from './console-lines';

export interface BannerInput {
  readonly instance: InstanceManifest;
  /** null: direct push (B6). */
  readonly storage: StorageManifest | null;
  readonly accessKeySecrets: { readonly [keyId: string]: string };
  readonly consoleUserPasswords: { readonly [name: string]: string };
  /** With the ports that were taken. */
  readonly listeners: ListenerBindings;
  readonly certificateFingerprint: string | undefined;
  /** Where the development certificate is for clients to trust; undefined: it is one of the user's own, or TLS is off. */
  readonly certificateFile: string | undefined;
  /** AccessKeys whose secrets were made here. */
  readonly generatedKeys: readonly string[];
  /** The same of console users and passwords. */
  readonly generatedPasswords: readonly string[];
  readonly logLevel: string;
  readonly dataFolder: string;
  readonly storeName: string;
  /** How this shell starts `mqttgw`. */
  readonly program: string;
  readonly milliseconds: number;
}

const TITLES: { readonly [K in ListenerName]: string } = {
  tcp: 'TCP', tls: 'TLS', websocket: 'WebSocket', websocketTls: 'WebSocket TLS', flash: 'Flash policy',
};

export function banner(input: BannerInput): string {
  const { instance, storage, listeners } = input;
  const place = storage ? `on storage "${storage.name}" (${input.storeName})` : 'with direct push (nothing is stored)';
  const sample = sampleOf(input);
  return [
    '',
    `MQTT instance "${instance.instanceId}" is running ${place}, started in ${(input.milliseconds / 1_000).toFixed(1)} s.`,
    '',
    'Endpoints (this machine only)',
    ...LISTENER_NAMES.flatMap((name) => {
      const binding = listeners[name];
      return binding ? [`  ${TITLES[name].padEnd(14)} ${URL_PARTS[name].scheme}://${hostOf(binding.bindAddress)}:${binding.port}${URL_PARTS[name].path}`] : [];
    }),
    `  ${'HTTP'.padEnd(14)} ${urlOf(listeners.http)} (health: /livez, /readyz; control API: /api/v1)`,
    ...(input.certificateFingerprint ? [`  TLS certificate, SHA-256 fingerprint ${input.certificateFingerprint}`] : []),
    ...(input.certificateFile ? [`  for clients to trust: ${input.certificateFile} (such as --ca, --cafile)`] : []),
    '',
    ...consoleLines({ instance, url: urlOf(listeners.http), passwords: input.consoleUserPasswords, generated: input.generatedPasswords, dataFolder: input.dataFolder }),
    ...declared(input),
    `Data       ${input.dataFolder}`,
    ...(storage ? [`Storage id ${storage.storageId}`] : []),
    ...generatedLines(input),
    `Log        ${input.logLevel} and above, here; --log-level info tells connections too, debug everything`,
    '',
    ...(sample ? sampleLines(sample, input) : [MISSING, '']),
    storage ? 'Ctrl-C stops it; data stays.' : 'Ctrl-C stops it; retained messages go with it.',
    '',
  ].join('\n');
}

function isAnonymous({ admission }: InstanceManifest): boolean {
  return admission.mode === 'open' && admission.anonymous;
}

/** Where anybody may connect and use any topic, what is declared says nothing. */
function declared({ instance, storage }: BannerInput): string[] {
  const topics = topicsOf(instance, storage);
  if (isAnonymous(instance)) return ['Open       any Client ID and topic, no credentials'];
  return [
    `Topics     ${topics.map(({ name }) => name).join(', ') || 'none: declare a ParentTopic'}`,
    `Groups     ${instance.groups.map(({ name }) => name).join(', ') || 'none: declare a GroupId'}`,
  ];
}

function generatedLines({ instance, generatedKeys, dataFolder, program }: BannerInput): string[] {
  const [first] = generatedKeys;
  if (first === undefined || isAnonymous(instance)) return [];
  const group = instance.groups[0]?.name ?? 'GID_group';
  return [
    `Secrets    of ${generatedKeys.join(', ')}: generated, in ${dataFolder}/state.json (for this user alone); credentials with them:`,
    `           ${program} sign --data ${quote(dataFolder)} --instance ${instance.instanceId} --key-id ${quote(first)} --client-id ${quote(`${group}@@@device-2`)}`,
  ];
}

const MISSING = 'No client can send and receive yet: declare a GroupId, an AccessKey of the same account, and a ParentTopic that both may use.';

export interface Sample {
  readonly clientId: string;
  readonly topic: string;
  /** undefined: anonymous. */
  readonly credentials: Credentials | undefined;
}

function sampleLines({ clientId, topic, credentials }: Sample, { listeners, program }: BannerInput): string[] {
  return [
    'Credentials of a sample client',
    `  Client ID  ${clientId}`,
    ...(credentials ? [`  Username   ${credentials.username}`, `  Password   ${credentials.password}`] : ['  none needed: any client may connect']),
    '',
    'Send a message and receive it back',
    `  ${sampleCommand({ clientId, topic, credentials }, listeners, program)}`,
    '',
  ];
}

export function sampleCommand({ clientId, topic, credentials }: Sample, listeners: ListenerBindings, program: string): string {
  const plain = listeners.tcp ? (['tcp', listeners.tcp] as const) : listeners.websocket ? (['websocket', listeners.websocket] as const) : undefined;
  const encrypted = listeners.tls ? (['tls', listeners.tls] as const) : listeners.websocketTls ? (['websocketTls', listeners.websocketTls] as const) : undefined;
  const [name, binding] = plain ?? encrypted ?? ['tcp' as const, { bindAddress: '127.0.0.1', port: 1883 }];
  return [
    `${program} pub --url ${URL_PARTS[name].scheme}://${hostOf(binding.bindAddress)}:${binding.port}${URL_PARTS[name].path}`,
    ...(plain ? [] : ['--insecure']),
    `--client-id ${quote(clientId)}`,
    ...(credentials ? [`--username ${quote(credentials.username)} --password ${quote(credentials.password)}`] : ['--anonymous']),
    `--topic ${quote(topic)} --message hello --receive`,
  ].join(' ');
}

/** A client that may send and receive: a group, a key of the same account (A4), and a topic that both may use (A5). */
export function sampleOf({ instance, storage, accessKeySecrets }: Pick<BannerInput, 'instance' | 'storage' | 'accessKeySecrets'>): Sample | undefined {
  const device = 'device-1';
  const declaredTopics = topicsOf(instance, storage);
  if (isAnonymous(instance)) {
    return { clientId: device, topic: `${declaredTopics[0]?.name ?? 'demo'}/hello`, credentials: undefined };
  }
  const topics = declaredTopics.filter(({ permission }) => permission === 'publish-and-subscribe').map(({ name }) => name);
  for (const key of instance.accessKeys) {
    const group = instance.groups.find(({ account }) => account === key.account);
    const secret = accessKeySecrets[key.id];
    const topic = topics.find((name) => key.access === 'all' || key.grants.some((grant: Grant) => grant.topic === name && grant.publish && grant.subscribe));
    if (!group || !secret || !topic) continue;
    const clientId = `${group.name}@@@${device}`;
    return { clientId, topic: `${topic}/hello`, credentials: signCredentials(key.id, secret, instance.instanceId, clientId) };
  }
  return undefined;
}

function topicsOf(instance: InstanceManifest, storage: StorageManifest | null): readonly TopicDeclaration[] {
  return storage?.topics ?? instance.directPushTopics;
}

/** For a POSIX shell; on Windows the same text with double quotes. */
function quote(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return process.platform === 'win32' ? `"${text}"` : `'${text.replace(/'/g, `'\\''`)}'`;
}
