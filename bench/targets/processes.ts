/** Starting the programs of a target, and ending exactly those. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Whatever happens to us, these end with us. */
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export interface Program {
  readonly pid: number;
  stop(): Promise<void>;
}

export interface ProgramOptions {
  readonly folder: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Ready when it takes connections here. */
  readonly port: number;
  readonly readyWithinMs?: number;
  readonly stopSignal?: NodeJS.Signals;
}

export async function startProgram(command: string, args: readonly string[], options: ProgramOptions): Promise<Program> {
  const { folder, env, cwd, port, readyWithinMs = 30_000, stopSignal = 'SIGTERM' } = options;
  const logFile = path.join(folder, `${path.basename(command)}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log], env: { ...process.env, ...env }, cwd });
  closeSync(log);
  running.add(child);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => { running.delete(child); resolve(); });
    child.once('error', () => { running.delete(child); resolve(); });
  });
  const deadline = Date.now() + readyWithinMs;
  while (!await accepts(port)) {
    const ended = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
    if (ended || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${command} did not start:\n${readFileSync(logFile, 'utf8').slice(-2_000)}`);
    }
    await sleep(30);
  }
  return {
    pid: child.pid!,
    async stop() {
      child.kill(stopSignal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(timer);
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

/** What a program prints, both streams; null when it cannot be run. */
export async function printed(command: string, args: readonly string[]): Promise<string | null> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, [...args], { timeout: 20_000 });
    return `${stdout}${stderr}`;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    const text = `${stdout ?? ''}${stderr ?? ''}`;
    return text === '' ? null : text;
  }
}
