/** Number types: what an operand holds and what a product of it returns (DESIGN §2). */
import { AppError } from '../core/errors.ts';

/** Operand types. */
export type Dtype = 'i8' | 'f16' | 'f32';
/** Result types: i8 products are exact int32, float products are float32. */
export type ResultDtype = 'i32' | 'f32';
export type AnyDtype = Dtype | ResultDtype;

export const DTYPES: readonly Dtype[] = ['i8', 'f16', 'f32'];

export const VALUE_BYTES: Record<AnyDtype, number> = { i8: 1, f16: 2, f32: 4, i32: 4 };

/** How manifests name a type. */
export const DTYPE_CODE: Record<AnyDtype, number> = { i8: 1, f16: 2, f32: 3, i32: 4 };
const DTYPE_OF_CODE = new Map(Object.entries(DTYPE_CODE).map(([dtype, code]) => [code, dtype as AnyDtype]));

export function dtypeOfCode(code: number): AnyDtype | undefined {
  return DTYPE_OF_CODE.get(code);
}

export const RESULT_DTYPE: Record<Dtype, ResultDtype> = { i8: 'i32', f16: 'f32', f32: 'f32' };

/** The largest K whose i8 products cannot overflow int32: ⌊(2³¹ − 1) / 2¹⁴⌋. */
export const MAX_K_I8 = 131_071;

export function isDtype(text: string): text is Dtype {
  return (DTYPES as readonly string[]).includes(text);
}

/** @throws AppError 'k-too-large' where an i8 product could overflow int32. */
export function assertK(dtype: Dtype, k: number): void {
  if (dtype === 'i8' && k > MAX_K_I8) {
    throw new AppError(
      'k-too-large',
      `K = ${k} is too large for i8: int32 sums are exact only up to K = ${MAX_K_I8}. Split K and add the partial products.`,
    );
  }
}
