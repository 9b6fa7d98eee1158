import { expect, it } from 'vitest';
import { benchLoris } from './loris.ts';

it('100 connections that say nothing, or a byte a second, neither stop honest work nor the end', async () => {
  const report = await benchLoris({ connections: 100, seconds: 0.7, rounds: 1 });
  // The command measures how much; a busy machine that runs tests cannot.
  expect(report.honest_throughput).toBeGreaterThan(0.3);
  expect(report.join_ms).toBeLessThan(5_000);
  expect(report.close_ms).toBeLessThan(5_000);
});
