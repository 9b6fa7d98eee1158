/** An f32x job as its requester sees it: the sum of its parts. */
import type { JobContribution, JobView } from '../core/v1.ts';
import { ceilDiv } from '../core/bytes.ts';
import { CELL } from '../matrix/blocks.ts';
import { DIAGONALS, diagonalK, limbLayout } from '../matrix/limbs.ts';
import type { Job } from '../store/schema.ts';
import { missLog2Of } from './verify-pool.ts';
import { jobView } from './views.ts';

/** @param parts - views of its parts; none before its operands are split */
export function wholeView(job: Job, parts: readonly JobView[]): JobView {
  const sum = (pick: (part: JobView) => number): number =>
    parts.reduce((total, part) => total + pick(part), 0);
  const layout = limbLayout(job.k);
  const lengths = DIAGONALS.map((d) => diagonalK(layout, d));
  // A number is wrong only if one of four is.
  const misses = lengths.map((k) => missLog2Of('i8', k, job.cols) - Math.log2(DIAGONALS.length));
  const cells = ceilDiv(job.rows, CELL) * ceilDiv(job.cols, CELL);
  return {
    ...jobView(job, [], { cellsVerified: 0, missLog2: Math.min(...misses), bound: null }),
    cellsVerified: sum((part) => part.cellsVerified),
    cellsTotal: DIAGONALS.length * cells,
    shards: sum((part) => part.shards),
    multiplyAddsVerified: sum((part) => part.multiplyAddsVerified),
    multiplyAddsTotal: lengths.reduce((total, k) => total + job.rows * job.cols * k, 0),
    bytesDown: sum((part) => part.bytesDown),
    bytesUp: sum((part) => part.bytesUp),
    contributions: merged(parts.flatMap(({ contributions }) => contributions)),
    parts: parts.map(({ id }) => id),
  };
}

/** One line a contributor, most work first. */
function merged(all: readonly JobContribution[]): JobContribution[] {
  const found = new Map<string, JobContribution>();
  for (const one of all) {
    const { shards = 0, multiplyAdds = 0, microcredits = '0' } = found.get(one.contributor) ?? {};
    found.set(one.contributor, {
      contributor: one.contributor,
      shards: shards + one.shards,
      multiplyAdds: multiplyAdds + one.multiplyAdds,
      microcredits: (BigInt(microcredits) + BigInt(one.microcredits)).toString(),
    });
  }
  return Array.from(found.values()).sort((x, y) => y.multiplyAdds - x.multiplyAdds);
}
