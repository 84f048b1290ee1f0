#!/usr/bin/env node
// `npm run release`: builds every package and proves it in empty folders. Publishes nothing.
import './lib/installed.mjs';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { apiPage, brokenPromises, releasedFile, renderApiPage, renderBaseline } from './lib/api.mjs';
import { buildLibrary } from './lib/library.mjs';
import { buildPackages, goModule, packages, version } from './lib/packages.mjs';
import { root } from './lib/paths.mjs';
import { say, step } from './lib/progress.mjs';
import { read, release, versionProblem } from './lib/release.mjs';
import { run } from './lib/run.mjs';

const HELP = `usage: npm run release [-- VERSION]

Without VERSION: builds the packages as they are and verifies them: the public interface against the last release, and the
npm tarball, the wheel and the Go module installed in empty folders, where programs synthesize with them.
With VERSION: first stamps it into package.json and every page and example that names it, and dates CHANGELOG.md; when all
is verified, writes API.md and api/released.json, the interface that the next release is compared with.

Publishes nothing: it prints what would.
`;

function prepare(next) {
  const from = version();
  const problem = versionProblem(next, from);
  if (problem) throw new Error(problem);
  // all are read before one is written: what is stamped is found by the version of before
  for (const [name, text] of release(from, next, new Date().toISOString().slice(0, 10))) writeFileSync(path.join(root, name), text);
}

async function verify() {
  await buildLibrary();
  const broken = await brokenPromises();
  if (broken.length > 0) throw new Error(`the public interface breaks what the last release promised:\n${broken.map((line) => `  ${line}\n`).join('')}either mend it, or give the keys and reasons in api/allowed-changes.txt`);
  // the page shows the present build before the suite compares the two
  writeFileSync(apiPage, await renderApiPage());
  await buildPackages();
  await step('installing the packages in empty folders and synthesizing with them', () => run('npm', ['test', '--', '--project', 'languages'], { cwd: root, env: { CI: 'true' }, show: true }));
}

const [next, ...more] = process.argv.slice(2);
if (next === '--help' || next === '-h' || more.length > 0) {
  process.stdout.write(HELP);
  process.exit(more.length > 0 ? 2 : 0);
}
try {
  if (next !== undefined) prepare(next);
  await verify();
  if (next !== undefined) {
    writeFileSync(releasedFile, renderBaseline());
    writeFileSync(path.join(root, 'api/allowed-changes.txt'), read('api/allowed-changes.txt').split('\n').slice(0, 2).join('\n').concat('\n'));
  }
  const { npm, wheel, sdist, go } = packages();
  say('verified. To publish, commit, tag and run:');
  for (const line of [`git tag v${version()} && git push --tags`, `npm publish ${npm}`, `twine upload ${wheel} ${sdist}`, `push ${go} to the repository of ${goModule()}, tagged mqttgateway/v${version()}`]) process.stdout.write(`    ${line}\n`);
} catch (error) {
  process.stderr.write(`release failed: ${error.message}\n`);
  process.exitCode = 1;
}
