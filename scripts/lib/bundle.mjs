// Bundles the gateway into one file, so that its image needs no install step.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { filesUnder, hashFiles, readStamp, writeStamp } from './hash.mjs';
import { root } from './paths.mjs';
import { step } from './progress.mjs';
import { run } from './run.mjs';

const folder = path.join(root, 'runtime/dist');
const output = path.join(folder, 'mqttgw.mjs');
const stamp = path.join(folder, '.built-from');

/** What the gateway shares with the library lies in lib/; versions of dependencies are in the lock file. */
function inputs() {
  const sources = filesUnder([path.join(root, 'runtime/src'), path.join(root, 'lib')], (file) => !file.endsWith('.test.ts'));
  const settings = ['runtime/package.json', 'package-lock.json', 'scripts/lib/bundle.mjs'].map((name) => path.join(root, name));
  return [...sources, ...settings];
}

/** `import script from './append.lua?raw'` gives the file's text. */
export const rawText = {
  name: 'raw-text',
  setup(build) {
    build.onResolve({ filter: /\?raw$/ }, (args) => ({
      path: path.resolve(args.resolveDir, args.path.slice(0, -'?raw'.length)),
      namespace: 'raw-text',
    }));
    build.onLoad({ filter: /.*/, namespace: 'raw-text' }, (args) => ({
      contents: readFileSync(args.path, 'utf8'),
      loader: 'text',
      watchFiles: [args.path],
    }));
  },
};

/**
 * Native code, needed on a machine without containers only: loaded when the embedded engine is, not before. An external
 * `import` would be lifted to the top of the file, and the file would not start where the package is not.
 */
const NATIVE = ['lmdb'];
const lazyNative = {
  name: 'lazy-native',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^(${NATIVE.join('|')})$`) }, ({ path: name, namespace }) =>
      namespace === 'lazy-native' ? { path: name, external: true } : { path: name, namespace: 'lazy-native' },
    );
    build.onLoad({ filter: /.*/, namespace: 'lazy-native' }, ({ path: name }) => ({ contents: `module.exports = require(${JSON.stringify(name)});` }));
  },
};

/**
 * Dependencies call `debug` several times a packet. Switched off it still costs 3 % of the processor time of a message, and
 * what it would print has payloads in it: secrets, to us.
 */
const noDebug = {
  name: 'no-debug',
  setup(build) {
    build.onResolve({ filter: /^debug$/ }, () => ({ path: 'debug', namespace: 'no-debug' }));
    build.onLoad({ filter: /.*/, namespace: 'no-debug' }, () => ({ contents: 'const off = () => {}; off.enabled = false; module.exports = () => off; module.exports.default = module.exports;' }));
  },
};

/** Packages written for CommonJS expect these names, which an ES module does not have. */
const banner = `import { createRequire as __createRequire } from 'node:module';
import { fileURLToPath as __fileURLToPath } from 'node:url';
import { dirname as __pathDirname } from 'node:path';
const require = __createRequire(import.meta.url);
const __filename = __fileURLToPath(import.meta.url);
const __dirname = __pathDirname(__filename);`;

/** Gives whether it had to do anything. */
export async function buildBundle() {
  const hash = hashFiles(root, inputs());
  if (readStamp(stamp) === hash && existsSync(output)) return false;
  await step('bundling the gateway (esbuild)', bundle);
  writeStamp(stamp, hash);
  return true;
}

async function bundle() {
  // Loaded here and not above, because it takes as long as the rest of a build that has nothing to do.
  const { build } = await import('esbuild');
  mkdirSync(folder, { recursive: true });
  rmSync(stamp, { force: true });
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['runtime/src/main.ts'],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    plugins: [rawText, lazyNative, noDebug],
    banner: { js: banner },
    legalComments: 'none',
    logLevel: 'silent',
  });
  for (const warning of result.warnings) process.stdout.write(`  warning: ${warning.text}\n`);
  const draft = `${output}.new`;
  writeFileSync(draft, result.outputFiles[0].contents);
  await checkItStandsAlone(draft);
  renameSync(draft, output);
  writeFileSync(path.join(folder, 'THIRD-PARTY-LICENSES.txt'), licences(Object.keys(result.metafile.inputs)));
}

/** The image holds this file and Node, nothing else: so it must start in an empty folder. */
async function checkItStandsAlone(file) {
  const empty = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-bundle-'));
  try {
    copyFileSync(file, path.join(empty, 'mqttgw.mjs'));
    await run(process.execPath, ['mqttgw.mjs', '--help'], { cwd: empty, env: { NODE_PATH: '' } });
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
}

/** The licences of what is in the bundle, as most of them ask for. */
export function licences(files) {
  const packages = new Map();
  for (const file of files) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file);
    if (match) packages.set(match[1], path.join(root, match[1]));
  }
  const parts = [...packages.keys()].sort().map((name) => {
    const home = packages.get(name);
    const { name: title, version, license } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'));
    const text = readdirSync(home).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    return `${title} ${version} (${license ?? 'see below'})\n\n${text ? readFileSync(path.join(home, text), 'utf8').trim() : ''}\n`;
  });
  return parts.join(`\n${'-'.repeat(80)}\n\n`);
}
