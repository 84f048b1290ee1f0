import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../../test/setup/redis';
import { describeCrashContract, describeStoreContract } from '../contract-suite';
import { ensureStoreUser } from './acl';
import { harnessOn, storeOn } from './test-harness';

describe('as any user', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  describeStoreContract('redis', harnessOn(() => redis));

  it('E5 places that a gateway of an earlier version took over without counting are free when their gateway is empty, or gone', async () => {
    const client = new Redis(redis.url, { disableClientInfo: true });
    const store = storeOn(redis, { storageId: 'counted' });
    try {
      await store.open();
      const open = (clientId: string, gatewayId: string) => store.openSession({ clientId, cleanSession: true, gatewayId, connectionLimit: 2 });
      const left = await open('left', 'emptied');
      await open('taken', 'emptied');
      await client.srem('{counted}:gs:emptied', 'taken');
      await expect(open('late', 'g')).rejects.toMatchObject({ name: 'ConnectionsCeilingError' });
      await store.closeSession({ clientId: 'left', epoch: left.epoch }, null);
      await open('one', 'gone');
      await open('two', 'gone');
      await client.srem('{counted}:gs:gone', 'one', 'two');
      await store.removeGateway('gone');
      await open('three', 'g');
      await open('four', 'g');
    } finally {
      client.disconnect();
      await store.close();
    }
  });
});

describe('flushing every batch', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis({ appendfsync: 'always' });
  });
  afterAll(() => redis.stop());
  describeCrashContract('redis', harnessOn(() => redis));
});

describe('E6 as the user of one storage', () => {
  const admin = { adminUsername: 'admin', adminPassword: 'admin-password' };
  const user = { username: 'storage-user', password: 'a b"\'#>~*' };
  let redis: TestRedis;
  let dir: string;
  beforeAll(async () => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-acl-'));
    writeFileSync(path.join(dir, 'users.acl'), `user default on nopass -@all +ping\nuser admin on >${admin.adminPassword} ~* &* +@all\n`);
    redis = await startRedis({ dir, config: { aclfile: path.join(dir, 'users.acl') } });
  });
  afterAll(async () => {
    await redis.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  describeStoreContract('redis, restricted', harnessOn(() => redis, user,
    (storageId) => ensureStoreUser({ url: redis.url, ...admin, storageId, ...user })));

  it('E6 reads and writes nothing of another storage and runs nothing dangerous, also inside a script', async () => {
    await ensureStoreUser({ url: redis.url, ...admin, storageId: 'mine', ...user });
    const client = new Redis(redis.url, { username: user.username, password: user.password, disableClientInfo: true });
    try {
      expect(await client.set('{mine}:x', '1')).toBe('OK');
      for (const command of [
        ['get', '{other}:last'], ['set', '{other}:last', '1'], ['xread', 'STREAMS', '{other}:log:a', '0'], ['get', '{mine2}:x'], ['get', 'plain'],
        ['xadd', '{other}:in:a', '*', 'payload', 'x'], ['eval', "return redis.call('get', '{other}:last')", '0'],
        ['eval', "return redis.call('keys', '*')", '0'], ['keys', '*'], ['scan', '0'], ['dbsize'], ['randomkey'], ['flushall'], ['flushdb'],
        ['config', 'get', '*'], ['acl', 'list'], ['acl', 'setuser', 'x'], ['script', 'flush'], ['function', 'list'], ['monitor'], ['debug', 'sleep', '0'],
        ['shutdown'], ['client', 'list'], ['client', 'kill', 'id', '1'], ['select', '1'], ['swapdb', '0', '1'], ['replicaof', 'no', 'one'], ['save'],
        ['bgrewriteaof'], ['publish', 'x', 'y'], ['subscribe', 'x'], ['module', 'list'], ['migrate', 'h', '1', 'k', '0', '1'], ['rename', '{mine}:x', '{other}:x'],
        ['slowlog', 'get'], ['latency', 'doctor'], ['memory', 'doctor'], ['cluster', 'info'], ['psync', '?', '-1'],
      ]) {
        await expect(client.call(command[0]!, command.slice(1)), command.join(' ')).rejects.toThrow(/NOPERM|ACL failure|can't access|can't run|not allowed|no permissions/);
      }
    } finally {
      client.disconnect();
    }
  });

  it('E6 the user outlives a restart, and a second hand-over leaves its connections up', async () => {
    await ensureStoreUser({ url: redis.url, ...admin, storageId: 'kept', ...user });
    const store = storeOn(redis, { ...user, storageId: 'kept' });
    await store.open();
    let changes = 0;
    store.onAvailability(() => changes++);
    await ensureStoreUser({ url: redis.url, ...admin, storageId: 'kept', ...user });
    await store.keepValue('a', '1');
    expect(changes).toBe(0);
    await store.close();
    await redis.restart();
    await store.open();
    expect(await store.keepValue('a', '2')).toBe('1');
    await store.close();
    await expect(storeOn(redis, { ...user, password: 'wrong', storageId: 'kept' }).open()).rejects.toMatchObject({ name: 'StoreUnavailableError' });
  });
});
