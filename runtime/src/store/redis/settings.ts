import { StoreConfigurationError } from '../errors';

export interface SettingsOptions {
  /** The append-only file may be off: a restart of Redis then loses messages that were acknowledged. For tests and throw-away data. */
  readonly allowVolatile: boolean;
}

/**
 * Whether this server can keep the promise. Reads `INFO`, not `CONFIG GET`, which a storage's own user may not call: it
 * also shows the passwords of a configuration. `appendfsync` does not stand in `INFO`, so it is not checked.
 */
export function checkSettings(info: string, options: SettingsOptions): void {
  const value = (name: string) => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim();

  const version = value('redis_version') ?? 'unknown';
  if (!(Number.parseInt(version, 10) >= 7)) {
    throw new StoreConfigurationError(`redis version: got ${version}, allowed 7.0 or newer; use a newer server, such as the image redis:7.4`);
  }
  const policy = value('maxmemory_policy');
  if (policy !== 'noeviction') {
    throw new StoreConfigurationError(`maxmemory-policy: got ${policy}, allowed noeviction, because any other drops stored messages; run CONFIG SET maxmemory-policy noeviction`);
  }
  if (value('aof_enabled') !== '1' && !options.allowVolatile) {
    throw new StoreConfigurationError('appendonly: got no, allowed yes, because a restart would lose acknowledged messages; run CONFIG SET appendonly yes, or allow a volatile store');
  }
  if (value('cluster_enabled') === '1') {
    throw new StoreConfigurationError('cluster-enabled: got yes, allowed no; a storage lives in one slot, so give the URL of a stand-alone server');
  }
}
