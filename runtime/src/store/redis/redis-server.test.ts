import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../../test/setup/ports';
import { startRedis, type TestRedis } from '../../../../test/setup/redis';
import type { Store } from '../contract';
import { OutOfTurnError } from '../errors';
import { idOf, message, p2p, Recorder, retainedOf, sleep, subscription, until } from '../suite/bench';
import type { RedisStore, RedisStoreOptions } from './redis-store';
import { storeOn } from './test-harness';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function server(options: Parameters<typeof startRedis>[0] = {}): Promise<TestRedis> {
  const redis = await startRedis(options);
  open.push(() => redis.stop());
  return redis;
}

async function opened(redis: TestRedis, options: Partial<RedisStoreOptions> = {}): Promise<RedisStore> {
  const store = storeOn(redis, options);
  open.push(() => store.close());
  await store.open();
  return store;
}

function plain(redis: TestRedis): Redis {
  const client = new Redis(redis.url, { disableClientInfo: true, retryStrategy: () => 50 });
  client.on('error', () => undefined);
  open.push(async () => client.disconnect());
  return client;
}

async function offline(store: Store, clientId: string, ...filters: string[]): Promise<void> {
  const { epoch } = await store.openSession({ clientId, cleanSession: false, gatewayId: 'g1' });
  await store.subscribe({ clientId, epoch }, filters.map(subscription));
  await store.closeSession({ clientId, epoch }, null);
}

async function missed(store: Store, clientId: string, limit = 1000): Promise<string[]> {
  const session = await store.openSession({ clientId, cleanSession: false, gatewayId: 'g1' });
  const page = await store.readMissed({ clientId, epoch: session.epoch }, session.progress.cursor, await store.lastId(), limit);
  return page.messages.map((m) => m.message.payload.toString());
}

describe('settings of the server', () => {
  it.each([
    ['maxmemory-policy', { config: { 'maxmemory-policy': 'allkeys-lru' } }, /maxmemory-policy: got allkeys-lru, allowed noeviction/],
    ['appendonly', { appendfsync: 'no' as const }, /appendonly: got no, allowed yes/],
  ])('B5 refuses %s that cannot keep the promise', async (_, options, text) => {
    const redis = await server(options);
    await expect(storeOn(redis).open()).rejects.toMatchObject({ name: 'StoreConfigurationError', message: expect.stringMatching(text) });
  });

  it('takes a server without a file when that is allowed', async () => {
    const store = await opened(await server({ appendfsync: 'no' }), { allowVolatile: true });
    expect(store.availability).toEqual({ available: true });
  });

  it('B5 A6 a server that is not there: says where, not with what password, and a second try may succeed', async () => {
    const port = await freePort();
    const store = storeOn({ url: `redis://someone:top-secret@127.0.0.1:${port}` } as TestRedis);
    open.push(() => store.close());
    const error = await store.open().catch((e: unknown) => e);
    expect(error).toMatchObject({ name: 'StoreUnavailableError', message: expect.stringContaining(`127.0.0.1:${port}`) });
    expect(String(error)).not.toContain('top-secret');
    const later = storeOn({ url: `redis://127.0.0.1:${port}` } as TestRedis);
    open.push(() => later.close());
    await expect(later.open()).rejects.toThrow();
    await server({ port });
    await later.open();
    expect(await later.lastId()).toBe(0);
  });
});

describe('B5 the store away', () => {
  it('a frozen server: refuses in time, tells it, and goes on by itself; a late batch is stored once', async () => {
    const redis = await server();
    const store = await opened(redis, { commandTimeoutMs: 300 });
    await offline(store, 'c', 'a/#');
    idOf((await store.append('g', 1, [message('a/x', '1')]))[0]!);
    const changes: boolean[] = [];
    store.onAvailability((a) => changes.push(a.available));
    process.kill(redis.pid!, 'SIGSTOP');
    await expect(store.append('g', 2, [message('a/x', '2')])).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    await expect(store.lastId()).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    process.kill(redis.pid!, 'SIGCONT');
    await until(() => store.availability.available);
    // The frozen server had the batch in its socket and ran it when it woke up.
    idOf((await store.append('g', 2, [message('a/x', '2')]))[0]!);
    expect(await missed(store, 'c')).toEqual(['1', '2']);
    expect(changes).toEqual([false, true]);
  });

  it('settings that went bad meanwhile keep the store away until they are mended', async () => {
    const redis = await server();
    const store = await opened(redis);
    const client = plain(redis);
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await until(() => !store.availability.available && store.availability.reason.includes('allkeys-lru'));
    expect(store.availability).toMatchObject({ available: false, reason: expect.stringContaining('maxmemory-policy') });
    await expect(store.append('g', 1, [message('a', 'x')])).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    await until(() => store.availability.available);
    idOf((await store.append('g', 1, [message('a', 'x')]))[0]!);
  });

  it('a full store refuses messages, keeps what it has, and still takes progress, closes and trims', async () => {
    const redis = await server();
    const client = plain(redis);
    const store = await opened(redis);
    await offline(store, 'c', 'a');
    const session = await store.openSession({ clientId: 'p', cleanSession: false, gatewayId: 'g1' });
    const qos2 = message('a', 'kept', { qos: 2, clientId: 'p', epoch: session.epoch, qos2PacketId: 1 });
    const [first] = await store.append('g', 1, [qos2]);
    await client.config('SET', 'maxmemory', '1mb');
    const results = await store.append('g', 2, [qos2, message('a', 'no', { retain: true }), message('a', 'no', { clientId: 'p', epoch: 1 })]);
    expect(results[0]).toEqual({ ok: true, id: idOf(first!), duplicate: true });
    expect(results.slice(1).map((r) => !r.ok && r.reason)).toEqual(['full', 'fenced']);
    expect(await store.saveProgress([{ session: { clientId: 'p', epoch: session.epoch }, progress: { cursor: 5, acknowledged: [], inflight: [] } }])).toEqual([]);
    await store.closeSession({ clientId: 'p', epoch: session.epoch }, { cursor: 6, acknowledged: [], inflight: [] });
    await expect(store.openSession({ clientId: 'new', cleanSession: true, gatewayId: 'g1' })).rejects.toMatchObject({ name: 'StoreFullError' });
    await client.config('SET', 'maxmemory', '0');
    // Sent again under its number, the batch is tried anew: nothing of it was stored.
    expect((await store.append('g', 2, [message('a', 'now')]))[0]!.ok).toBe(true);
    expect(await missed(store, 'c')).toEqual(['kept', 'now']);
    expect(await retainedOf(store, 'a')).toEqual([]);
    expect((await store.openSession({ clientId: 'p', cleanSession: false, gatewayId: 'g1' })).progress.cursor).toBe(6);
  });

  it('a log that cannot be written refuses its messages and leaves the neighbours alone', async () => {
    const redis = await server();
    const storageId = randomUUID();
    const store = await opened(redis, { storageId });
    await plain(redis).set(`{${storageId}}:log:bad`, 'not a stream');
    await offline(store, 'c', 'a', 'bad', 'bad/#');
    const results = await store.append('g', 1, [message('a', '1'), message('bad', 'x', { retain: true }), message('a', '2')]);
    expect(results.map((r) => (r.ok ? 'ok' : r.reason))).toEqual(['ok', 'rejected', 'ok']);
    expect(await missed(store, 'c')).toEqual(['1', '2']);
    expect(await retainedOf(store, '#')).toEqual([]);
  });

  it('a store that came back with an older state: ids go on above what was given out, the tail follows', async () => {
    const redis = await server();
    const storageId = randomUUID();
    const client = plain(redis);
    const store = await opened(redis, { storageId });
    const recorder = await Recorder.follow(store, 'a');
    // Far ahead of the clock, as after a clock that was set back.
    const ahead = (Date.now() + 3_600_000) * 1000;
    await client.set(`{${storageId}}:last`, String(ahead));
    const id = idOf((await store.append('g', 1, [message('a', '1')]))[0]!);
    expect(id).toBeGreaterThan(ahead);
    await until(() => recorder.messages.length === 1);
    await client.flushall();
    const next = idOf((await store.append('g', 2, [message('a', '2')]))[0]!);
    expect(next).toBeGreaterThan(id);
    await until(() => recorder.messages.length === 2);
    expect(recorder.payloads).toEqual(['1', '2']);
    await recorder.close();
  });
});

describe('two batches under way', () => {
  it('T3 T5 the second is stored behind the first only, and both are remembered', async () => {
    const redis = await server();
    const storageId = randomUUID();
    const store = await opened(redis, { storageId });
    const logged = async () => (await plain(redis).xrange(`{${storageId}}:log:a`, '-', '+')).map(([, fields]) => fields[1]);
    await expect(store.append('g', 2, [message('a', '2')], true)).rejects.toBeInstanceOf(OutOfTurnError);
    expect(await logged()).toEqual([]);
    const [first, second] = await Promise.all([store.append('g', 1, [message('a', '1')]), store.append('g', 2, [message('a', '2')], true)]);
    // both answers were lost
    expect(await store.append('g', 1, [message('a', '1')])).toEqual(first);
    expect(await store.append('g', 2, [message('a', '2')])).toEqual(second);
    await store.append('g', 3, [message('a', '3')], true);
    expect(await store.append('g', 1, [message('a', '1')])).toMatchObject([{ ok: false, reason: 'rejected' }]);
    await expect(store.append('g', 5, [message('a', '5')], true)).rejects.toBeInstanceOf(OutOfTurnError);
    // the fourth was given up by its gateway: what comes next needs nobody
    await store.append('g', 5, [message('a', '5')]);
    expect(await store.append('g', 4, [message('a', '4')])).toMatchObject([{ ok: false, reason: 'rejected' }]);
    expect(await logged()).toEqual(['1', '2', '3', '5']);
    await store.removeGateway('g');
    expect(await plain(redis).keys(`{${storageId}}:b:*`)).toEqual([]);
  });
});

describe('wakes', () => {
  it('T3 only what another process follows is announced; its own a tail knows at once', async () => {
    const redis = await server();
    const storageId = randomUUID();
    const client = plain(redis);
    const wake = `{${storageId}}:wake`;
    const [mine, other] = [await opened(redis, { storageId }), await opened(redis, { storageId })];
    await mine.append('g1', 1, [message('a', '0')]);
    expect(await client.exists(wake)).toBe(0); // nobody follows
    const recorder = await Recorder.follow(mine, 'a');
    await mine.append('g1', 2, [message('a', '1')]);
    await until(() => recorder.messages.length === 1);
    expect(await client.exists(wake)).toBe(0);
    const last = idOf((await other.append('g2', 1, [message('a', '2')]))[0]!);
    await until(() => recorder.messages.length === 2);
    expect(await client.xrange(wake, '-', '+')).toEqual([[`${last}-0`, ['gateway', 'g2']]]);

    // Back-pressure: what falls out of memory meanwhile is read from the log.
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const take = recorder.onMessages.bind(recorder);
    recorder.onMessages = (messages, position) => {
      take(messages, position);
      return held;
    };
    for (let batch = 3; batch < 23; batch++) await mine.append('g1', batch, Array.from({ length: 300 }, (_, i) => message('a', `${batch}-${i}`)));
    release();
    await until(() => recorder.messages.length === 6002);
    expect(new Set(recorder.payloads).size).toBe(6002);

    await recorder.close();
    await other.append('g2', 2, [message('a', '3')]);
    expect(await client.xrange(wake, '-', '+')).toEqual([[`${last}-0`, ['gateway', 'g2']]]);
  });
});

describe('keys', () => {
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

  it('S1 an entry of a log has the documented fields, the payload untouched', async () => {
    const storageId = randomUUID();
    const store = await opened(redis, { storageId });
    const payload = Buffer.from([0xff, 0, 0xfe]);
    const id = idOf((await store.append('g', 1, [message('demo/a/b', payload, { qos: 2, cleanSession: false, clientId: 'GID_x@@@1' })]))[0]!);
    const [[entryId, fields]] = (await client.xrangeBuffer(`{${storageId}}:log:demo`, '-', '+')) as unknown as [[Buffer, Buffer[]]];
    expect(entryId.toString()).toBe(`${id}-0`);
    const pairs = fields.map((f, i) => (fields[i - 1]?.toString() === 'payload' && i % 2 === 1 ? f : f.toString()));
    expect(pairs).toEqual(['payload', payload, 'qoslevel', '2', 'cleansessionflag', 'false', 'mqttSecondTopic', '/a/b',
      'mqttRealTopic', 'demo/a/b', 'clientId', 'GID_x@@@1']);
  });

  it('T5 filters and sessions that are gone leave no key behind', async () => {
    const storageId = randomUUID();
    const store = await opened(redis, { storageId });
    const names = async () => (await client.keys(`{${storageId}}:*`)).map((k) => k.slice(storageId.length + 3)).sort();
    const filters = ['a', 'a/#', 'a/+', 'b', '+'];
    for (const clientId of ['c1', 'c2']) await offline(store, clientId, ...filters);
    await store.append('g', 1, [message('a', '1'), p2p('a', 'c1', '2'), message('a/x', '3')]);
    expect(await names()).toEqual(expect.arrayContaining(['ix:a:a', 'px:c1', 's:c1']));
    await store.deleteSession('c1');
    await sleep(5);
    expect(await store.expireSessions(0)).toBe(1);
    // What is left belongs to the storage, not to a session: the log, counters, and the remembered batch.
    expect(await names()).toEqual(['b:g:1', 'bytes', 'epoch', 'last', 'log:a', 'wfd', 'wfe']);
  });

  it('C1 an epoch never comes again, although the store came back with an older state: who held it is fenced', async () => {
    const storageId = randomUUID();
    const store = await opened(redis, { storageId });
    const open = async () => ({ clientId: 'c', epoch: (await store.openSession({ clientId: 'c', cleanSession: false, gatewayId: 'g' })).epoch });
    const first = await open();
    const forgotten = await open();
    await client.set(`{${storageId}}:epoch`, String(first.epoch)); // as after a loss of power under `everysec`
    const next = await open();
    expect(next.epoch).toBeGreaterThan(forgotten.epoch);
    await expect(store.subscribe(forgotten, [])).rejects.toMatchObject({ name: 'FencedError' });
  });

  it('T5 a message is stored once and listed once, however many absent sessions hold the filter, and changes nothing of theirs', async () => {
    const storageId = randomUUID();
    const store = await opened(redis, { storageId });
    const sessions = Array.from({ length: 100 }, (_, i) => `c${i}`);
    for (const clientId of sessions) await offline(store, clientId, 'a/#');
    const states = () => Promise.all(sessions.map((clientId) => client.hgetall(`{${storageId}}:s:${clientId}`)));
    const keys = async () => (await client.keys(`{${storageId}}:*`)).length;
    const before = await states();
    await store.append('g', 1, [message('a/x', '0')]);
    const keysBefore = await keys();
    for (let i = 1; i < 5; i++) await store.append('g', i + 1, [message('a/x', String(i))]);
    expect(await keys()).toBeLessThanOrEqual(keysBefore + 1); // the batch of the other parity
    expect(await client.xlen(`{${storageId}}:log:a`)).toBe(5);
    const lists = await client.keys(`{${storageId}}:wx:*`);
    expect(await Promise.all(lists.map((list) => client.llen(list)))).toEqual([5]);
    expect(await states()).toEqual(before);
  });

  it('T6 shares, wills, claims and gaps that are over leave no key behind', async () => {
    const storageId = randomUUID();
    const store = await opened(redis, { storageId });
    const names = async () => (await client.keys(`{${storageId}}:*`)).map((k) => k.slice(storageId.length + 3)).sort();
    const share = { log: 'a', name: 's', filter: 'a' };
    const record = { gatewayId: 'g', instanceId: 'i', replica: '1', revision: 'r', startedAt: 1, ready: true, connections: 2 };
    const will = { log: 'a', topic: 'a', payload: Buffer.from('x'), qos: 1 as const, retain: false, p2pClientId: null };
    await store.heartbeat(record, 60);
    const { epoch } = await store.openSession({ clientId: 'c', cleanSession: false, gatewayId: 'g', will });
    await store.subscribe({ clientId: 'c', epoch }, ['$share/s/a', 'a/#'].map((filter) => ({ filter, log: 'a', qos: 1 })));
    await store.append('g', 1, [1, 2, 3, 4].map((n) => message('a', String(n))));
    const [one, two] = await store.claimShared(share, 'g', 3);
    await store.settleShared(share, 'g', { done: [one!.id], released: [two!.id] });
    await store.trim({ retentionSeconds: 3600, storedMessages: 3 });
    const wid = (await names()).find((name) => name.startsWith('sb:'))!.slice(3);
    expect(await names()).toEqual(expect.arrayContaining(['gap', 'gc:g', `sc:${wid}:g`, `sg:${wid}`, 'w:c', `wx:${wid}`]));
    await store.removeGateway('g');
    const [dead] = await store.deadSessions(10);
    await store.endDeadSession(dead!.session);
    expect(await names()).toContain('ow');
    await store.forgetWill(dead!.session);
    await store.deadSessions(10);
    await store.deleteSession('c');
    expect(await names()).toEqual(['bell', 'bytes', 'epoch', 'floor', 'last', 'log:a', 'wfd', 'wfe']);
  });

  it('a gateway that has not heard of an unsubscribe does not bring the index back', async () => {
    const storageId = randomUUID();
    const store = await opened(redis, { storageId });
    const late = await opened(redis, { storageId });
    await offline(store, 'c', 'a/+');
    await late.append('late', 1, [message('a/x', '1')]);
    expect(await client.keys(`{${storageId}}:wx:*`)).toHaveLength(1);
    await store.deleteSession('c');
    await late.append('late', 2, [message('a/x', '2')]);
    expect(await client.keys(`{${storageId}}:wx:*`)).toEqual([]);
  });

  it('T5 trimming cleans the indexes of offline sessions', async () => {
    const storageId = randomUUID();
    const store = await opened(redis, { storageId });
    await offline(store, 'c', 'a', 'a/+');
    await store.append('g', 1, Array.from({ length: 50 }, (_, i) => message(i % 2 === 0 ? 'a' : 'a/x', 'x')));
    await store.append('g', 2, Array.from({ length: 10 }, () => p2p('a', 'c', 'x')));
    await store.trim({ retentionSeconds: 3600, storedMessages: 5 });
    const lengths = await Promise.all(['ix:a:a', 'px:c', 'ixk:a'].map((name) => client.exists(`{${storageId}}:${name}`)));
    expect(lengths).toEqual([0, 1, 0]);
    expect(await client.llen(`{${storageId}}:px:c`)).toBe(5);
  });

  it('T5 a session with 10 messages in a log of 100,000 costs what 10 cost', async () => {
    const store = await opened(redis);
    await offline(store, 'c', 'a/mine', 'a/+/mine');
    for (let batch = 1; batch <= 200; batch++) {
      await store.append('g', batch, Array.from({ length: 500 }, (_, i) => message(batch % 20 === 0 && i === 100 ? 'a/mine' : `a/${i}`, String(batch))));
    }
    const before = (await client.info('commandstats')).match(/cmdstat_xrange:calls=(\d+)/)?.[1] ?? '0';
    expect(await missed(store, 'c')).toEqual(Array.from({ length: 10 }, (_, i) => String(20 * (i + 1))));
    const after = (await client.info('commandstats')).match(/cmdstat_xrange:calls=(\d+)/)?.[1] ?? '0';
    expect(Number(after) - Number(before)).toBe(10);
  });
});
