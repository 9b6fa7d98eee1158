import { describe, expect, it } from 'vitest';
import { boundOf, casesOf } from './cases.ts';
import { type Run, faultsOf, lossesOf, ratiosOf, rowOf, summaryOf } from './report.ts';
import { idleOf, sharesOf, timelineOf } from './trace.ts';

const [CASE] = casesOf({ engines: [1], links: ['100/20'], jobs: ['square'], length: 'short' });

function run(changes: Partial<Run> = {}): Run {
  const bound = boundOf(CASE!, 4);
  return {
    case: CASE!,
    bound,
    cBytes: 4,
    seconds: bound.seconds,
    done: 1,
    down: bound.bytes - 1000,
    up: 1000,
    tcpBytes: 0,
    leases: [
      { contributor: 0, rect: { row: 0, col: 0, rows: 1, cols: 1 }, issued: 1, verified: 4, gpuSeconds: 1 },
    ],
    activity: [{ down: [0, 1], up: [1, 1], rate: [0.5, 0] }],
    cpu: { coordinator: 1, engines: 1 },
    lagMs: 1,
    ...changes,
  };
}

describe('the report', () => {
  it('calls a run at the bound 1 and finds no fault', () => {
    expect(ratiosOf(run())).toEqual({ bytes: 1, rate: 1, gpuIdle: 0.75 });
    expect(faultsOf(run())).toEqual([]);
    expect(summaryOf([run()])).toEqual({
      bench: 'links',
      bytes_vs_bound: { 'square/100-20/1': 1 },
      rate_vs_bound: { 'square/100-20/1': 1 },
      gpu_idle: { 'square/100-20/1': 0.75 },
      ok: true,
    });
  });

  it('finds too many bytes, too little speed, and what was not done in time', () => {
    const { bytes, seconds } = boundOf(CASE!, 4);
    expect(faultsOf(run({ down: 1.2 * bytes }))).toEqual([expect.stringContaining('1.20 times the bytes')]);
    expect(faultsOf(run({ seconds: 2 * seconds }))).toEqual([expect.stringContaining('0.50 of the bound')]);
    expect(faultsOf(run({ done: 0.9 }))).toContainEqual(expect.stringContaining('only 90 %'));
    expect(summaryOf([run(), run({ done: 0.5 })]).ok).toBe(false);
  });

  it('counts an unfinished product for what was done of it', () => {
    const { bytes, seconds } = boundOf(CASE!, 4);
    const half = ratiosOf(run({ done: 0.5, seconds: 2 * seconds, down: bytes / 2, up: 0 }));
    expect(half).toMatchObject({ bytes: 1, rate: 0.25 });
  });

  it('tells start, gaps and tail from each other', () => {
    expect(lossesOf([0, 0, 1, 1, 0, 1, 0.5, 0, 0, 0])).toEqual({
      start: 0.2,
      tail: 0.3,
      gaps: expect.closeTo(0.15) as number,
      busy: expect.closeTo(0.35) as number,
    });
    expect(lossesOf([0, 0.1])).toEqual({ start: 0.95, gaps: 0, tail: 0, busy: 0.05 });
    expect(lossesOf([])).toEqual({ start: 1, gaps: 0, tail: 0, busy: 0 });
  });

  it('says what limits, and draws a second a column', () => {
    expect(rowOf(run())).toMatchObject({
      case: 'square/100-20/1',
      limit: 'up',
      leases: 1,
      'lease (s)': '3.0',
    });
    const busy = Array.from({ length: 20 }, (_, slot) => (slot < 10 ? 0.55 : 1));
    const [down] = timelineOf(run({ activity: [{ down: busy, up: [], rate: [] }] })).split('\n');
    expect(down).toBe('0 down |5#|');
  });

  it('says of each contributor what it fetched, and what a square would have needed', () => {
    const lease = (row: number, col: number, cols: number): Run['leases'][number] => ({
      contributor: 0,
      rect: { row, col, rows: 1, cols },
      issued: 0,
      verified: row + 2,
      gpuSeconds: 0,
    });
    const leases = [lease(0, 0, 8), lease(1, 0, 8)];
    const strip = 256 * CASE!.k;
    const slots = (20 * strip) / CASE!.contributors[0]!.down / 0.1;
    const down = Array.from({ length: Math.round(slots) }, () => 1);
    const [share] = sharesOf(run({ leases, activity: [{ down, up: [], rate: [] }] }));
    expect(share).toEqual({ cells: 16, best: 400, fetched: 20, strips: 10, least: 8, end: 3 });
    const gram = { ...CASE!, job: 'gram' } as const;
    expect(sharesOf(run({ case: gram, leases }))[0]!.strips).toBe(8);
  });

  it('says when the limit was idle: at first, beside the other way, otherwise, and after its end', () => {
    const slots = (share: (at: number) => number): number[] =>
      Array.from({ length: 100 }, (_, at) => share(at));
    const up = slots((at) => (at < 10 || (at >= 80 && at < 86) || at >= 95 ? 0 : 1));
    const down = slots((at) => (at < 84 ? 1 : 0));
    expect(idleOf(run({ activity: [{ up, down, rate: [] }] }))).toEqual({
      fill: 0.1,
      besideOther: 0.04,
      else: 0.02,
      tail: 0.05,
    });
  });
});
