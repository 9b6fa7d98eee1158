/** Operands on the command line that are no files: `seeded:i8:4096x8192:42`, made wherever they are needed. */
import { AppError } from '../core/errors.ts';
import type { OperandDistribution, OperandDtype } from '../core/v1.ts';

export interface SeededMatrix {
  readonly dtype: OperandDtype;
  /** As a file's would be: of B, K × N. */
  readonly shape: readonly [number, number];
  /** Decimal. */
  readonly seed: string;
  readonly distribution: OperandDistribution;
}

const PREFIX = 'seeded:';
const FORM =
  /^seeded:(i8|f16|f32):([1-9]\d{0,9})x([1-9]\d{0,9}):(\d{1,20})(?::(uniform|rademacher|normal))?$/;
const MAX_SEED = 2n ** 64n - 1n;

/** Undefined for what is a file's name. @throws AppError 'bad-input' that shows the form. */
export function seededOf(argument: string): SeededMatrix | undefined {
  if (!argument.startsWith(PREFIX)) return undefined;
  const [, dtype, rows, cols, seed, distribution = 'uniform'] = FORM.exec(argument) ?? [];
  if (seed === undefined || BigInt(seed) > MAX_SEED) {
    throw new AppError(
      'bad-input',
      `${argument} is not seeded:TYPE:ROWSxCOLUMNS:SEED, such as seeded:i8:4096x8192:42, with i8, f16 or f32, a seed below 2^64 and perhaps :rademacher or :normal at the end (./${argument} is a file of this name)`,
    );
  }
  return {
    dtype: dtype as OperandDtype,
    shape: [Number(rows), Number(cols)],
    seed,
    distribution: distribution as OperandDistribution,
  };
}

/** The same operand of another type. */
export function respelled(argument: string, dtype: OperandDtype): string {
  return argument.replace(/^seeded:\w+/, `${PREFIX}${dtype}`);
}
