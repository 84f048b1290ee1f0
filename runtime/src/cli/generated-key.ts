/** An AccessKey whose secret `mqttgw dev` generated: read from its data folder, so that nobody types or copies it. */
import { readKnownInstances, type KnownInstance } from '../dev/data-folder';
import { EXIT, UserError } from '../user-error';
import type { CredentialOptions } from './credentials';

export interface GeneratedKey extends Pick<KnownInstance, 'groups'> { readonly instance: string; readonly keyId: string; readonly keySecret: string }

export function generatedKey(folder: string, asked: Omit<CredentialOptions, 'username' | 'password' | 'clientId'>): GeneratedKey {
  if (asked.keySecret !== undefined || asked.keySecretFile !== undefined) throw new UserError('--data and a secret exclude each other; give one of them', EXIT.usage);
  const instances = readKnownInstances(folder);
  const instance = oneOf('instance', asked.instance, [...instances.keys()], folder);
  const { generatedSecrets, groups } = instances.get(instance)!;
  const keyId = oneOf('key-id', asked.keyId, Object.keys(generatedSecrets), folder);
  return { instance, keyId, keySecret: generatedSecrets[keyId]!, groups };
}

function oneOf(option: string, asked: string | undefined, there: readonly string[], folder: string): string {
  const [first] = there;
  if (first === undefined) throw new UserError(`${folder} holds no generated secret: the program declares its own, so give that with --key-id and --key-secret-file`, EXIT.usage);
  if (asked === undefined && there.length === 1) return first;
  if (asked !== undefined && there.includes(asked)) return asked;
  throw new UserError(`--${option}: got ${asked === undefined ? 'none' : `"${asked}"`}; allowed: one of ${there.join(', ')}, whose secrets were generated in ${folder}`, EXIT.usage);
}
