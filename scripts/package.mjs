#!/usr/bin/env node
// `npm run package`: the npm tarball, the Python wheel and the Go module, in artifacts.
import './lib/installed.mjs';
import path from 'node:path';
import { buildPackages, packages, sizeOf } from './lib/packages.mjs';
import { root } from './lib/paths.mjs';
import { say } from './lib/progress.mjs';

try {
  if (!(await buildPackages())) say('packages are up to date');
  for (const file of Object.values(packages())) say(`${path.relative(root, file)} (${(sizeOf(file) / 1e6).toFixed(1)} MB)`);
} catch (error) {
  process.stderr.write(`packaging failed: ${error.message}\n`);
  process.exitCode = 1;
}
