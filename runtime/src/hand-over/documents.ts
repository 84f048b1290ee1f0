/** Reads what is to be handed over from a folder of files, and names it by a hash. */
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ControlAccess, StoreAccess } from '../../../lib/manifest/manifest';
import { checkBackendUsers } from '../../../lib/rules/backend-users';
import { sentence } from '../../../lib/rules/finding';
import { checkStoreUrl } from '../../../lib/rules/store-url';
import { readDocument, readOptionalDocument } from '../config/files';
import { UserError } from '../user-error';
import type { Incoming } from './decide';

export interface HandOver {
  readonly incoming: Incoming;
  readonly storageId: string;
  /** Names exactly these documents in logs and in the store. */
  readonly hash: string;
}

/** `storage.json`, `instance.json` with `secrets.json`, or all three. */
export function readHandOver(dir: string, sealingKey: string, through: (StoreAccess | ControlAccess)['kind'] = 'store'): HandOver {
  const incoming: Incoming = {
    storage: readOptionalDocument('storage', path.join(dir, 'storage.json')),
    instance: readOptionalDocument('instance', path.join(dir, 'instance.json')),
    secrets: readOptionalDocument('secrets', path.join(dir, 'secrets.json')),
  };
  return { incoming, storageId: through === 'control' ? directPushPlace(incoming, dir) : storageIdOf(incoming, dir), hash: hashOfFolder(dir, sealingKey) };
}

/** `control.json` of a gateway with direct push, else `store.json`. */
export function readAccess(dir: string): StoreAccess | ControlAccess {
  return readOptionalDocument('control', path.join(dir, 'control.json')) ?? readStoreAccess(path.join(dir, 'store.json'));
}

/**
 * N5: what was a token at synth is judged here. A URL may have arrived with a password in it, and would then be shown
 * wherever it is told.
 */
export function readStoreAccess(file: string): StoreAccess {
  const access = readDocument('store', file);
  const [finding] = [...checkStoreUrl(access.url), ...checkBackendUsers(access.backendUsers ?? [])];
  if (finding) throw new UserError(`${file}: ${sentence(finding)}`);
  if (!URL.canParse(access.url)) throw new UserError(`${file}: the URL of the store is not valid; allowed is redis://host:port or rediss://host:port`);
  return access;
}

export function storageIdOf({ storage, instance }: Incoming, where: string): string {
  const storageId = storage?.storageId ?? instance?.binding?.storageId;
  if (storageId !== undefined) return storageId;
  if (!instance) throw new UserError(`nothing to hand over in ${where}: neither storage.json nor instance.json is there`);
  throw new UserError(`MQTT instance "${instance.instanceId}" declares no binding, so no storage can take it in; bind it to a storage instance (B6)`);
}

/** What has no storage is kept, and sealed, under the instance's own id. */
function directPushPlace({ instance }: Incoming, where: string): string {
  if (instance) return instance.instanceId;
  throw new UserError(`nothing to hand over in ${where}: instance.json is not there`);
}

/**
 * SHA-256 over the files as they are, so that even documents that cannot be read have a name. The hash is logged, so
 * secrets enter it keyed by the sealing key: nobody can try out short secrets against it.
 */
export function hashOfFolder(dir: string, sealingKey: string): string {
  return hashOfTexts(['storage.json', 'instance.json', 'secrets.json'].map((name) => textOf(path.join(dir, name))), sealingKey);
}

export function hashOfIncoming({ storage, instance, secrets }: Incoming, sealingKey: string): string {
  return hashOfTexts([storage, instance, secrets].map((document) => (document ? JSON.stringify(document) : null)), sealingKey);
}

function hashOfTexts([storage, instance, secrets]: (string | null)[], sealingKey: string): string {
  const keyed = secrets ? createHmac('sha256', sealingKey).update(secrets).digest('hex') : null;
  return createHash('sha256').update(JSON.stringify([storage, instance, keyed])).digest('hex');
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
