import { describe, expect, it } from 'vitest';
import { compileInstanceView } from '../auth/instance-view';
import type { Condition } from '../quota/alarms';
import type { GatewayRecord } from '../store/contract';
import { instanceManifest, secrets, storageManifest } from '../testing/documents';
import { conditionsOf, type Surroundings } from './conditions';
import { GatewayWatch } from './gateways';
import { EMPTY, type Journal } from './journal';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2030-01-01T00:00:00Z');

const condition = (alarm: Condition['alarm'], more: Partial<Surroundings> = {}): Condition | undefined => conditionsOf({
  view: compileInstanceView({ revision: 1, storage: storageManifest(), secrets: secrets(), instance: instanceManifest() }),
  instance: { tps: 0, connections: 0, subscriptions: 0 }, thresholds: { tps: 700, connections: 7_000, subscriptions: 70_000 },
  trimmedSecondsAgo: Infinity, statistics: null, certificateEnd: null, replicas: null, now: NOW, ...more,
}).find((each) => each.alarm === alarm);

const expiringView = (days: number) => compileInstanceView({
  revision: 1, storage: storageManifest(), secrets: secrets(), instance: instanceManifest({ billing: 'prepaid', expiry: new Date(NOW + days * DAY_MS).toISOString() }),
});
const statistics = (usedMegabytes: number, limitMegabytes: number | null) =>
  ({ messages: 5, payloadBytes: 5, perLog: {}, bytesPerLog: {}, usedBytes: usedMegabytes * 2 ** 20, limitBytes: limitMegabytes === null ? null : limitMegabytes * 2 ** 20 });

describe('what is alarming', () => {
  it('E7 an expiry of 7 days and less', () => {
    expect([7.01, 7, 0, -3].map((days) => condition('expiry', { view: expiringView(days) })!.stands)).toEqual([false, true, true, true]);
    expect(condition('expiry', { view: expiringView(-3) })).toMatchObject({ value: -3, threshold: 7, unit: 'days', message: expect.stringMatching(/expired at 2029-12-29/) as string });
    expect(condition('expiry')).toMatchObject({ stands: false, over: true });
  });

  it('a certificate that ends within 30 days', () => {
    expect([30.01, 30, -1].map((days) => condition('certificate', { certificateEnd: new Date(NOW + days * DAY_MS) })!.stands)).toEqual([false, true, true]);
    expect(condition('certificate')!.stands).toBe(false);
  });

  it('T5 a cap that removed messages within five minutes', () => {
    expect([0, 299, 300, Infinity].map((trimmedSecondsAgo) => condition('stored-messages', { trimmedSecondsAgo })!.stands)).toEqual([true, true, false, false]);
  });

  it('a store of which 85 % are used', () => {
    expect(condition('store-memory')).toBeUndefined(); // not asked yet
    expect([84, 85, 100].map((used) => condition('store-memory', { statistics: statistics(used, 100) })!.stands)).toEqual([false, true, true]);
    expect([76, 77].map((used) => condition('store-memory', { statistics: statistics(used, 100) })!.over)).toEqual([true, false]);
    expect(condition('store-memory', { statistics: statistics(500, null) })).toMatchObject({ stands: false, over: true });
  });
});

const record = (replica: string, more: Partial<GatewayRecord> = {}): GatewayRecord =>
  ({ gatewayId: `${replica}-${more.revision ?? 'r1'}`, instanceId: 'quickstart', replica, revision: 'r1', startedAt: NOW, ready: true, connections: 0, ...more });

describe('E1 gateways', () => {
  const watched = (...records: GatewayRecord[]): GatewayWatch => {
    const watch = new GatewayWatch('a sealing key');
    watch.exchanged(records);
    return watch;
  };
  const after = (found: ReturnType<GatewayWatch['newlyRunnable']>, at = NOW): Journal => ({ ...EMPTY, runnable: { ...found!, at } });

  it('are runnable when every replica of one deployment is ready; workers of a replica count once', () => {
    expect(watched(record('1'), record('1', { worker: 2 })).newlyRunnable(EMPTY, 2, null)).toBeNull();
    expect(watched(record('1'), record('2', { ready: false })).newlyRunnable(EMPTY, 2, null)).toBeNull();
    expect(watched(record('1'), record('2', { revision: 'r2' })).newlyRunnable(EMPTY, 2, null)).toBeNull();
    expect(watched(record('1'), record('2')).newlyRunnable(EMPTY, 2, null)).toMatchObject({ replicas: 2 });
  });

  it('are told once a deployment, of the newest one, and again after one from scratch', () => {
    const journal = after(watched(record('1')).newlyRunnable(EMPTY, 1, null));
    expect(watched(record('1')).newlyRunnable(journal, 1, NOW)).toBeNull();
    const newer = watched(record('1'), record('1', { revision: 'r2', startedAt: NOW + 1_000 })).newlyRunnable(journal, 1, NOW);
    expect(newer).not.toBeNull();
    expect(watched(record('1'), record('1', { revision: 'r2', startedAt: NOW + 1_000 })).newlyRunnable(after(newer), 1, NOW)).toBeNull();
    const scratch = new GatewayWatch('another sealing key');
    scratch.exchanged([record('1')]);
    expect(scratch.newlyRunnable(journal, 1, NOW)).not.toBeNull();
  });

  it('are told again when none ran for a minute, and not after a restart', () => {
    const journal = after(watched(record('1')).newlyRunnable(EMPTY, 1, null));
    const restarted = (later: number): GatewayWatch => watched(record('1', { startedAt: NOW + later }));
    expect(restarted(30_000).newlyRunnable(journal, 1, NOW)).toBeNull();
    expect(restarted(61_000).newlyRunnable(journal, 1, NOW)).not.toBeNull();
    expect(watched(record('1', { startedAt: NOW + 61_000 }), record('2')).newlyRunnable(journal, 1, NOW)).toBeNull(); // one ran all the time
  });

  it('are missing after a while, but not while the instance is deployed for the first time or grows', () => {
    const watch = watched(record('1'), record('2', { ready: false }));
    expect(watch.readiness(EMPTY, 2, NOW)).toBeNull();
    const journal: Journal = { ...EMPTY, runnable: { deployment: 'd', at: NOW, replicas: 2 } };
    expect(watch.readiness(journal, 3, NOW)).toEqual({ ready: 1, expected: 2, missingLong: false });
    expect(watch.readiness(journal, 2, NOW + 14_999)!.missingLong).toBe(false);
    expect(watch.readiness(journal, 2, NOW + 15_000)!.missingLong).toBe(true);
    watch.exchanged([record('1'), record('2')]);
    expect(watch.readiness(journal, 3, NOW + 16_000)).toEqual({ ready: 2, expected: 2, missingLong: false });
  });
});
