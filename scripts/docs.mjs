#!/usr/bin/env node
// `npm run docs`: API.md from the doc comments of lib/. With --released also api/released.json, which a release takes along.
import './lib/installed.mjs';
import { writeFileSync } from 'node:fs';
import { apiPage, releasedFile, renderApiPage, renderBaseline } from './lib/api.mjs';
import { buildLibrary } from './lib/library.mjs';
import { say } from './lib/progress.mjs';

try {
  await buildLibrary();
  writeFileSync(apiPage, await renderApiPage());
  say('API.md is written');
  if (process.argv.includes('--released')) {
    writeFileSync(releasedFile, renderBaseline());
    say('api/released.json is written: from now on its interface is promised');
  }
} catch (error) {
  process.stderr.write(`docs failed: ${error.message}\n`);
  process.exitCode = 1;
}
