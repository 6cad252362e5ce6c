import { defineConfig } from 'vitest/config';

const FOLDERS = '{server,collections/src,scripts}/**';

/** Packages that may not be installed are needed there. */
const APART = ['**/node_modules/**', 'server/applications/**'];

export default defineConfig({
  test: {
    // Most of the time goes by waiting for streams, not computing.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: 'short',
          include: [`${FOLDERS}/*.test.ts`],
          exclude: [...APART, '**/*.{long,browser,applications}.test.ts'],
          testTimeout: 60_000,
        },
      },
      // Whole collections in every way that the reference server answers: `npm run test:long`, one after the other.
      {
        test: {
          name: 'long',
          include: [`${FOLDERS}/*.long.test.ts`],
          exclude: APART,
          testTimeout: 180_000,
          fileParallelism: false,
        },
      },
      // What needs the packages of the applications: `npm run test:applications`.
      {
        test: {
          name: 'applications',
          include: ['server/applications/**/*.test.ts', 'scripts/**/*.applications.test.ts'],
          globalSetup: 'server/applications/setup.ts',
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
