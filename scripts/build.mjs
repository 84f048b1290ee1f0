#!/usr/bin/env node
// `npm run build`: the construct library, the gateway's bundle and the console, each only when what it is made from has changed.
import './lib/installed.mjs';
import { buildBundle } from './lib/bundle.mjs';
import { buildConsole } from './lib/console.mjs';
import { buildLibrary } from './lib/library.mjs';
import { duration, say } from './lib/progress.mjs';

const start = performance.now();
try {
  const changed = [await buildBundle(), await buildConsole(), await buildLibrary()].some(Boolean);
  say(changed ? `built in ${duration(performance.now() - start)}` : 'build is up to date');
} catch (error) {
  process.stderr.write(`build failed: ${error.message}\n`);
  process.exitCode = 1;
}
