/** What exact floats (src/matrix/limbs.ts) add to the tables. */
import type { Dtype } from '../matrix/dtype.ts';
import type { Diagonal } from '../matrix/limbs.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Side } from '../matrix/split.ts';

/** 'f32x': a float32 product whose parts are int8 jobs. */
export type JobDtype = Dtype | 'f32x';

/** Of a part: the f32x job, and the diagonal of limbs that it computes for it. Null for all other jobs. */
export interface PartColumns {
  parent: string | null;
  diagonal: Diagonal | null;
}

/** The operands of the parts of f32x jobs: one for each side and diagonal of an f32 operand. */
export interface LimbsTable {
  operand: Hash;
  side: Side;
  diagonal: Diagonal;
  limbs: Hash;
}
