import { describe, expect, it } from 'vitest';
import { AlarmJudge, fact, HOLD_MS, measured, type AlarmChange, type Condition, type HeldAlarm } from './alarms';

const MINUTE_MS = 60_000;

/** What stands, as the journal would hold it. */
class Held {
  readonly changes: string[] = [];
  private list: HeldAlarm[] = [];
  private readonly judge = new AlarmJudge();

  at(now: number, ...conditions: Condition[]): this {
    for (const change of this.judge.judge(this.list, conditions, now)) this.take(change, now);
    return this;
  }

  private take({ kind, condition: { alarm, value, threshold } }: AlarmChange, now: number): void {
    this.changes.push(`${kind} ${alarm} ${value}`);
    const others = this.list.filter((each) => each.alarm !== alarm);
    const since = this.list.find((each) => each.alarm === alarm)?.since ?? now;
    this.list = kind === 'cleared' ? others : [...others, { alarm, since, value, valueAt: now, threshold }];
  }
}

const tps = (value: number, threshold = 700): Condition => measured({ alarm: 'tps', value, threshold, unit: '', message: '' });

describe('E3 an alarm of a measure', () => {
  it('is raised at its threshold, once, and does not ring around it', () => {
    const held = new Held().at(0, tps(699));
    expect(held.changes).toEqual([]);
    for (let i = 1; i < 30; i++) held.at(i * 1_000, tps([700, 690, 701, 640][i % 4]!));
    expect(held.changes).toHaveLength(1);
    expect(held.changes[0]).toMatch(/^raised tps/);
  });

  it('is cleared when it was clearly below for a while, and not when it only dips', () => {
    const held = new Held().at(0, tps(800)).at(1_000, tps(10)).at(1_000 + HOLD_MS - 1, tps(10)).at(1_000 + HOLD_MS, tps(650));
    expect(held.changes).toEqual(['raised tps 800']);
    held.at(2 * HOLD_MS, tps(10)).at(3 * HOLD_MS, tps(10));
    expect(held.changes.filter((each) => !each.startsWith('value'))).toEqual(['raised tps 800', 'cleared tps 10']);
  });

  it('is judged at once by a threshold that was declared anew (E2)', () => {
    const held = new Held().at(0, tps(800)).at(1_000, tps(800, 1_000)).at(2_000, tps(800, 750)).at(3_000, tps(800, 790));
    expect(held.changes).toEqual(['raised tps 800', 'cleared tps 800', 'raised tps 800']);
  });

  it('of a threshold of nothing needs something', () => {
    expect(new Held().at(0, tps(0, 0)).changes).toEqual([]);
  });

  it('writes a value that moves once a minute at most', () => {
    const held = new Held().at(0, tps(800));
    for (let second = 1; second <= 130; second++) held.at(second * 1_000, tps(800 + second));
    expect(held.changes).toEqual(['raised tps 800', 'value tps 860', 'value tps 920']);
    expect(new Held().at(0, tps(800)).at(2 * MINUTE_MS, tps(800)).changes).toHaveLength(1);
  });

  it('of which nothing is known stays as it is', () => {
    const held = new Held().at(0, tps(800)).at(HOLD_MS * 9);
    expect(held.changes).toEqual(['raised tps 800']);
  });
});

describe('E7 an alarm of a fact', () => {
  const expiry = (stands: boolean): Condition => fact({ alarm: 'expiry', value: 6, threshold: 7, unit: 'days', message: '' }, stands);
  it('is raised and cleared at once', () => {
    expect(new Held().at(0, expiry(false)).at(1, expiry(true)).at(2, expiry(true)).at(3, expiry(false)).changes).toEqual(['raised expiry 6', 'cleared expiry 6']);
  });
});
