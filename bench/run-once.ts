/** Starts a target on an empty folder, measures one scenario, and removes everything. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Task } from './measure';
import type { SizeName } from './sizes';
import type { Figure, Running, Scenario, Target } from './types';

const MEASURE = path.join(import.meta.dirname, 'measure.ts');

/** What is to be undone when the bench is interrupted. */
let undo: (() => Promise<void>) | null = null;
export async function cleanUp(): Promise<void> {
  await undo?.();
}

/** A program that does not end when it is told to is killed by its target; what still hangs then must not hold up the rest. */
const STOP_MILLISECONDS = 30_000;

export async function runOnce(scenario: Scenario, target: Target, { size, loads }: { readonly size: SizeName; readonly loads: readonly string[] | null }, progress: (text: string) => void): Promise<Figure[]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-bench-'));
  let running: Running | null = null;
  undo = async () => {
    undo = null;
    const stopped = running?.stop().catch((error: Error) => progress(`stopping: ${error.message}`));
    await Promise.race([stopped, sleep(STOP_MILLISECONDS, undefined, { ref: false })]);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    running = await target.start({ folder, strict: scenario.strict === true });
    const { port, processes, key } = running;
    return await measure({ scenario: scenario.name, port, size, loads, processes, key }, scenario.timeoutSeconds, progress);
  } finally {
    await cleanUp();
  }
}

/** A measurement that had to be ended. */
export class OutOfTime extends Error {}

async function measure(task: Task, timeoutSeconds: number, progress: (text: string) => void): Promise<Figure[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', MEASURE, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const timer = setTimeout(kill, timeoutSeconds * 1000);
  let out = '';
  let lastLine = '';
  child.stdout.on('data', (data: Buffer) => { out += data; });
  child.stderr.on('data', (data: Buffer) => {
    lastLine = data.toString().trim().split('\n').at(-1)!;
    progress(lastLine);
  });
  const code = await exitOf(child);
  clearTimeout(timer);
  process.removeListener('exit', kill);
  if (code === null) throw new OutOfTime(`not done after ${timeoutSeconds} s${lastLine === '' ? '' : `: ${lastLine}`}`);
  if (code !== 0) throw new Error(lastLine);
  return JSON.parse(out) as Figure[];
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}
