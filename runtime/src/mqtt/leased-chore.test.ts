import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '../store/errors';
import type { BrokerContext } from './broker-context';
import { LeasedChore } from './leased-chore';

describe('T6 B5 a chore that judges others waits until they could renew their leases', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function started() {
    const store = { away: false, async lease() { if (this.away) throw new StoreUnavailableError('away'); return true; } };
    let runs = 0;
    const chore = new LeasedChore({ store, gatewayId: 'g' } as unknown as BrokerContext, 'reaper', 1_000, async () => { runs++; }, 4_000);
    chore.start();
    const runsIn = async (milliseconds: number) => {
      const before = runs;
      await vi.advanceTimersByTimeAsync(milliseconds);
      return runs - before;
    };
    return { chore, store, runsIn };
  }

  it('after the store was away', async () => {
    const { chore, store, runsIn } = started();
    expect(await runsIn(3_000)).toBe(3);
    store.away = true;
    expect(await runsIn(20_000)).toBe(0);
    store.away = false;
    expect(await runsIn(3_900)).toBe(0);
    expect(await runsIn(3_000)).toBeGreaterThan(1);
    chore.stop();
  });

  it('after this process was asleep', async () => {
    const { chore, runsIn } = started();
    expect(await runsIn(3_000)).toBe(3);
    chore.stop(); // no timer fires, as in a process that is stopped
    await runsIn(20_000);
    chore.start();
    expect(await runsIn(4_900)).toBe(0);
    expect(await runsIn(3_000)).toBeGreaterThan(1);
    chore.stop();
  });
});
