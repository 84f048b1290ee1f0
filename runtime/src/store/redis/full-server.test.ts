/** A server at `maxmemory`: what frees memory and what security needs goes on, nothing else begins. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../../test/setup/redis';
import { message } from '../suite/bench';
import { storeOn } from './test-harness';

const RESERVE = 1024 * 1024;

describe('a server whose memory is full', () => {
  let redis: TestRedis;
  let client: Redis;
  beforeAll(async () => {
    redis = await startRedis({ config: { maxmemory: '12mb' } });
    client = new Redis(redis.url, { disableClientInfo: true });
  });
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });

  /** A store of its own, with a session and a device credential, on a server that somebody fills. */
  async function filled() {
    // buffers of what an earlier test sent are given back late
    await client.config('SET', 'maxmemory', '0');
    await client.flushall();
    const store = storeOn(redis);
    await store.open();
    await store.openSession({ clientId: 'c', cleanSession: false, gatewayId: 'g' });
    await store.putRecord({ kind: 'device-credential', id: 'c', value: 'v', expectedVersion: 0 });
    await store.writeDocuments({ storage: null, instance: null, sealedSecrets: null, boundTo: null, acceptedHash: 'a', handOver: null }, 0);
    await store.append('g', 1, [message('gone', 'x'.repeat(1000))]);
    // what is given back, or held for a moment, makes no room
    await client.set('ballast', 'x'.repeat(15_000_000));
    await client.config('SET', 'maxmemory', '12mb');
    return store;
  }

  const vital = (id: string, value = '') => ({ kind: 'token-revocation', id, value, expectedVersion: null, expiresAt: Date.now() + 3_600_000, priority: 'vital' } as const);

  it('A2 takes revocations, log-ins, new secrets and what takes away; says that it is full to everything else', async () => {
    const store = await filled();
    const refused = { name: 'StoreFullError', message: expect.stringMatching(/memory of the store is full; raise it/) };
    await expect(store.putRecord({ kind: 'device-credential', id: 'new', value: 'v', expectedVersion: 0 })).rejects.toMatchObject(refused);
    await expect(store.putRecord({ kind: 'usage', id: '1', value: 'v', expectedVersion: null, priority: 'expendable' })).rejects.toMatchObject(refused);
    await expect(store.openSession({ clientId: 'new', cleanSession: false, gatewayId: 'g' })).rejects.toMatchObject(refused);
    await expect(store.journals.note('device', [{ key: 'c', at: 1, value: 'v' }], { perKey: 1, notes: 1, seconds: 1 })).rejects.toMatchObject(refused);
    expect(await store.append('g', 2, [message('a', 'x')])).toMatchObject([{ ok: false, reason: 'full' }]);

    expect(await store.putRecord(vital('t'))).toBe(1);
    expect(await store.readRecords('token-revocation', ['t'])).toMatchObject([{ id: 't' }]);
    expect(await store.putRecord({ kind: 'console-session', id: 's', value: '{}', expectedVersion: 0, priority: 'vital' })).toBe(1);
    expect(await store.deleteRecord('console-session', 's', null)).toBe(true);
    expect(await store.putRecord({ kind: 'device-credential', id: 'c', value: 'another secret', expectedVersion: 1, priority: 'vital' })).toBe(2);
    expect(await store.deleteRecord('device-credential', 'c', 2)).toBe(true);
    expect(await store.writeDocuments({ storage: null, instance: null, sealedSecrets: null, boundTo: null, acceptedHash: 'b', handOver: null }, 1)).toBe(true);
    await store.deleteLog('gone');
    await store.deleteSession('c');
    expect(await store.readSession('c')).toBeNull();
    expect((await store.statistics()).messages).toBe(0);
    await store.close();
  });

  it('A2 what goes past the limit has a bound, gives room back, and begins anew when there is memory again', async () => {
    const store = await filled();
    const value = 'x'.repeat(10_000);
    let taken = 0;
    const fill = async () => { for (;;) { await store.putRecord(vital(`t${taken}`, value)); taken++; } };
    await expect(fill()).rejects.toMatchObject({ name: 'StoreFullError', message: expect.stringContaining('the reserve of this storage') });
    expect(taken * value.length).toBeGreaterThan(RESERVE * 0.9);
    expect(taken * value.length).toBeLessThanOrEqual(RESERVE);
    // of another storage, not of this one
    const other = storeOn(redis);
    await other.open();
    expect(await other.putRecord(vital('t'))).toBe(1);
    // in place of what is there, and of what goes
    expect(await store.putRecord(vital('t0', value))).toBeGreaterThan(0);
    expect(await store.deleteRecord('token-revocation', 't1', null)).toBe(true);
    expect(await store.putRecord(vital('again', value))).toBeGreaterThan(0);
    await expect(store.putRecord(vital('more', value))).rejects.toMatchObject({ name: 'StoreFullError' });
    await client.config('SET', 'maxmemory', '128mb');
    expect(await store.putRecord(vital('more', value))).toBeGreaterThan(0);
    await client.config('SET', 'maxmemory', '12mb');
    expect(await store.putRecord(vital('and more', value))).toBeGreaterThan(0);
    await Promise.all([store.close(), other.close()]);
  });
});
