import { describe, expect, it } from 'vitest';
import type { StoredMessage } from '../contract';
import { RecentBatches, type RecentBatch } from './recent';

function batch(before: number, ...ids: number[]): RecentBatch {
  const messages = ids.map((id): StoredMessage => ({ id, log: id % 2 === 0 ? 'even' : 'odd', topic: 't', qos: 1, cleanSession: true, clientId: '', payload: Buffer.alloc(10) }));
  return { before, last: ids.at(-1) ?? before, messages };
}

const BOTH = new Set(['even', 'odd']);

describe('the newest batches of a process', () => {
  it('T3 gives what lies behind a position, of the followed logs only', () => {
    const recent = new RecentBatches();
    recent.push(batch(10, 11, 12));
    recent.push(batch(12, 15, 16));
    const ids = (position: number, logs = BOTH) => recent.page(position, logs)?.messages.map((m) => m.id);
    expect(ids(10)).toEqual([11, 12, 15, 16]);
    expect(ids(11)).toEqual([12, 15, 16]);
    expect(ids(12, new Set(['odd']))).toEqual([15]);
    expect(recent.page(12, new Set())).toEqual({ messages: [], position: 16 });
    expect(ids(13)).toEqual([15, 16]);
  });

  it('T3 does not answer for what it does not hold: older, newest, or across a batch of another process', () => {
    const recent = new RecentBatches();
    recent.push(batch(10, 11));
    expect(recent.page(9, BOTH)).toBeUndefined();
    expect(recent.page(11, BOTH)).toBeUndefined();
    recent.push(batch(13, 14)); // 12 and 13 came from elsewhere
    expect(recent.page(10, BOTH)).toBeUndefined();
    expect(recent.page(11, BOTH)).toBeUndefined();
    expect(recent.page(13, BOTH)?.position).toBe(14);
  });

  it('forgets whole batches that every tail has, and goes on behind them', () => {
    const recent = new RecentBatches();
    recent.push(batch(10, 11, 12));
    recent.push(batch(12, 13));
    recent.forget(11);
    expect(recent.page(10, BOTH)?.messages.map((m) => m.id)).toEqual([11, 12, 13]);
    recent.forget(12);
    expect(recent.page(10, BOTH)).toBeUndefined();
    expect(recent.page(12, BOTH)?.messages.map((m) => m.id)).toEqual([13]);
    recent.forget(13);
    recent.push(batch(13, 14));
    expect(recent.page(13, BOTH)?.position).toBe(14);
  });

  it('holds a bounded number of messages and bytes, the newest', () => {
    const recent = new RecentBatches();
    for (let i = 0; i < 10_000; i++) recent.push(batch(i, i + 1));
    expect(recent.page(0, BOTH)).toBeUndefined();
    expect(recent.page(9_999, BOTH)?.position).toBe(10_000);
    expect(recent.page(6_000, BOTH)?.messages[0]?.id).toBe(6_001);
    expect(recent.page(5_000, BOTH)).toBeUndefined();
  });
});
