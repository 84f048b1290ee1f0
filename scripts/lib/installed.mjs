// The commands stand on the dependencies; a clone without them gets a sentence and not a stack trace.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

if (!existsSync(path.join(root, 'node_modules/esbuild'))) {
  process.stderr.write('dependencies are not installed: run `npm ci` first\n');
  process.exit(1);
}
