// Compiles the construct library with jsii: dist/ and .jsii, unless nothing it reads has changed.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { filesUnder, hashFiles, readStamp, writeStamp } from './hash.mjs';
import { runJsii } from './jsii.mjs';
import { root } from './paths.mjs';
import { step } from './progress.mjs';

const stamp = path.join(root, 'dist/.built-from');

/** jsii puts the manifest and the README into the assembly, so they count as inputs. */
function inputs() {
  const sources = filesUnder([path.join(root, 'lib')], (file) => !file.endsWith('.test.ts'));
  return [...sources, ...['package.json', 'README.md', 'tsconfig.jsii.json'].map((name) => path.join(root, name))];
}

/** Gives whether it had to do anything. */
export async function buildLibrary() {
  const compiler = JSON.parse(readFileSync(path.join(root, 'node_modules/jsii/package.json'), 'utf8')).version;
  const hash = hashFiles(root, inputs(), compiler);
  if (readStamp(stamp) === hash && existsSync(path.join(root, '.jsii')) && existsSync(path.join(root, 'dist/index.js'))) return false;
  rmSync(stamp, { force: true });
  await step('compiling the construct library (jsii)', () => runJsii('jsii'));
  writeStamp(stamp, hash);
  return true;
}
