/**
 * A verification thread (piscina runs several). It reads operand blocks from the block store itself,
 * so only the claimed result and the shared secrets cross the thread boundary.
 */
import { workerData } from 'node:worker_threads';
import { AppError } from '../core/errors.ts';
import type { Dtype } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';
import { openBlockStore } from '../store/blocks.ts';
import { type Projection, sharedFloats } from '../verify/column.ts';
import type { VerifyParams } from '../verify/params.ts';
import type { Verdict } from '../verify/result.ts';
import { type StripColumn, checkStrip, projectColumn } from '../verify/strip.ts';

interface ProjectTask {
  readonly kind: 'project';
  readonly dtype: Dtype;
  readonly k: number;
  readonly params: VerifyParams;
  readonly cols: number;
  readonly r: Float64Array;
  /** The k-blocks of the B row-block. */
  readonly blocks: readonly Hash[];
}

interface CheckTask {
  readonly kind: 'check';
  readonly dtype: Dtype;
  readonly k: number;
  readonly params: VerifyParams;
  readonly rows: number;
  /** The k-blocks of the A row-block. */
  readonly blocks: readonly Hash[];
  readonly columns: readonly StripColumn[];
}

export type VerifyTask = ProjectTask | CheckTask;

const store = openBlockStore((workerData as [unknown, { blocksDir: string }])[1].blocksDir);

async function read(hashes: readonly Hash[]): Promise<Uint8Array[]> {
  const blocks = await store;
  const bytes: Uint8Array[] = [];
  for (const hash of hashes) {
    const block = await blocks.get(hash);
    if (!block) throw new AppError('internal', `the block store has lost the operand block ${hash}`);
    bytes.push(block);
  }
  return bytes;
}

export default async function verify(task: VerifyTask): Promise<Projection | Verdict> {
  const blocks = await read(task.blocks);
  return task.kind === 'project'
    ? projectColumn({ ...task, bBlocks: blocks }, sharedFloats)
    : checkStrip({ ...task, aBlocks: blocks });
}
