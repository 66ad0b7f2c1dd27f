import { defineConfig } from 'vitest/config';

/** Asks a real model; `npm run test:model`. */
export default defineConfig({
  test: {
    include: ['test/model/**/*.test.ts'],
    globalSetup: 'test/build.ts',
    reporters: ['verbose'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
