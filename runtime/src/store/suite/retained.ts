import { describe, expect, it } from 'vitest';
import { message, p2p, type Bench } from './bench';

export function describeRetained(bench: Bench): void {
  describe('T6 retained messages', () => {
    const retain = (topic: string, payload: string, more = {}) => bench.publish(topic, payload, { retain: true, ...more });
    const read = async (filter: string, limit = 100) =>
      (await bench.store.readRetained(filter, limit)).map((m) => `${m.topic}=${m.payload}`).sort();

    it('the newest per topic is kept with its id and properties; a plain message changes nothing', async () => {
      await retain('a/x', 'old');
      const id = await retain('a/x', 'new', { qos: 2, clientId: 'c', cleanSession: false });
      await bench.publish('a/x', 'plain');
      expect(await bench.store.readRetained('a/x', 10))
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

    it('at most `limit`, among many', async () => {
      await bench.append(...Array.from({ length: 450 }, (_, i) => message(`a/${i}/x`, 'x', { retain: true })));
      await bench.append(...Array.from({ length: 50 }, (_, i) => message(`a/${i}/y`, 'y', { retain: true })));
      expect(await bench.store.readRetained('a/+/y', 10)).toHaveLength(10);
      expect(await bench.store.readRetained('a/+/y', 1000)).toHaveLength(50);
      expect(await bench.store.readRetained('a/#', 1000)).toHaveLength(500);
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
