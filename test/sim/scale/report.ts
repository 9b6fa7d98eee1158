/** What a run came to: one line of JSON, or a table for people. */
import { formatBytes, formatDuration } from '../../../src/core/units.ts';
import { churnBound } from './bounds.ts';
import { MBIT } from './population.ts';
import type { ScaleRun } from './scale.ts';

export type Report = ReturnType<typeof reportOf>;

const REACHED = [0.1, 0.5, 0.9, 0.99] as const;

const round = (value: number, digits = 3): number => Number(value.toFixed(digits));

export function reportOf(run: ScaleRun, seed: number, wallSeconds: number) {
  const { tally, desk, visitors, scenario, timeline, startMs } = run;
  const seconds = (timeline.elapsed - startMs) / 1000;
  const { rows, cols, k } = scenario.jobs[0]!;
  // Jobs of one shape, one on the other: what they could share at best.
  const stacked = { rows: rows * scenario.jobs.length, cols, k, aBytes: 1, bBytes: 1 };
  const bound = churnBound(
    { ...stacked, cBytes: scenario.entryBytes },
    visitors.flatMap(({ stays, machine: { profile } }) =>
      stays.map(({ fromMs, toMs }) => ({
        fromMs: Math.max(0, fromMs - startMs),
        toMs: Math.max(0, toMs - startMs),
        capacity: { down: profile.down, up: profile.up, rate: profile.rate, memory: profile.cacheBytes },
      })),
    ),
  );
  const sum = (of: (visitor: (typeof visitors)[number]) => number): number =>
    visitors.reduce((total, visitor) => total + of(visitor), 0);
  const bytesDown = sum(({ machine }) => machine.down.moved);
  const bytesUp = sum(({ machine }) => machine.up.moved);
  const computed = sum(({ machine }) => machine.gpu.moved);
  const hereMs = sum(({ stays }) =>
    stays.reduce(
      (total, { fromMs, toMs }) =>
        total + Math.max(0, Math.min(toMs, timeline.elapsed) - Math.max(fromMs, startMs)),
      0,
    ),
  );
  const { times, totalMs } = desk.scheduler;
  const cells = tally.verifiedCells;
  return {
    bench: 'sim-scale',
    scenario: scenario.name,
    seed,
    contributors: visitors.length,
    cells,
    k,
    jobs: scenario.jobs.length,
    seconds: round(seconds),
    bound_seconds: round(bound.seconds),
    rate_vs_bound: round(bound.seconds / seconds),
    bytes_down: Math.round(bytesDown),
    bytes_up: Math.round(bytesUp),
    bound_bytes: Math.round(bound.bytes),
    bytes_vs_bound: round((bytesDown + bytesUp) / bound.bytes),
    // When 10, 50, 90 and 99 % of the cells were verified.
    reached_seconds: REACHED.map((share) => round((tally.reached(share) - startMs) / 1000)),
    leases: tally.leases,
    copies: tally.copies,
    to_nothing: tally.failures,
    wasted_work: round(1 - desk.books.multiplyAdds / computed, 4),
    lease_seconds: round(tally.verifiedMs / tally.verified / 1000),
    lease_cells: round(cells / tally.verified, 1),
    lease_5_to_60_s: round(tally.goodLength / tally.verified),
    slivers: round(tally.slivers / tally.leases),
    idle: round(sum(({ idleMs }) => idleMs) / hereMs),
    tail_seconds: round((timeline.now - (desk.tailSinceMs ?? timeline.now)) / 1000),
    forgeries: { made: tally.forgeries, accepted: tally.forgeriesAccepted },
    scheduler: {
      ms_per_lease: round(totalMs / tally.leases, 4),
      next_mean_ms: round(times.next.totalMs / times.next.calls, 4),
      next_p99_ms: round(times.next.quantile(0.99), 4),
      next_max_ms: round(times.next.maxMs),
      next_max_clock_ms: round(times.next.longestMs),
      verified_mean_ms: round(times.verified.totalMs / Math.max(1, times.verified.calls), 4),
      leave_mean_ms: round(times.leave.totalMs / Math.max(1, times.leave.calls), 4),
      expire_mean_ms: round(times.expire.totalMs / Math.max(1, times.expire.calls), 4),
      next_calls: times.next.calls,
      in_vain: desk.vainAsks,
      eager_calls: desk.eagerAsks,
    },
    events: tally.events,
    trace: run.traceHash,
    wall_seconds: round(wallSeconds, 1),
  };
}

/** The last leases of a run, a line each: what they were expected to take and took, and who had them. */
export function lastOf({ tally, visitors, startMs }: ScaleRun, count: number): string {
  const machines = new Map(visitors.map(({ name, machine }) => [name, machine]));
  const lines = tally.finished.slice(-count).map(({ lease, atMs, tookMs }) => {
    const { profile, slow } = machines.get(lease.peer)!;
    const link = `${(profile.down / MBIT).toFixed(0)}/${(profile.up / MBIT).toFixed(1)} Mbit/s`;
    const work = `${(profile.rate / 1e9).toFixed(0)} G/s`;
    const now = slow.gpu > 1 ? `, slower ×${slow.gpu.toFixed(1)}` : '';
    return (
      `${((atMs - startMs) / 1000).toFixed(1)} s: ${lease.rect.rows}×${lease.rect.cols} took ${(tookMs / 1000).toFixed(1)} s, ` +
      `expected ${(lease.expectedMs / 1000).toFixed(1)}; ${lease.peer} ${link}, ${work}${now}${profile.knowsLink ? '' : ', new'}`
    );
  });
  return lines.join('\n');
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

export function tableOf(report: Report): string {
  const { scheduler, to_nothing: lost } = report;
  const failures = Object.entries(lost).filter(([, count]) => count > 0);
  const lines: readonly (readonly [string, string])[] = [
    ['scenario', `${report.scenario}, seed ${report.seed}, ${report.contributors} contributors`],
    ['product', `${report.jobs} × ${report.cells / report.jobs} cells over K = ${report.k}`],
    [
      'makespan',
      `${formatDuration(report.seconds * 1000)}, bound ${formatDuration(report.bound_seconds * 1000)}`,
    ],
    ['rate', `${percent(report.rate_vs_bound)} of the bound`],
    ['', REACHED.map((share, i) => `${100 * share} % at ${report.reached_seconds[i]} s`).join(', ')],
    ['bytes', `${report.bytes_vs_bound} × the bound of ${formatBytes(report.bound_bytes)}`],
    ['', `${formatBytes(report.bytes_down)} down, ${formatBytes(report.bytes_up)} up`],
    ['leases', `${report.leases}, of them ${report.copies} copies, ${percent(report.slivers)} slivers`],
    [
      'a lease',
      `${report.lease_seconds} s, ${report.lease_cells} cells; ${percent(report.lease_5_to_60_s)} last 5–60 s`,
    ],
    ['to nothing', failures.map(([why, count]) => `${count} ${why}`).join(', ') || 'none'],
    ['wasted work', `${percent(report.wasted_work)} of the multiply-adds`],
    ['idle', `${percent(report.idle)} of the time that contributors were there`],
    ['tail', `${report.tail_seconds} s from the last open cell to the end`],
    ['forgeries', `${report.forgeries.made} made, ${report.forgeries.accepted} accepted`],
    ['scheduler', `${scheduler.ms_per_lease} ms a lease, all of its calls`],
    [
      '',
      `next: mean ${scheduler.next_mean_ms}, p99 ${scheduler.next_p99_ms}, max ${scheduler.next_max_ms} ms`,
    ],
    [
      '',
      `asked ${scheduler.next_calls} times, ${scheduler.in_vain} in vain; at every event it would be ${scheduler.eager_calls}`,
    ],
    ['trace', report.trace],
    ['took', `${report.wall_seconds} s for ${report.events} events`],
  ];
  return lines.map(([name, value]) => `${name.padEnd(12)} ${value}`).join('\n');
}
