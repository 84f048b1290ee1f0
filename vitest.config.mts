import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = path.dirname(fileURLToPath(import.meta.url));

/** Tests see the library as a user does, by its name, but without a build in between. */
const alias = { 'cdktf-mqtt-gateway': path.join(root, 'lib/index.ts') };

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** One project a suite, so that each runs alone: `npm test -- --project store`. */
export default defineConfig({
  test: {
    // A suite may be empty while it is being written; a full run in CI insists on tests in each (scripts/test.mjs).
    passWithNoTests: true,
    projects: [
      { resolve: { alias }, test: { name: 'library', include: ['lib/**/*.test.ts', 'test/library/**/*.test.ts'], testTimeout: MINUTE } },
      { resolve: { alias }, test: { name: 'runtime', include: ['runtime/src/**/*.test.ts'], exclude: ['runtime/src/store/**'], testTimeout: 30 * SECOND } },
      { resolve: { alias }, test: { name: 'store', include: ['runtime/src/store/**/*.test.ts'], testTimeout: MINUTE } },
      { resolve: { alias }, test: { name: 'gateway', include: ['test/gateway/**/*.test.ts'], testTimeout: 2 * MINUTE, hookTimeout: MINUTE } },
      { resolve: { alias }, test: { name: 'embedded', include: ['test/embedded/**/*.test.ts'], testTimeout: 5 * MINUTE, hookTimeout: 5 * MINUTE } },
      { resolve: { alias }, test: { name: 'soak', include: ['test/soak/**/*.test.ts'], testTimeout: 5 * MINUTE, hookTimeout: MINUTE } },
      // One file at a time: they share one engine and its host's ports.
      { resolve: { alias }, test: { name: 'deploy', include: ['test/deploy/**/*.test.ts'], testTimeout: 20 * MINUTE, hookTimeout: 20 * MINUTE, fileParallelism: false } },
    ],
  },
});
