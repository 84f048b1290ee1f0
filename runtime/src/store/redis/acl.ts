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
  'hget', 'hset', 'hsetnx', 'hdel', 'hgetall', 'hmget', 'hincrby', 'hexists', 'hrandfield', 'hkeys', 'hlen',
  // lists: the indexes
  'rpush', 'lpop', 'lrange', 'lindex', 'llen', 'ltrim',
  // sets and sorted sets
  'sadd', 'srem', 'smembers', 'srandmember', 'sscan', 'zscan', 'zadd', 'zrem', 'zscore', 'zpopmin', 'zunionstore', 'zrange', 'zrangebyscore', 'zrangebylex', 'zcard', 'zremrangebyscore',
  // streams: the logs and the doorbell
  'xadd', 'xdel', 'xread', 'xrange', 'xrevrange', 'xlen', 'xtrim',
  // streams as a backend service reads them, in consumer groups (S1)
  'xgroup', 'xreadgroup', 'xack', 'xpending', 'xclaim', 'xautoclaim', 'xinfo',
];

interface AdminRequest {
  /** `redis://host:port`, without user and password. */
  readonly url: string;
  readonly adminUsername: string;
  readonly adminPassword: string;
  readonly storageId: string;
  /** Default: 5,000. */
  readonly commandTimeoutMs?: number;
}

export interface StoreUserRequest extends AdminRequest {
  readonly username: string;
  readonly password: string;
}

export interface BackendUsersRequest extends AdminRequest {
  /** What the names of this storage's backend users begin with, and no other user's. */
  readonly prefix: string;
  readonly users: readonly { readonly name: string; readonly password: string }[];
}

/**
 * Makes the storage's own user, or sets it right, and keeps it in the server's ACL file. Connections of the user stay up
 * when nothing changed. The password travels as its hash, so it shows up in no log of the server.
 */
export function ensureStoreUser(request: StoreUserRequest): Promise<void> {
  return asAdmin(request, async (call) => void (await call('ACL', 'SETUSER', request.username, ...userRules(request.storageId, request.password))));
}

/**
 * Makes the users for backend services (S1, S3) of a storage as they are declared, and removes the others of this storage
 * (I5). They write into the inboxes of topics, read their logs, also in consumer groups, and follow status events and refused
 * entries. Nothing of a gateway's state is open to them. Connections of a user that goes, or has another password, are closed.
 */
export async function setBackendUsers({ prefix, users, ...request }: BackendUsersRequest): Promise<void> {
  await asAdmin(request, async (call) => {
    const before = ((await call('ACL', 'USERS')) as Buffer[]).map(String).filter((name) => name.startsWith(prefix));
    const now = new Map(users.map(({ name, password }) => [`${prefix}${name}`, password]));
    const gone = before.filter((name) => !now.has(name));
    if (gone.length > 0) await call('ACL', 'DELUSER', ...gone);
    for (const [name, password] of now) {
      const another = before.includes(name) && !(await passwordsOf(call, name)).includes(hashOf(password));
      await call('ACL', 'SETUSER', name, ...backendUserRules(request.storageId, password));
      if (another) await call('CLIENT', 'KILL', 'USER', name);
    }
  });
}

type Call = (...command: [string, ...string[]]) => Promise<unknown>;

async function passwordsOf(call: Call, username: string): Promise<string[]> {
  const flat = (await call('ACL', 'GETUSER', username)) as unknown[];
  return ((flat[flat.findIndex((item) => String(item) === 'passwords') + 1] ?? []) as Buffer[]).map(String);
}

/** What `change` does is kept in the server's ACL file. */
async function asAdmin(request: AdminRequest, change: (call: Call) => Promise<void>): Promise<void> {
  const connection = new Connection({
    url: request.url, username: request.adminUsername, password: request.adminPassword,
    name: 'mqttgw-hand-over', commandTimeoutMs: request.commandTimeoutMs ?? 5000,
  });
  await connection.open();
  try {
    await change((...command) => connection.call(...command));
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
  return [...signIn(password), `~${keysOf(storageId)}*`, ...allowed(STORE_USER_COMMANDS)];
}

/**
 * Rules for a plain client of the storage. Consumer groups count as writing to the log, so its part of the rules names
 * the commands that cannot change an entry; for all of a group's keys in one command, read logs and events apart.
 */
export function backendUserRules(storageId: string, password: string): string[] {
  const keys = keysOf(storageId);
  const selector = (patterns: readonly string[], commands: readonly string[]) => `(${[...patterns, ...allowed(commands)].join(' ')})`;
  return [
    ...signIn(password), ...allowed(['ping', 'client|setname']),
    selector([`~${keys}in:*`], ['xadd', 'xlen']),
    selector([`~${keys}log:*`], [...READ_STREAM, 'xgroup', 'xreadgroup', 'xack', 'xpending', 'xclaim', 'xautoclaim']),
    selector([`%R~${keys}ev:*`, `%R~${keys}refused:*`], READ_STREAM),
  ];
}

const READ_STREAM = ['xread', 'xrange', 'xrevrange', 'xlen', 'xinfo'] as const;

function signIn(password: string): string[] {
  return ['reset', 'on', `#${hashOf(password)}`];
}

function hashOf(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}

function keysOf(storageId: string): string {
  return `{${globEscaped(storageId)}}:`;
}

function allowed(commands: readonly string[]): string[] {
  return commands.map((command) => `+${command}`);
}

function globEscaped(text: string): string {
  return text.replace(/[*?[\]\\^]/g, '\\$&');
}
