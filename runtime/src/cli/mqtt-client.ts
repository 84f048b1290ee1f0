/** The MQTT client of `pub` and `sub`: connects once, and turns what goes wrong into a sentence with an exit code. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { EXIT, UserError } from '../user-error';
import { addLoginOptions, credentialsOf, type CredentialOptions, type Credentials } from './credentials';
import { isValidFilter, isValidTopic } from '../topics/match';
import { seconds } from './context';

export interface ConnectOptions extends CredentialOptions {
  readonly url: string;
  readonly clean: boolean;
  readonly connectTimeout: number;
  readonly ca?: string;
  readonly insecure?: boolean;
  readonly anonymous?: boolean;
}

export type QoSLevel = 0 | 1 | 2;

const SCHEMES = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];

export function addConnectOptions(command: Command): Command {
  return addLoginOptions(command
    .addOption(new Option('--url <url>', 'where the gateway listens: mqtt://, mqtts://, ws:// or wss:// with host and port').default('mqtt://127.0.0.1:1883').argParser(gatewayUrl)))
    .option('--no-clean', 'keep the session on the gateway (messages that come while away are kept for it)')
    .option('--connect-timeout <seconds>', 'how long to try to connect', seconds, 10)
    .option('--ca <file>', 'PEM certificate to trust')
    .option('--insecure', 'accept any certificate, such as a development certificate')
    .option('--anonymous', 'without credentials, as an open gateway allows');
}

/** An option's topic; what cannot be one would be answered by a closed connection, or by nothing. */
export function topicName(text: string): string {
  if (isValidTopic(text)) return text;
  throw new InvalidArgumentError('allowed is <parent topic>/<anything>, without the wildcards + and #.');
}

/** One of the values of an option that may be repeated. */
export function topicFilter(text: string, before: readonly string[] = []): string[] {
  if (isValidFilter(text)) return [...before, text];
  throw new InvalidArgumentError('allowed is a topic in which + stands for one level and # for all that follow, such as demo/+/state or demo/#.');
}

export function qos(text: string): QoSLevel {
  if (text === '0' || text === '1' || text === '2') return Number(text) as QoSLevel;
  throw new InvalidArgumentError('allowed is 0, 1 or 2.');
}

function gatewayUrl(text: string): string {
  if (URL.canParse(text) && SCHEMES.includes(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('allowed is a URL such as mqtt://127.0.0.1:1883 or wss://example.com:443/mqtt.');
}

/**
 * Resolves when CONNACK says yes. `keepTrying`: reconnects when the connection is lost later. `prepare` gets the client before
 * it connects: what a kept session has waiting comes right behind CONNACK, and mqtt.js acknowledges what nobody listens to.
 */
export async function connect(
  options: ConnectOptions, env: NodeJS.ProcessEnv, keepTrying = false, prepare: (client: MqttClient) => void = () => undefined,
): Promise<MqttClient> {
  if (!options.clean && options.clientId === undefined) {
    throw new UserError('--no-clean needs --client-id: the session is found again by its Client ID', EXIT.usage);
  }
  const login = loginOf(options, env);
  const client = mqtt.connect(withPath(options.url), clientOptions(options, login));
  prepare(client);
  try {
    await connected(client, options);
  } catch (error) {
    client.end(true);
    throw error;
  }
  client.options.reconnectPeriod = keepTrying ? 1_000 : 0;
  return client;
}

/** A gateway that is not open refuses such a client anyway, with a code that says less. */
function loginOf(options: ConnectOptions, env: NodeJS.ProcessEnv): Credentials | undefined {
  if (options.anonymous) return undefined;
  const login = credentialsOf(options, env);
  if (!login) {
    throw new UserError('no credentials were given; add an AccessKey (--key-id and --key-secret-file, or MQTTGW_KEY_ID and MQTTGW_KEY_SECRET) or --username and --password, or --anonymous for an open gateway', EXIT.usage);
  }
  if (!options.clientId) throw new UserError('--client-id is needed: <GroupID>@@@<DeviceID> with a group of the instance, or --anonymous for an open gateway', EXIT.usage);
  return login;
}

function clientOptions(options: ConnectOptions, login: Credentials | undefined): IClientOptions {
  const { clean, clientId, connectTimeout, ca, insecure } = options;
  return {
    ...login,
    clientId: clientId ?? `mqttgw-${randomBytes(6).toString('hex')}`,
    clean,
    protocolVersion: 4,
    connectTimeout: connectTimeout * 1_000,
    // the first attempt answers the user; what comes later is set by the caller
    reconnectPeriod: 0,
    rejectUnauthorized: !insecure,
    ...(ca === undefined ? {} : { ca: readCertificate(ca) }),
  };
}

function connected(client: MqttClient, { url, connectTimeout }: ConnectOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new UserError(`no answer from ${url} within ${connectTimeout} s`, EXIT.unreachable)), connectTimeout * 1_000);
    const settle = (act: () => void) => () => { clearTimeout(timer); act(); };
    client.once('connect', settle(resolve));
    client.on('error', (error) => settle(() => reject(explain(error, url)))());
    client.once('close', settle(() => reject(new UserError(`${url} closed the connection before it answered; check scheme and port, and of WebSocket the path (/mqtt)`, EXIT.unreachable))));
  });
}

/** What the answers of CONNACK mean here. */
const REFUSALS: { readonly [code: number]: string } = {
  1: 'the protocol version is not supported',
  2: 'the Client ID is not accepted: it must be <GroupID>@@@<DeviceID> with a group of this instance, of at most 64 characters',
  3: 'the gateway is not available: its store is away, or it is full, expired or draining',
  4: 'username or password is wrong: check the AccessKey id and secret, and that the password was made for this Client ID',
  5: 'not authorized: check the instance id, and that key and group belong to the same account',
};

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET', 'EPIPE']);

export function explain(error: Error & { code?: unknown; errors?: readonly (Error & { code?: unknown })[] }, url: string): UserError {
  const code = error.code ?? error.errors?.[0]?.code;
  if (typeof code === 'number' && REFUSALS[code]) return new UserError(`the gateway refused the connection (code ${code}): ${REFUSALS[code]}`);
  if (typeof code === 'string' && /CERT|SELF_SIGNED|TLS/.test(code)) {
    return new UserError(`the certificate of ${url} is not trusted (${code}); trust it with --ca, or accept any with --insecure`);
  }
  if (typeof code === 'string' && UNREACHABLE.has(code)) return new UserError(`cannot reach ${url} (${code}); is the gateway running there?`, EXIT.unreachable);
  if (/header flag|Cannot parse|Invalid|Unexpected server response/i.test(error.message)) {
    return new UserError(`what listens at ${url} does not speak MQTT there (${error.message}); check the port and the scheme`, EXIT.unreachable);
  }
  return new UserError(`the connection to ${url} failed: ${error.message || String(code ?? 'no reason given')}`, EXIT.unreachable);
}

/** The gateway takes WebSocket at one path only. */
function withPath(url: string): string {
  const parsed = new URL(url);
  if (parsed.protocol.startsWith('ws') && parsed.pathname === '/') parsed.pathname = '/mqtt';
  return parsed.href;
}

function readCertificate(file: string): Buffer {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch {
    throw new UserError(`cannot read the certificate ${file}`, EXIT.usage);
  }
  if (content.includes('-----BEGIN CERTIFICATE-----')) return content;
  throw new UserError(`${file} holds no certificate; --ca takes PEM text, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----`, EXIT.usage);
}

export async function subscribe(client: MqttClient, filters: readonly string[], level: QoSLevel): Promise<void> {
  const granted = await client.subscribeAsync([...filters], { qos: level }).catch((error: Error) => {
    throw new UserError(`the gateway refused the subscription to ${filters.join(', ')}: ${refusedBecause(error)}`);
  });
  const refused = granted.filter(({ qos: answer }) => answer > 2).map(({ topic }) => topic);
  if (refused.length > 0) throw new UserError(`the gateway refused the subscription to ${refused.join(', ')}: ${SUBSCRIBE_HINT}`);
}

const SUBSCRIBE_HINT = 'the first level must be a declared parent topic that this key may subscribe to';

function refusedBecause(error: Error): string {
  return /unspecified|subscribe error/i.test(error.message) ? SUBSCRIBE_HINT : error.message;
}
