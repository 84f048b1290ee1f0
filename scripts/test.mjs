#!/usr/bin/env node
// `npm test`: sets the machine up, builds, checks types, runs every suite, stops what it started, and counts.
import './lib/installed.mjs';
import path from 'node:path';
import { NEEDS, setUp, tearDown } from '../test/setup/setup.mjs';
import { root } from './lib/paths.mjs';
import { duration, say, step } from './lib/progress.mjs';
import { run } from './lib/run.mjs';
import { interruptSuite, runSuite } from './lib/suite.mjs';

const HELP = `usage: npm test -- [--project SUITE]... [options of vitest, names of test files]

Suites: ${Object.keys(NEEDS).join(', ')}; all of them by default.
On Debian and Ubuntu, as root, what the suites need is installed first; SETUP=no leaves the machine alone. A suite whose
needs are not met is skipped and says so; with CI=true that is a failure.
`;

const CI = process.env.CI === 'true' || process.env.CI === '1';

/** Takes our own options out of the arguments; the rest is vitest's. */
function parse(args) {
  const suites = [];
  const rest = [];
  for (let i = 0; i < args.length; i++) {
    const [name, value] = args[i].split('=', 2);
    if (name === '--project') suites.push(value ?? args[++i]);
    else rest.push(args[i]);
  }
  return { suites: suites.length > 0 ? Object.keys(NEEDS).filter((suite) => suites.includes(suite)) : Object.keys(NEEDS), unknown: suites.filter((suite) => !(suite in NEEDS)), rest };
}

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(HELP);
  process.exit(0);
}
const { suites, unknown, rest } = parse(args);
if (unknown.length > 0) {
  process.stderr.write(`unknown suite ${unknown.join(', ')}\n${HELP}`);
  process.exit(2);
}

const total = { passed: 0, failed: 0, skipped: 0 };
const summary = [];
let startedEngine = false;
let interrupted;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interrupted ??= signal;
    interruptSuite('SIGTERM');
  });
}

/** Something besides a test went wrong. */
function fail(line) {
  total.failed++;
  summary.push(line);
  say(line);
}

async function build() {
  await run(process.execPath, [path.join(root, 'scripts/build.mjs')], { cwd: root, show: true });
}

async function typecheck() {
  // the console's are a project of its own: it has a browser around it, and no Node
  for (const [what, project] of [['types', 'tsconfig.json'], ['types of the console', 'runtime/console/tsconfig.json']]) {
    try {
      await step(`checking ${what}`, () => run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', project], { cwd: root }));
    } catch (error) {
      process.stdout.write(`${error.output ?? error.message}\n`);
      fail(`${what}: FAILED`);
    }
  }
}

async function oneSuite(name, environment) {
  const lacking = NEEDS[name].filter((part) => environment.missing[part]);
  if (lacking.length > 0) {
    const reason = lacking.map((part) => `${part}: ${environment.missing[part].split('\n')[0]}`).join('; ');
    if (CI) return fail(`${name}: FAILED, its needs are not met (${reason})`);
    summary.push(`${name}: SKIPPED (${reason})`);
    return say(`suite ${name}: SKIPPED (${reason})`);
  }
  say(`suite ${name}`);
  const start = performance.now();
  const { passed, failed, skipped, failures } = await runSuite(name, rest, environment.env);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  summary.push(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${duration(performance.now() - start)}`, ...failures.map((failure) => `  FAILED ${failure}`));
  // A suite that ran nothing proves nothing. Filters may well leave nothing of a suite.
  if (CI && rest.length === 0 && passed + failed === 0) fail(`${name}: FAILED, it has no test that ran`);
}

async function main() {
  const environment = await setUp(suites);
  startedEngine = environment.startedEngine === true;
  if (interrupted) return;
  await build();
  if (!interrupted) await typecheck();
  for (const name of suites) {
    if (interrupted) return;
    await oneSuite(name, environment);
  }
}

const start = performance.now();
try {
  await main();
} catch (error) {
  fail(`FAILED: ${error.message}`);
} finally {
  if (startedEngine) await tearDown().catch((error) => say(error.message));
}
process.stdout.write(`\n${summary.map((line) => `  ${line}\n`).join('')}  total time ${duration(performance.now() - start)}\n`);
if (interrupted) process.stdout.write(`  stopped by ${interrupted}\n`);
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exit(total.failed > 0 ? 1 : interrupted ? 130 : 0);
