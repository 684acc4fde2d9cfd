import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A MongoDB server, or one line that there is none.
    globalSetup: ['test/support/mongodb-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // CommonJS packages as Node itself hands them out, so that tests and dist/ see the same thing.
    deps: { interopDefault: false },
  },
});
