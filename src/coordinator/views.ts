/** Database rows as the JSON of `/v1`. */
import type { WorkView } from '../core/v1-figures.ts';
import type { BoundView, JobView, OperandView, ReceiptView } from '../core/v1.ts';
import { CELL } from '../matrix/blocks.ts';
import { GENERATOR, type SeededManifest } from '../matrix/seeded.ts';
import { ceilDiv } from '../core/bytes.ts';
import type { Contribution } from '../store/contributions.ts';
import type { Work } from '../store/figures.ts';
import type { Job, Operand, Shard } from '../store/schema.ts';

export function operandView(
  { id, dtype, rows, k, bytes, name, createdMs }: Operand,
  manifest?: SeededManifest,
): OperandView {
  const view = { id, dtype, rows, k, bytes, name, createdMs };
  if (!manifest) return view;
  const { distribution, seed } = manifest;
  return { ...view, seeded: { generator: GENERATOR, distribution, seed: seed.toString() } };
}

/** `cellsVerified` and `missLog2` come from the running job where there is one. */
export function jobView(
  job: Job,
  contributions: readonly Contribution[],
  progress: { cellsVerified: number; missLog2: number; bound: BoundView | null },
): JobView {
  const sum = (pick: (contribution: Contribution) => number): number =>
    contributions.reduce((total, contribution) => total + pick(contribution), 0);
  const { id, state, project, title, priority, dtype, rows, cols, k, a, b } = job;
  const { createdMs, deadlineMs, finishedMs, error } = job;
  return {
    id,
    state,
    project,
    title,
    priority,
    dtype,
    rows,
    cols,
    k,
    a,
    b,
    createdMs,
    deadlineMs,
    finishedMs,
    cellsVerified: progress.cellsVerified,
    cellsTotal: ceilDiv(rows, CELL) * ceilDiv(cols, CELL),
    shards: sum((one) => one.shards),
    multiplyAddsVerified: sum((one) => Number(one.multiplyAdds)),
    multiplyAddsTotal: rows * cols * k,
    bytesDown: sum((one) => one.bytesDown),
    bytesUp: sum((one) => one.bytesUp),
    bound: progress.bound,
    missLog2: progress.missLog2,
    contributions: contributions.map((one) => ({
      contributor: one.contributor,
      shards: one.shards,
      multiplyAdds: Number(one.multiplyAdds),
      microcredits: one.microcredits.toString(),
    })),
    error,
  };
}

const base64 = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString('base64');

export function receiptView(shard: Shard): ReceiptView {
  return {
    shard: shard.id,
    job: shard.job,
    contributor: shard.contributor,
    multiplyAdds: Number(shard.multiplyAdds),
    microcredits: shard.microcredits.toString(),
    verifiedMs: shard.verifiedMs,
    lease: base64(shard.leaseEnvelope),
    result: base64(shard.resultEnvelope),
    receipt: base64(shard.receiptEnvelope),
  };
}

export function workView({ shards, multiplyAdds, microcredits }: Work): WorkView {
  return { shards, multiplyAdds, microcredits: microcredits.toString() };
}
