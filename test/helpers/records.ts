/** Rows for tests: plausible, different for each number, and valid against the schema. */
import { createHash } from 'node:crypto';
import { microcreditsFor } from '../../src/core/units.ts';
import type { SettleInput } from '../../src/ledger/receipts.ts';
import type { Queries } from '../../src/store/database.ts';
import { type NewJob, createJob } from '../../src/store/jobs.ts';
import { insertOperand } from '../../src/store/operands.ts';
import type { Job, NewOperand, RectangleColumns } from '../../src/store/schema.ts';

/** SHA-256, in hexadecimal. */
export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** `digits` hexadecimal digits that say `n`. */
export function hexOf(n: number, digits: number): string {
  return n.toString(16).padStart(digits, '0');
}

export function operandRecord(n: number, fields: Partial<NewOperand> = {}): NewOperand {
  return {
    id: hexOf(n, 64),
    dtype: 'i8',
    rows: 2048,
    k: 1024,
    maxAbs: 127,
    bytes: 2048 * 1024,
    name: `operand ${n}`,
    createdMs: 1_800_000_000_000 + n,
    ...fields,
  };
}

/** A running job of `blocks` × `blocks` cells with its operand, in the database. */
export async function insertJob(
  db: Queries,
  id: string,
  blocks = 8,
  fields: Partial<NewJob> = {},
): Promise<Job> {
  const operand = operandRecord(blocks, { rows: blocks * 256 });
  await insertOperand(db, operand);
  return await createJob(db, {
    id,
    a: operand.id,
    b: operand.id,
    dtype: 'i8',
    rows: operand.rows,
    cols: operand.rows,
    k: operand.k,
    project: 'tests',
    title: `job ${id}`,
    priority: 0,
    createdMs: 1_800_000_000_000,
    ...fields,
  });
}

/** A verified shard of this rectangle. Its envelopes are not real: settling does not look inside. */
export function settleInput(
  lease: number,
  job: string,
  contributor: string,
  rectangle: RectangleColumns,
): SettleInput {
  const { rowBlock, colBlock, rowBlocks, colBlocks } = rectangle;
  const [rows, cols, k] = [rowBlocks * 256, colBlocks * 256, 1024];
  const cells = Array.from({ length: rowBlocks * colBlocks }, (_, at) => ({
    rowBlock: rowBlock + Math.floor(at / colBlocks),
    colBlock: colBlock + (at % colBlocks),
    block: hexOf(lease * 1_000_000 + at, 64),
  }));
  const leaseEnvelope = new TextEncoder().encode(`lease ${lease}`);
  const resultEnvelope = new TextEncoder().encode(`result ${lease}`);
  return {
    shard: {
      id: hexOf(lease, 32),
      job,
      contributor,
      ...rectangle,
      leaseEnvelope,
      resultEnvelope,
      multiplyAdds: BigInt(rows) * BigInt(cols) * BigInt(k),
      microcredits: microcreditsFor(rows, cols, k),
      missLog2: 72,
      gpuMs: 12,
      bytesDown: rows * k + cols * k,
      bytesUp: rows * cols * 4,
    },
    digests: { lease: digestOf(leaseEnvelope), result: digestOf(resultEnvelope) },
    cells,
  };
}
