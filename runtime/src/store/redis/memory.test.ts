import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../../test/setup/redis';
import { idOf, message, Recorder, retainedOf, until } from '../suite/bench';
import { storeOn } from './test-harness';

const PAYLOAD = Buffer.alloc(1000, 'x');
const policy = { retentionSeconds: 3600, storedMessages: 1_000_000 };

describe('bound of bytes', () => {
  let redis: TestRedis;
  let client: Redis;
  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.url, { disableClientInfo: true });
  });
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });

  it('E6 T5 a storage on a shared server keeps to its own bound: refuses above it, trims towards it, leaves others alone', async () => {
    const bounded = storeOn(redis);
    const other = storeOn(redis, { storageId: randomUUID() });
    await Promise.all([bounded.open(), other.open()]);
    bounded.limitTo(120_000);
    await other.append('g', 1, [message('a', PAYLOAD)]);
    for (let batch = 1; batch <= 10; batch++) {
      expect((await bounded.append('g', batch, Array.from({ length: 10 }, (_, i) => message(i % 2 === 0 ? 'a' : 'b', PAYLOAD))))[0]!.ok).toBe(true);
    }
    expect(await bounded.statistics()).toMatchObject({ messages: 100, usedBytes: 120_000, limitBytes: 120_000 });
    expect(await bounded.append('g', 11, [message('a', 'x', { retain: true })])).toMatchObject([{ ok: false, reason: 'full' }]);
    expect(await retainedOf(bounded, 'a')).toEqual([]);
    expect(await bounded.trim(policy)).toBe(10);
    expect(await bounded.trim(policy)).toBe(0);
    expect(await bounded.append('g', 11, [message('a', 'x')])).toMatchObject([{ ok: true }]);
    expect(await other.trim(policy)).toBe(0);
    expect((await other.append('g', 2, [message('a', PAYLOAD)]))[0]!.ok).toBe(true);
    await Promise.all([bounded.close(), other.close()]);
  });

  it('T3 a refused batch moves no tail: what is stored next is delivered, also when the clock stands behind the ids', async () => {
    const storageId = randomUUID();
    const store = storeOn(redis, { storageId });
    store.limitTo(12_000);
    await store.open();
    await client.set(`{${storageId}}:last`, String((Date.now() + 3_600_000) * 1000)); // as after a clock that was set back
    const recorder = await Recorder.follow(store, 'a');
    const stored = await store.append('g', 1, Array.from({ length: 10 }, () => message('a', PAYLOAD)));
    expect(await store.append('g', 2, [1, 2, 3].map((n) => message('a', String(n))))).toMatchObject([1, 2, 3].map(() => ({ ok: false, reason: 'full' })));
    await until(() => recorder.messages.length === 10);
    expect(recorder.position).toBe(idOf(stored[9]!));
    expect(await store.trim(policy)).toBeGreaterThan(0);
    await store.append('g', 3, [message('a', 'next')]);
    await until(() => recorder.messages.length === 11, 5_000);
    expect(recorder.payloads[10]).toBe('next');
    await recorder.close();
    await store.close();
  });

  it('T5 a storage with a server of its own trims before the server is full, oldest first', async () => {
    const store = storeOn(redis);
    await store.open();
    const [first] = await store.append('g', 1, [message('a', PAYLOAD)]);
    for (let batch = 2; batch <= 21; batch++) await store.append('g', batch, Array.from({ length: 200 }, () => message('a', PAYLOAD)));
    expect(await store.trim(policy)).toBe(0);
    const { usedBytes } = await store.statistics();
    await client.config('SET', 'maxmemory', String(Math.round(usedBytes! * 1.02)));
    const removed = await store.trim(policy);
    expect(removed).toBeGreaterThan(100);
    expect(removed).toBeLessThan(2000);
    expect(await store.readMessages([{ log: 'a', id: first!.ok ? first!.id : 0 }])).toEqual([undefined]);
    const after = await store.statistics();
    expect(after.usedBytes! / after.limitBytes!).toBeLessThan(0.95);
    await client.config('SET', 'maxmemory', '0');
    expect((await store.statistics()).limitBytes).toBeNull();
    await store.close();
  });
});
