/** The cases of `npm run bench -- links` in simulated time: what the plan itself promises, on any machine. */
import { expect, it } from 'vitest';
import { ENGINES, JOBS, LINKS, casesOf } from '../bench/links/cases.ts';
import { reportOf } from './scale/report.ts';
import { ScaleRun } from './scale/scale.ts';
import { scenario } from './scale/scenarios.ts';

const CASES = casesOf({ engines: ENGINES, links: LINKS, jobs: JOBS, length: 'long' });

it.each(CASES.map(({ name }) => name))(
  '%s reaches 0.80 of the rate that links and GPUs allow, with 1.15 times the bytes',
  (name) => {
    const report = reportOf(new ScaleRun(scenario(name, { seed: 1 }), 1).run(), 1, 0);
    expect(report.rate_vs_bound).toBeGreaterThan(0.8);
    expect(report.bytes_vs_bound).toBeLessThan(1.15);
  },
);
