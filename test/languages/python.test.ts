/** The wheel in a virtual environment of its own: what a user in Python gets. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GOLDEN_VARIABLES } from '../library/golden-variables';
import { codeBlocks } from '../library/readme-blocks';
import { EXAMPLES, PACKAGES, ROOT, VERSION, attempt, copyOf, emptyFolder, expectBuildContextInside, expectFactory, golden, run, sentences, synthesized } from './support';
import { sentencesInTypeScript } from './sentences';

const home = emptyFolder('python');
const python = path.join(home, 'venv/bin/python');

beforeAll(async () => {
  await run('python3', ['-m', 'venv', 'venv'], home);
  // both in one step, so that what the wheel wants and what the examples pin must agree
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', PACKAGES.wheel, '-r', path.join(ROOT, 'examples/quickstart/python/requirements.txt')], home);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the wheel', () => {
  it('has the version of package.json, and its dependencies', async () => {
    const shown = await run(python, ['-m', 'pip', 'show', 'cdktf-mqtt-gateway'], home);
    expect(shown).toContain(`Version: ${VERSION}`);
    expect(shown).toMatch(/Requires: cdktf, constructs, jsii/);
    expect(shown).toContain('License: Apache-2.0');
  });

  it.each(EXAMPLES)('synthesizes %s to the same Terraform JSON as in TypeScript', async (example) => {
    const folder = copyOf(example, 'python', home);
    await run(python, ['main.py'], folder, GOLDEN_VARIABLES);
    expect(synthesized(folder, example)).toBe(golden(example));
  });

  it('carries the gateway: its image is built from what the program left in its output', async () => {
    const folder = copyOf('quickstart', 'python', path.join(home, 'build'));
    await run(python, ['main.py'], folder);
    expectBuildContextInside(folder, 'quickstart');
  });

  it('runs the program of the README', async () => {
    const [program] = codeBlocks('python');
    const folder = path.join(home, 'readme');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'main.py'), program!);
    await run(python, ['main.py'], folder);
    expectFactory(folder);
  });

  it('says the same sentences as in TypeScript when rules are broken', async () => {
    const expected = await sentencesInTypeScript();
    expect(expected.length).toBeGreaterThanOrEqual(6);
    const folder = path.join(home, 'broken');
    cpSync(path.join(ROOT, 'test/languages/broken/main.py'), path.join(folder, 'main.py'));
    const { code, stderr } = await attempt(python, ['main.py'], folder);
    expect(code).toBe(1);
    expect(sentences(stderr)).toEqual(expected);
  });
});

it.each(EXAMPLES)('example %s pins what the wheel is tested with', (example) => {
  const { devDependencies: tested } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> };
  expect(readFileSync(path.join(ROOT, 'examples', example, 'python/requirements.txt'), 'utf8').trim().split('\n'))
    .toEqual([`cdktf==${tested['cdktf']}`, `cdktf-mqtt-gateway==${VERSION}`, `constructs==${tested['constructs']}`]);
});
