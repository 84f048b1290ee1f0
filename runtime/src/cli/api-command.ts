/** What the commands over the control API share: whom to ask with which key, and how an answer or a refusal is shown. */
import path from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { ApiClient, ApiRefusedError } from '../api/client';
import { EXIT, UserError } from '../user-error';
import type { CliContext } from './context';
import { accessKeyOf, addKeyOptions, type KeyOptions } from './credentials';
import { generatedKey } from './generated-key';

export interface ApiOptions extends KeyOptions {
  readonly url?: string;
  readonly json?: boolean;
  readonly data?: string;
  readonly instance?: string;
}

const DEFAULT_URL = 'http://127.0.0.1:18080';
const URL_ALLOWED = `a URL such as ${DEFAULT_URL}`;

export function addApiOptions(command: Command): Command {
  return addKeyOptions(command.option('--url <url>', `HTTP port of a gateway (or MQTTGW_API_URL; default: ${DEFAULT_URL})`, httpUrl))
    .option('--data <folder>', 'data folder of `mqttgw dev`: sign with a secret that it generated')
    .option('--instance <id>', 'with --data, where the folder holds several MQTT instances')
    .option('--json', 'print the answer as JSON');
}

/** Sends one request. */
export async function ask<T>(options: ApiOptions, context: CliContext, method: string, target: string, body?: unknown): Promise<T> {
  const { env } = context;
  const key = keyOf(options, context);
  const url = options.url ?? urlOf(env);
  try {
    return await new ApiClient(url, key).call<T>(method, target, body);
  } catch (error) {
    throw explain(error as Error, url);
  }
}

function keyOf(options: ApiOptions, { env, cwd }: CliContext): { readonly keyId: string; readonly secret: string } {
  if (options.data !== undefined) {
    const { keyId, keySecret } = generatedKey(path.resolve(cwd, options.data), options);
    return { keyId, secret: keySecret };
  }
  if (options.instance !== undefined) throw new UserError('--instance is for --data: a gateway is that of one instance, and --url says which', EXIT.usage);
  const key = accessKeyOf(options, env);
  if (key) return key;
  throw new UserError('no AccessKey was given; add --key-id and --key-secret-file, or set MQTTGW_KEY_ID and MQTTGW_KEY_SECRET, or add --data where `mqttgw dev` generated the secret', EXIT.usage);
}

/** `readable`: lines for a person. */
export function print<T>({ json }: ApiOptions, { stdout }: CliContext, answer: T, readable: (answer: T) => string): void {
  stdout.write(`${json ? JSON.stringify(answer) : readable(answer)}\n`);
}

/** A query string of what was given. */
export function queryOf(values: { readonly [name: string]: string | number | boolean | undefined }): string {
  return Object.entries(values).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${encodeURIComponent(value!)}`).join('&');
}

function explain(error: Error, url: string): unknown {
  if (error instanceof ApiRefusedError) {
    const { status, code, message, allowed, fix } = error;
    // the sentence of a broken rule says both already
    const more = [['allowed', allowed], ['fix', fix]].filter(([word, text]) => text && !message.includes(`${word}: ${text}`)).map(([word, text]) => `${word}: ${text}`);
    return new UserError([`${message} (${code})`, ...more].join('; '), status === 503 ? EXIT.unreachable : EXIT.failed);
  }
  if (error.name === 'TimeoutError') return new UserError(`${url} did not answer in time`, EXIT.timeout);
  if (error instanceof SyntaxError) return new UserError(`what answers at ${url} is not the control API of a gateway; --url takes its HTTP port`, EXIT.unreachable);
  const code = (error.cause as { code?: string } | undefined)?.code;
  if (error instanceof TypeError && error.cause !== undefined) return new UserError(`cannot reach ${url}${code ? ` (${code})` : ''}; is the gateway running, and is this its HTTP port?`, EXIT.unreachable);
  return error;
}

function urlOf({ MQTTGW_API_URL: url }: NodeJS.ProcessEnv): string {
  if (!url) return DEFAULT_URL;
  if (isHttp(url)) return url;
  throw new UserError(`MQTTGW_API_URL: got ${JSON.stringify(url)}; allowed is ${URL_ALLOWED}`, EXIT.usage);
}

function httpUrl(text: string): string {
  if (isHttp(text)) return text;
  throw new InvalidArgumentError(`allowed is ${URL_ALLOWED}.`);
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}
