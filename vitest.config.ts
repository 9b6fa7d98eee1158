import { defineConfig } from 'vitest/config';

/** Real browsers and whole systems: on two cores they go one file at a time, after everything else. */
const SERIAL = ['test/**/*-{chromium,firefox}.test.ts', 'test/helpers/*.test.ts', 'test/e2e/**/*.test.ts'];

/** A machine that wants to count tests names a file for the JSON report. */
const REPORT = process.env['TILEWORK_TEST_REPORT'];

export default defineConfig({
  test: {
    reporters: REPORT ? ['default', ['json', { outputFile: REPORT }]] : ['default'],
    environment: 'node',
    pool: 'forks',
    // A hung test must end long before the ten minutes that the whole suite has.
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: SERIAL,
          testTimeout: 30_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: SERIAL,
          globalSetup: 'test/helpers/build-page.ts',
          testTimeout: 120_000,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
