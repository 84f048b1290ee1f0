import { describe, expect, it } from 'vitest';
import type { JournalBounds, JournalNote } from '../contract';
import type { Bench } from './bench';

const WIDE: JournalBounds = { perKey: 100, notes: 10_000, seconds: 3_600 };

export function describeJournals(bench: Bench): void {
  describe('journals', () => {
    const read = async (key: string, journal = 'device') => (await bench.store.journals.read(journal, key)).entries.map(({ value }) => value);
    const notes = (key: string, count: number, at = Date.now()): JournalNote[] => Array.from({ length: count }, (_, i) => ({ key, at, value: `${key}${i}` }));

    it('keep notes by key, in order, for every gateway; another journal has its own', async () => {
      const other = await bench.connect();
      const now = Date.now();
      await bench.store.journals.note('device', [{ key: 'a', at: now, value: 'one' }, { key: 'b:温', at: now, value: '{"line":"\\n 1 2 "}\n' }], WIDE);
      await other.journals.note('device', [{ key: 'a', at: now + 1, value: '' }], WIDE);
      await other.journals.note('message', [{ key: 'a', at: now, value: 'of another journal' }], WIDE);
      const { entries, forgottenUntil } = await bench.store.journals.read('device', 'a');
      expect(entries).toMatchObject([{ at: now, value: 'one' }, { at: now + 1, value: '' }]);
      expect(entries[1]!.number).toBeGreaterThan(entries[0]!.number);
      expect(forgottenUntil).toBe(0);
      expect(await read('b:温')).toEqual(['{"line":"\\n 1 2 "}\n']);
      expect(await read('a', 'message')).toEqual(['of another journal']);
      expect(await read('none')).toEqual([]);
      expect(await read('none', 'none')).toEqual([]);
    });

    it('keep the newest notes of a key', async () => {
      const bounds = { ...WIDE, perKey: 5 };
      await bench.store.journals.note('device', notes('a', 3), bounds);
      await bench.store.journals.note('device', notes('b', 7), bounds);
      await bench.store.journals.note('device', notes('a', 4), bounds);
      expect(await read('a')).toEqual(['a2', 'a0', 'a1', 'a2', 'a3']);
      expect(await read('b')).toEqual(['b2', 'b3', 'b4', 'b5', 'b6']);
      expect((await bench.store.journals.read('device', 'a')).forgottenUntil).toBe(0);
    });

    it('are bounded in all: who was noted of longest ago goes, and the reader is told until when', async () => {
      const bounds = { ...WIDE, notes: 20 };
      const now = Date.now();
      for (let i = 0; i < 10; i++) await bench.store.journals.note('device', notes(`k${i}`, 4, now + i), bounds);
      await bench.store.journals.note('device', notes('k5', 1, now + 20), bounds);
      for (const key of ['k0', 'k4']) expect(await read(key)).toEqual([]);
      expect(await read('k5')).toHaveLength(5);
      await bench.store.journals.note('device', notes('new', 4, now + 30), bounds);
      expect(await read('k6')).toEqual([]);
      expect(await read('k7')).toEqual([]);
      for (const key of ['k5', 'k8', 'k9', 'new']) expect((await read(key)).length).toBeGreaterThan(0);
      expect((await bench.store.journals.read('device', 'k9')).forgottenUntil).toBe(now + 7);
    });

    it('forget what is too old, also where nothing new is noted', async () => {
      const now = Date.now();
      await bench.store.journals.note('device', [...notes('old', 2, now - 120_000), ...notes('young', 2, now)], WIDE);
      expect(await read('old')).toHaveLength(2);
      await bench.store.journals.note('device', [], { ...WIDE, seconds: 60 });
      expect(await read('old')).toEqual([]);
      expect(await read('young')).toHaveLength(2);
      expect((await bench.store.journals.read('device', 'young')).forgottenUntil).toBe(now - 120_000);
    });

    it('a thousand notes and keys at once', async () => {
      await bench.store.journals.note('device', Array.from({ length: 1_000 }, (_, i) => ({ key: `k${i % 500}`, at: Date.now(), value: String(i) })), { ...WIDE, notes: 700 });
      const left = await Promise.all(Array.from({ length: 500 }, (_, i) => read(`k${i}`)));
      const kept = left.reduce((sum, values) => sum + values.length, 0);
      expect(kept).toBeLessThanOrEqual(700);
      expect(kept).toBeGreaterThanOrEqual(690);
    });
  });
}
