import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{server,collections/src,scripts}/**/*.test.ts'],
    testTimeout: 30_000,
    // Most of the time goes by waiting for streams, not computing.
    maxWorkers: 3,
  },
});
