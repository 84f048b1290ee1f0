/** How the command line gets a client's username and password: given as they are, or signed with an AccessKey (A1). */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { signPassword } from '../auth/signature';
import { EXIT, UserError } from '../user-error';

export interface KeyOptions {
  readonly keyId?: string;
  readonly keySecret?: string;
  readonly keySecretFile?: string;
}

export interface CredentialOptions extends KeyOptions {
  readonly instance?: string;
  readonly clientId?: string;
  readonly username?: string;
  readonly password?: string;
}

export interface Credentials { readonly username: string; readonly password: string }

export function addKeyOptions(command: Command): Command {
  return command
    .option('--key-id <id>', 'AccessKey id (or MQTTGW_KEY_ID)')
    .option('--key-secret <secret>', 'AccessKey secret (or MQTTGW_KEY_SECRET, which other users of this machine cannot see)')
    .option('--key-secret-file <file>', 'file that holds the AccessKey secret');
}

export function addLoginOptions(command: Command): Command {
  return addKeyOptions(command
    .option('--instance <id>', 'MQTT instance id, needed to sign')
    .option('--client-id <id>', 'Client ID, <GroupID>@@@<DeviceID>')
    .option('--username <text>', 'username as it is, instead of an AccessKey')
    .option('--password <text>', 'password as it is'));
}

/** A1 */
export function signCredentials(keyId: string, keySecret: string, instanceId: string, clientId: string): Credentials {
  return { username: `Signature|${keyId}|${instanceId}`, password: signPassword(keySecret, clientId) };
}

/** undefined: no credentials were given, which open admission may allow. */
export function credentialsOf(options: CredentialOptions, env: NodeJS.ProcessEnv): Credentials | undefined {
  const { username, password, clientId, instance } = options;
  if (username !== undefined || password !== undefined) {
    if (username === undefined || password === undefined) throw new UserError('--username and --password belong together; give both, or an AccessKey', EXIT.usage);
    return { username, password };
  }
  const key = accessKeyOf(options, env);
  if (!key) return undefined;
  if (!instance) throw new UserError('--instance is needed to sign: it is part of the username', EXIT.usage);
  if (!clientId) throw new UserError('--client-id is needed to sign: the password is made for one Client ID', EXIT.usage);
  return signCredentials(key.keyId, key.secret, instance, clientId);
}

/** undefined: none was given. */
export function accessKeyOf(options: KeyOptions, env: NodeJS.ProcessEnv): { readonly keyId: string; readonly secret: string } | undefined {
  const keyId = options.keyId ?? env.MQTTGW_KEY_ID;
  const secret = options.keySecret ?? (options.keySecretFile === undefined ? env.MQTTGW_KEY_SECRET : readSecret(options.keySecretFile));
  if (!keyId && !secret) return undefined;
  if (!keyId) throw new UserError('an AccessKey secret was given without its id; add --key-id or set MQTTGW_KEY_ID', EXIT.usage);
  if (!secret) throw new UserError(`AccessKey "${keyId}" was given without its secret; set MQTTGW_KEY_SECRET, or add --key-secret-file`, EXIT.usage);
  return { keyId, secret };
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new UserError(`cannot read the AccessKey secret from ${file}`, EXIT.usage);
  }
}
