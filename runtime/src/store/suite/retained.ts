import { describe, expect, it } from 'vitest';
import type { RetainedPage } from '../contract';
import { message, p2p, retainedOf, type Bench } from './bench';

export function describeRetained(bench: Bench): void {
  describe('T6 retained messages', () => {
    const retain = (topic: string, payload: string, more = {}) => bench.publish(topic, payload, { retain: true, ...more });
    const read = async (filter: string, page?: { messages: number; bytes: number }) =>
      (await retainedOf(bench.store, filter, page)).map((m) => `${m.topic}=${m.payload}`).sort();

    it('the newest per topic is kept with its id and properties; a plain message changes nothing', async () => {
      await retain('a/x', 'old');
      const id = await retain('a/x', 'new', { qos: 2, clientId: 'c', cleanSession: false });
      await bench.publish('a/x', 'plain');
      expect(await retainedOf(bench.store, 'a/x'))
        .toEqual([{ id, log: 'a', topic: 'a/x', payload: Buffer.from('new'), qos: 2, clientId: 'c', cleanSession: false }]);
    });

    it('an empty payload deletes it', async () => {
      await retain('a/x', 'x');
      await retain('a/x', '');
      expect(await read('a/x')).toEqual([]);
      expect(await read('#')).toEqual([]);
    });

    it('is found by any filter that matches, and by no other', async () => {
      for (const topic of ['a', 'a/b', 'a/b/c', 'a/z', 'ab', '/a', 'b', '$s/x']) await retain(topic, 'x', { log: '$open' });
      expect(await read('a')).toEqual(['a=x']);
      expect(await read('a/#')).toEqual(['a/b/c=x', 'a/b=x', 'a/z=x', 'a=x']);
      expect(await read('a/+')).toEqual(['a/b=x', 'a/z=x']);
      expect(await read('+/b/#')).toEqual(['a/b/c=x', 'a/b=x']);
      expect(await read('#')).toEqual(['/a=x', 'a/b/c=x', 'a/b=x', 'a/z=x', 'a=x', 'ab=x', 'b=x']);
      expect(await read('$s/#')).toEqual(['$s/x=x']);
      expect(await read('a/b/+/#')).toEqual(['a/b/c=x']);
      expect(await read('nothing/#')).toEqual([]);
    });

    it('page by page, whatever the size of a page, also where few of many match', async () => {
      for (let from = 0; from < 1_500; from += 500) {
        await bench.append(...Array.from({ length: 500 }, (_, i) => message(`a/${from + i}/x`, 'x', { retain: true })));
      }
      await bench.append(...Array.from({ length: 50 }, (_, i) => message(`a/${i}/y`, 'y', { retain: true })));
      const bytes = 2 ** 20;
      expect(await read('a/+/y', { messages: 7, bytes })).toHaveLength(50);
      expect(await read('a/+/y', { messages: 50, bytes })).toHaveLength(50);
      expect(await read('a/#', { messages: 333, bytes })).toHaveLength(1_550);
      expect(await read('a/9/#', { messages: 1, bytes })).toEqual(['a/9/x=x', 'a/9/y=y']);
      expect(await read('#', { messages: 2_000, bytes: 300 })).toHaveLength(1_550);
    });

    it('a page ends with the message that passes its bytes', async () => {
      const sizes = [10, 5_000, 10, 10, 60_000, 1, 3_000, 10];
      await bench.append(...sizes.map((size, i) => message(`a/${i}`, Buffer.alloc(size, 'x'), { retain: true })));
      for (const bytes of [1, 5_000, 10_000, 2 ** 20]) expect(await read('a/+', { messages: 100, bytes })).toHaveLength(sizes.length);
      const { messages } = await bench.store.readRetained('a/+', null, { messages: 100, bytes: 1 });
      expect(messages).toHaveLength(1);
    });

    it('what is retained throughout comes once, whatever is stored and removed between the pages', async () => {
      await bench.append(...Array.from({ length: 100 }, (_, i) => message(`a/${i}`, 'stays', { retain: true })));
      const seen: string[] = [];
      let after: string | null = null;
      let step = 0;
      do {
        const page: RetainedPage = await bench.store.readRetained('a/#', after, { messages: 9, bytes: 2 ** 20 });
        for (const { topic, payload } of page.messages) if (String(payload) === 'stays') seen.push(topic);
        after = page.next;
        const last = page.messages.at(-1)?.topic;
        await bench.append(
          ...(last === undefined ? [] : [message(last, '', { retain: true })]), // where the next page would begin
          message(`a/new/${step++}`, 'new', { retain: true }), message('a', 'changes', { retain: true }),
        );
      } while (after !== null);
      expect(seen.sort()).toEqual(Array.from({ length: 100 }, (_, i) => `a/${i}`).sort());
    });

    it('topics longer than a key, among short ones', async () => {
      const topics = Array.from({ length: 40 }, (_, i) => `a/${i}/${'long/'.repeat(i % 2 === 0 ? 0 : 300)}`);
      await bench.append(...topics.map((topic) => message(topic, 'x', { retain: true })));
      expect((await retainedOf(bench.store, 'a/#', { messages: 3, bytes: 2 ** 20 })).map(({ topic }) => topic).sort()).toEqual([...topics].sort());
      expect(await retainedOf(bench.store, topics[1]!)).toHaveLength(1);
    });

    it('T4 a P2P message is never retained', async () => {
      await bench.append(p2p('a', 'c', 'x', { retain: true }));
      expect(await read('#')).toEqual([]);
    });

    it('outlives its entry in the log', async () => {
      await retain('a/x', 'x');
      await bench.store.trim({ retentionSeconds: 0, storedMessages: 1000 });
      expect(await read('a/x')).toEqual(['a/x=x']);
    });

    it('a refused message is not retained', async () => {
      await bench.append(message('a/x', 'x', { retain: true, clientId: 'c', epoch: 77 }));
      expect(await read('a/x')).toEqual([]);
    });
  });
}
