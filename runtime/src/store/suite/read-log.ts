import { describe, expect, it } from 'vitest';
import type { LogRange, MessageId, Store } from '../contract';
import { message, p2p, type Bench } from './bench';

/** Every page of a log: payloads in the order that they were given. */
async function all(store: Store, log: string, range: Partial<LogRange>, bound = { messages: 100, bytes: 2 ** 20 }): Promise<string[]> {
  const found: string[] = [];
  let { after = 0, before = null } = range;
  const { newestFirst = false } = range;
  for (;;) {
    const { messages, next } = await store.readLog(log, { after, before, newestFirst }, bound);
    expect(messages.length).toBeLessThanOrEqual(bound.messages);
    for (const each of messages) expect(each.log).toBe(log);
    found.push(...messages.map(({ payload }) => String(payload)));
    if (next === null) return found;
    if (newestFirst) before = next;
    else after = next;
  }
}

export function describeReadLog(bench: Bench): void {
  describe('the messages of a log', () => {
    it('T8 are read with their ids and properties, from either end, P2P ones included', async () => {
      const first = await bench.publish('a/b/c', 'one', { qos: 2, clientId: 'GID_x@@@1', cleanSession: false });
      await bench.publish('b', 'other');
      await bench.append(p2p('a', 'GID_x@@@2', 'two'));
      const page = await bench.store.readLog('a', { after: 0, before: null, newestFirst: false }, { messages: 10, bytes: 2 ** 20 });
      expect(page.next).toBeNull();
      expect(page.messages).toEqual([
        { id: first, log: 'a', topic: 'a/b/c', payload: Buffer.from('one'), qos: 2, clientId: 'GID_x@@@1', cleanSession: false },
        expect.objectContaining({ log: 'a', topic: 'a/p2p/GID_x@@@2', payload: Buffer.from('two') }),
      ]);
      expect(await all(bench.store, 'a', { newestFirst: true })).toEqual(['two', 'one']);
      expect(await all(bench.store, 'none', {})).toEqual([]);
      expect(await all(bench.store, 'none', { newestFirst: true })).toEqual([]);
    });

    it('lie between two ids, both excluded, whatever the size of a page', async () => {
      const ids: MessageId[] = [];
      for (let round = 0; round < 10; round++) {
        const results = await bench.append(...Array.from({ length: 40 }, (_, i) => message(i % 4 === 0 ? 'a' : 'b', `${round * 40 + i}`)));
        results.forEach((result, i) => { if (i % 4 === 0 && result.ok) ids.push(result.id); });
      }
      const payloads = Array.from({ length: 100 }, (_, i) => String(i * 4));
      for (const messages of [1, 7, 33, 100, 1_000]) {
        const bound = { messages, bytes: 2 ** 20 };
        expect(await all(bench.store, 'a', {}, bound)).toEqual(payloads);
        expect(await all(bench.store, 'a', { newestFirst: true }, bound)).toEqual([...payloads].reverse());
        expect(await all(bench.store, 'a', { after: ids[9]!, before: ids[20]! }, bound)).toEqual(payloads.slice(10, 20));
        expect(await all(bench.store, 'a', { after: ids[9]!, before: ids[20]!, newestFirst: true }, bound)).toEqual(payloads.slice(10, 20).reverse());
      }
      expect(await all(bench.store, 'a', { after: ids.at(-1)! })).toEqual([]);
      expect(await all(bench.store, 'a', { before: ids[0]!, newestFirst: true })).toEqual([]);
    });

    it('a page is bounded by bytes, and a large message still comes', async () => {
      for (let i = 0; i < 20; i++) await bench.publish('a', `${i}`.padEnd(10_000, '.'));
      const page = await bench.store.readLog('a', { after: 0, before: null, newestFirst: false }, { messages: 100, bytes: 1 });
      expect(page.messages.length).toBeLessThan(20);
      expect(page.messages.length).toBeGreaterThan(0);
      expect((await all(bench.store, 'a', {}, { messages: 100, bytes: 25_000 })).map((payload) => parseInt(payload, 10))).toEqual(Array.from({ length: 20 }, (_, i) => i));
    });
  });
}
