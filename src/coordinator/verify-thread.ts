/**
 * A verification thread (piscina runs several). It reads operand blocks from the block store itself,
 * so only the claimed result and the shared secrets cross the thread boundary.
 */
import { workerData } from 'piscina';
import { unreachable } from '../core/errors.ts';
import type { Dtype } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';
import { fetchFrom, openBlockStore } from '../store/blocks.ts';
import { type Projection, sharedFloats } from '../verify/column.ts';
import type { VerifyParams } from '../verify/params.ts';
import { recomputeStrip } from '../verify/recompute.ts';
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

/** A strip narrower than the rounds of a check costs less to compute again. */
export interface RecomputeTask {
  readonly kind: 'recompute';
  readonly dtype: Dtype;
  readonly k: number;
  readonly rows: number;
  readonly blocks: readonly Hash[];
  readonly columns: readonly {
    readonly cols: number;
    readonly cBlock: Uint8Array;
    readonly bBlocks: readonly Hash[];
  }[];
}

export type VerifyTask = ProjectTask | CheckTask | RecomputeTask;

const store = openBlockStore((workerData as { blocks: string }).blocks);

async function read(hashes: readonly Hash[]): Promise<Uint8Array[]> {
  const fetch = fetchFrom(await store);
  const bytes: Uint8Array[] = [];
  for (const hash of hashes) bytes.push(await fetch(hash));
  return bytes;
}

export default async function verify(task: VerifyTask): Promise<Projection | Verdict> {
  const blocks = await read(task.blocks);
  switch (task.kind) {
    case 'project':
      return projectColumn({ ...task, bBlocks: blocks }, sharedFloats);
    case 'check':
      return checkStrip({ ...task, aBlocks: blocks });
    case 'recompute': {
      const columns = await Promise.all(
        task.columns.map(async ({ cols, cBlock, bBlocks }) => ({
          cols,
          cBlock,
          bBlocks: await read(bBlocks),
        })),
      );
      return recomputeStrip({ ...task, aBlocks: blocks, columns });
    }
    default:
      return unreachable(task);
  }
}
