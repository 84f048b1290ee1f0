/** Programs of users in folders of their own, outside of the repository, and what they synthesize. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { StackRecord } from '../../lib/manifest/manifest';

interface Packages { readonly npm: string; readonly wheel: string; readonly sdist: string; readonly go: string }

const built = (await import('../../scripts/lib/packages.mjs' as string)) as { packages(): Packages; goModule(): string; version(): string; sizeOf(entry: string): number };
const { jsiiEnvironment } = (await import('../../scripts/lib/jsii.mjs' as string)) as { jsiiEnvironment: Record<string, string> };

export const ROOT = path.resolve(import.meta.dirname, '../..');
export const { sizeOf } = built;
export const PACKAGES = built.packages();
export const GO_MODULE = built.goModule();
export const VERSION = built.version();

/** The examples that stand in every language. */
export const EXAMPLES = ['quickstart', 'two-regions', 'direct-push'] as const;

/** An empty folder, gone after the run of its file when `afterAll` removes it. */
export const emptyFolder = (purpose: string): string => mkdtempSync(path.join(os.tmpdir(), `mqttgw-${purpose}-`));

/** A copy of an example's folder: what a user would have. */
export function copyOf(example: string, language: string, into: string): string {
  const folder = path.join(into, example);
  cpSync(path.join(ROOT, 'examples', example, language), folder, { recursive: true, filter: (file) => !file.includes('cdktf.out') });
  return folder;
}

export interface Ended { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs a program without what this machine sets for the library. */
export function attempt(command: string, args: readonly string[], cwd: string, variables: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(MQTTGW_|CDKTF_|NODE_PATH|NODE_OPTIONS|VITEST)/.test(name)));
  return new Promise((resolve) => {
    execFile(command, args, { cwd, env: { ...inherited, ...jsiiEnvironment, ...variables }, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr: stderr || (error && !stdout ? error.message : '') });
    });
  });
}

/** As `attempt`, for what must not fail; gives what it printed. */
export async function run(command: string, args: readonly string[], cwd: string, variables: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await attempt(command, args, cwd, variables);
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${code}\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`);
  return stdout;
}

/** The Terraform JSON that a program left in its folder; the folder itself is written as `.`, as in the golden files. */
export const synthesized = (folder: string, stack: string): string => readFileSync(path.join(folder, 'cdktf.out/stacks', stack, 'cdk.tf.json'), 'utf8').replaceAll(folder, '.');

/** What the example in TypeScript synthesizes: a test of the library suite holds it there. */
export const golden = (example: string): string => readFileSync(path.join(ROOT, 'test/library/golden', `${example}.tf.json`), 'utf8');

/** The first program of the README, in another language, binds its instance and declares what the one in TypeScript does. */
export function expectFactory(folder: string): void {
  const { '//': { mqttGateway: { instances: [{ manifest, storage }] } } } = JSON.parse(synthesized(folder, 'factory')) as { '//': { mqttGateway: StackRecord } };
  expect(manifest).toMatchObject({ instanceId: 'machines', groups: [{ name: 'GID_sensors' }], accessKeys: [{ id: 'sensors' }], binding: { storageId: storage!.storageId } });
  expect(storage).toMatchObject({ topics: [{ name: 'measurements' }] });
}

/** The image is built from files in the output alone, and they are those of the bundled gateway. */
export function expectBuildContextInside(folder: string, stack: string): void {
  const out = path.join(folder, 'cdktf.out/stacks', stack);
  const json = JSON.parse(readFileSync(path.join(out, 'cdk.tf.json'), 'utf8')) as { resource: { docker_image: Record<string, { build?: { context: string; dockerfile: string } }> } };
  const [build] = Object.values(json.resource.docker_image).flatMap((image) => (image.build ? [image.build] : []));
  expect(path.isAbsolute(build!.context)).toBe(false);
  const context = path.join(out, build!.context);
  expect(readdirSync(context)).toEqual(expect.arrayContaining([build!.dockerfile, 'mqttgw.mjs']));
  for (const [copied, original] of [['Dockerfile', 'runtime/Dockerfile'], ['mqttgw.mjs', 'runtime/dist/mqttgw.mjs'], ['console/index.html', 'runtime/dist/console/index.html']] as const) {
    expect(readFileSync(path.join(context, copied)).equals(readFileSync(path.join(ROOT, original)))).toBe(true);
  }
}

/** The sentences of a refused program: what every language prints between its own words. */
export const sentences = (text: string): string[] => [...new Set(text.split('\n').map((line) => line.trim()).filter((line) => /^\[broken\] broken\//.test(line)))].sort();

/** For a folder that one test needs. */
export function temporaryFolder(purpose: string): string {
  const folder = emptyFolder(purpose);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
