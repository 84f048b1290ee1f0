// The packages that users install: npm tarball, Python wheel and Go module, with the bundled gateway inside of each.
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { goCommand, goEnvironment } from '../../test/setup/go.mjs';
import { buildBundle } from './bundle.mjs';
import { buildConsole } from './console.mjs';
import { filesUnder, hashFiles, readStamp, writeStamp } from './hash.mjs';
import { runJsii } from './jsii.mjs';
import { buildLibrary } from './library.mjs';
import { root } from './paths.mjs';
import { step } from './progress.mjs';

/** Where pacmak puts them: not below `dist`, or jsii-rosetta takes that for a part of this name and finds no symbol. */
export const packagesFolder = path.join(root, 'artifacts');
const stamp = path.join(packagesFolder, '.built-from');

const manifest = () => JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

/** The one place of the version: jsii stamps it into the assembly, and pacmak from there into every package. */
export const version = () => manifest().version;

/** The files and folders of the packages, by their kind. */
export function packages() {
  const { jsii: { targets } } = manifest();
  const python = targets.python.distName.replaceAll('-', '_');
  return {
    npm: path.join(packagesFolder, `js/cdktf-mqtt-gateway@${version()}.jsii.tgz`),
    wheel: path.join(packagesFolder, `python/${python}-${version()}-py3-none-any.whl`),
    sdist: path.join(packagesFolder, `python/${python}-${version()}.tar.gz`),
    go: path.join(packagesFolder, 'go', targets.go.packageName),
  };
}

/** What a Go program imports, and requires in its go.mod. */
export function goModule() {
  const { moduleName, packageName } = manifest().jsii.targets.go;
  return `${moduleName}/${packageName}`;
}

function inputs() {
  const library = filesUnder([path.join(root, 'lib')], (file) => !file.endsWith('.test.ts'));
  const bundle = readdirSync(path.join(root, 'runtime/dist')).filter((name) => !name.startsWith('.')).map((name) => `runtime/dist/${name}`);
  const rest = ['package.json', 'package-lock.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'tsconfig.jsii.json', 'runtime/bin', 'runtime/Dockerfile', 'scripts/lib/packages.mjs'];
  return [...library, ...filesUnder([...bundle, ...rest].map((name) => path.join(root, name)))];
}

/** Builds them, after what they are made of, unless nothing has changed. Gives whether it had to do anything. */
export async function buildPackages() {
  await buildBundle();
  await buildConsole();
  await buildLibrary();
  const hash = hashFiles(root, inputs());
  if (readStamp(stamp) === hash && Object.values(packages()).every((file) => existsSync(file))) return false;
  rmSync(packagesFolder, { recursive: true, force: true });
  // every sample of the README and of doc comments must compile; Python and Go get them in their own words
  await step('translating the code samples (jsii-rosetta)', () => runJsii('jsii-rosetta', ['extract', '--strict', root]));
  // pacmak compiles the Go module with the first `go` it meets, which on Debian is older than what the module asks for
  const go = { ...goEnvironment(), PATH: `${path.dirname(await goCommand())}${path.delimiter}${process.env.PATH}` };
  await step('packaging for npm, Python and Go (jsii-pacmak)', () => runJsii('jsii-pacmak', ['--targets', 'js', 'python', 'go', '--no-npmignore'], go));
  const missing = Object.values(packages()).filter((file) => !existsSync(file));
  if (missing.length > 0) throw new Error(`jsii-pacmak ended well and did not make ${missing.join(', ')}`);
  writeStamp(stamp, hash);
  return true;
}

/** The size of a file, or of all files of a folder, in bytes. */
export function sizeOf(entry) {
  if (!statSync(entry).isDirectory()) return statSync(entry).size;
  return readdirSync(entry).reduce((sum, name) => sum + sizeOf(path.join(entry, name)), 0);
}
