/** A gateway's process that can be killed, frozen and started again at the same ports. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readiness } from '../gateway/gateway-process';

/** To end when the run does, however it ends; SIGKILL also ends what is frozen. */
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

const START_MS = 40_000;
/** Well above what draining and a store that is away may take. */
const STOP_MS = 30_000;
const LOG_CHARACTERS = 2_000_000;

export class Child {
  private child: ChildProcess | null = null;
  private frozen: readonly number[] = [];
  private text = '';

  constructor(readonly name: string, private readonly args: readonly string[], /** Tells whether it is ready; null: it has none. */ private readonly httpPort: number | null = null) {}

  /** The end of what it logged, over all its lives. */
  get log(): string {
    return this.text;
  }

  /** Starts the process, which may take its time to be ready. */
  start(): void {
    const child = spawn(process.execPath, this.args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    const keep = (data: Buffer): void => { this.text = (this.text + data.toString()).slice(-LOG_CHARACTERS); };
    child.stdout!.on('data', keep);
    child.stderr!.on('data', keep);
  }

  /** Its store must be there, or it waits. */
  untilReady(): Promise<void> {
    return this.until('ready', async () => (await readiness(this.httpPort!).catch(() => null))?.status === 200);
  }

  untilLogged(pattern: RegExp): Promise<void> {
    return this.until(`at ${pattern}`, async () => pattern.test(this.text));
  }

  private async until(what: string, reached: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + START_MS; !await reached(); await sleep(50)) {
      if (!this.alive) throw new Error(`${this.name} ended with ${this.child?.exitCode ?? this.child?.signalCode}:\n${this.text.slice(-3_000)}`);
      if (Date.now() > end) throw new Error(`${this.name} is not ${what}:\n${this.text.slice(-3_000)}`);
    }
  }

  get alive(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child === null || !this.alive) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** SIGTERM. False: it had to be killed, because it did not end in the time that it is given. */
  async terminate(): Promise<boolean> {
    this.child?.kill('SIGTERM');
    for (const end = Date.now() + STOP_MS; this.alive; await sleep(50)) {
      if (Date.now() < end) continue;
      await this.kill();
      return false;
    }
    return true;
  }

  /** With its worker processes, as a machine stops that is short of time. */
  freeze(): void {
    this.frozen = this.child?.pid === undefined || !this.alive ? [] : [this.child.pid, ...this.workerPids()];
    this.signalFrozen('SIGSTOP');
  }

  thaw(): void {
    this.signalFrozen('SIGCONT');
    this.frozen = [];
  }

  private signalFrozen(signal: 'SIGSTOP' | 'SIGCONT'): void {
    for (const pid of this.frozen) {
      try {
        process.kill(pid, signal);
      } catch {
        // it has ended
      }
    }
  }

  /** Kills one of its worker processes; false: it has none. */
  killWorker(choose: (pids: readonly number[]) => number): boolean {
    const pids = this.alive ? this.workerPids() : [];
    if (pids.length === 0) return false;
    try {
      process.kill(choose(pids), 'SIGKILL');
      return true;
    } catch {
      return false; // it has just ended
    }
  }

  private workerPids(): number[] {
    const pid = this.child?.pid;
    try {
      return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter((text) => text !== '').map(Number);
    } catch {
      return []; // not Linux, or it has just ended
    }
  }
}
