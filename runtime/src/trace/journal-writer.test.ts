import { describe, expect, it, vi } from 'vitest';
import type { JournalNote } from '../store/contract';
import { StoreUnavailableError } from '../store/errors';
import { JournalWriter } from './journal-writer';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const bounds = { perKey: 10, notes: 100, seconds: 60 };

describe('notes on their way to a journal', () => {
  function writer(perSecond: number) {
    const written: JournalNote[][] = [];
    const state = { away: false };
    const store = { journals: { note: async (_journal: string, notes: readonly JournalNote[]) => {
      if (state.away) throw new StoreUnavailableError('away');
      written.push([...notes]);
    }, read: async () => ({ entries: [], forgottenUntil: 0 }) } };
    return { written, state, writer: new JournalWriter({ store, logger, journal: 'j', bounds, perSecond }) };
  }
  const note = (n: number): JournalNote => ({ key: 'k', at: n, value: '' });

  it('are taken within a budget, which a quiet time refills; what exceeds it is counted', async () => {
    vi.useFakeTimers();
    try {
      const { written, writer: each } = writer(5);
      each.start();
      expect(Array.from({ length: 60 }, (_, n) => each.note(note(n))).filter(Boolean)).toHaveLength(50);
      expect(each.lost).toBe(10);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(written.flat()).toHaveLength(50);
      expect(Array.from({ length: 60 }, (_, n) => each.note(note(n))).filter(Boolean)).toHaveLength(5);
      await each.stop();
      expect(written.flat()).toHaveLength(55);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are held while the store is away, so many at most, oldest forgotten first', async () => {
    vi.useFakeTimers();
    try {
      const { written, state, writer: each } = writer(5);
      each.start();
      state.away = true;
      for (let n = 0, second = 0; second < 60; second++) {
        for (let i = 0; i < 5; i++) each.note(note(n++));
        await vi.advanceTimersByTimeAsync(1_000);
      }
      expect(each.lost).toBe(200);
      state.away = false;
      await each.stop();
      expect(written.flat().map(({ at }) => at)).toEqual(Array.from({ length: 100 }, (_, i) => 200 + i));
    } finally {
      vi.useRealTimers();
    }
  });

  it('are written in steps of bounded size', async () => {
    const { written, writer: each } = writer(100);
    for (let n = 0; n < 1_000; n++) each.note(note(n));
    await each.stop();
    expect(Math.max(...written.map(({ length }) => length))).toBeLessThanOrEqual(300);
    expect(written.flat()).toHaveLength(1_000);
  });
});
