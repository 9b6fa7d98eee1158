/** The demo succeeds only when every one of its claims holds. */
import { describe, expect, it } from 'vitest';
import { type DemoReport, failuresOf, reportJson, reportLines } from '../../src/cli/demo-report.ts';
import { jobView } from '../client/server.ts';

const contribution = (contributor: string, shards: number) => ({
  contributor,
  shards,
  multiplyAdds: 6_553_600,
  microcredits: '7',
});
const job = jobView({
  state: 'done',
  cellsVerified: 2,
  shards: 5,
  finishedMs: 3_000,
  multiplyAddsVerified: 13_107_200,
  contributions: [contribution('12D3KooWalpha', 3), contribution('12D3KooWbeta', 2)],
});
const good: DemoReport = {
  job,
  receipts: 5,
  signatures: 15,
  accuracy: 0.95,
  differences: 0,
  wallMs: 12_345.6,
  failures: [],
};

describe('the demo', () => {
  it('succeeds when everything holds', () => {
    expect(failuresOf(good)).toEqual([]);
    expect(JSON.parse(reportJson(good))).toEqual({
      ok: true,
      shards: 5,
      verified: 5,
      signatures: 15,
      contributors: 2,
      accuracy: 0.95,
      equalsReference: true,
      wallMs: 12_346,
    });
  });

  it.each<[string, Partial<DemoReport>]>([
    ['the job is cancelled', { job: { ...job, state: 'cancelled' } }],
    ['1 of 2 cells are verified', { job: { ...job, cellsVerified: 1 } }],
    [
      '1 of 2 contributors earned',
      { job: { ...job, contributions: [contribution('x', 5), contribution('y', 0)] } },
    ],
    ['4 receipts for 5 shards', { receipts: 4 }],
    ['14 good signatures of 15', { signatures: 14 }],
    ['probability 2^-71', { job: { ...job, missLog2: 71 } }],
    ['1 numbers differ', { differences: 1 }],
    ['only 89.9 %', { accuracy: 0.899 }],
  ])('fails because %s', (reason, change) => {
    const failures = failuresOf({ ...good, ...change });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain(reason);
    expect(JSON.parse(reportJson({ ...good, ...change, failures }))).toMatchObject({ ok: false });
  });

  it('shows a table with both contributors and every check', () => {
    const table = reportLines(good).join('\n');
    for (const part of [
      '3 shards, 50.0 %',
      '15 checked',
      '2 of 2 cells',
      '≤ 2^-72',
      '13.1 MFLOP/s',
      '95.0 %',
      'yes, all 131,072',
    ]) {
      expect(table).toContain(part);
    }
  });
});
