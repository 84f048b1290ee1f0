/** A stack in a folder of its own, deployed to the real engine, and what is there afterwards. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { testEnvironment } from '../setup/environment';
import { attempt, docker, run, type Result } from './run';

export const root = path.resolve(import.meta.dirname, '../..');
const bin = (name: string): string => path.join(root, 'node_modules/.bin', name);

type Variables = Readonly<Record<string, string | undefined>>;
type Outputs = Readonly<Record<string, unknown>>;

export interface ContainerInfo {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly running: boolean;
  /** Of its first process on this machine. */
  readonly pid: number;
}

/** Both of the instance's sides as `listener → host:port` and `listener → URL`. */
export interface InstanceOutputs {
  readonly publicEndpoints: Readonly<Record<string, string>>;
  readonly publicUrls: Readonly<Record<string, string>>;
  readonly internalEndpoints: Readonly<Record<string, string>>;
  readonly storageEndpoint: string;
  readonly consoleUrl: string;
}

export class DeployedStack {
  readonly folder: string;
  /** Of the last deploy. */
  outputs: Outputs = {};
  private variables: Variables;
  private readonly app: string[];

  /** `program`: a file in TypeScript that synthesizes the stack, or the words of a command; `name`: the stack's id; `beside`: another stack of the same program. */
  constructor(readonly name: string, program: string | readonly string[], variables: Variables = {}, beside?: DeployedStack) {
    this.folder = beside?.folder ?? mkdtempSync(path.join(os.tmpdir(), `mqttgw-deploy-${name}-`));
    const { images } = testEnvironment();
    this.variables = { MQTTGW_BASE_IMAGE: images.base, MQTTGW_STORE_IMAGE: images.store, MQTTGW_FRONT_IMAGE: images.front, ...variables };
    this.app = typeof program === 'string' ? [bin('tsx'), '--tsconfig', path.join(root, 'tsconfig.json'), path.join(root, program)] : [...program];
    writeFileSync(path.join(this.folder, 'cdktf.json'), JSON.stringify({ language: 'typescript', app: this.app.join(' '), projectId: 'deploy-suite', sendCrashReports: 'false' }));
  }

  /** Environment of the program and of Terraform from now on. */
  set(variables: Variables): void {
    this.variables = { ...this.variables, ...variables };
  }

  /** `cdktf deploy`, as a user runs it. */
  async tryDeploy(): Promise<Result> {
    // the provider comes from a folder here, so there is no registry to ask for other platforms' checksums
    return this.cdktf('deploy', '--auto-approve', '--skip-provider-lock', '--ignore-missing-stack-dependencies');
  }

  async deploy(): Promise<void> {
    const { code, text } = await this.tryDeploy();
    if (code !== 0) throw new Error(`cdktf deploy ended with ${code}:\n${text.slice(-8000)}\n${await this.logs()}`);
    const json = await run(this.terraform, ['output', '-json', '-no-color'], { cwd: this.terraformFolder });
    const all = JSON.parse(json) as Record<string, { value: unknown }>;
    this.outputs = Object.fromEntries(Object.entries(all).map(([name, { value }]) => [name, value]));
  }

  async destroy(): Promise<void> {
    const { code, text } = await this.cdktf('destroy', '--auto-approve', '--skip-provider-lock', '--ignore-missing-stack-dependencies');
    if (code !== 0) throw new Error(`cdktf destroy ended with ${code}:\n${text.slice(-8000)}`);
  }

  /** Exit code 0: nothing to do; 2: something; 1: refused. */
  async plan(...args: string[]): Promise<Result> {
    // the program itself, without the command line around it, which costs seconds
    const [program, ...programArgs] = this.app;
    await run(program!, programArgs, { cwd: this.folder, env: { ...this.variables, CDKTF_OUTDIR: 'cdktf.out' } });
    return attempt(this.terraform, ['plan', '-detailed-exitcode', '-no-color', '-input=false', ...args], { cwd: this.terraformFolder, env: this.variables });
  }

  /** The program that `cdktf` runs as well. */
  private get terraform(): string {
    return this.variables['TERRAFORM_BINARY_NAME'] ?? testEnvironment().terraform;
  }

  get terraformFolder(): string {
    return path.join(this.folder, 'cdktf.out/stacks', this.name);
  }

  instance(instanceId: string): InstanceOutputs {
    const output = <T>(name: string) => this.outputs[`mqtt_${instanceId}_${name}`] as T;
    return {
      publicEndpoints: output('public_endpoints'), publicUrls: output('public_urls'),
      internalEndpoints: output('internal_endpoints'), storageEndpoint: output('storage_endpoint'), consoleUrl: output('console_url'),
    };
  }

  /** By our own labels; stopped ones too. */
  async containers(role?: string, instanceId?: string): Promise<ContainerInfo[]> {
    const label = (name: string, value: string) => ['--filter', `label=io.cdktf-mqtt-gateway.${name}=${value}`];
    const filters = [...label('stack', this.name), ...(role ? label('role', role) : []), ...(instanceId ? label('instance', instanceId) : [])];
    const ids = (await docker('ps', '--all', '--quiet', '--no-trunc', ...filters)).split('\n').filter((id) => id !== '');
    if (ids.length === 0) return [];
    const { code, text } = await attempt('docker', ['inspect', ...ids], { timeoutMs: 120_000 });
    // one was removed between the list and the look
    if (code !== 0 && text.includes('No such')) return this.containers(role, instanceId);
    if (code !== 0) throw new Error(`docker inspect ended with ${code}:\n${text.slice(-2000)}`);
    const inspected = JSON.parse(text) as {
      Id: string; Name: string; Config: { Labels: Record<string, string> }; State: { Running: boolean; Pid: number };
    }[];
    return inspected.map(({ Id, Name, Config, State }) => ({
      id: Id, name: Name.slice(1), labels: Config.Labels, role: Config.Labels['io.cdktf-mqtt-gateway.role'] ?? '', running: State.Running, pid: State.Pid,
    })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async container(role: string, instanceId?: string): Promise<ContainerInfo> {
    const [first, ...more] = await this.containers(role, instanceId);
    if (!first || more.length > 0) throw new Error(`expected one ${role} container, found ${more.length + (first ? 1 : 0)}`);
    return first;
  }

  async volumes(): Promise<string[]> {
    const names = await docker('volume', 'ls', '--quiet', '--filter', `name=${this.name}-`);
    return names.split('\n').filter((name) => name.startsWith(`${this.name}-`));
  }

  async networks(): Promise<string[]> {
    const names = await docker('network', 'ls', '--format', '{{.Name}}', '--filter', `label=io.cdktf-mqtt-gateway.stack=${this.name}`);
    return names.split('\n').filter((name) => name !== '');
  }

  /** Last lines of every container, for a failure's message. */
  async logs(): Promise<string> {
    const parts = await Promise.all((await this.containers()).map(async ({ id, name }) => `${name}:\n${(await attempt('docker', ['logs', '--tail', '8', id])).text}`));
    return parts.join('\n');
  }

  /** Whatever happened before: nothing of the stack stays on the engine. */
  async cleanUp({ keepFolder = false } = {}): Promise<void> {
    try {
      if ((await this.containers()).length > 0) await this.destroy().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
      const containers = (await this.containers()).map(({ id }) => id);
      if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers);
      for (const network of await this.networks()) await attempt('docker', ['network', 'rm', network]);
      for (const volume of await this.volumes()) await attempt('docker', ['volume', 'rm', volume]);
      const images = (await docker('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n');
      for (const image of images.filter((each) => each.startsWith(`${this.name}-`))) await attempt('docker', ['image', 'rm', image]);
    } finally {
      if (!keepFolder) rmSync(this.folder, { recursive: true, force: true });
    }
  }

  private cdktf(command: string, ...args: string[]): Promise<Result> {
    return attempt(bin('cdktf'), [command, this.name, ...args], { cwd: this.folder, env: this.variables });
  }
}

export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Repeats `ask` until it gives something other than undefined or false, or throws no more. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined | false> | T | undefined | false, timeoutMs = 60_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`not within ${timeoutMs / 1000} s: ${what}${last ? ` (${String(last)})` : ''}`);
    await pause(200);
  }
}
