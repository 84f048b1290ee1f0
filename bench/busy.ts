/** How busy the whole machine is. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Clock ticks a second; the same on every Linux that Node runs on. */
export const TICKS = 100;

/** Processor time of everything since the machine started. */
export function busySeconds(): number {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.trim().split(/\s+/).slice(1).map(Number) as number[];
  return (user! + nice! + system! + irq! + softirq! + steal!) / TICKS;
}

const QUIET_CORES = 0.3;
const LOOK_MS = 700;

/** Resolves when nobody else uses the machine much, or the time is over. */
export async function untilQuiet(seconds: number): Promise<void> {
  for (const deadline = performance.now() + seconds * 1000; performance.now() < deadline;) {
    const before = busySeconds();
    await sleep(LOOK_MS);
    if ((busySeconds() - before) / (LOOK_MS / 1000) < QUIET_CORES) return;
  }
}
