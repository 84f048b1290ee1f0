import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../../test/setup/redis';
import type { InboxEntry } from '../contract';
import { idOf, message, sleep, subscription, until } from '../suite/bench';
import { backendUserRules, ensureStoreUser, setBackendUsers } from './acl';
import { inboxEntryOf } from './inbox';
import type { RedisStore } from './redis-store';
import { storeOn } from './test-harness';

const admin = { adminUsername: 'admin', adminPassword: 'admin-password' };
const user = { name: 'backend', password: 'backend-password' };

describe('a backend service with a plain client', () => {
  let redis: TestRedis;
  let dir: string;
  let storageId: string;
  let store: RedisStore;
  let backend: Redis;
  const key = (name: string) => `{${storageId}}:${name}`;
  const declare = (...users: (typeof user)[]) => setBackendUsers({ url: redis.url, ...admin, storageId, prefix: `${storageId}.`, users });
  const signedIn = ({ name, password }: typeof user) =>
    new Redis(redis.url, { username: `${storageId}.${name}`, password, disableClientInfo: true, enableReadyCheck: false }).on('error', () => undefined);
  const signIn = async ({ name, password }: typeof user) => {
    const client = new Redis(redis.url, { disableClientInfo: true });
    return client.call('AUTH', `${storageId}.${name}`, password).finally(() => client.disconnect());
  };

  beforeAll(async () => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-backend-'));
    writeFileSync(path.join(dir, 'users.acl'), `user default on nopass ~* &* +@all\nuser admin on >${admin.adminPassword} ~* &* +@all\n`);
    redis = await startRedis({ dir, config: { aclfile: path.join(dir, 'users.acl') } });
  });
  afterAll(async () => {
    await redis.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    storageId = randomUUID();
    store = storeOn(redis, { storageId });
    await store.open();
    await declare(user);
    backend = signedIn(user);
  });
  afterEach(async () => {
    backend.disconnect();
    await store.close();
  });

  const move = (entry: InboxEntry, batch: number) =>
    store.append('mover', batch, [{ ...message('', ''), ...entry.message!, log: entry.log, inboxEntry: entry.entryId }]);

  it('S1 what it puts into an inbox is read with its properties, oldest first over all topics', async () => {
    const payload = Buffer.from([0, 255, 13, 10]);
    await backend.xadd(key('in:a'), '1000-0', 'payload', payload);
    await backend.xadd(key('in:b'), '1000-2', 'payload', 'x', 'qoslevel', '2', 'cleansessionflag', 'false', 'mqttSecondTopic', '/ü/b', 'clientId', 'GID_x@@@1');
    await backend.xadd(key('in:a'), '1000-11', 'payload', '', 'mqttSecondTopic', '/p2p/GID_x@@@1', 'qoslevel', '0', 'mqttRealTopic', 'a/p2p/GID_x@@@1', 'more', 'ignored');
    await backend.xadd(key('in:$open'), '2000-0', 'payload', 'o', 'mqttRealTopic', 'any/where');
    const plain = { qos: 1, cleanSession: true, clientId: '' };
    expect(await store.readInbox(['a', 'b', '$open', 'c'], 10)).toEqual([
      { log: 'a', entryId: '1000-0', reason: '', message: { ...plain, topic: 'a', payload } },
      { log: 'b', entryId: '1000-2', reason: '', message: { topic: 'b/ü/b', payload: Buffer.from('x'), qos: 2, cleanSession: false, clientId: 'GID_x@@@1' } },
      { log: 'a', entryId: '1000-11', reason: '', message: { ...plain, qos: 0, topic: 'a/p2p/GID_x@@@1', payload: Buffer.alloc(0) } },
      { log: '$open', entryId: '2000-0', reason: '', message: { ...plain, topic: 'any/where', payload: Buffer.from('o') } },
    ]);
    expect((await store.readInbox(['a', 'b'], 2)).map((e) => e.entryId)).toEqual(['1000-0', '1000-2']);
    expect(await store.readInbox(['c'], 2)).toEqual([]);
  });

  it('S1 an entry is moved once, in one step with the message, whoever tries', async () => {
    const session = await store.openSession({ clientId: 'c', cleanSession: false, gatewayId: 'g' });
    await store.subscribe({ clientId: 'c', epoch: session.epoch }, [subscription('a/#')]);
    await backend.xadd(key('in:a'), '*', 'payload', 'x', 'mqttSecondTopic', '/b');
    const [entry] = await store.readInbox(['a'], 10);
    const other = storeOn(redis, { storageId });
    await other.open();
    const request = { ...message('', ''), ...entry!.message!, log: 'a', inboxEntry: entry!.entryId };
    const results = (await Promise.all([store.append('m1', 1, [request, request]), other.append('m2', 1, [request])])).flat();
    await other.close();
    expect(results.map((r) => (r.ok ? 'ok' : r.reason)).sort()).toEqual(['ok', 'rejected', 'rejected']);
    expect(await store.readInbox(['a'], 10)).toEqual([]);
    const page = await store.readMissed({ clientId: 'c', epoch: session.epoch }, session.progress.cursor, await store.lastId(), 10);
    expect(page.messages.map(({ message: m }) => [m.topic, m.payload.toString(), m.fromInbox])).toEqual([['a/b', 'x', true]]);
  });

  it('S1 an entry stays in the inbox while the store is full', async () => {
    await backend.xadd(key('in:a'), '*', 'payload', 'x');
    const [entry] = await store.readInbox(['a'], 10);
    const root = new Redis(redis.url, { disableClientInfo: true });
    await root.config('SET', 'maxmemory', '1mb');
    expect(await move(entry!, 1)).toMatchObject([{ ok: false, reason: 'full' }]);
    await root.config('SET', 'maxmemory', '0');
    root.disconnect();
    expect(await store.readInbox(['a'], 10)).toHaveLength(1);
    expect(await move(entry!, 2)).toMatchObject([{ ok: true }]);
    expect(await store.readInbox(['a'], 10)).toEqual([]);
  });

  it('S1 what is no message goes to the list of refused entries, with the reason, bounded', async () => {
    await backend.xadd(key('in:a'), '5-0', 'payload', 'x'.repeat(3000), 'qoslevel', '7');
    await backend.xadd(key('in:a'), '6-0', 'payload', 'fine');
    const [bad, good] = await store.readInbox(['a'], 10);
    expect(bad).toMatchObject({ message: null, reason: 'qoslevel: got "7", allowed 0, 1, 2' });
    await store.refuseInbox(bad!);
    await store.refuseInbox(bad!);
    await store.refuseInbox({ ...good!, reason: 'too long for this instance' });
    expect(await store.readInbox(['a'], 10)).toEqual([]);
    const refused = await backend.xrange(key('refused:a'), '-', '+');
    expect(refused.map(([, fields]) => fields)).toEqual([
      ['reason', bad!.reason, 'entryId', '5-0', 'payload', 'x'.repeat(1024), 'qoslevel', '7'],
      ['reason', 'too long for this instance', 'entryId', '6-0', 'payload', 'fine']]);
    for (let i = 0; i < 1500; i++) await backend.xadd(key('in:a'), '*', 'no', 'payload');
    for (const entry of await store.readInbox(['a'], 2000)) await store.refuseInbox(entry);
    expect(await backend.xlen(key('refused:a'))).toBeLessThan(1200);
  });

  it('S1 a watch tells of every entry, of those that waited, and after the store was away', async () => {
    await backend.xadd(key('in:a'), '*', 'payload', 'waiting');
    let seen = 0;
    const texts: string[] = [];
    const drain = async () => {
      seen++;
      for (const entry of await store.readInbox(['a', 'b'], 10)) {
        const result = await move(entry, ++batch);
        if (result[0]!.ok) texts.push(entry.message!.payload.toString());
      }
    };
    let batch = 0;
    let turn = Promise.resolve();
    const end = await store.watchInbox(['a', 'b'], () => { turn = turn.then(drain).catch(() => undefined); });
    await until(() => texts.length === 1);
    for (let i = 0; i < 20; i++) {
      await backend.xadd(key(i % 2 === 0 ? 'in:a' : 'in:b'), '*', 'payload', String(i));
      if (i % 5 === 0) await sleep(20);
    }
    await until(() => texts.length === 21);
    expect(texts[0]).toBe('waiting');
    expect(texts.slice(1).map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    const root = new Redis(redis.url, { disableClientInfo: true });
    await root.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    root.disconnect();
    await until(() => store.availability.available);
    await backend.xadd(key('in:b'), '*', 'payload', 'later');
    await until(() => texts.includes('later'));
    expect(texts).toContain('later');
    await end();
    const calls = seen;
    await backend.xadd(key('in:a'), '*', 'payload', 'unseen');
    await sleep(50);
    expect(seen).toBe(calls);
  });

  it('S1 reads a log in a consumer group, each message once, while the log is trimmed behind it', async () => {
    await store.append('g', 1, [message('a', 'old')]);
    await backend.xgroup('CREATE', key('log:a'), 'workers', '0');
    await store.append('g', 2, Array.from({ length: 9 }, (_, i) => message(`a/${i}`, String(i))));
    const read = async (consumer: string, count: number) => {
      const reply = (await backend.xreadgroup('GROUP', 'workers', consumer, 'COUNT', count, 'STREAMS', key('log:a'), '>')) as [string, [string, string[]][]][] | null;
      return (reply?.[0]?.[1] ?? []).map(([id, fields]) => ({ id, payload: fields[fields.indexOf('payload') + 1]! }));
    };
    const one = await read('one', 4);
    const two = await read('two', 3);
    expect([...one, ...two].map((m) => m.payload)).toEqual(['old', '0', '1', '2', '3', '4', '5']);
    expect(await backend.xack(key('log:a'), 'workers', ...one.map((m) => m.id))).toBe(4);
    await store.trim({ retentionSeconds: 3600, storedMessages: 2 });
    expect((await read('one', 10)).map((m) => m.payload)).toEqual(['7', '8']);
    await store.append('g', 3, [message('a', 'new')]);
    expect((await read('two', 10)).map((m) => m.payload)).toEqual(['new']);
  });

  it('I5 A6 its user goes with its declaration, and with it its connections; other users stay, and what stands is kept in the server\'s file as hashes', async () => {
    const other = { name: 'other', password: 'other-password' };
    await ensureStoreUser({ url: redis.url, ...admin, storageId: `${storageId}x`, username: `${storageId}x`, password: 'password-of-a-neighbour' });
    await setBackendUsers({ url: redis.url, ...admin, storageId: `${storageId}x`, prefix: `${storageId}x.`, users: [other] });
    await declare(user, other);
    const stays = signedIn(other);
    expect([await backend.ping(), await stays.ping()]).toEqual(['PONG', 'PONG']);
    const closed = new Promise((resolve) => backend.once('close', resolve));
    await declare(other);
    await closed;
    await expect(signIn(user)).rejects.toThrow('WRONGPASS');
    expect(await stays.ping()).toBe('PONG');
    const file = readFileSync(path.join(dir, 'users.acl'), 'utf8');
    const users = [...file.matchAll(/^user (\S+)/gm)].map(([, name]) => name).filter((name) => name!.startsWith(storageId));
    expect(users.sort()).toEqual([`${storageId}.other`, `${storageId}x`, `${storageId}x.other`]);
    expect(file).not.toContain(other.password);
    stays.disconnect();
  });

  it('A6 another password closes what signed in with the one before, the same one nothing', async () => {
    expect(await backend.ping()).toBe('PONG');
    await declare(user);
    expect(await backend.ping()).toBe('PONG');
    const closed = new Promise((resolve) => backend.once('close', resolve));
    await declare({ ...user, password: 'a-new-password' });
    await closed;
    await expect(signIn(user)).rejects.toThrow('WRONGPASS');
    expect(await signIn({ ...user, password: 'a-new-password' })).toBe('OK');
  });

  it('S3 follows the status events of a group', async () => {
    await store.recordStatus([{ group: 'GID_x', clientId: 'GID_x@@@1', time: 1, eventType: 'tcpclean', channelId: 'ch', clientIp: '10.0.0.1' }]);
    const reply = (await backend.xread('STREAMS', key('ev:GID_x'), '0')) as [string, [string, string[]][]][];
    expect(reply[0]![1][0]![1]).toEqual(['clientId', 'GID_x@@@1', 'time', '1', 'eventType', 'tcpclean', 'channelId', 'ch', 'clientIp', '10.0.0.1']);
  });

  it('S1 E6 its user changes no log, sees no state of the gateways and nothing of another storage', async () => {
    idOf((await store.append('g', 1, [message('a', 'x', { retain: true })]))[0]!);
    await backend.xadd(key('in:a'), '*', 'payload', 'x');
    expect(await backend.xlen(key('in:a'))).toBe(1);
    for (const command of [
      ['xadd', key('log:a'), '*', 'payload', 'x'], ['xdel', key('log:a'), '1-0'], ['xtrim', key('log:a'), 'MAXLEN', '0'], ['xsetid', key('log:a'), '1-0'],
      ['unlink', key('log:a')], ['xrange', key('in:a'), '-', '+'], ['xadd', key('ev:GID_x'), '*', 'a', 'b'], ['xadd', key('bell'), '*', 'kind', 'wake'],
      ['hgetall', key('docs')], ['get', key('last')], ['hgetall', key('ret')], ['xadd', '{other}:in:a', '*', 'payload', 'x'], ['xread', 'STREAMS', '{other}:log:a', '0'],
      ['eval', 'return 1', '0'], ['keys', '*'], ['scan', '0'], ['info'], ['config', 'get', '*'], ['acl', 'list'], ['flushall'], ['monitor'],
    ]) {
      await expect(backend.call(command[0]!, command.slice(1)), command.join(' ')).rejects.toThrow(/NOPERM/);
    }
  });
});

it('S1 the rules that a person types where the deploy makes no users are the same', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../../../docs/storage-layout.md'), 'utf8');
  const [, typed] = /^ACL SETUSER backend reset on >PASSWORD (.*)$/m.exec(page)!;
  expect(typed).toBe(backendUserRules('STORAGE_ID', '').slice(3).join(' '));
});

describe('S1 form of an inbox entry', () => {
  const entry = (log: string, fields: Record<string, string | Buffer>) =>
    inboxEntryOf(log, [Buffer.from('1-0'), Object.entries(fields).flatMap(([name, value]) => [Buffer.from(name), Buffer.from(value)])]);

  it.each<[string, string, Record<string, string | Buffer>, RegExp]>([
    ['no payload', 'a', { qoslevel: '1' }, /^payload: missing/],
    ['QoS', 'a', { payload: '', qoslevel: '3' }, /^qoslevel: got "3"/],
    ['flag', 'a', { payload: '', cleansessionflag: 'yes' }, /^cleansessionflag: got "yes"/],
    ['second topic without /', 'a', { payload: '', mqttSecondTopic: 'b' }, /^mqttSecondTopic: got "b"/],
    ['a wildcard', 'a', { payload: '', mqttSecondTopic: '/+/b' }, /^mqttSecondTopic: got "a\/\+\/b"/],
    ['NUL', 'a', { payload: '', mqttSecondTopic: '/\u0000' }, /^mqttSecondTopic/],
    ['no UTF-8', 'a', { payload: '', mqttSecondTopic: Buffer.from([0x2f, 0xff]) }, /^mqttSecondTopic: got bytes/],
    ['another parent', 'a', { payload: '', mqttRealTopic: 'ab' }, /^mqttRealTopic: got "ab"/],
    ['topics that disagree', 'a', { payload: '', mqttRealTopic: 'a/c', mqttSecondTopic: '/b' }, /^mqttRealTopic: got "a\/c"/],
    ['no topic where none is declared', '$open', { payload: '' }, /^mqttRealTopic: missing/],
    ['too long', 'a', { payload: '', clientId: 'x'.repeat(65_536) }, /^clientId: got 65536 bytes/],
  ])('refuses: %s', (_, log, fields, reason) => {
    expect(entry(log, fields)).toMatchObject({ message: null, reason: expect.stringMatching(reason) });
  });

  it('takes bytes that are no text as payload only', () => {
    expect(entry('a', { payload: Buffer.from([0xff]) })).toMatchObject({ message: { topic: 'a', payload: Buffer.from([0xff]) }, reason: '' });
  });
});
