import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InstanceManifest } from '../../../lib/manifest/manifest';
import { compileInstanceView } from '../auth/instance-view';
import type { GatewayRecord } from '../store/contract';
import { instanceManifest, secrets, storageManifest } from '../testing/documents';
import { Quota } from './quota';
import { Rate } from './rate';
import { shareOf, ShareKeeper } from './shares';

const SPEC = { tps: 100, connections: 10, subscriptions: 20 };
const view = (more: Partial<InstanceManifest> = {}) => compileInstanceView({
  revision: 1, storage: storageManifest(), secrets: secrets(), instance: instanceManifest({ billing: 'prepaid', spec: SPEC, ...more }),
});

const record = (gatewayId: string, more: Partial<GatewayRecord> = {}): GatewayRecord =>
  ({ gatewayId, instanceId: 'quickstart', replica: gatewayId, revision: 'r', startedAt: 1_000, ready: true, connections: 0, ...more });

describe('the quota of an instance', () => {
  let now = Date.parse('2030-01-01T00:00:00Z');
  let events: [string, Record<string, unknown>][] = [];
  let quota: Quota;
  const start = (more: Partial<InstanceManifest> = {}): Quota => {
    quota = new Quota({ view: view(more), event: (name, fields) => events.push([name, fields]), now: () => now });
    quota.start();
    return quota;
  };
  const second = (seconds = 1): void => {
    for (let i = 0; i < seconds; i++) {
      now += 1_000;
      vi.advanceTimersByTime(1_000);
    }
  };
  const told = (): string[] => events.map(([name]) => name);
  beforeEach(() => { events = []; vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }); });
  afterEach(() => { quota?.stop(); vi.useRealTimers(); });

  it('E5 names the ceilings that the store holds, and shows what all gateways carry', () => {
    start();
    expect(quota.ceilings).toEqual({ connections: 10, subscriptions: 20 });
    quota.connections = 4;
    quota.exchanged(record('a'), [record('a', { connections: 4 }), record('b', { connections: 5, subscriptions: 12 }), record('x', { instanceId: 'another', connections: 50 })]);
    quota.subscriptions = 8;
    quota.refusedConnections++;
    quota.refusedSubscriptions += 2;
    expect(quota.status()).toMatchObject({
      enforced: true, instance: { connections: 9, subscriptions: 20 }, gateway: { connections: 4, subscriptions: 8 },
      totals: { refusedConnections: 1, refusedSubscriptions: 2 },
    });
  });

  it('E2 postpaid is neither throttled nor refused, and a changed billing is in force at once', () => {
    start({ billing: 'postpaid' });
    expect(quota.ceilings).toEqual({ connections: null, subscriptions: null });
    for (let i = 0; i < 10_000; i++) expect(quota.traffic.receive(5)).toBe(true);
    quota.updateView(view());
    expect(quota.ceilings).toEqual({ connections: 10, subscriptions: 20 });
    expect(quota.status().tpsShare).toBe(100);
    while (quota.traffic.receive(5));
    quota.updateView(view({ billing: 'postpaid' }));
    expect(quota.traffic.receive(5)).toBe(true);
  });

  it('E3 TPS is the mean over all gateways', () => {
    start({ billing: 'postpaid' });
    for (let i = 0; i < 10; i++) { for (let m = 0; m < 8; m++) quota.traffic.receive(5); second(); }
    expect(quota.status().instance.tps).toBeCloseTo(40);
    quota.exchanged(record('a'), [record('b', { startedAt: 2_000, tps: 31 })]);
    expect(quota.status().instance.tps).toBeCloseTo(71);
    quota.updateView(view({ alarmThresholdPercent: { tps: 80, connections: 50, subscriptions: 70 } }));
    expect(quota.status().thresholds).toEqual({ tps: 80, connections: 5, subscriptions: 14 });
  });

  it('T5 the cap on stored messages tells what it removed, each time, and since when, whichever gateway it was', () => {
    start();
    expect(quota.trimmedSecondsAgo).toBe(Infinity);
    quota.storedMessagesTrimmed(500, 1_000);
    quota.storedMessagesTrimmed(20, 1_000);
    expect(told()).toEqual(['stored-messages-trimmed', 'stored-messages-trimmed']);
    expect(events[0]![1]).toEqual({ messages: 500, cap: 1_000 });
    expect(quota.load().trimmedSecondsAgo).toBe(0);
    second(301);
    expect(quota.trimmedSecondsAgo).toBe(301);
    quota.exchanged(record('a'), [record('b', { startedAt: 2_000, trimmedSecondsAgo: 10 })]); // another gateway does the chores now
    expect(quota.trimmedSecondsAgo).toBe(10);
    expect(quota.status().totals.trimmedMessages).toBe(520);
  });

  it('E5 throttling is told when it begins and when it is over', () => {
    start();
    const waiter = { pressed: false, weightWaiting: 1, turn: () => { if (!quota.traffic.send(200)) quota.traffic.waitToSend(waiter); } };
    waiter.turn();
    quota.traffic.send(200);
    quota.traffic.waitToSend(waiter);
    second(2);
    expect(told().filter((name) => name === 'throttle-started')).toHaveLength(1);
    expect(quota.status().throttle).toMatchObject({ waiting: 1 });
    quota.traffic.leave(waiter);
    second(7);
    expect(told().filter((name) => name.startsWith('throttle'))).toEqual(['throttle-started', 'throttle-ended']);
    expect(quota.status().throttle).toEqual({ since: null, waiting: 0 });
  });
});

describe('E5 gateways divide the TPS ceiling', () => {
  it.each([[[0, 0]], [[100, 0]], [[900, 300]], [[5_000, 5_000]], [[20_000, 100, 3]], [[950, 0, 0, 1]]])('in proportion to demand, and whole: %j', (demands) => {
    const shares = demands.map((own, i) => shareOf(own, demands.filter((_, j) => j !== i), 1_000));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
    demands.forEach((demand, i) => demands.forEach((other, j) => { if (demand > other) expect(shares[i]).toBeGreaterThan(shares[j]!); }));
    const total = demands.reduce((sum, demand) => sum + demand, 0);
    if (total <= 950) demands.forEach((demand, i) => expect(shares[i]! * 1_000).toBeGreaterThanOrEqual(demand));
    for (const share of shares) expect(share).toBeGreaterThan(0.01); // what an idle one begins with
  });

  it('one that asks for more waits until the others have given way', () => {
    const [a, b] = [new ShareKeeper(), new ShareKeeper()];
    const demand = { a: 0, b: 0 };
    const beat = (): void => {
      a.exchanged(demand.a, [demand.b], 1_000);
      expect(a.current + b.current).toBeLessThanOrEqual(1.0001);
      b.exchanged(demand.b, [demand.a], 1_000);
      expect(a.current + b.current).toBeLessThanOrEqual(1.0001);
    };
    b.exchanged(0, [0], 1_000);
    beat();
    beat();
    expect([a.current, b.current]).toEqual([0.5, 0.5]);
    demand.a = 10_000;
    beat();
    expect(a.current).toBe(0.5);
    beat();
    expect(a.current).toBeGreaterThan(0.9);
    Object.assign(demand, { a: 10_000, b: 10_000 });
    for (let i = 0; i < 3; i++) beat();
    expect([a.current, b.current]).toEqual([0.5, 0.5]);
  });

  it('one that is alone has all of it, at once', () => {
    const keeper = new ShareKeeper();
    keeper.exchanged(0, [9_000], 1_000);
    expect(keeper.current).toBeLessThan(0.1);
    expect(keeper.exchanged(0, [], 1_000)).toBe(1);
  });
});

describe('rates', () => {
  it('a rate is the mean of five seconds', () => {
    const rate = new Rate();
    expect(rate.perSecond).toBe(0);
    for (let s = 0; s <= 20; s++) rate.observe(s * 1_000, s < 10 ? s * 100 : 1_000);
    expect(rate.perSecond).toBe(0);
    rate.observe(21_000, 1_500);
    expect(rate.perSecond).toBe(100);
  });
});
