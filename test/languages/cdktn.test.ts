import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GOLDEN_VARIABLES } from '../library/golden-variables';
import { installWithCdktn } from './cdktn';
import { EXAMPLES, ROOT, emptyFolder, golden, run, synthesized } from './support';

const home = emptyFolder('cdktn');
beforeAll(() => installWithCdktn(home));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Without the version of the core that made it. */
function content(text: string): unknown {
  const json = JSON.parse(text) as { '//': { metadata: { version?: string } } };
  delete json['//'].metadata.version;
  return json;
}

describe('cdktn under the name of cdktf', () => {
  it('is what is installed, and once', async () => {
    expect(JSON.parse(readFileSync(path.join(home, 'node_modules/cdktf/package.json'), 'utf8'))).toMatchObject({ name: 'cdktn' });
    expect((await run('find', ['.', '-type', 'd', '(', '-path', '*/node_modules/cdktf', '-o', '-path', '*/node_modules/cdktn', ')'], home)).trim()).toBe('./node_modules/cdktf');
  });

  it.each(EXAMPLES)('synthesizes %s to the same Terraform JSON', async (example) => {
    const folder = path.join(home, example);
    mkdirSync(folder);
    cpSync(path.join(ROOT, 'examples', example, 'main.ts'), path.join(folder, 'main.ts'));
    await run('npx', ['tsx', 'main.ts'], folder, GOLDEN_VARIABLES);
    expect(content(synthesized(folder, example))).toEqual(content(golden(example)));
  });

  it('compiles in strict mode, types of dependencies included', async () => {
    const files = EXAMPLES.map((example) => `${example}/main.ts`);
    expect(await run('npx', ['tsc', '--strict', '--noEmit', '--target', 'es2022', '--module', 'node16', '--moduleResolution', 'node16', '--types', 'node', ...files], home)).toBe('');
  });
});
