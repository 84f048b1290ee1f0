/** A gateway as its own process, the bundle that containers run, so that a test can kill it as a crash would. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../setup/ports';
import { INSTANCE_ID, SEALING_KEY, STORAGE_ID } from './documents';
import { PATIENCE_MS } from './patience';

const BUNDLE = path.resolve(import.meta.dirname, '../../runtime/dist/mqttgw.mjs');

export interface GatewayProcess {
  readonly port: number;
  readonly httpPort: number;
  readonly readyFile: string;
  /** What the process logged so far. */
  log(): string;
  /** Resolves when it is ready. */
  start(): Promise<void>;
  /** Starts it and resolves with the exit code, for what is expected to fail. */
  startToEnd(): Promise<number | null>;
  kill9(): Promise<void>;
  /** Holds the process where it is, as a machine does that swaps or is suspended, and lets it go on. */
  freeze(): void;
  thaw(): void;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  cleanUp(): Promise<void>;
}

export interface GatewayProcessOptions {
  readonly workers?: number;
  readonly instanceId?: string;
  /** Instead of a free one. */
  readonly port?: number;
  /** Another one is another deployment. */
  readonly revision?: string;
}

export async function gatewayProcess(storeUrl: string, replica = '1', { workers, instanceId = INSTANCE_ID, revision = 'r1', ...more }: GatewayProcessOptions = {}): Promise<GatewayProcess> {
  if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is missing: run "npm run build"`);
  const directory = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-process-'));
  const [port, httpPort] = [more.port ?? await freePort(), await freePort()];
  const on = (p: number): { bindAddress: string; port: number } => ({ bindAddress: '127.0.0.1', port: p });
  writeFileSync(path.join(directory, 'gateway.json'), JSON.stringify({
    version: 1, instanceId, storageId: STORAGE_ID, replica, revision, proxyProtocol: false, drainSeconds: 5, logLevel: 'info', workers,
    listeners: { tcp: on(port), http: on(httpPort) },
  }));
  writeFileSync(path.join(directory, 'store.json'), JSON.stringify({
    version: 1, kind: 'store', url: storeUrl, username: null, password: null, sealingKey: SEALING_KEY, admin: null,
  }));
  const readyFile = path.join(directory, 'ready');
  let child: ChildProcess | null = null;
  let log = '';
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = new Promise<number | null>((resolve) => child!.once('exit', (code) => resolve(code)));
    child.kill(signal);
    return exited;
  };
  const begin = (): ChildProcess => {
    const args = ['serve', '--config', path.join(directory, 'gateway.json'), '--store', path.join(directory, 'store.json'), '--ready-file', readyFile];
    child = spawn(process.execPath, [BUNDLE, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout!.on('data', (data: Buffer) => { log += data; });
    child.stderr!.on('data', (data: Buffer) => { log += data; });
    return child;
  };
  return {
    port,
    httpPort,
    readyFile,
    log: () => log,
    async start() {
      const started = begin();
      const deadline = Date.now() + PATIENCE_MS;
      for (;;) {
        if (await isReady(httpPort)) return;
        if (started.exitCode !== null || Date.now() > deadline) throw new Error(`the gateway did not become ready:\n${log}`);
        await sleep(50);
      }
    },
    startToEnd: () => new Promise((resolve) => begin().once('close', resolve)),
    async kill9() {
      await end('SIGKILL');
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    stop: () => end('SIGTERM'),
    async cleanUp() {
      await end('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export async function readiness(httpPort: number): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${httpPort}/readyz`);
  return { status: response.status, body: await response.json() };
}

async function isReady(httpPort: number): Promise<boolean> {
  try {
    return (await readiness(httpPort)).status === 200;
  } catch {
    return false;
  }
}
