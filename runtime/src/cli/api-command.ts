/** What the commands over the control API share: whom to ask with which key, and how an answer or a refusal is shown. */
import { InvalidArgumentError, type Command } from 'commander';
import { ApiClient, ApiRefusedError } from '../api/client';
import { EXIT, UserError } from '../user-error';
import type { CliContext } from './context';
import { accessKeyOf, addKeyOptions, type KeyOptions } from './credentials';

export interface ApiOptions extends KeyOptions {
  readonly url?: string;
  readonly json?: boolean;
}

const DEFAULT_URL = 'http://127.0.0.1:18080';
const URL_ALLOWED = `a URL such as ${DEFAULT_URL}`;

export function addApiOptions(command: Command): Command {
  return addKeyOptions(command.option('--url <url>', `HTTP port of a gateway (or MQTTGW_API_URL; default: ${DEFAULT_URL})`, httpUrl))
    .option('--json', 'print the answer as JSON');
}

/** Sends one request. */
export async function ask<T>(options: ApiOptions, { env }: CliContext, method: string, path: string, body?: unknown): Promise<T> {
  const key = accessKeyOf(options, env);
  if (!key) throw new UserError('no AccessKey was given; add --key-id and --key-secret-file, or set MQTTGW_KEY_ID and MQTTGW_KEY_SECRET', EXIT.usage);
  const url = options.url ?? urlOf(env);
  try {
    return await new ApiClient(url, key).call<T>(method, path, body);
  } catch (error) {
    throw explain(error as Error, url);
  }
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
