#!/usr/bin/env node
// Sets up what the suites need and leaves it standing, so that one suite can be run again and again by hand.
import { readEnvironment, removeCache, NEEDS, setUp, tearDown } from '../test/setup/setup.mjs';
import { environmentFile } from './lib/paths.mjs';
import { say } from './lib/progress.mjs';

const HELP = `usage: node scripts/setup.mjs [--stop] [--clean] [--with-tofu] [SUITE...]

Installs, builds and starts what the suites need (${Object.keys(NEEDS).join(', ')}; all of them by default):
afterwards \`npx vitest run --project deploy\` runs as often as you like.

  --stop       stop the Docker engine that an earlier call started
  --clean      as --stop, and remove what was built (Docker provider, base image)
  --print      print what the last call wrote
  --with-tofu  build OpenTofu too where there is no \`tofu\` (some minutes, once a machine): the deploy suite then tries it
`;

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(HELP);
} else if (args.includes('--print')) {
  process.stdout.write(`${JSON.stringify(readEnvironment(), undefined, 2)}\n`);
} else if (args.includes('--stop') || args.includes('--clean')) {
  await tearDown();
  if (args.includes('--clean')) removeCache();
} else {
  const withTofu = args.includes('--with-tofu');
  const named = args.filter((name) => name !== '--with-tofu');
  const unknown = named.filter((name) => !(name in NEEDS));
  if (unknown.length > 0) {
    process.stderr.write(`unknown suite ${unknown.join(', ')}: use ${Object.keys(NEEDS).join(', ')}\n`);
    process.exit(2);
  }
  const suites = named.length > 0 ? named : Object.keys(NEEDS);
  const { missing } = await setUp(suites, { withTofu });
  // what earlier set-ups found missing for other suites is no fault of this one
  const lacking = Object.entries(missing).filter(([part]) => suites.some((suite) => NEEDS[suite].includes(part)));
  for (const [part, reason] of lacking) say(`missing: ${part}: ${reason}`);
  say(`written to ${environmentFile}`);
  process.exitCode = lacking.length > 0 ? 1 : 0;
}
