import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/live/**', 'test/contract/**', 'test/model/**'],
    setupFiles: 'test/contract/record.ts',
    globalSetup: 'test/build.ts',
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
