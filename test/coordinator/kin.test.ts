import { describe, expect, it } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import { Scheduler } from '../../src/coordinator/scheduler.ts';
import type { ActiveLease, JobSpec } from '../../src/coordinator/work.ts';

const PEERS = ['ada', 'ben', 'cleo', 'dan'];
const CAPABILITY = {
  operandBytes: 2 ** 30,
  resultBytes: 2 ** 29,
  rates: { i8: 1e12, f16: 0, f32: 0 },
  downBytesPerSecond: 12_500_000,
  upBytesPerSecond: 2_500_000,
  projects: [],
};

const part = (diagonal: number, kin: JobSpec['kin']): JobSpec => ({
  id: `part-${diagonal}`,
  a: `a-${diagonal}`,
  b: `b-${diagonal}`,
  dtype: 'i8',
  rows: 256 * 24,
  cols: 256 * 24,
  k: (diagonal - 1) * 4096,
  project: 'any',
  priority: 0,
  createdMs: 5 - diagonal,
  kin,
});

/** Strips that contributors fetch for the second of two parts, none of whose blocks are others than the first's. */
function fetchedForSecond(kin: JobSpec['kin']): number {
  const scheduler = new Scheduler(seededRng(3));
  for (const diagonal of [5, 4]) scheduler.addJob(part(diagonal, kin));
  const free = new Map(PEERS.map((peer, i) => [peer, i]));
  for (const peer of PEERS) {
    scheduler.join(peer, CAPABILITY);
    scheduler.setHungry(peer, true);
  }
  const held = new Set<string>();
  let fetched = 0;
  const take = ({ peer, rect, job }: ActiveLease): void => {
    const strips = [
      ...Array.from({ length: rect.rows }, (_, i) => `${peer} row ${rect.row + i}`),
      ...Array.from({ length: rect.cols }, (_, i) => `${peer} column ${rect.col + i}`),
    ];
    for (const strip of strips) {
      if (job.id === 'part-4' && !held.has(strip)) fetched += 1;
      held.add(strip);
    }
  };
  for (;;) {
    const [peer, now] = Array.from(free).toSorted((x, y) => x[1] - y[1])[0]!;
    for (const done of scheduler.leasesOf(peer)) scheduler.verified(done.job.id, done.rect, done.id);
    const lease = scheduler.next(peer, now);
    if (!lease && scheduler.progressOf('part-4')!.open === 0) return fetched;
    if (lease) take(lease);
    free.set(peer, now + 1000 * (lease?.seconds ?? 1));
  }
}

describe('parts of one job', () => {
  it('are computed by those who hold their strips from the part before', () => {
    const strangers = fetchedForSecond(undefined);
    const kin = fetchedForSecond({ job: 'whole', a: 'x', b: 'y' });
    expect(kin).toBeLessThanOrEqual(strangers / 2);
    expect(kin).toBeLessThanOrEqual(4);
  });
});
