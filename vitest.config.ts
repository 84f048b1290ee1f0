import { defineConfig } from 'vitest/config';
import path from 'node:path';

const root = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const alias = { 'cdktf-mqtt-gateway': path.join(root, 'lib/index.ts') };

/** One project a suite, so that each runs alone: `npx vitest run --project store`. */
export default defineConfig({
  test: {
    projects: [
      { resolve: { alias }, test: { name: 'library', include: ['lib/**/*.test.ts', 'test/library/**/*.test.ts'], testTimeout: 60_000 } },
      { resolve: { alias }, test: { name: 'runtime', include: ['runtime/src/**/*.test.ts'], exclude: ['runtime/src/store/**'], testTimeout: 30_000 } },
      { resolve: { alias }, test: { name: 'store', include: ['runtime/src/store/**/*.test.ts'], testTimeout: 60_000 } },
      { resolve: { alias }, test: { name: 'gateway', include: ['test/gateway/**/*.test.ts'], testTimeout: 120_000 } },
      { resolve: { alias }, test: { name: 'embedded', include: ['test/embedded/**/*.test.ts'], testTimeout: 300_000 } },
      { resolve: { alias }, test: { name: 'deploy', include: ['test/deploy/**/*.test.ts'], testTimeout: 1_200_000, hookTimeout: 1_200_000, fileParallelism: false } },
    ],
  },
});
