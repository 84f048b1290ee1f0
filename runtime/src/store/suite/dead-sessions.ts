import { describe, expect, it } from 'vitest';
import type { SessionProgress } from '../contract';
import { message, subscription, until, type Bench } from './bench';
import { fire, openWithWill } from './wills';

export function describeDeadSessions(bench: Bench): void {
  describe('sessions of gateways that died', () => {
    /** All dead sessions, once the short lease has run out. */
    async function dead(count: number, limit = 100) {
      await until(async () => (await bench.store.deadSessions(limit)).length >= count);
      return [...(await bench.store.deadSessions(limit))].sort((a, b) => a.session.clientId.localeCompare(b.session.clientId));
    }

    it('T6 B5 are told, those of living gateways are not', async () => {
      await bench.alive('dead', 0.2);
      await bench.alive('alive');
      const clean = await bench.openSession('clean', true, 'dead');
      const willed = await openWithWill(bench.store, 'willed', 'dead');
      await bench.openSession('elsewhere', false, 'dead');
      await bench.openSession('elsewhere', false, 'alive');
      const ended = await bench.openSession('ended', false, 'dead');
      await bench.store.closeSession(ended, null);
      expect(await bench.store.deadSessions(100)).toEqual([]);
      expect(await dead(2)).toEqual([
        { session: { clientId: 'clean', epoch: clean.epoch }, cleanSession: true },
        { session: { clientId: 'willed', epoch: willed.epoch }, cleanSession: false },
      ]);
    });

    it('T6 are ended one by one; a page is bounded, and the next one goes on', async () => {
      await bench.alive('dead', 0.1);
      for (let i = 0; i < 25; i++) await bench.openSession(`c${i}`, i % 2 === 0, 'dead');
      let ended = 0;
      await until(async () => (await bench.store.deadSessions(10)).length > 0);
      for (;;) {
        const page = await bench.store.deadSessions(10);
        if (page.length === 0) break;
        expect(page.length).toBeLessThanOrEqual(10);
        for (const { session } of page) if (await bench.store.endDeadSession(session)) ended++;
      }
      expect(ended).toBe(25);
    });

    bench.durably('T5 a persistent one keeps subscriptions and progress, loses its owner, and its old owner is fenced', async () => {
      await bench.alive('dead', 0.1);
      const session = await bench.openSession('c', false, 'dead');
      await bench.store.subscribe(session, [subscription('a')]);
      const progress: SessionProgress = { cursor: session.progress.cursor + 3, acknowledged: [session.progress.cursor + 9], inflight: [] };
      await bench.store.saveProgress([{ session, progress }]);
      const [found] = await dead(1);
      expect(await bench.store.endDeadSession(found!.session)).toBe(true);
      expect(await bench.store.endDeadSession(found!.session)).toBe(false);
      expect(await bench.store.deadSessions(100)).toEqual([]);
      await expect(bench.store.subscribe(session, [subscription('b')])).rejects.toMatchObject({ name: 'FencedError' });
      expect(await bench.append(message('a', 'x', { clientId: 'c', epoch: session.epoch }))).toMatchObject([{ ok: false, reason: 'fenced' }]);
      expect(await bench.openSession('c')).toMatchObject({ present: true, previousOwner: null, progress, subscriptions: [{ filter: 'a' }] });
    });

    it('T5 a clean one goes with all that it held', async () => {
      await bench.alive('dead', 0.1);
      const session = await bench.openSession('c', true, 'dead');
      await bench.store.subscribe(session, [subscription('$share/s/a')]);
      const [found] = await dead(1);
      expect(await bench.store.endDeadSession(found!.session)).toBe(true);
      await expect(bench.store.subscribe(session, [])).rejects.toMatchObject({ name: 'FencedError' });
      await bench.publish('a', 'x');
      expect(await bench.store.claimShared({ log: 'a', name: 's', filter: 'a' }, 'g1', 10)).toEqual([]);
      expect(await bench.openSession('c')).toMatchObject({ present: false, previousOwner: null, subscriptions: [] });
    });

    bench.durably('T5 expiry leaves them alone until they are ended; then their retention runs', async () => {
      await bench.alive('dead', 0.1);
      await openWithWill(bench.store, 'c', 'dead');
      const [found] = await dead(1);
      expect(await bench.store.expireSessions(0)).toBe(0);
      expect(await bench.store.deadSessions(100)).toHaveLength(1);
      await bench.store.endDeadSession(found!.session);
      expect(await bench.store.expireSessions(3600)).toBe(0);
      await until(async () => (await bench.store.expireSessions(0)) === 1);
      expect((await bench.openSession('c')).present).toBe(false);
    });

    it('an owner that was only asleep keeps its sessions when it wakes up in time', async () => {
      await bench.alive('sleeper', 0.1);
      const session = await openWithWill(bench.store, 'c', 'sleeper');
      const [found] = await dead(1);
      await bench.alive('sleeper');
      expect(await bench.store.deadSessions(100)).toEqual([]);
      expect(await bench.store.endDeadSession(found!.session)).toBe(false);
      expect(await bench.store.owedWills(10)).toEqual([]); // found dead a moment ago: its will is its own again
      await bench.store.subscribe(session, [subscription('a')]);
      expect((await bench.append(fire(session)))[0]!.ok).toBe(true);
    });

    it('C1 a client that came back elsewhere is not ended, and brings the will of the dead connection', async () => {
      await bench.alive('dead', 0.1);
      await bench.alive('alive');
      const old = await openWithWill(bench.store, 'c', 'dead');
      const [found] = await dead(1);
      const now = await bench.openSession('c', false, 'alive');
      expect(now).toMatchObject({ previousOwner: 'dead', previousWill: { session: { clientId: 'c', epoch: old.epoch }, will: { topic: 'a/will' } } });
      expect(await bench.store.endDeadSession(found!.session)).toBe(false);
      expect(await bench.store.owedWills(10)).toMatchObject([{ session: { epoch: old.epoch } }]); // once, and not by the reaper too
      await bench.store.subscribe(now, [subscription('a')]);
    });

    bench.durably('T6 two reapers at once fire each will once and end each session once', async () => {
      await bench.offline('sub', 'a/#');
      await bench.alive('dead', 0.1);
      for (let i = 0; i < 10; i++) await openWithWill(bench.store, `c${i}`, 'dead');
      await dead(10);
      const other = await bench.connect();
      const reap = async (store: typeof other, gatewayId: string) => {
        let fired = 0, ended = 0, batch = 0;
        for (const { session } of await store.deadSessions(100)) if (await store.endDeadSession(session)) ended++;
        await until(async () => (await store.deadSessions(1)).length === 0);
        for (const { session, will } of await store.owedWills(100)) {
          const [result] = await store.append(gatewayId, ++batch, [fire(session, will)]);
          if (result!.ok) fired++;
        }
        return [fired, ended] as const;
      };
      const [one, two] = await Promise.all([reap(bench.store, 'r1'), reap(other, 'r2')]);
      expect([one[0] + two[0], one[1] + two[1]]).toEqual([10, 10]);
      expect(await bench.drain('sub')).toHaveLength(10);
    });

    it('T6 a gateway that is removed with sessions open leaves them as dead ones', async () => {
      await bench.alive('gone');
      await openWithWill(bench.store, 'c', 'gone');
      await bench.store.removeGateway('gone');
      const found = await dead(1);
      expect(found).toMatchObject([{ session: { clientId: 'c' } }]);
      expect(await bench.store.endDeadSession(found[0]!.session)).toBe(true);
      expect(await bench.store.owedWills(10)).toMatchObject([{ session: found[0]!.session, will: { topic: 'a/will' } }]);
    });
  });
}
