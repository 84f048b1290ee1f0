/** Runs `mqttgw` as a user does: the built bundle in a process of its own, on ports and in a folder of the test's own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { signPassword } from '../../runtime/src/auth/signature';
import { freePorts as findPorts } from '../setup/ports';

export const ROOT = path.resolve(import.meta.dirname, '../..');
const PROGRAM = path.join(ROOT, 'runtime/bin/mqttgw.mjs');
const LISTENERS = ['tcp', 'tls', 'websocket', 'websocketTls', 'flash', 'http'] as const;
export type Listener = (typeof LISTENERS)[number];
export type Ports = { readonly [K in Listener]: number };

export interface Ended { readonly code: number | null; readonly stdout: string; readonly stderr: string }

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout(): string;
  stderr(): string;
}

/** Processes to end when the test process does, however it ends. */
const running = new Set<ChildProcess>();
const folders = new Set<string>();
process.once('exit', () => {
  running.forEach((child) => signalGroup(child, 'SIGKILL'));
  folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
});

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-(child.pid ?? 0), signal);
  } catch {
    // it has ended
  }
}

export function launch(command: string, args: readonly string[], { cwd = ROOT, env = {}, input }: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string } = {}): Running {
  // a process group of its own, which gets what a keyboard sends
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], detached: true });
  running.add(child);
  child.stdin?.end(input);
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => { output.stdout += chunk.toString(); });
  child.stderr?.on('data', (chunk: Buffer) => { output.stderr += chunk.toString(); });
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => { running.delete(child); resolve({ code, ...output }); }));
  return { child, ended, stdout: () => output.stdout, stderr: () => output.stderr };
}

/** Runs `mqttgw` to its end. */
export function mqttgw(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string } = {}): Promise<Ended> {
  return launch(process.execPath, [PROGRAM, ...args], options).ended;
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-embedded-'));
  folders.add(folder);
  return folder;
}

/** The example's output, with an image by name so that nothing needs Docker. */
export async function synthesize(example: string): Promise<string> {
  const folder = temporaryFolder();
  const { code, stderr } = await launch(process.execPath, ['--import', 'tsx', 'main.ts'], {
    cwd: path.join(ROOT, 'examples', example), env: { CDKTF_OUTDIR: folder, MQTTGW_GATEWAY_IMAGE: 'example.com/gateway:1' },
  }).ended;
  if (code !== 0) throw new Error(`examples/${example} did not synthesize:\n${stderr}`);
  return folder;
}

export async function freePorts(): Promise<Ports> {
  const ports = await findPorts(LISTENERS.length);
  return Object.fromEntries(LISTENERS.map((listener, index) => [listener, ports[index]])) as unknown as Ports;
}

export function portArguments(ports: Ports): string[] {
  return LISTENERS.flatMap((listener) => ['--port', `${listener}=${ports[listener]}`]);
}

export interface Dev extends Running {
  readonly ports: Ports;
  /** Ctrl-C. */
  stop(): Promise<Ended>;
  kill9(): Promise<Ended>;
}

/** Starts `mqttgw dev`, or what `command` says, and waits until it prints its endpoints. */
export async function startDev(
  args: readonly string[], ports: Ports, { command = [process.execPath, PROGRAM, 'dev'], env }: { command?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
): Promise<Dev> {
  const process_ = launch(command[0] ?? '', [...command.slice(1), ...args, ...portArguments(ports)], { env });
  await new Promise<void>((resolve, reject) => {
    const look = (): void => { if (process_.stdout().includes('Ctrl-C stops it')) resolve(); };
    process_.child.stdout?.on('data', look);
    void process_.ended.then(({ code, stdout, stderr }) => reject(new Error(`ended with ${code} before it ran:\n${stdout}\n${stderr}`)));
  });
  const end = (signal: NodeJS.Signals): Promise<Ended> => { signalGroup(process_.child, signal); return process_.ended; };
  return { ...process_, ports, stop: () => end('SIGINT'), kill9: () => end('SIGKILL') };
}

const SCHEMES = { tcp: 'mqtt', tls: 'mqtts', websocket: 'ws', websocketTls: 'wss' } as const;

export type MqttListener = keyof typeof SCHEMES;

export function urlOf(listener: MqttListener, ports: Ports): string {
  return `${SCHEMES[listener]}://127.0.0.1:${ports[listener]}${listener.startsWith('websocket') ? '/mqtt' : ''}`;
}

/** A client of the quickstart with a signed password, and the payloads that it got from the first moment on. */
export async function connect(listener: MqttListener, ports: Ports, clientId: string, more: IClientOptions = {}): Promise<{ client: MqttClient; received: string[] }> {
  const client = mqtt.connect(urlOf(listener, ports), {
    clientId, username: 'Signature|quickstart-key|quickstart', password: signPassword('quickstart-secret', clientId),
    protocolVersion: 4, rejectUnauthorized: false, reconnectPeriod: 0, ...more,
  });
  const received: string[] = [];
  client.on('message', (_topic, payload) => received.push(payload.toString()));
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
  });
  return { client, received };
}
