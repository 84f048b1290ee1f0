import { describe, expect, it } from 'vitest';
import { until, type Bench } from './bench';

export function describeRate(bench: Bench): void {
  describe('rates', () => {
    it('hold over all gateways: a burst at once, then as many as have come back, each name for itself', async () => {
      const other = await bench.connect();
      const rate = { perSecond: 0.01, burst: 20 };
      const waits = await Promise.all(Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? bench.store : other).takeRate('key a', rate)));
      expect(waits.filter((wait) => wait === 0)).toHaveLength(20);
      for (const wait of waits.filter((each) => each > 0)) expect(wait).toBeLessThanOrEqual(100_000);
      expect(await other.takeRate('key b', rate)).toBe(0);
    });

    it('what was refused takes nothing, so whoever waits as told may go on', async () => {
      const rate = { perSecond: 0.5, burst: 1 };
      expect(await bench.store.takeRate('key', rate)).toBe(0);
      // had they counted, they would add up to most of a minute
      for (let i = 0; i < 20; i++) expect(await bench.store.takeRate('key', rate)).toBeLessThanOrEqual(2_000);
      await until(async () => (await bench.store.takeRate('key', rate)) === 0);
    });
  });
}
