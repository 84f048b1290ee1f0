/** What is no message, traces, series and credentials, is counted in a storage's part of a shared server, and bounded there (E6). */
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../../test/setup/redis';
import type { PutNamedRecord } from '../contract';
import { message } from '../suite/bench';
import type { RedisStore } from './redis-store';
import { storeOn } from './test-harness';

const LIMIT = 1_000_000;
const WIDE = { perKey: 100, notes: 1_000_000, seconds: 3_600 };
const policy = { retentionSeconds: 3_600, storedMessages: 1_000_000 };
const TRACE = 'a note of what a device did at some time, in some hundred characters: as long as they are on the average'.padEnd(150, '.');

describe('E6 what is no message', () => {
  let redis: TestRedis;
  let client: Redis;
  const stores: RedisStore[] = [];
  beforeAll(async () => {
    redis = await startRedis({ appendfsync: 'no' });
    client = new Redis(redis.url, { disableClientInfo: true });
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });

  async function open(limit: number | null = LIMIT): Promise<RedisStore> {
    const store = storeOn(redis, { allowVolatile: true });
    stores.push(store);
    await store.open();
    store.limitTo(limit);
    return store;
  }
  const used = async (store: RedisStore): Promise<number> => (await store.statistics()).usedBytes!;
  const memory = async (): Promise<number> => Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))![1]);
  const note = (store: RedisStore, journal: string, keys: number, from = 0, each = 1) => store.journals.note(journal,
    Array.from({ length: keys * each }, (_, i) => ({ key: `key-${from + i % keys}`, at: Date.now() + i % keys, value: TRACE })), WIDE);
  const put = (store: RedisStore, id: string, more: Partial<PutNamedRecord> = {}) =>
    store.putRecord({ kind: 'device-credential', id, value: 'x'.repeat(200), expectedVersion: null, ...more });
  const series = (store: RedisStore, id: number) => put(store, `1/${id}`, { kind: 'usage', priority: 'expendable', expiresAt: Date.now() + 3_600_000 + id });
  /** How many go in before one is refused. */
  async function until(act: (n: number) => Promise<unknown>): Promise<number> {
    for (let n = 0; ; n++) {
      const refused = await act(n).then(() => false, (error: Error) => error);
      if (refused !== false) {
        expect(refused).toMatchObject({ name: 'StoreFullError' });
        return n;
      }
    }
  }

  it('is counted about as it is, and not at all when it is gone', async () => {
    const store = await open(1_000_000_000);
    await store.append('g', 1, [message('a', 'x')]);
    const compared = async (act: () => Promise<unknown>): Promise<number> => {
      const [before, really] = [await used(store), await memory()];
      await act();
      return (await used(store) - before) / (await memory() - really);
    };
    const ratios = [
      await compared(() => note(store, 'message', 5_000)),
      await compared(() => note(store, 'device', 200, 0, 50)),
      await compared(() => Promise.all(Array.from({ length: 5_000 }, (_, n) => put(store, `GID_group@@@device-${n}`, { owner: { name: 'main', most: 1e6 } })))),
      await compared(() => Promise.all(Array.from({ length: 5_000 }, (_, n) => put(store, `a-token-of-22-chars-${n}`, { kind: 'token-revocation', value: '', expiresAt: Date.now() + 3_600_000, owner: { name: 'main', most: 1e6 } })))),
    ];
    for (const ratio of ratios) {
      expect(ratio, ratios.join(' ')).toBeGreaterThan(0.6);
      expect(ratio, ratios.join(' ')).toBeLessThan(1.7);
    }
    await Promise.all(Array.from({ length: 5_000 }, (_, n) => store.deleteRecord('device-credential', `GID_group@@@device-${n}`, null)));
    await Promise.all(Array.from({ length: 5_000 }, (_, n) => put(store, `a-token-of-22-chars-${n}`, { kind: 'token-revocation', value: '', expiresAt: 1 })));
    while (await store.expireRecords() > 0);
    for (const journal of ['message', 'device']) await store.journals.note(journal, [], { ...WIDE, notes: 0 });
    for (let n = 0; n < 5; n++) await store.journals.note('message', [], { ...WIDE, notes: 0 });
    expect(await used(store)).toBe(201);
  });

  it('traces keep to their part: the oldest go, another journal and another storage have theirs', async () => {
    const [store, other] = [await open(), await open()];
    await note(store, 'refused-device', 20);
    for (let n = 0; n < 10; n++) {
      await note(store, 'device', 100, n * 100);
      expect(await used(store)).toBeLessThan(LIMIT * 0.12);
    }
    expect(await used(store)).toBeGreaterThan(LIMIT * 0.05);
    expect((await store.journals.read('device', 'key-0')).entries).toEqual([]);
    expect((await store.journals.read('device', 'key-999')).entries).toHaveLength(1);
    expect((await store.journals.read('refused-device', 'key-0')).entries).toHaveLength(1);
    expect(await used(other)).toBe(0);
  });

  it('series keep to their part: those that end first go, and nothing else does', async () => {
    const store = await open();
    await put(store, 'c', { expiresAt: Date.now() + 60_000 });
    for (let n = 0; n < 300; n++) await series(store, n);
    expect(await used(store)).toBeLessThanOrEqual(LIMIT * 0.05 + 1_000);
    expect(await store.readRecords('usage', ['1/0', '1/299'])).toMatchObject([undefined, { id: '1/299' }]);
    expect(await store.readRecords('device-credential', ['c'])).toMatchObject([{ id: 'c' }]);
  });

  it('A2 A3 credentials keep to their part, revoked tokens find room beside, and messages have the rest', async () => {
    const store = await open();
    const credentials = await until((n) => put(store, `device-${n}`));
    expect(credentials).toBeGreaterThan(100);
    expect(await used(store)).toBeLessThanOrEqual(LIMIT * 0.25);
    expect(await put(store, 'device-0')).toBeGreaterThan(0); // takes no more room
    expect(await until((n) => put(store, `t${n}`, { kind: 'token-revocation', value: '', priority: 'vital' }))).toBeGreaterThan(100);
    expect(await used(store)).toBeLessThanOrEqual(LIMIT * 0.35);
    let stored = 0;
    while ((await store.append('g', stored + 1, [message('a', 'x'.repeat(9_800))]))[0]!.ok) stored++;
    expect(stored).toBeGreaterThan(60);
    expect(stored).toBeLessThan(70);
    await store.deleteRecord('device-credential', 'device-0', null);
    expect(await put(store, 'in its place', { priority: 'vital' })).toBeGreaterThan(0);
    await expect(put(store, 'another')).rejects.toMatchObject({ message: expect.stringMatching(/^the store has no room for it: credentials .* raise standardStoreMemoryMegabytes/) as string });
  });

  it('T5 traces and series go before any message does, and messages before anything is refused', async () => {
    const store = await open();
    for (let n = 0; n < 5; n++) await note(store, 'device', 50, n * 50);
    for (let n = 0; n < 100; n++) await series(store, n);
    const side = await used(store);
    expect(side).toBeGreaterThan(80_000);
    let batch = 0;
    const fill = async (to: number) => { while (await used(store) < LIMIT * to) expect((await store.append('g', ++batch, [message('a', 'x'.repeat(4_800))]))[0]!.ok).toBe(true); };
    await fill(0.91);
    expect(await store.trim(policy)).toBe(0);
    expect((await store.statistics()).messages).toBe(batch);
    expect(await used(store)).toBeLessThan(LIMIT * 0.9);
    expect((await store.journals.read('device', 'key-249')).entries).toHaveLength(1);
    await fill(0.97);
    expect(await store.trim(policy)).toBeGreaterThan(0);
    expect(await used(store)).toBeLessThanOrEqual(LIMIT * 0.9);
    expect((await store.append('g', ++batch, [message('a', 'x')]))[0]!.ok).toBe(true);
  });
});
