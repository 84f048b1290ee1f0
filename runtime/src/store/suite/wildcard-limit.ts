import { describe, expect, it } from 'vitest';
import type { QoS, SessionKey, Store } from '../contract';
import { logOf, sleep, subscription, until, type Bench } from './bench';

const LIMIT = 5;

export function describeWildcardLimit(bench: Bench): void {
  describe('L4 wildcard filters of a log', () => {
    /** Which were granted. */
    async function subscribe(session: SessionKey, filters: readonly string[], qos: QoS = 1, store: Store = bench.store): Promise<boolean[]> {
      const asked = filters.map((filter) => ({ filter, qos, log: logOf(filter.replace(/^\$share\/[^/]+\//, '')), wildcardLimit: LIMIT }));
      return (await store.subscribe(session, asked)).map((result) => typeof result !== 'string');
    }

    /** How many more filters fit, by taking and giving back all that do. */
    async function room(log = 'a'): Promise<number> {
      const probe = await bench.openSession('probe', true);
      const granted = await subscribe(probe, Array.from({ length: LIMIT + 1 }, (_, i) => `${log}/probe/${i}/#`));
      await bench.store.closeSession(probe, null);
      return granted.filter(Boolean).length;
    }

    const filters = (count: number, name = 'x'): string[] => Array.from({ length: count }, (_, i) => `a/${name}${i}/+`);

    it('are counted over all sessions and stores, whatever their QoS; the next one is refused and the rest of the call is not', async () => {
      const other = await bench.connect();
      expect(await subscribe(await bench.openSession('clean', true), ['a/1/#', 'a/2/#'], 0)).toEqual([true, true]);
      expect(await subscribe(await bench.openSession('kept', false, 'g2', other), ['a/3/#', 'a/4/#'], 2, other)).toEqual([true, true]);
      const late = await bench.openSession('late', false, 'g2', other);
      expect(await subscribe(late, ['a/5/+', 'a/6/+', 'a/exact', 'b/+', 'a/1/#'], 1, other)).toEqual([true, false, true, true, true]);
      expect(await room()).toBe(0);
      expect(await room('b')).toBe(LIMIT - 1);
    });

    it('a share is one of its own, an exact one is none', async () => {
      const session = await bench.openSession('c');
      expect(await subscribe(session, ['a/#', '$share/s/a/#', '$share/t/a/#', '$share/s/a/exact'])).toEqual([true, true, true, true]);
      expect(await room()).toBe(LIMIT - 3);
    });

    it('are not bounded where no bound is named, and count all the same', async () => {
      const session = await bench.openSession('c');
      const results = await bench.store.subscribe(session, filters(LIMIT + 2).map(subscription));
      expect(results.every((result) => typeof result !== 'string')).toBe(true);
      expect(await room()).toBe(0);
      await bench.store.unsubscribe(session, filters(3));
      expect(await room()).toBe(1);
    });

    it('a renewed one counts once; one that was refused leaves nothing', async () => {
      const session = await bench.openSession('c');
      for (const qos of [1, 0, 2] as const) expect(await subscribe(session, filters(LIMIT), qos)).not.toContain(false);
      expect(await subscribe(session, ['a/refused/#'])).toEqual([false]);
      await bench.store.unsubscribe(session, ['a/refused/#', 'a/never/#']);
      expect(await room()).toBe(0);
      await bench.publish('a/refused/x', 'x');
      await bench.store.unsubscribe(session, filters(1));
      expect(await room()).toBe(1);
    });

    it('count until their last holder leaves', async () => {
      const [one, two] = [await bench.openSession('one', true), await bench.openSession('two')];
      await subscribe(one, filters(2));
      await subscribe(two, filters(2));
      await bench.store.unsubscribe(two, filters(2));
      expect(await room()).toBe(LIMIT - 2);
      await bench.store.closeSession(one, null);
      expect(await room()).toBe(LIMIT);
    });

    it('go with a clean session that is closed, taken over, or deleted', async () => {
      const closed = await bench.openSession('closed', true);
      await subscribe(closed, filters(LIMIT));
      await bench.store.closeSession(closed, null);
      expect(await room()).toBe(LIMIT);
      await subscribe(await bench.openSession('taken', true, 'g1'), filters(LIMIT));
      const taker = await bench.openSession('taken', true, 'g2');
      expect(await room()).toBe(LIMIT);
      await subscribe(taker, filters(LIMIT));
      await bench.store.deleteSession('taken');
      expect(await room()).toBe(LIMIT);
    });

    it('go with a clean session whose gateway died', async () => {
      await bench.alive('dead', 0.1);
      await subscribe(await bench.openSession('c', true, 'dead'), filters(LIMIT));
      expect(await room()).toBe(0);
      await until(async () => (await bench.store.deadSessions(10)).length > 0);
      for (const { session } of await bench.store.deadSessions(10)) expect(await bench.store.endDeadSession(session)).toBe(true);
      expect(await room()).toBe(LIMIT);
    });

    bench.durably('stay with a session that is away, and go when it expires or begins anew', async () => {
      for (const name of ['expires', 'renewed']) {
        const session = await bench.openSession(name);
        await subscribe(session, filters(2, name));
        await bench.store.closeSession(session, null);
      }
      expect(await room()).toBe(LIMIT - 4);
      await bench.openSession('renewed', true);
      expect(await room()).toBe(LIMIT - 2);
      await sleep(20);
      expect(await bench.store.expireSessions(0)).toBe(1);
      expect(await room()).toBe(LIMIT);
    });

    bench.durably('a session that comes back holds what it held, and no more', async () => {
      const session = await bench.openSession('c');
      await subscribe(session, filters(LIMIT));
      await bench.store.closeSession(session, null);
      const back = await bench.openSession('c');
      expect(await subscribe(back, [...filters(LIMIT), 'a/more/#'])).toEqual([...filters(LIMIT).map(() => true), false]);
      await bench.store.unsubscribe(back, filters(LIMIT));
      expect(await room()).toBe(LIMIT);
    });

    it('never pass the bound, whoever asks at the same moment', async () => {
      const stores = [bench.store, await bench.connect(), await bench.connect()];
      const granted = await Promise.all(Array.from({ length: 30 }, async (_, i) => {
        const store = stores[i % stores.length]!;
        return subscribe(await bench.openSession(`c${i}`, i % 2 === 0, 'g1', store), [`a/${i}/#`], 1, store);
      }));
      expect(granted.flat().filter(Boolean)).toHaveLength(LIMIT);
      expect(await room()).toBe(0);
    });
  });
}
