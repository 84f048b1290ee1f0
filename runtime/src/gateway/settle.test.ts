import { describe, expect, it } from 'vitest';
import { settleMs } from './settle';

describe('E1 before a gateway lets its clients go', () => {
  it('waits for nobody without a front', () => {
    expect(settleMs({ behindFront: false, supersededSince: undefined, now: 0 })).toBe(0);
  });

  it('waits until the front has noticed that it is not ready', () => {
    expect(settleMs({ behindFront: true, supersededSince: undefined, now: 50_000 })).toBe(2_000);
  });

  it('waits until every old gateway is out of the front\'s choice, once a deployment', () => {
    expect(settleMs({ behindFront: true, supersededSince: 50_000, now: 50_000 })).toBe(5_000);
    expect(settleMs({ behindFront: true, supersededSince: 50_000, now: 52_500 })).toBe(2_500);
    expect(settleMs({ behindFront: true, supersededSince: 50_000, now: 70_000 })).toBe(0);
  });
});
