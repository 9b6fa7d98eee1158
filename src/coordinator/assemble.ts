/** C out of its verified cells: nothing moves, only its manifest is written. */
import { fromHex } from '../core/bytes.ts';
import { putMatrix } from '../matrix/build.ts';
import { RESULT_DTYPE } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { BlockStore } from '../store/blocks.ts';
import type { Queries } from '../store/database.ts';
import { cellsOf } from '../store/jobs.ts';
import type { JobSpec } from './work.ts';

/** The manifest's hash. Every cell must be verified. Again is as good as once. */
export async function assembleProduct(
  db: Queries,
  blocks: Pick<BlockStore, 'put'>,
  { id, dtype, rows, cols }: JobSpec,
): Promise<Hash> {
  const strips: Uint8Array[][] = [];
  for (const cell of await cellsOf(db, id)) (strips[cell.rowBlock] ??= []).push(fromHex(cell.block));
  const shape = { dtype: RESULT_DTYPE[dtype], rows, cols };
  const { manifestHash } = await putMatrix(shape, strips, (hash, bytes) => blocks.put(hash, bytes));
  return manifestHash;
}
