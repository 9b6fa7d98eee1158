import { defineConfig } from 'vitest/config';

/** Tests that start real browsers, and then whole systems: two at a time, after everything else, which waits more. */
const BROWSER = ['test/**/*-{chromium,firefox}.test.ts', 'test/helpers/*.test.ts'];
const E2E = ['test/e2e/**/*.test.ts'];

/** A machine that wants to count tests names a file for the JSON report. */
const REPORT = process.env['TILEWORK_TEST_REPORT'];

export default defineConfig({
  test: {
    reporters: REPORT ? ['default', ['json', { outputFile: REPORT }]] : ['default'],
    environment: 'node',
    pool: 'forks',
    hookTimeout: 120_000,
    // As test/helpers/eventually.ts: the library's one second is short on a busy machine.
    expect: { poll: { timeout: 10_000 } },
    teardownTimeout: 10_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...BROWSER, ...E2E],
          testTimeout: 120_000,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: BROWSER,
          exclude: E2E,
          testTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: E2E,
          globalSetup: 'test/helpers/build-page.ts',
          testTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
