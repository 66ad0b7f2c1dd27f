import { defineConfig } from 'vitest/config';

/** Holds the small Hub and hugwire's requests against the OpenAPI documents of the real one; `npm run test:contract`. */
export default defineConfig({
  test: {
    include: ['test/contract/**/*.test.ts'],
    reporters: ['verbose'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
