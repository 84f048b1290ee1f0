/** Users for backend services from a declaration to a real store, through the container's own command. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../test/setup/redis';
import { createLogger } from '../logging';
import { openForHandOver } from '../open-store';
import { SEALING_KEY, storageManifest } from '../testing/documents';
import { UserError } from '../user-error';
import { readHandOver, readStoreAccess } from './documents';
import { Generation } from './generation';
import { runHandOver } from './run';

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
/** Of a container that was started at this time, long ago. */
function generationOf(startedAt: number): Generation {
  const times = [startedAt];
  return new Generation(undefined, () => times.shift() ?? Date.now());
}

const worker = { name: 'worker', password: 'a-password-for-the-worker' };

describe.skipIf(!hasRedis)('S1 a user for backend services', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-backend-users-'));
  let redis: TestRedis;
  beforeAll(async () => {
    const aclfile = path.join(folder, 'users.acl');
    writeFileSync(aclfile, 'user default on nopass -@all +ping\nuser admin on >admin-password ~* &* +@all\n');
    redis = await startRedis({ config: { aclfile } });
  });
  afterAll(async () => {
    await redis?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const handOver = (users: (typeof worker)[], startedAt: number, storage = storageManifest()) => {
    const write = (name: string, document: object) => writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(document));
    write('storage', storage);
    write('store', {
      version: 1, kind: 'store', url: redis.url, username: 'store-1', password: 'of-the-storage', sealingKey: SEALING_KEY,
      admin: { username: 'admin', password: 'admin-password' }, backendUsers: users,
    });
    const access = readStoreAccess(path.join(folder, 'store.json'));
    const logger = createLogger({ level: 'silent' });
    return runHandOver({
      ...readHandOver(folder, SEALING_KEY), sealingKey: SEALING_KEY, logger, generation: generationOf(startedAt),
      openStore: () => openForHandOver(access, 'store-1', logger),
    });
  };
  const signIn = async (): Promise<unknown> => {
    const client = new Redis(redis.url, { lazyConnect: true, enableReadyCheck: false, disableClientInfo: true, retryStrategy: () => null });
    try {
      await client.connect();
      return await client.call('AUTH', `store-1.${worker.name}`, worker.password);
    } finally {
      client.disconnect();
    }
  };

  it('is made when the declaration is accepted, and goes with it; a hand-over of an earlier deploy brings it back no more (I4, I5)', async () => {
    expect(await handOver([worker], 1_000)).toMatchObject({ accepted: true });
    expect(await signIn()).toBe('OK');
    expect(await handOver([], 2_000)).toMatchObject({ accepted: true });
    await expect(signIn()).rejects.toThrow('WRONGPASS');
    expect(await handOver([worker], 1_000)).toMatchObject({ accepted: false, superseded: true });
    await expect(signIn()).rejects.toThrow('WRONGPASS');
  });

  it('is not made by a declaration that is refused', async () => {
    expect(await handOver([worker], 3_000, storageManifest({ name: 'x'.repeat(65) }))).toMatchObject({ accepted: false, sentence: expect.stringMatching(/^N4/) as string });
    await expect(signIn()).rejects.toThrow('WRONGPASS');
  });

  it.each([
    ['a name that only the deploy knew', [{ ...worker, name: 'no spaces' }], /S1: backend user name: got "no spaces"; allowed: 1 to 64 characters/],
    ['a name twice', [worker, { ...worker, password: 'another-password' }], /S1: backend user name: got "worker", which another one has too/],
    ['a well-known password', [{ ...worker, password: 'changeme' }], /A6: password of backend user "worker": got a well-known example secret/],
    ['a short password', [{ ...worker, password: 'hush-22' }], /A6: password of backend user "worker": got 7 characters/],
  ])('N5 is refused: %s', async (_, users, sentence) => {
    await expect(async () => handOver(users, 4_000)).rejects.toThrow(sentence);
    await expect(async () => handOver(users, 4_000)).rejects.toThrow(UserError);
    await expect(async () => handOver(users, 4_000)).rejects.not.toThrow(/hush-22|another-password/);
  });
});
