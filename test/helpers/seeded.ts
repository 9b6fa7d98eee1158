/** Seeded operands, for tests: their values as everybody makes them. */
import type { OperandView, SeededRequest } from '../../src/core/v1.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Dtype } from '../../src/matrix/dtype.ts';
import { orSeeded } from '../../src/matrix/draw.ts';
import { type ValuesOf, loadOperand } from '../../src/matrix/read.ts';
import { api } from './product.ts';

/** Row-major. Nothing is fetched for them: there is nowhere to fetch from. */
export function seededValues<T extends Dtype>(
  wanted: SeededRequest & { readonly dtype: T },
): Promise<ValuesOf[T]> {
  const { dtype, rows, cols, seed, distribution = 'uniform' } = wanted;
  const nowhere = orSeeded((hash) => Promise.reject(new AppError('not-found', hash)));
  return loadOperand<T>({ dtype, rows, cols, distribution, seed: BigInt(seed) }, nowhere);
}

export function postSeeded(
  to: { readonly url: string; readonly token: string },
  wanted: SeededRequest,
): Promise<OperandView> {
  return api<OperandView>(to, '/v1/operands', {
    method: 'POST',
    body: JSON.stringify(wanted),
    headers: { 'content-type': 'application/json' },
  });
}
