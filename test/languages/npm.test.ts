/** The npm tarball in an empty folder: what a user in TypeScript or JavaScript gets. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GOLDEN_VARIABLES } from '../library/golden-variables';
import { codeBlocks } from '../library/readme-blocks';
import { EXAMPLES, PACKAGES, ROOT, VERSION, attempt, emptyFolder, expectBuildContextInside, golden, run, sizeOf, synthesized } from './support';

const MEGABYTE = 1_000_000;
const home = emptyFolder('npm');
const own = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> };
const tested = (name: string): string => `${name}@${own.devDependencies[name]}`;

beforeAll(async () => {
  writeFileSync(path.join(home, 'package.json'), '{ "name": "user", "private": true }\n');
  await run('npm', ['install', '--silent', '--no-audit', '--no-fund', PACKAGES.npm, ...['cdktf', 'constructs', 'tsx', 'typescript', '@types/node'].map(tested)], home);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the npm package', () => {
  const listed = async (): Promise<string[]> => (await run('tar', ['-tzf', PACKAGES.npm], home)).trim().split('\n').map((name) => name.replace(/^package\//, ''));

  it('holds the library, the gateway and the bundled provider, and nothing else', async () => {
    const files = await listed();
    expect(files).toEqual(expect.arrayContaining(['.jsii', 'dist/index.js', 'dist/index.d.ts', 'runtime/dist/mqttgw.mjs', 'runtime/dist/console/index.html', 'runtime/dist/console/index.html', 'runtime/dist/THIRD-PARTY-LICENSES.txt', 'runtime/Dockerfile', 'runtime/bin/mqttgw.mjs', 'README.md', 'LICENSE', 'CHANGELOG.md']));
    const allowed = /^(\.jsii|package\.json|README(\.[\w-]+)?\.md|LICENSE|CHANGELOG\.md|dist\/.*\.(js|d\.ts)|runtime\/Dockerfile|runtime\/bin\/mqttgw\.mjs|runtime\/dist\/.*|node_modules\/@cdktf\/provider-docker\/.*)$/;
    expect(files.filter((name) => !allowed.test(name))).toEqual([]);
    expect(files.filter((name) => /\.test\.|artifacts|built-from/.test(name))).toEqual([]);
  });

  it('is not larger than the documentation says', () => {
    const page = readFileSync(path.join(ROOT, 'docs/packages.md'), 'utf8');
    const [, stated] = /npm tarball \| (\d+(?:\.\d+)?) MB/.exec(page) ?? [];
    expect(Number(stated)).toBeGreaterThan(0);
    expect(sizeOf(PACKAGES.npm) / MEGABYTE).toBeLessThanOrEqual(Number(stated));
    for (const file of [PACKAGES.wheel, PACKAGES.go]) expect(sizeOf(file) / MEGABYTE).toBeLessThanOrEqual(Number(stated));
  });

  it('has a command line of the same version', async () => {
    expect(await run('npx', ['mqttgw', '--help'], home)).toContain('mqttgw');
    expect(JSON.parse(readFileSync(path.join(home, 'node_modules/cdktf-mqtt-gateway/package.json'), 'utf8'))).toMatchObject({ version: VERSION });
  });

  it('compiles the first program of the README in strict mode, types of every dependency included', async () => {
    const folder = path.join(home, 'strict');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'main.ts'), codeBlocks('ts')[0]!);
    const { code, stdout } = await attempt('npx', ['tsc', '--strict', '--noEmit', '--target', 'es2022', '--module', 'node16', '--moduleResolution', 'node16', '--types', 'node', 'strict/main.ts'], home);
    expect(stdout).toBe('');
    expect(code).toBe(0);
    await run('npx', ['tsx', 'main.ts'], folder);
    expectBuildContextInside(folder, 'factory');
  });

  it.each(EXAMPLES)('synthesizes %s as from the sources', async (example) => {
    const folder = path.join(home, example);
    mkdirSync(folder);
    cpSync(path.join(ROOT, 'examples', example, 'main.ts'), path.join(folder, 'main.ts'));
    await run('npx', ['tsx', 'main.ts'], folder, GOLDEN_VARIABLES);
    expect(synthesized(folder, example)).toBe(golden(example));
  });
});
