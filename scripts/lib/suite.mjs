// Runs one suite (a vitest project) and counts what it did.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from './paths.mjs';

/** The child that runs now, so that a signal can be handed on. */
let current;

/** Asks the suite that runs now to end. */
export function interruptSuite(signal) {
  current?.kill(signal);
}

/**
 * @param {string} name the vitest project
 * @param {string[]} args handed to vitest
 * @param {Record<string, string>} env
 * @returns {Promise<{passed: number, failed: number, skipped: number, failures: string[]}>} failures: what failed and its first words,
 *   to be shown at the end, where a log that is cut short still has them
 */
export async function runSuite(name, args, env) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mqttgw-suite-'));
  const report = path.join(folder, 'report.json');
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  // A deployment takes minutes: each test is shown when it ends, not with the last of its file.
  const reporter = name === 'deploy' ? 'verbose' : 'default';
  const all = [vitest, 'run', '--project', name, `--reporter=${reporter}`, '--reporter=json', `--outputFile.json=${report}`, ...args];
  try {
    const code = await new Promise((resolve, reject) => {
      current = spawn(process.execPath, all, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
      current.once('error', reject);
      current.once('close', (exitCode) => resolve(exitCode ?? 1));
    });
    return count(report, code);
  } finally {
    current = undefined;
    rmSync(folder, { recursive: true, force: true });
  }
}

const SHOWN_LINES = 12;

function describe(file, test, message) {
  const lines = message.split('\n').slice(0, SHOWN_LINES).map((line) => `      ${line}`);
  return [`${path.relative(root, file)}: ${test}`, ...lines].join('\n');
}

function count(report, code) {
  const result = { passed: 0, failed: 0, skipped: 0, failures: [] };
  try {
    const json = JSON.parse(readFileSync(report, 'utf8'));
    result.passed = json.numPassedTests;
    result.skipped = json.numPendingTests + json.numTodoTests;
    // A file that cannot even be loaded has no failed test in it, and yet it failed.
    const brokenFiles = json.testResults.filter((file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'));
    result.failed = json.numFailedTests + brokenFiles.length;
    const tests = json.testResults.flatMap((file) => file.assertionResults.filter((test) => test.status === 'failed').map((test) => describe(file.name, test.fullName, test.failureMessages.join('\n'))));
    result.failures = [...tests, ...brokenFiles.map((file) => describe(file.name, 'the file itself', file.message))];
  } catch {
    // No report: vitest itself did not come through, which its exit code says.
  }
  if (code !== 0 && result.failed === 0) result.failed = 1;
  return result;
}
