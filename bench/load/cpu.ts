/** Share of a core that the generator and the target's processes use: tells which of them a rate was limited by. */
import { readFileSync } from 'node:fs';
import { busySeconds, TICKS } from '../busy';
import type { Context, Cpu } from '../types';

interface Sample {
  readonly at: number;
  readonly generator: number;
  readonly broker: number;
  readonly store: number;
  readonly all: number;
}

export function sampleCpu({ processes }: Context): Sample {
  const { user, system } = process.cpuUsage();
  const seconds = (role: string): number => processes.filter((each) => each.role === role).reduce((sum, { pid }) => sum + secondsOf(pid), 0);
  return { at: performance.now() / 1000, generator: (user + system) / 1e6, broker: seconds('broker'), store: seconds('store'), all: busySeconds() };
}

export function cpuSince(context: Context, before: Sample): Cpu {
  const now = sampleCpu(context);
  const share = (role: keyof Sample): number => Math.round((100 * (now[role] - before[role])) / (now.at - before.at)) / 100;
  const [generator, broker, store] = [share('generator'), share('broker'), share('store')];
  return { generator, broker, store, others: Math.max(0, Math.round(100 * (share('all') - generator - broker - store)) / 100) };
}

function secondsOf(pid: number): number {
  try {
    // the name in parentheses may hold spaces
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return 0;
  }
}
