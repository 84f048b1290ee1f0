import { describe, expect, it } from 'vitest';
import type { SessionProgress, StoredSession } from '../contract';
import { message, missedAll, Recorder, sleep, subscription, until, type Bench } from './bench';

export function describeSessions(bench: Bench): void {
  describe('sessions', () => {
    it('a new session is not present, has nothing, and starts at the newest message', async () => {
      const id = await bench.publish('a', 'x');
      const session = await bench.openSession('c');
      expect(session).toMatchObject({ present: false, previousOwner: null, subscriptions: [], progress: { acknowledged: [], inflight: [] } });
      expect(session.progress.cursor).toBeGreaterThanOrEqual(id);
    });

    bench.durably('T5 a persistent session keeps subscriptions and progress over a close', async () => {
      const session = await bench.openSession('c');
      const stored = await bench.subscribe(session, ['a', ['a/#', 2], ['b/+', 0]]);
      expect(stored.map((s) => [s.filter, s.log, s.qos])).toEqual([['a', 'a', 1], ['a/#', 'a', 2], ['b/+', 'b', 0]]);
      const progress: SessionProgress = {
        cursor: 1_700_000_000_000_001, acknowledged: [1_700_000_000_000_003, 1_700_000_000_000_009],
        inflight: [
          { packetId: 65535, id: 1_700_000_000_000_002, log: 'a', qos: 2, released: true }, { packetId: 1, id: 1_700_000_000_000_004, log: '$open', qos: 1, released: false },
          { packetId: 2, id: 1_700_000_000_000_002, log: 'a', qos: 2, released: true, apart: true }, { packetId: 3, id: 1_700_000_000_000_005, log: 'a', qos: 2, released: false, apart: true },
        ],
      };
      await bench.store.closeSession(session, progress);
      const back = await bench.openSession('c');
      expect(back).toMatchObject({ present: true, previousOwner: null });
      expect(back.progress).toEqual(progress);
      expect([...back.subscriptions].sort((a, b) => a.filter.localeCompare(b.filter)))
        .toEqual([...stored].sort((a, b) => a.filter.localeCompare(b.filter)));
    });

    bench.durably('a close without progress leaves what was saved before', async () => {
      const session = await bench.openSession('c');
      const progress: SessionProgress = { cursor: session.progress.cursor + 5, acknowledged: [], inflight: [] };
      expect(await bench.store.saveProgress([{ session, progress }])).toEqual([]);
      await bench.store.closeSession(session, null);
      expect((await bench.openSession('c')).progress).toEqual(progress);
    });

    it('a session is read by whoever looks, and stays as it is', async () => {
      expect(await bench.store.readSession('c')).toBeNull();
      const clean = await bench.openSession('c', true, 'g1');
      const subscriptions = await bench.store.subscribe(clean, [subscription('a/#')]);
      expect(await bench.store.readSession('c')).toEqual({ session: { clientId: 'c', epoch: clean.epoch }, cleanSession: true, owner: 'g1', subscriptions, progress: clean.progress });
      await bench.store.closeSession(clean, null);
      expect(await bench.store.readSession('c')).toBeNull();
    });

    bench.durably('a stored session is read with its progress, and without an owner', async () => {
      const session = await bench.openSession('c');
      const subscriptions = await bench.store.subscribe(session, [subscription('a')]);
      const progress: SessionProgress = { cursor: session.progress.cursor + 1, acknowledged: [session.progress.cursor + 3], inflight: [] };
      await bench.store.closeSession(session, progress);
      expect(await bench.store.readSession('c')).toMatchObject({ cleanSession: false, owner: null, subscriptions, progress });
    });

    it('a clean session leaves nothing, and a clean connect deletes a persistent one', async () => {
      await bench.offline('c', 'a');
      const clean = await bench.openSession('c', true);
      expect(clean).toMatchObject({ present: false, subscriptions: [] });
      await bench.store.subscribe(clean, [subscription('b')]);
      await bench.store.closeSession(clean, null);
      expect(await bench.openSession('c')).toMatchObject({ present: false, subscriptions: [] });
      await bench.append(message('a', '1'), message('b', '2'));
      expect(await bench.drain('c')).toEqual([]);
    });

    bench.durably('C1 the last connection wins: the old owner is told and fenced at every step', async () => {
      const other = await bench.connect();
      const recorder = await Recorder.follow(bench.store);
      const old = await bench.openSession('c', false, 'g1');
      await bench.store.subscribe(old, [subscription('a')]);
      const now = await bench.openSession('c', false, 'g2', other);
      expect(now).toMatchObject({ present: true, previousOwner: 'g1' });
      expect(now.epoch).toBeGreaterThan(old.epoch);

      const fenced = { name: 'FencedError' };
      const progress: SessionProgress = { cursor: 1, acknowledged: [], inflight: [] };
      await expect(bench.store.subscribe(old, [subscription('b')])).rejects.toMatchObject(fenced);
      await expect(bench.store.unsubscribe(old, ['a'])).rejects.toMatchObject(fenced);
      await expect(bench.store.readMissed(old, 0, await bench.store.lastId(), 10)).rejects.toMatchObject(fenced);
      expect(await bench.store.saveProgress([{ session: old, progress }, { session: now, progress: now.progress }])).toMatchObject([{ clientId: 'c', epoch: old.epoch }]);
      await bench.store.closeSession(old, progress);

      await until(() => recorder.notices.length > 0);
      expect(recorder.notices).toEqual([{ kind: 'takeover', clientId: 'c', epoch: now.epoch, gatewayId: 'g2' }]);
      await bench.publish('a', 'x');
      const missed = await missedAll(other, now, now.progress.cursor, await other.lastId());
      expect(missed.map((m) => m.payload)).toEqual(['x']);
      const third = await bench.openSession('c', false, 'g3', other);
      expect(third).toMatchObject({ previousOwner: 'g2', progress: now.progress });
      expect(third.subscriptions.map((s) => s.filter)).toEqual(['a']);
      await recorder.close();
    });

    bench.durably('C1 a clean session that was taken over ends without harm to its successor', async () => {
      const old = await bench.openSession('c', true);
      await bench.store.subscribe(old, [subscription('a')]);
      const now = await bench.openSession('c', false);
      expect(now).toMatchObject({ present: false, subscriptions: [] });
      await bench.store.subscribe(now, [subscription('b')]);
      await bench.store.closeSession(old, null);
      await bench.store.closeSession(now, null);
      await bench.publish('b', 'x');
      expect((await bench.drain('c')).map((m) => m.payload)).toEqual(['x']);
    });

    it('epochs grow over a deletion, so an old owner stays fenced', async () => {
      const old = await bench.openSession('c');
      await bench.store.deleteSession('c');
      await expect(bench.store.subscribe(old, [subscription('a')])).rejects.toMatchObject({ name: 'FencedError' });
      const now = await bench.openSession('c');
      expect(now.present).toBe(false);
      expect(now.epoch).toBeGreaterThan(old.epoch);
      await expect(bench.store.subscribe(old, [subscription('a')])).rejects.toMatchObject({ name: 'FencedError' });
    });

    bench.durably('saveProgress saves many sessions at once and skips the ones that are gone', async () => {
      const sessions = await Promise.all(Array.from({ length: 60 }, (_, i) => bench.openSession(`c${i}`)));
      await bench.store.deleteSession('c7');
      const progressOf = (i: number): SessionProgress => ({ cursor: 1000 + i, acknowledged: [2000 + i], inflight: [] });
      expect(await bench.store.saveProgress(sessions.map((session, i) => ({ session, progress: progressOf(i) })))).toMatchObject([{ clientId: 'c7', epoch: sessions[7]!.epoch }]);
      await Promise.all(sessions.map((s) => bench.store.closeSession(s, null)));
      expect((await bench.openSession('c59')).progress).toEqual(progressOf(59));
      expect((await bench.openSession('c7')).present).toBe(false);
    });

    bench.durably('client ids with any character stay apart', async () => {
      const names = ['a', 'a:b', 'a b', '__proto__', '#', '+/x', '{x}', 'ü☃', 'constructor', 'a*', '\\'];
      for (const [i, name] of names.entries()) await bench.offline(name, `t/${i}`);
      await bench.append(...names.map((_, i) => message(`t/${i}`, String(i))));
      for (const [i, name] of names.entries()) expect((await bench.drain(name)).map((m) => m.payload)).toEqual([String(i)]);
    });
  });

  describe('all sessions', () => {
    const all = async (limit: number): Promise<StoredSession[]> => {
      const found: StoredSession[] = [];
      for (let after: string | null = null, pages = 0; ; pages++) {
        const page = await bench.store.pageSessions(after, limit);
        found.push(...page.sessions);
        if (page.next === null) return found;
        expect(pages).toBeLessThan(1_000);
        after = page.next;
      }
    };

    it('are given page by page with what they hold, whoever has them', async () => {
      await Promise.all([bench.alive('g1'), bench.alive('g2')]);
      expect(await all(10)).toEqual([]);
      const session = await bench.openSession('温度@@@1', true, 'g2');
      await bench.subscribe(session, ['a/#', ['b', 2]]);
      for (let i = 0; i < 40; i++) await bench.openSession(`c${i}`, i % 2 === 0, i % 3 === 0 ? 'g1' : 'g2');
      const ids = ['温度@@@1', ...Array.from({ length: 40 }, (_, i) => `c${i}`)].sort();
      for (const limit of [1, 7, 1_000]) expect((await all(limit)).map(({ session: { clientId } }) => clientId).sort()).toEqual(ids);
      for (const each of await all(10)) expect(each).toEqual(await bench.store.readSession(each.session.clientId));
      for (let i = 0; i < 40; i++) await bench.store.deleteSession(`c${i}`);
      expect((await all(10)).map(({ session: { clientId } }) => clientId)).toEqual(['温度@@@1']);
    });

    bench.durably('T5 also those without a connection', async () => {
      await bench.alive('g1');
      await bench.openSession('online');
      for (let i = 0; i < 12; i++) await bench.offline(`away${i}`, 'a');
      for (const limit of [1, 5, 100]) {
        expect((await all(limit)).map(({ session: { clientId }, owner }) => `${clientId} ${owner}`).sort())
          .toEqual(['online g1', ...Array.from({ length: 12 }, (_, i) => `away${i} null`)].sort());
      }
    });
  });

  describe('expiry of sessions', () => {
    bench.durably('T5 only sessions without a connection expire, with all that they held', async () => {
      await bench.offline('gone', 'a', 'a/#');
      const held = await bench.openSession('held');
      await bench.store.subscribe(held, [subscription('a')]);
      await sleep(20);
      expect(await bench.store.expireSessions(3600)).toBe(0);
      expect(await bench.store.expireSessions(0)).toBe(1);
      expect(await bench.store.expireSessions(0)).toBe(0);
      expect((await bench.openSession('gone')).present).toBe(false);
      await bench.publish('a', 'x');
      await bench.store.closeSession(held, null);
      expect((await bench.drain('held')).map((m) => m.payload)).toEqual(['x']);
    });

    it('T5 a session that came back does not expire', async () => {
      await bench.offline('c', 'a');
      await bench.openSession('c');
      await sleep(20);
      expect(await bench.store.expireSessions(0)).toBe(0);
    });

    bench.durably('many expire in one call', async () => {
      for (let i = 0; i < 250; i++) await bench.store.closeSession(await bench.openSession(`c${i}`), null);
      await sleep(20);
      expect(await bench.store.expireSessions(0)).toBe(250);
    });
  });
}
