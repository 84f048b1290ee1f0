/** The generated Go module in modules of users: compiled and run with a real toolchain. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GOLDEN_VARIABLES } from '../library/golden-variables';
import { codeBlocks } from '../library/readme-blocks';
import { testEnvironment } from '../setup/environment';
import { compileGo } from './go-module';
import { EXAMPLES, GO_MODULE, PACKAGES, ROOT, VERSION, attempt, copyOf, emptyFolder, expectBuildContextInside, expectFactory, golden, run, sentences, synthesized } from './support';
import { sentencesInTypeScript } from './sentences';

const home = emptyFolder('go');
const { go } = testEnvironment();

beforeAll(() => {
  cpSync(path.join(ROOT, 'examples/quickstart/go/go.mod'), path.join(home, 'broken/go.mod'));
  cpSync(path.join(ROOT, 'test/languages/broken/main.go'), path.join(home, 'broken/main.go'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the Go module', () => {
  it('has the version of package.json, and its licence', () => {
    expect(readFileSync(path.join(PACKAGES.go, 'version'), 'utf8').trim()).toBe(VERSION);
    expect(readFileSync(path.join(PACKAGES.go, 'LICENSE'), 'utf8')).toContain('Apache License');
    expect(readFileSync(path.join(PACKAGES.go, 'go.mod'), 'utf8')).toMatch(new RegExp(`^module ${GO_MODULE}$`, 'm'));
  });

  it.each(EXAMPLES)('synthesizes %s to the same Terraform JSON as in TypeScript', async (example) => {
    const folder = copyOf(example, 'go', home);
    await run(await compileGo(folder), [], folder, GOLDEN_VARIABLES);
    expect(synthesized(folder, example)).toBe(golden(example));
  });

  it('carries the gateway: its image is built from what the program left in its output', async () => {
    const folder = copyOf('quickstart', 'go', path.join(home, 'build'));
    await run(await compileGo(folder), [], folder);
    expectBuildContextInside(folder, 'quickstart');
  });

  it('runs the program of the README', async () => {
    const [program] = codeBlocks('go');
    const folder = path.join(home, 'readme');
    cpSync(path.join(ROOT, 'examples/quickstart/go/go.mod'), path.join(folder, 'go.mod'));
    writeFileSync(path.join(folder, 'main.go'), program!);
    await run(await compileGo(folder), [], folder);
    expectFactory(folder);
  });

  it('says the same sentences as in TypeScript when rules are broken', async () => {
    const expected = await sentencesInTypeScript();
    expect(expected.length).toBeGreaterThanOrEqual(6);
    const folder = path.join(home, 'broken');
    const { code, stderr } = await attempt(await compileGo(folder), [], folder);
    expect(code).toBe(2); // a panic: what jsii makes of an exception
    expect(sentences(stderr)).toEqual(expected);
  });

  it('has examples that are formatted as gofmt does', async () => {
    const files = [...EXAMPLES.map((example) => `examples/${example}/go/main.go`), 'test/languages/broken/main.go'];
    expect(await run(path.join(path.dirname(go), 'gofmt'), ['-l', ...files], ROOT)).toBe('');
  });
});

it.each(EXAMPLES)('example %s requires what the module is tested with', (example) => {
  const required = (text: string): string[] => [...text.matchAll(/^\t(\S+ v\S+)$/gm)].map(([, line]) => line!).sort();
  expect(required(readFileSync(path.join(ROOT, 'examples', example, 'go/go.mod'), 'utf8')))
    .toEqual([...required(readFileSync(path.join(PACKAGES.go, 'go.mod'), 'utf8')), `${GO_MODULE} v${VERSION}`].sort());
});
