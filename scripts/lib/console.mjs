// Builds the console: a page, hashed files beside it, and each of them compressed once and for all.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { licences, rawText } from './bundle.mjs';
import { filesUnder, hashFiles, readStamp, writeStamp } from './hash.mjs';
import { root } from './paths.mjs';
import { step } from './progress.mjs';

const source = path.join(root, 'runtime/console');
const output = path.join(root, 'runtime/dist/console');
const stamp = path.join(root, 'runtime/dist/.console-built-from');

const BROWSERS = ['chrome111', 'firefox113', 'safari16.4'];

function inputs() {
  const sources = filesUnder([source, path.join(root, 'examples/clients')], (file) => !file.endsWith('.test.ts') && !file.endsWith('.md'));
  return [...sources, ...['runtime/package.json', 'package-lock.json', 'scripts/lib/console.mjs'].map((name) => path.join(root, name))];
}

/** Gives whether it had to do anything. */
export async function buildConsole() {
  const hash = hashFiles(root, inputs());
  if (readStamp(stamp) === hash && existsSync(path.join(output, 'index.html'))) return false;
  await step('building the console (esbuild)', build);
  writeStamp(stamp, hash);
  return true;
}

async function build() {
  const esbuild = await import('esbuild');
  const draft = `${output}.new`;
  rmSync(stamp, { force: true });
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(path.join(draft, 'assets'), { recursive: true });
  const common = {
    absWorkingDir: root,
    outdir: draft,
    entryNames: 'assets/[name]-[hash]',
    bundle: true,
    minify: true,
    metafile: true,
    platform: 'browser',
    target: BROWSERS,
    legalComments: 'none',
    logLevel: 'silent',
  };
  const results = await Promise.all([
    esbuild.build({
      ...common,
      entryPoints: { console: 'runtime/console/src/main.tsx', style: 'runtime/console/src/styles/index.css' },
      chunkNames: 'assets/[name]-[hash]',
      splitting: true,
      format: 'esm',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      plugins: [rawText],
    }),
    // no module: a page is drawn before modules run
    esbuild.build({ ...common, entryPoints: { theme: 'runtime/console/src/app/theme-at-load.ts' }, format: 'iife' }),
  ]);
  for (const { text } of results.flatMap(({ warnings }) => warnings)) process.stdout.write(`  warning: ${text}\n`);
  const made = results.flatMap(({ metafile }) => Object.entries(metafile.outputs)).filter(([, { entryPoint }]) => entryPoint);
  const nameOf = (entry) => path.relative(draft, path.join(root, made.find(([, { entryPoint }]) => entryPoint.endsWith(entry))[0]));
  const page = readFileSync(path.join(source, 'index.html'), 'utf8')
    .replace('%script%', nameOf('main.tsx'))
    .replace('%theme%', nameOf('theme-at-load.ts'))
    .replace('%style%', nameOf('index.css'))
    .replace('%icon%', hashedCopy(path.join(source, 'icon.svg'), draft));
  writeFileSync(path.join(draft, 'index.html'), page);
  writeFileSync(path.join(draft, 'THIRD-PARTY-LICENSES.txt'), licences(results.flatMap(({ metafile }) => Object.keys(metafile.inputs))));
  await Promise.all([draft, path.join(draft, 'assets')].flatMap((folder) => readdirSync(folder).filter((name) => /\.(html|js|css|svg)$/.test(name)).map((name) => compress(path.join(folder, name)))));
  rmSync(output, { recursive: true, force: true });
  renameSync(draft, output);
}

function hashedCopy(file, folder) {
  const contents = readFileSync(file);
  const { name, ext } = path.parse(file);
  const target = `assets/${name}-${createHash('sha256').update(contents).digest('hex').slice(0, 8).toUpperCase()}${ext}`;
  writeFileSync(path.join(folder, target), contents);
  return target;
}

/** The gateway serves what is here and compresses nothing itself. */
async function compress(file) {
  const contents = readFileSync(file);
  const [brotli, zipped] = await Promise.all([
    promisify(brotliCompress)(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: contents.length } }),
    promisify(gzip)(contents, { level: 9 }),
  ]);
  writeFileSync(`${file}.br`, brotli);
  writeFileSync(`${file}.gz`, zipped);
}
