import { describe, expect, it } from 'vitest';
import { idOf, message, missedAll, subscription, type Bench } from './bench';

export function describeMissed(bench: Bench): void {
  describe('subscriptions and what a session missed', () => {
    bench.durably('T5 an offline session gets what its filters match, in order', async () => {
      await bench.offline('c', 'a/+/x', 'b', 'd/#');
      await bench.append(
        message('a/1/x', '1'), message('a/1/y', 'no'), message('b', '2'), message('b/deeper', 'no'),
        message('d', '3'), message('d/e/f', '4'), message('a/2/x', '5', { qos: 2 }), message('a/3/x', 'no', { qos: 0 }));
      expect((await bench.drain('c')).map((m) => [m.payload, m.qos])).toEqual([['1', 1], ['2', 1], ['3', 1], ['4', 1], ['5', 1]]);
    });

    bench.durably('T5 overlapping filters deliver once, at the highest granted QoS', async () => {
      await bench.offline('c', ['a/#', 1], ['a/b', 2], ['a/+', 1], ['#', 0]);
      await bench.append(message('a/b', 'both', { qos: 2 }), message('a/c', 'wild', { qos: 2 }), message('a/b', 'lower', { qos: 1 }));
      expect((await bench.drain('c')).map((m) => [m.payload, m.qos])).toEqual([['both', 2], ['wild', 1], ['lower', 1]]);
    });

    it('T5 a subscription of QoS 0 stores nothing', async () => {
      await bench.offline('c', ['a', 0], ['a/#', 0]);
      await bench.publish('a', 'x');
      expect(await bench.drain('c')).toEqual([]);
    });

    it('each subscription begins at its own `since`; a renewed one keeps it', async () => {
      await bench.offline('other', 'a', 'b', 'a/#'); // keeps the indexes alive from the start
      const session = await bench.openSession('c');
      const first = await bench.publish('a', 'a1');
      const [a] = await bench.subscribe(session, ['a']);
      expect(a!.since).toBeGreaterThanOrEqual(first);
      await bench.append(message('b', 'b1'), message('a', 'a2'));
      await bench.store.subscribe(session, [subscription('b')]);
      const [renewed] = await bench.subscribe(session, [['a', 2]]);
      expect(renewed).toMatchObject({ since: a!.since, qos: 2 });
      await bench.append(message('b', 'b2'), message('a', 'a3', { qos: 2 }));
      const all = await missedAll(bench.store, session, session.progress.cursor, await bench.store.lastId());
      expect(all.map((m) => [m.payload, m.qos])).toEqual([['a2', 1], ['b2', 1], ['a3', 2]]);
    });

    it('a subscription that rises from QoS 0 is stored from then on; one that falls to 0 no longer', async () => {
      const session = await bench.openSession('c');
      await bench.store.subscribe(session, [['a', 0] as const, ['b/#', 1] as const].map(subscription));
      await bench.append(message('a', 'no'), message('b', 'b1'));
      await bench.store.subscribe(session, [['a', 1] as const, ['b/#', 0] as const].map(subscription));
      await bench.append(message('a', 'a2'), message('b', 'no'));
      const all = await missedAll(bench.store, session, session.progress.cursor, await bench.store.lastId());
      expect(all.map((m) => m.payload)).toEqual(['a2']);
    });

    it('a filter named twice in one request counts once, the last one wins', async () => {
      const session = await bench.openSession('c');
      await bench.store.subscribe(session, [['a/#', 1] as const, ['a/#', 2] as const].map(subscription));
      await bench.publish('a/x', '1', { qos: 2 });
      expect((await missedAll(bench.store, session, 0, await bench.store.lastId())).map((m) => m.qos)).toEqual([2]);
      await bench.store.unsubscribe(session, ['a/#']);
      await bench.publish('a/x', '2', { qos: 2 });
      await bench.store.subscribe(session, [subscription('a/#')]);
      await bench.store.closeSession(session, null);
      expect((await bench.drain('c')).map((m) => m.payload)).toEqual([]);
    });

    it.each(['a', 'a/#'])('unsubscribe from %s releases the index: a later subscriber gets nothing old', async (filter) => {
      const session = await bench.openSession('c');
      await bench.store.subscribe(session, [subscription(filter)]);
      await bench.publish('a', '1');
      await bench.store.unsubscribe(session, [filter, 'never/held']);
      await bench.publish('a', '2');
      await bench.store.subscribe(session, [subscription(filter)]);
      await bench.publish('a', '3');
      const all = await missedAll(bench.store, session, session.progress.cursor, await bench.store.lastId());
      expect(all.map((m) => m.payload)).toEqual(['3']);
    });

    bench.durably.each(['a', 'a/+'])('the index of %s stays while one of two holders stays', async (filter) => {
      await bench.offline('one', filter);
      await bench.offline('two', filter);
      await bench.publish(filter.replace('+', 'x'), '1');
      await bench.store.deleteSession('one');
      await bench.publish(filter.replace('+', 'x'), '2');
      expect((await bench.drain('two')).map((m) => m.payload)).toEqual(['1', '2']);
    });

    it('a wildcard registered through another gateway counts for the next message', async () => {
      const other = await bench.connect();
      for (let i = 0; i < 150; i++) {
        const session = await bench.openSession(`c${i}`, false, 'g2', other);
        await other.subscribe(session, [subscription(`a/+/${i}`)]);
        const id = await bench.publish(`a/x/${i}`, String(i));
        const page = await other.readMissed(session, session.progress.cursor, id, 10);
        expect(page.messages.map((m) => m.message.id)).toEqual([id]);
      }
    });

    it('a burst of new wildcards between two batches of a gateway is not missed', async () => {
      await bench.publish('a/x', 'warm');
      const other = await bench.connect();
      const session = await bench.openSession('c', false, 'g2', other);
      const filters = Array.from({ length: 200 }, (_, i) => `a/+/${i}`);
      await other.subscribe(session, filters.map(subscription));
      await other.unsubscribe(session, filters.slice(0, 100));
      const id = await bench.publish('a/x/150', 'hit');
      await bench.publish('a/x/50', 'miss');
      const page = await other.readMissed(session, session.progress.cursor, await other.lastId(), 10);
      expect(page.messages.map((m) => m.message.id)).toEqual([id]);
      expect(page.complete).toBe(true);
    });

    it('[MQTT-4.7.2-1] a leading wildcard does not match topics that begin with $', async () => {
      const session = await bench.openSession('c');
      await bench.store.subscribe(session, ['#', '+/x', '$a/#'].map((filter) => ({ filter, log: '$open', qos: 1 as const })));
      await bench.append(message('$a/x', 'dollar', { log: '$open' }), message('b/x', 'plain', { log: '$open' }));
      const all = await missedAll(bench.store, session, 0, await bench.store.lastId());
      expect(all.map((m) => m.payload)).toEqual(['dollar', 'plain']);
      await bench.store.unsubscribe(session, ['$a/#']);
      const id = await bench.publish('$a/x', 'dollar', { log: '$open' });
      expect((await missedAll(bench.store, session, id - 1, id))).toEqual([]);
    });

    bench.durably('`after` and `upTo` bound the page, `complete` tells the end', async () => {
      await bench.offline('c', 'a', 'a/#');
      const ids = (await bench.append(...Array.from({ length: 10 }, (_, i) => message('a', String(i))))).map(idOf);
      const session = await bench.openSession('c');
      const page = await bench.store.readMissed(session, ids[2]!, ids[7]!, 3);
      expect(page.messages.map((m) => m.message.id)).toEqual(ids.slice(3, 6));
      expect(page).toMatchObject({ next: ids[5], complete: false });
      const rest = await bench.store.readMissed(session, page.next, ids[7]!, 3);
      expect(rest.messages.map((m) => m.message.id)).toEqual(ids.slice(6, 8));
      expect(rest).toMatchObject({ complete: true });
      expect(await bench.store.readMissed(session, ids[9]!, ids[9]!, 3)).toMatchObject({ messages: [], complete: true });
    });

    bench.durably('T3 T5 pages of messages that lie dense, far apart, in two logs and with removed ones between come whole and in order', async () => {
      await bench.offline('c', 'a/mine', 'b/#');
      const expected: string[] = [];
      const publish = async (count: number, own: (i: number) => 'a' | 'b' | null, mark: string): Promise<void> => {
        const requests = Array.from({ length: count }, (_, i) => {
          const log = own(i);
          if (log !== null) expected.push(`${mark}${i}`);
          return log === 'b' ? message('b/x', `${mark}${i}`) : message(log === 'a' ? 'a/mine' : 'a/other', `${mark}${i}`);
        });
        for (const result of await bench.append(...requests)) expect(result.ok).toBe(true);
      };
      await publish(60, () => 'a', 'dense ');
      await publish(60, (i) => (i % 2 === 0 ? 'a' : 'b'), 'two logs ');
      await publish(400, (i) => (i % 20 === 0 ? 'a' : null), 'far apart ');
      await publish(60, (i) => (i % 3 === 0 ? null : 'a'), 'mostly ');
      expect((await bench.drain('c', 10)).map(({ payload }) => payload)).toEqual(expected);
      expect((await bench.drain('c', 64)).map(({ payload }) => payload)).toEqual(expected);
      await bench.store.deleteLog('b');
      expect((await bench.drain('c', 10)).map(({ payload }) => payload)).toEqual(expected.filter((mark) => !/^two logs \d*[13579]$/.test(mark)));
    });

    bench.durably('T5 10 messages of a session are found in a log of 20,000', async () => {
      await bench.offline('c', 'a/mine', 'a/+/mine');
      await bench.offline('busy', 'a/#');
      const expected: number[] = [];
      for (let batch = 0; batch < 40; batch++) {
        const requests = Array.from({ length: 500 }, (_, i) => message(i === 250 && batch % 4 === 0 ? 'a/mine' : `a/${i}`, 'x'));
        const ids = (await bench.append(...requests)).map(idOf);
        if (batch % 4 === 0) expected.push(ids[250]!);
      }
      expect((await bench.drain('c')).map((m) => m.id)).toEqual(expected);
      expect(await bench.drain('busy', 1000)).toHaveLength(20_000);
    });
  });
}
