import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';
import { ResultsReporter } from './test/kit/results-reporter.js';

const require = createRequire(import.meta.url);

export default defineConfig({
  resolve: {
    // Without this, vitest loads graphql twice (ESM and CommonJS) and its instanceof checks fail.
    alias: [{ find: /^graphql$/, replacement: require.resolve('graphql/index.js') }],
  },
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**', 'test/bench/**', 'test/soak/**'],
    globalSetup: ['test/kit/global-setup.ts'],
    setupFiles: ['test/kit/setup.ts'],
    // On a busy machine everything takes ten times as long; what hangs, hangs longer than this.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // Patience costs nothing where a condition comes about, however busy the machine is. It is no rule of the product.
    expect: { poll: { timeout: 60_000 } },
    reporters: process.env['CI']
      ? ['default', new ResultsReporter('node_modules/.cache/test-results.json')]
      : ['default'],
    pool: 'forks',
    maxWorkers: 2,
  },
});
