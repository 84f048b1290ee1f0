import { createHash } from 'node:crypto';
import { StoreConfigurationError } from '../errors';
import { Connection } from './connection';

/**
 * All that a storage's own user may do, on the keys of its storage only (E6). Listed one by one: categories such as `@read`
 * would bring SCAN and DBSIZE, which look at the keys of other storages, and `@dangerous` has INFO, which the gateway needs.
 */
export const STORE_USER_COMMANDS: readonly string[] = [
  // connection: settings are read by INFO, the name is for CLIENT LIST
  'ping', 'info', 'client|setname',
  // scripts; each command inside is checked against this list too
  'eval', 'evalsha', 'time',
  // strings and keys
  'get', 'getrange', 'set', 'mget', 'incr', 'exists', 'unlink',
  // hashes
  'hget', 'hset', 'hsetnx', 'hdel', 'hgetall', 'hmget', 'hincrby', 'hexists', 'hkeys',
  // lists: the indexes
  'rpush', 'lpop', 'lrange', 'lindex', 'llen', 'ltrim',
  // sets and sorted sets
  'sadd', 'srem', 'smembers', 'srandmember', 'zadd', 'zrem', 'zscore', 'zpopmin', 'zunionstore', 'zrange', 'zrangebyscore', 'zrangebylex',
  // streams: the logs and the doorbell
  'xadd', 'xdel', 'xread', 'xrange', 'xrevrange', 'xlen', 'xtrim',
  // streams as a backend service reads them, in consumer groups (S1)
  'xgroup', 'xreadgroup', 'xack', 'xpending', 'xclaim', 'xautoclaim', 'xinfo',
];

export interface StoreUserRequest {
  /** `redis://host:port`, without user and password. */
  readonly url: string;
  readonly adminUsername: string;
  readonly adminPassword: string;
  readonly storageId: string;
  readonly username: string;
  readonly password: string;
  /** Default: 5,000. */
  readonly commandTimeoutMs?: number;
}

/**
 * Makes the storage's own user, or sets it right, and keeps it in the server's ACL file. Connections of the user stay up
 * when nothing changed. The password travels as its hash, so it shows up in no log of the server.
 */
export async function ensureStoreUser(request: StoreUserRequest): Promise<void> {
  const connection = new Connection({
    url: request.url, username: request.adminUsername, password: request.adminPassword,
    name: 'mqttgw-hand-over', commandTimeoutMs: request.commandTimeoutMs ?? 5000,
  });
  await connection.open();
  try {
    await connection.call('ACL', 'SETUSER', request.username, ...userRules(request.storageId, request.password));
    await connection.call('ACL', 'SAVE');
  } catch (error) {
    if (!(error as Error).message.includes('not configured to use an ACL file')) throw error;
    throw new StoreConfigurationError('aclfile: got none, allowed a file in the data folder; a restart would forget the storage\'s user', { cause: error });
  } finally {
    connection.close();
  }
}

/** Rules of ACL SETUSER; they replace what the user had. */
export function userRules(storageId: string, password: string): string[] {
  const hash = createHash('sha256').update(password).digest('hex');
  return ['reset', 'on', `#${hash}`, `~{${globEscaped(storageId)}}:*`, ...STORE_USER_COMMANDS.map((command) => `+${command}`)];
}

function globEscaped(text: string): string {
  return text.replace(/[*?[\]\\^]/g, '\\$&');
}
