/** What the README shows is compiled and run, so that a stranger can copy it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StackRecord } from '../../lib/manifest/manifest';
import { buildProgram } from '../../runtime/src/cli/program';
import { BACKEND_WORKER, codeBlocks, COMMAND_LINE, DOCS, README, ROOT, shellCommands } from './readme-blocks';

const programs = [README, ...DOCS].flatMap((page) => codeBlocks('ts', page)).filter((code) => code.includes('app.synth()'));
const others = codeBlocks('js');
const commands = [...shellCommands(), ...shellCommands(COMMAND_LINE), ...shellCommands(BACKEND_WORKER)];
// below a folder that git and tsconfig leave out, but inside the repository, where modules are found
const folder = path.join(ROOT, 'test/library/cdktf.out', `readme-${process.pid}`);
const fileOf = (kind: string, index: number): string => path.join(folder, `${kind}-${index}.ts`);

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  programs.forEach((code, index) => writeFileSync(fileOf('program', index), code));
  others.forEach((code, index) => writeFileSync(fileOf('other', index), code));
  // a Region without an image name builds one from the bundle, so that must be there
  const { buildBundle } = await import('../../scripts/lib/bundle.mjs' as string) as { buildBundle(): Promise<boolean> };
  await buildBundle();
  const { buildConsole } = await import('../../scripts/lib/console.mjs' as string) as { buildConsole(): Promise<boolean> };
  await buildConsole();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('README', () => {
  it('starts with the smallest example', () => {
    expect(README.indexOf('```')).toBe(README.indexOf('```ts'));
    expect(programs.length).toBeGreaterThanOrEqual(3);
    expect(others).toEqual([expect.stringContaining("from 'mqtt'")]);
  });

  it('shows code that compiles', () => {
    const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), ts.sys.readFile) as { config: { compilerOptions: object } };
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
    const files = [...programs.map((_, index) => fileOf('program', index)), ...others.map((_, index) => fileOf('other', index))];
    const program = ts.createProgram(files, { ...options, baseUrl: ROOT });
    const messages = files.flatMap((file) => {
      const source = program.getSourceFile(file);
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
        .map(({ messageText, start }) => `${path.basename(file)} at ${start}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
    });
    expect(messages).toEqual([]);
  }, 120_000);

  it.each(programs.map((_, index) => index))('shows program %i, which synthesizes and binds its instance', async (index) => {
    const outdir = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-readme-'));
    process.env.CDKTF_OUTDIR = outdir;
    try {
      await import(fileOf('program', index));
      const [, stack = ''] = /new TerraformStack\(app, '([^']+)'\)/.exec(programs[index] ?? '') ?? [];
      const json = JSON.parse(readFileSync(path.join(outdir, 'stacks', stack, 'cdk.tf.json'), 'utf8')) as { '//': { mqttGateway: StackRecord } };
      const directPush = programs[index]!.includes('directPush: true');
      expect(json['//'].mqttGateway.instances).toMatchObject([{
        manifest: directPush ? { binding: null, directPushTopics: [{ name: expect.any(String) }] } : { binding: { storageId: expect.any(String) } },
      }]);
    } finally {
      delete process.env.CDKTF_OUTDIR;
      rmSync(outdir, { recursive: true, force: true });
    }
  });

  it.each(commands.filter(([program]) => program === 'mqttgw').map((command) => [command.join(' '), command] as const))('shows `%s`, whose options exist and suffice to sign', (_text, command) => {
    expect(unknownOptions(command.slice(1))).toEqual([]);
    if (command.includes('--key-id')) expect(command).toContain('--instance');
  });

  it.each(commands.filter((command) => command[0] === 'npm' && command[1] === 'start').map((command) => [command.join(' '), command] as const))('shows `%s`, whose options exist', (_text, command) => {
    expect(unknownOptions(['dev', ...command.slice(3)])).toEqual([]);
  });

  it('shows package.json and cdktf.json of a program, with the versions that are tested here', () => {
    const [manifest, cdktf] = codeBlocks('json').map((text) => JSON.parse(text) as Record<string, unknown>);
    const own = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string; devDependencies: Record<string, string> };
    const { devDependencies: tested } = own;
    expect(manifest).toMatchObject({
      dependencies: { cdktf: tested.cdktf, constructs: tested.constructs, 'cdktf-mqtt-gateway': `^${own.version}` },
      devDependencies: { 'cdktf-cli': tested['cdktf-cli'], tsx: tested.tsx, typescript: tested.typescript },
    });
    expect(cdktf).toMatchObject({ language: 'typescript', app: 'npx tsx main.ts' });
  });

  it('A6 shows no secret but those of the quickstart', () => {
    for (const [, secret] of README.matchAll(/secret: '([^']+)'/g)) expect(secret).toBe('quickstart-secret');
  });
});

function unknownOptions([name = '', ...args]: readonly string[]): string[] {
  const program = buildProgram({ stdout: process.stdout, stderr: process.stderr, stdin: process.stdin, env: {}, cwd: ROOT, exitCode: 0 });
  const command = program.commands.find((candidate) => candidate.name() === name);
  if (!command) return [`mqttgw ${name}`];
  const { operands, unknown } = command.parseOptions([...args]);
  return [...operands, ...unknown];
}
