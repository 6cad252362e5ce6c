import { defineConfig } from 'vitest/config';

const FOLDERS = '{server,collections/src,scripts}/**';

export default defineConfig({
  test: {
    // Most of the time goes by waiting for streams, not computing.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: 'short',
          include: [`${FOLDERS}/*.test.ts`],
          exclude: ['**/node_modules/**', '**/*.{long,browser}.test.ts', 'server/applications/**'],
          testTimeout: 60_000,
        },
      },
      // Whole collections in every way that the reference server answers: `npm run test:long`, one after the other.
      {
        test: {
          name: 'long',
          include: [`${FOLDERS}/*.long.test.ts`],
          testTimeout: 180_000,
          fileParallelism: false,
        },
      },
      // Tools that cancel real work, with packages of their own: `npm run test:applications`.
      {
        test: {
          name: 'applications',
          include: ['server/applications/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 60_000,
          fileParallelism: false,
        },
      },
      // The reports of real runs, in the Chromium of this machine: `npm run test:browser`.
      {
        test: {
          name: 'browser',
          include: ['scripts/browser/*.browser.test.ts'],
          globalSetup: 'scripts/browser/setup.ts',
          testTimeout: 60_000,
          fileParallelism: false,
          isolate: false,
        },
      },
    ],
  },
});
