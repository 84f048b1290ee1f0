import { describe, expect, it } from 'vitest';
import type { OpenedSession, SessionKey, Store } from '../contract';
import { subscription, until, type Bench } from './bench';

const LIMIT = 5;

export function describeCeilings(bench: Bench): void {
  describe('E5 connections', () => {
    const open = async (clientId: string, { clean = true, gatewayId = 'g1', store = bench.store, limit = LIMIT } = {}): Promise<OpenedSession & SessionKey> =>
      ({ ...await store.openSession({ clientId, cleanSession: clean, gatewayId, connectionLimit: limit }), clientId });
    const fill = (count: number, gatewayId = 'full'): Promise<SessionKey[]> => Promise.all(Array.from({ length: count }, (_, i) => open(`${gatewayId}-${i}`, { gatewayId, clean: i % 2 === 0 })));
    const refused = (opening: Promise<unknown>): Promise<void> => expect(opening).rejects.toMatchObject({ name: 'ConnectionsCeilingError' });

    /** How many more may connect, by taking and giving back all places that are free. */
    async function room(): Promise<number> {
      const taken: SessionKey[] = [];
      await open('probe-0').then(async function next(session): Promise<void> {
        taken.push(session);
        await open(`probe-${taken.length}`).then(next);
      }).catch((error: Error) => expect(error.name).toBe('ConnectionsCeilingError'));
      for (const session of taken) await bench.store.closeSession(session, null);
      return taken.length;
    }

    it('are counted over all gateways and stores, whatever their session; the next one is refused and leaves nothing', async () => {
      const other = await bench.connect();
      await fill(3, 'g1');
      for (const [i, clean] of [true, false].entries()) await open(`other-${i}`, { gatewayId: 'g2', store: other, clean });
      await refused(open('late', { gatewayId: 'g2', store: other }));
      await refused(open('late', { clean: false }));
      expect(await bench.store.readSession('late')).toBeNull();
      await open('late', { limit: LIMIT + 1 });
    });

    it('are not bounded where no bound is named, and count all the same', async () => {
      for (let i = 0; i < LIMIT + 1; i++) await bench.openSession(`c${i}`, true);
      await refused(open('late'));
      await open('late', { limit: LIMIT + 2 });
    });

    it('a client that has a place takes no second one, on this gateway or another, whatever its session', async () => {
      await fill(LIMIT);
      for (const clean of [false, true, true, false]) await open('full-0', { gatewayId: clean ? 'g1' : 'g2', clean });
      await refused(open('late'));
      await bench.store.closeSession(await open('full-0', { gatewayId: 'g3' }), null);
      expect(await room()).toBe(1);
    });

    it('give their place back when they end, are deleted, or leave their session', async () => {
      const [clean, kept, deleted] = await fill(LIMIT);
      for (const [i, give] of [() => bench.store.closeSession(clean!, null), () => bench.store.closeSession(kept!, null), () => bench.store.deleteSession(deleted!.clientId)].entries()) {
        await give();
        await give(); // again: it has none any more
        expect(await room()).toBe(i + 1);
      }
    });

    bench.durably('one that comes back to its session takes a place like any other', async () => {
      const back = await open('back', { clean: false });
      await bench.store.closeSession(back, null);
      const [first] = await fill(LIMIT);
      await refused(open('back', { clean: false }));
      expect(await bench.store.readSession('back')).toMatchObject({ owner: null, session: { epoch: back.epoch } });
      await bench.store.closeSession(first!, null);
      expect(await open('back', { clean: false })).toMatchObject({ present: true });
    });

    it('a session that was taken over takes its place along: its old owner gives none back', async () => {
      const [first] = await fill(LIMIT);
      await open(first!.clientId, { gatewayId: 'g2' });
      await bench.store.closeSession(first!, null);
      expect(await room()).toBe(0);
    });

    it('T6 those of a gateway that died keep their places until they are ended', async () => {
      await bench.alive('dead', 0.1);
      await fill(LIMIT, 'dead');
      await until(async () => (await bench.store.deadSessions(100)).length === LIMIT);
      await refused(open('late'));
      await open('dead-0'); // its own place
      for (const { session } of await bench.store.deadSessions(100)) await bench.store.endDeadSession(session);
      expect(await room()).toBe(LIMIT - 1);
    });

    it('never pass the bound, whoever comes at the same moment', async () => {
      const stores = [bench.store, await bench.connect(), await bench.connect()];
      const opened = await Promise.allSettled(Array.from({ length: 60 }, (_, i) => open(`c${i}`, { gatewayId: `g${i % 3}`, store: stores[i % 3]!, clean: i % 2 === 0 })));
      expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(LIMIT);
      expect(await room()).toBe(0);
    });
  });

  describe('E5 subscriptions', () => {
    /** Which were granted. */
    async function subscribe(session: SessionKey, filters: readonly string[], store: Store = bench.store): Promise<boolean[]> {
      const results = await store.subscribe(session, filters.map(subscription), LIMIT);
      for (const result of results) if (typeof result === 'string') expect(result).toBe('subscriptions-ceiling');
      return results.map((result) => typeof result !== 'string');
    }

    async function room(): Promise<number> {
      const probe = await bench.openSession('probe', true);
      const granted = await subscribe(probe, Array.from({ length: LIMIT + 1 }, (_, i) => `probe/${i}`));
      await bench.store.closeSession(probe, null);
      return granted.filter(Boolean).length;
    }

    const filters = (count: number): string[] => ['a/exact', 'a/+', '$share/s/a/exact', 'b', 'c/#'].slice(0, count);

    it('are counted over all sessions and stores; the next one is refused, one that is replaced is not', async () => {
      const other = await bench.connect();
      expect(await subscribe(await bench.openSession('one', true), filters(3))).toEqual([true, true, true]);
      const two = await bench.openSession('two', false, 'g2', other);
      expect(await subscribe(two, ['a/exact', 'x', 'late', 'x', '$share/s/late'], other)).toEqual([true, true, false, true, false]);
      expect(await subscribe(two, ['late/+'], other)).toEqual([false]);
      expect((await bench.store.readSession('two'))!.subscriptions.map(({ filter }) => filter).sort()).toEqual(['a/exact', 'x']);
      expect(await room()).toBe(0);
    });

    it('are not bounded where no bound is named, and count all the same', async () => {
      const session = await bench.openSession('c');
      await bench.subscribe(session, [...filters(LIMIT), 'more']);
      expect(await room()).toBe(0);
      await bench.store.unsubscribe(session, ['more', 'more', 'never', 'b']);
      expect(await room()).toBe(1);
    });

    it('one that another limit refuses takes no place', async () => {
      const session = await bench.openSession('c');
      const asked = ['a/1/#', 'a/2/#', 'a/3/#'].map((filter) => ({ ...subscription(filter), wildcardLimit: 1 }));
      expect((await bench.store.subscribe(session, asked, LIMIT)).map((result) => (typeof result === 'string' ? result : 'granted'))).toEqual(['granted', 'wildcards-exceeded', 'wildcards-exceeded']);
      expect(await room()).toBe(LIMIT - 1);
    });

    it('go with a clean session that is closed, taken over, deleted, or whose gateway died', async () => {
      await bench.alive('dead', 0.1);
      const take = async (name: string, gatewayId = 'g1'): Promise<SessionKey> => {
        const session = await bench.openSession(name, true, gatewayId);
        expect(await subscribe(session, filters(LIMIT))).not.toContain(false);
        return session;
      };
      await bench.store.closeSession(await take('closed'), null);
      expect(await room()).toBe(LIMIT);
      await take('taken');
      await bench.openSession('taken', true, 'g2');
      expect(await room()).toBe(LIMIT);
      await take('deleted');
      await bench.store.deleteSession('deleted');
      expect(await room()).toBe(LIMIT);
      await take('died', 'dead');
      await until(async () => (await bench.store.deadSessions(10)).length > 0);
      for (const { session } of await bench.store.deadSessions(10)) await bench.store.endDeadSession(session);
      expect(await room()).toBe(LIMIT);
    });

    bench.durably('L4 stay with a session that is away, come back with it, and go when it begins anew or expires', async () => {
      for (const name of ['expires', 'renewed']) {
        const session = await bench.openSession(name);
        await subscribe(session, [name, `${name}/+`]);
        await bench.store.closeSession(session, null);
      }
      expect(await room()).toBe(LIMIT - 4);
      const back = await bench.openSession('expires');
      expect(back.subscriptions).toHaveLength(2);
      await bench.store.closeSession(back, null);
      expect(await room()).toBe(LIMIT - 4);
      await bench.openSession('renewed', true);
      expect(await room()).toBe(LIMIT - 2);
      await until(async () => await bench.store.expireSessions(0) === 1);
      expect(await room()).toBe(LIMIT);
    });

    it('never pass the bound, whoever asks at the same moment', async () => {
      const stores = [bench.store, await bench.connect(), await bench.connect()];
      const granted = await Promise.all(Array.from({ length: 30 }, async (_, i) => {
        const store = stores[i % 3]!;
        return subscribe(await bench.openSession(`c${i}`, i % 2 === 0, `g${i % 3}`, store), [`a/${i}`, `a/${i}/+`], store);
      }));
      expect(granted.flat().filter(Boolean)).toHaveLength(LIMIT);
      expect(await room()).toBe(0);
    });
  });
}
