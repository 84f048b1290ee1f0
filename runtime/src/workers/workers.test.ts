import { describe, expect, it } from 'vitest';
import { isSuperseded } from '../gateway/membership';
import type { GatewayRecord } from '../store/contract';
import { availableCores } from './cores';
import { groupReadiness, type WorkerReadiness } from './readiness';
import { workerCount } from './run-gateway';

const files = (contents: { [file: string]: string }) => (file: string): string => {
  const text = contents[file];
  if (text === undefined) throw new Error('ENOENT');
  return `${text}\n`;
};

describe('cores for workers', () => {
  it.each([
    ['no limit can be read', {}, 8, 8],
    ['no limit', { '/proc/self/cgroup': '0::/', '/sys/fs/cgroup/cpu.max': 'max 100000' }, 4, 4],
    ['two cores of a container', { '/proc/self/cgroup': '0::/', '/sys/fs/cgroup/cpu.max': '200000 100000' }, 8, 2],
    ['1.5 cores feed one worker', { '/proc/self/cgroup': '0::/', '/sys/fs/cgroup/cpu.max': '150000 100000' }, 8, 1],
    ['half a core is one worker', { '/proc/self/cgroup': '0::/', '/sys/fs/cgroup/cpu.max': '50000 100000' }, 8, 1],
    ['a limit of a folder above', { '/proc/self/cgroup': '0::/a/b', '/sys/fs/cgroup/a/b/cpu.max': 'max 100000', '/sys/fs/cgroup/a/cpu.max': '300000 100000' }, 8, 3],
    ['a limit above what there is', { '/proc/self/cgroup': '0::/', '/sys/fs/cgroup/cpu.max': '1600000 100000' }, 2, 2],
    ['cgroup 1', { '/proc/self/cgroup': '4:cpu:/docker/x', '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000' }, 8, 2],
    ['cgroup 1 without a limit', { '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000' }, 8, 8],
  ])('%s', (_what, contents, visible, cores) => {
    expect(availableCores(files(contents), visible)).toBe(cores);
  });

  it('are used when 0 or auto is asked for; one is the default', () => {
    expect(workerCount({})).toBe(1);
    expect(workerCount({ workers: 3 })).toBe(3);
    expect(workerCount({ workers: 0 })).toBe(availableCores());
    expect(workerCount({ workers: 'auto' })).toBe(availableCores());
  });
});

describe('readiness of all workers', () => {
  const worker = (number: number, ...reasons: string[]): WorkerReadiness => ({ worker: number, ready: reasons.length === 0, reasons });

  it('begins when all are ready and lasts while one is', () => {
    const state = (workers: WorkerReadiness[], complete: boolean) => { const { ready, reasons } = groupReadiness(workers, { complete, draining: false }); return { ready, reasons }; };
    expect(state([worker(1), worker(2, 'starting')], false)).toEqual({ ready: false, reasons: ['worker 2: starting'] });
    expect(state([worker(1), worker(2)], true)).toEqual({ ready: true, reasons: [] });
    expect(state([worker(1), worker(2, 'it ended and is started again')], true)).toEqual({ ready: true, reasons: [] });
  });

  it('tells a reason of all once', () => {
    const { reasons } = groupReadiness([worker(1, 'the store is away: gone'), worker(2, 'the store is away: gone', 'other')], { complete: true, draining: false });
    expect(reasons).toEqual(['the store is away: gone', 'worker 2: other']);
  });

  it('ends with draining', () => {
    expect(groupReadiness([worker(1)], { complete: true, draining: true })).toMatchObject({ ready: false, reasons: ['draining: the gateway is stopping'] });
  });
});

describe('workers are no replicas', () => {
  const record = (more: Partial<GatewayRecord>): GatewayRecord => ({
    gatewayId: `${more.revision}-${more.replica}-${more.worker}`, instanceId: 'i', replica: '1', revision: 'old', startedAt: 1, ready: true, connections: 0, ...more,
  });
  const own = record({ worker: 1 });
  const newer = (replica: string, worker: number) => record({ revision: 'new', startedAt: 2, replica, worker });

  it('two workers of one new replica do not make a deployment of two complete', () => {
    expect(isSuperseded(own, [own, newer('1', 1), newer('1', 2)], 2)).toBe(false);
    expect(isSuperseded(own, [own, newer('1', 1), newer('1', 2), newer('2', 1)], 2)).toBe(true);
  });

  it('a worker that was started again keeps the age of its deployment', () => {
    const again = record({ worker: 2, gatewayId: 'again' });
    expect(isSuperseded(again, [again, newer('1', 1)], 1)).toBe(true);
    expect(isSuperseded(newer('1', 1), [again, newer('1', 1)], 1)).toBe(false);
  });
});
