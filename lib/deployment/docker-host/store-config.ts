/** Files of a store container. They never change while a storage is added, so a store is never restarted for one. */
import { Construct } from 'constructs';
import { Durability } from '../../manifest/manifest';
import { calculated } from './calculated';

const DATA = '/data';
const ACL_FILE = `${DATA}/users.acl`;

export const STORE_PORT = 6379;
export const STORE_FILES = { config: '/etc/mqttgw/redis.conf', users: '/etc/mqttgw/users.acl', start: '/etc/mqttgw/start-store.sh' };

/** Who makes the storages' own users; the hand-over alone knows the password. */
export const ADMIN = 'admin';

/**
 * Rewriting the append-only file takes a core for as long as it lasts. Below this size it saves nothing worth having, and
 * packing payloads is what takes longest.
 */
export const REWRITE_SETTINGS: { readonly [name: string]: string } = { 'auto-aof-rewrite-min-size': '256mb', rdbcompression: 'no' };

export function redisConfig(durability: Durability, memoryMegabytes: number): string {
  return [
    'bind * -::*',
    `port ${STORE_PORT}`,
    // who may do what is in the ACL file; the default user may do nothing
    'protected-mode no',
    `aclfile ${ACL_FILE}`,
    `dir ${DATA}`,
    'appendonly yes',
    `appendfsync ${durability}`,
    'no-appendfsync-on-rewrite no',
    'save ""',
    ...Object.entries(REWRITE_SETTINGS).map((setting) => setting.join(' ')),
    `maxmemory ${memoryMegabytes}mb`,
    // messages are never dropped to make room: a full store says so
    'maxmemory-policy noeviction',
    'tcp-keepalive 60',
    'timeout 0',
    'logfile ""',
    '',
  ].join('\n');
}

/** Of the container: besides the data, buffers, and the pages that a rewrite of the append-only file copies. */
export function containerMemory(scope: Construct, memoryMegabytes: number): number {
  return calculated(scope, 'MemoryMegabytes', memoryMegabytes, (data) => Math.ceil(data * 1.6) + 64, (data) => `ceil(${data} * 1.6) + 64`);
}

/** `passwordHash`: SHA-256 in hexadecimal, so that the password itself is never on the store's side. */
export function seedUsers(passwordHash: string): string {
  return [
    // Nobody is the default user: it is off. But Redis reads its append-only file with that user's rights, and would skip
    // every transaction in it for want of them.
    'user default off resetpass ~* &* +@all',
    `user ${ADMIN} on #${passwordHash} ~* &* +@all`,
    // for the container's health check: may ask whether the store answers, nothing else
    'user health on nopass resetkeys resetchannels -@all +ping',
    '',
  ].join('\n');
}

/** `loading` is an error to this user, so a store that still reads its file is not healthy yet. */
export const STORE_HEALTH = 'redis-cli --no-auth-warning --user health --pass health ping | grep -q PONG';

/**
 * Storage users live in the data volume and survive; ours are written anew at each start, because a volume that outlived
 * its stack has the users of that time. No `${}` here: Terraform would take it for its own.
 */
export const START_SCRIPT = `#!/bin/sh
set -eu
umask 077
mkdir -p ${DATA}
{
  cat ${STORE_FILES.users}
  if [ -f ${ACL_FILE} ]; then grep -Ev '^user (default|${ADMIN}|health) ' ${ACL_FILE} || true; fi
} > ${ACL_FILE}.new
mv ${ACL_FILE}.new ${ACL_FILE}
if [ "$(id -u)" = 0 ] && id redis > /dev/null 2>&1; then
  find ${DATA} ! -user redis -exec chown redis:redis {} +
  if command -v setpriv > /dev/null 2>&1; then
    exec setpriv --reuid=redis --regid=redis --clear-groups -- "$@"
  elif command -v su-exec > /dev/null 2>&1; then
    exec su-exec redis "$@"
  elif command -v gosu > /dev/null 2>&1; then
    exec gosu redis "$@"
  fi
fi
exec "$@"
`;
