/** Whether two files or seeded operands can be multiplied, said before anything is uploaded. */
import { type FileMatrix, type SourceDtype, inspectFile } from '../client/files.node.ts';
import { AppError } from '../core/errors.ts';
import type { OperandDtype } from '../core/v1.ts';
import { type SeededMatrix, respelled, seededOf } from './seeded.ts';

export interface ProductFiles {
  /** A path, or the text of a seeded operand. */
  readonly a: string;
  readonly b: string;
  readonly tensorA?: string | undefined;
  readonly tensorB?: string | undefined;
  /** B is stored as N × K. */
  readonly transposedB: boolean;
  /** 'f32x': float32 as well; only the job is another. */
  readonly as?: 'f32' | 'f32x' | undefined;
  /** What the caller says the operands are. */
  readonly dtype?: OperandDtype | undefined;
}

export type PlannedMatrix = FileMatrix | SeededMatrix;

export interface Plan {
  readonly a: PlannedMatrix;
  readonly b: PlannedMatrix;
  readonly dtype: OperandDtype;
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
}

const NUMPY: Readonly<Record<SourceDtype, string>> = {
  i8: 'int8',
  f16: 'float16',
  f32: 'float32',
  f64: 'float64',
};

/** Each holds the values of those before it. */
const WIDTH: readonly OperandDtype[] = ['i8', 'f16', 'f32'];

/** @throws AppError 'bad-file', 'not-found', 'bad-input' (types), 'shape-mismatch'. */
export async function planProduct(files: ProductFiles): Promise<Plan> {
  const a = await inspect(files.a, files.tensorA);
  const b = await inspect(files.b, files.tensorB);
  const dtype = isSeeded(a) ? seededType(files.a, a, files) : storedType(files.a, a.dtype, files);
  const other = isSeeded(b) ? seededType(files.b, b, files) : storedType(files.b, b.dtype, files);
  if (dtype !== other) {
    throw new AppError(
      'bad-input',
      `${files.a} is ${NUMPY[dtype]} and ${files.b} is ${NUMPY[other]}; both must have one type: ${oneType(files, [a, dtype], [b, other])}`,
    );
  }
  const [rows, k] = a.shape;
  const [first, second] = b.shape;
  const [inner, cols] = files.transposedB ? [second, first] : [first, second];
  if (inner !== k) throw new AppError('shape-mismatch', mismatch(files, a, b));
  return { a, b, dtype, rows, cols, k };
}

async function inspect(argument: string, tensor: string | undefined): Promise<PlannedMatrix> {
  const seeded = seededOf(argument);
  if (!seeded) return inspectFile(argument, tensor);
  if (tensor !== undefined)
    throw new AppError('bad-input', `${argument} is no file: it has no tensor ${tensor}`);
  return seeded;
}

export function isSeeded(matrix: PlannedMatrix): matrix is SeededMatrix {
  return 'seed' in matrix;
}

function oneType(
  files: ProductFiles,
  [a, dtype]: readonly [PlannedMatrix, OperandDtype],
  [b, other]: readonly [PlannedMatrix, OperandDtype],
): string {
  // What is made can be made as anything.
  if (isSeeded(b)) return `write ${respelled(files.b, dtype)}`;
  if (isSeeded(a)) return `write ${respelled(files.a, other)}`;
  const wider = WIDTH.indexOf(dtype) > WIDTH.indexOf(other) ? dtype : other;
  return `give --as f32, or ${conversion(wider === dtype ? files.b : files.a, wider)}`;
}

function seededType(argument: string, { dtype }: SeededMatrix, files: ProductFiles): OperandDtype {
  const [flag, asked] = [['--as', files.as && 'f32'] as const, ['--dtype', files.dtype] as const].find(
    ([, wanted]) => wanted !== undefined && wanted !== dtype,
  ) ?? ['', undefined];
  if (asked === undefined) return dtype;
  throw new AppError(
    'bad-input',
    `${argument} is ${NUMPY[dtype]}, not ${NUMPY[asked]} as ${flag} says: write ${respelled(argument, asked)}`,
  );
}

function storedType(path: string, found: SourceDtype, files: ProductFiles): OperandDtype {
  const { dtype, as } = files;
  if (found === 'f64' && as === undefined) {
    throw new AppError(
      'bad-input',
      `${path} is float64, which is not multiplied as it is: give --as f32, or ${conversion(path, 'f32')}`,
    );
  }
  const stored: OperandDtype = as ? 'f32' : found === 'f64' ? 'f32' : found;
  if (dtype !== undefined && dtype !== stored) {
    throw new AppError(
      'bad-input',
      `${path} is ${NUMPY[found]}${as ? ' and becomes float32' : ''}, not ${NUMPY[dtype]} as --dtype says: ${conversion(path, dtype)}`,
    );
  }
  return stored;
}

/** The line of numpy that makes the file what it should be. */
function conversion(path: string, dtype: OperandDtype): string {
  return `np.save('${path}', np.load('${path}').astype(np.${NUMPY[dtype]}))`;
}

function mismatch(files: ProductFiles, a: PlannedMatrix, b: PlannedMatrix): string {
  const side = files.transposedB ? 'columns' : 'rows';
  const [first, second] = b.shape;
  const fits = (files.transposedB ? first : second) === a.shape[1];
  const hint = !fits
    ? ''
    : files.transposedB
      ? '; it would fit without --transposed-b'
      : '; if B is stored as N × K, give --transposed-b';
  return `${files.a} is ${a.shape.join(' × ')} and ${files.b} is ${b.shape.join(' × ')}: A's ${a.shape[1]} columns are not B's ${files.transposedB ? second : first} ${side}${hint}`;
}
