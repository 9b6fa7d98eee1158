/**
 * What the tiles of a log prove about it. Tiles are signed by nobody: only what leads to a signed root counts, and
 * tiles that lead nowhere prove nothing against anybody.
 */
import { bytesEqual } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import type { Checkpoint } from '../protocol/checkpoint.ts';
import {
  EMPTY_ROOT,
  type ReadNodes,
  consistencyProof,
  inclusionProof,
  rootAt,
  verifyConsistency,
  verifyInclusion,
} from '../protocol/merkle.ts';

/**
 * Whether the later tree begins with the earlier one. False is proven: both roots are signed, and they contradict
 * each other.
 * @param earlier - not larger than `later`
 * @param read - of the later tree
 * @throws AppError 'bad-frame' when the tiles do not lead to the later root, and whatever reading throws
 */
export async function isExtension(earlier: Checkpoint, later: Checkpoint, read: ReadNodes): Promise<boolean> {
  if (earlier.size === later.size) return bytesEqual(earlier.root, later.root);
  if (earlier.size === 0) return bytesEqual(earlier.root, EMPTY_ROOT);
  const [first, second] = [earlier.size, later.size];
  const proof = await consistencyProof(first, second, read);
  const leadsFrom = (firstRoot: Uint8Array): Promise<boolean> =>
    verifyConsistency({ first, second, firstRoot, secondRoot: later.root, proof });
  if (await leadsFrom(earlier.root)) return true;
  if (await leadsFrom(await rootAt(first, read))) return false;
  throw nowhere();
}

/** Whether this leaf is at `index`, below the checkpoint's size. False is proven: another one is there. Errors as above. */
export async function isIncluded(
  { size, root }: Checkpoint,
  index: number,
  leaf: Uint8Array,
  read: ReadNodes,
): Promise<boolean> {
  const proof = await inclusionProof(index, size, read);
  if (await verifyInclusion({ leaf, index, size, root, proof })) return true;
  const [shown] = await read([{ level: 0, index }]);
  if (shown && (await verifyInclusion({ leaf: shown, index, size, root, proof }))) return false;
  throw nowhere();
}

const nowhere = (): AppError =>
  new AppError('bad-frame', 'the tiles of the public log do not lead to its checkpoint');
