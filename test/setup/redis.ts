import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './ports';

export interface RedisOptions {
  /** When the append-only file is flushed to disk; `no` also switches the file off. Default: `everysec`. */
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  /** Default: a free one. */
  readonly port?: number;
  /** Where data is kept. Default: a temporary folder, removed by `stop`. A folder given is left. */
  readonly dir?: string;
  /** More of redis.conf, e.g. `{ maxmemory: '64mb', 'maxmemory-policy': 'noeviction' }`. */
  readonly config?: Readonly<Record<string, string>>;
}

/** A Redis server of a test's own. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  /** The process id of the server at present. */
  readonly pid: number | undefined;
  /** Ends it in good order, and removes its folder unless that was given. */
  stop(): Promise<void>;
  /** Ends it as a power cut would; its data stays for `restart`. */
  kill9(): Promise<void>;
  /** Starts it again on the same port and data; ends it in good order first when it runs. */
  restart(): Promise<void>;
}

/** Servers to end when the test process does, however it ends. */
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Starts `redis-server` on loopback and waits until it answers. */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const dir = options.dir ?? mkdtempSync(path.join(os.tmpdir(), 'mqttgw-redis-'));
  mkdirSync(dir, { recursive: true });
  // Another process may take a free port before Redis does; then the next one is tried.
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    try {
      return await startOn(port, dir, options);
    } catch (error) {
      if (options.port !== undefined || attempt === 3) throw error;
    }
  }
}

async function startOn(port: number, dir: string, options: RedisOptions): Promise<TestRedis> {
  let child = await launch(port, dir, options);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    get pid() {
      return child.pid;
    },
    async stop() {
      await end('SIGTERM');
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
    kill9: () => end('SIGKILL'),
    async restart() {
      await end('SIGTERM');
      child = await launch(port, dir, options);
    },
  };
}

async function launch(port: number, dir: string, options: RedisOptions): Promise<ChildProcess> {
  const settings: Record<string, string> = {
    port: String(port),
    bind: '127.0.0.1',
    dir,
    save: '',
    appendonly: options.appendfsync === 'no' ? 'no' : 'yes',
    appendfsync: options.appendfsync ?? 'everysec',
    daemonize: 'no',
    ...options.config,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let output = '';
  child.stdout!.on('data', (chunk) => (output = (output + chunk).slice(-4000)));
  child.stderr!.on('data', (chunk) => (output = (output + chunk).slice(-4000)));
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  const deadline = Date.now() + 15_000;
  while (failure === undefined && child.exitCode === null && Date.now() < deadline) {
    if (await answers(port)) return child;
    await sleep(20);
  }
  child.kill('SIGKILL');
  throw failure ?? new Error(`redis-server on port ${port} did not start:\n${output}`);
}

/** PONG, and not merely an open port: Redis listens before it has loaded its data. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1000, () => settle(false));
    socket.once('data', (data) => settle(data.toString().startsWith('+PONG')));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
    function settle(answer: boolean) {
      socket.destroy();
      resolve(answer);
    }
  });
}
