import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = path.dirname(fileURLToPath(import.meta.url));

/** Tests see the library as a user does, by its name, but without a build in between. */
const alias = { 'cdktf-mqtt-gateway': path.join(root, 'lib/index.ts') };

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A condition that is waited for may take its time on a busy machine; a test's own timeout bounds it. */
const expect = { poll: { timeout: 20 * SECOND } };

/** Files that share nothing with each other wait for processes more than they work: two at a time also on two cores. */
const inPairs = { maxWorkers: 2 };

/** One project a suite, so that each runs alone: `npm test -- --project store`. */
export default defineConfig({
  test: {
    // A suite may be empty while it is being written; a full run in CI insists on tests in each (scripts/test.mjs).
    passWithNoTests: true,
    projects: [
      { resolve: { alias }, test: { name: 'library', expect, ...inPairs, include: ['lib/**/*.test.ts', 'test/library/**/*.test.ts'], testTimeout: MINUTE, hookTimeout: MINUTE } },
      { resolve: { alias }, test: { name: 'runtime', expect, ...inPairs, include: ['runtime/src/**/*.test.ts'], exclude: ['runtime/src/store/**'], testTimeout: 30 * SECOND } },
      { resolve: { alias }, test: { name: 'store', expect, ...inPairs, include: ['runtime/src/store/**/*.test.ts'], testTimeout: MINUTE } },
      { resolve: { alias }, test: { name: 'gateway', expect, ...inPairs, include: ['test/gateway/**/*.test.ts'], testTimeout: 2 * MINUTE, hookTimeout: MINUTE } },
      { resolve: { alias }, test: { name: 'embedded', expect, include: ['test/embedded/**/*.test.ts'], testTimeout: 5 * MINUTE, hookTimeout: 5 * MINUTE } },
      { resolve: { alias }, test: { name: 'clients', expect, include: ['test/clients/**/*.test.ts'], testTimeout: 5 * MINUTE, hookTimeout: MINUTE } },
      { resolve: { alias }, test: { name: 'console', expect, include: ['test/console/**/*.test.ts'], testTimeout: 2 * MINUTE, hookTimeout: 2 * MINUTE } },
      { resolve: { alias }, test: { name: 'soak', expect, include: ['test/soak/**/*.test.ts'], testTimeout: 5 * MINUTE, hookTimeout: MINUTE } },
      { resolve: { alias }, test: { name: 'languages', expect, include: ['test/languages/**/*.test.ts'], globalSetup: 'test/languages/global-setup.ts', testTimeout: 5 * MINUTE, hookTimeout: 10 * MINUTE } },
      // One file at a time: they share one engine and its host's ports.
      { resolve: { alias }, test: { name: 'deploy', expect, include: ['test/deploy/**/*.test.ts'], testTimeout: 20 * MINUTE, hookTimeout: 20 * MINUTE, fileParallelism: false } },
    ],
  },
});
