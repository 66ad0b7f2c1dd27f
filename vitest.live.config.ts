import { defineConfig } from 'vitest/config';

/** Suites that run other real programs: slower, and one at a time. */
export default defineConfig({
  test: {
    // Programs of others take their time on a machine that is busy.
    expect: { poll: { timeout: 20_000 } },
    include: ['test/live/**/*.test.ts'],
    globalSetup: 'test/build.ts',
    testTimeout: 120_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
