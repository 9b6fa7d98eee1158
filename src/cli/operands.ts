/** Whether two files can be multiplied, said before anything is uploaded. */
import { type FileMatrix, type SourceDtype, inspectFile } from '../client/files.node.ts';
import { AppError } from '../core/errors.ts';
import type { OperandDtype } from '../core/v1.ts';

export interface ProductFiles {
  readonly a: string;
  readonly b: string;
  readonly tensorA?: string | undefined;
  readonly tensorB?: string | undefined;
  /** B is stored as N × K. */
  readonly transposedB: boolean;
  readonly as?: 'f32' | undefined;
  /** What the caller says the operands are. */
  readonly dtype?: OperandDtype | undefined;
}

export interface Plan {
  readonly a: FileMatrix;
  readonly b: FileMatrix;
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
  const a = await inspectFile(files.a, files.tensorA);
  const b = await inspectFile(files.b, files.tensorB);
  const dtype = storedType(files.a, a.dtype, files);
  const other = storedType(files.b, b.dtype, files);
  if (dtype !== other) {
    const wider = WIDTH.indexOf(dtype) > WIDTH.indexOf(other) ? dtype : other;
    throw new AppError(
      'bad-input',
      `${files.a} is ${NUMPY[dtype]} and ${files.b} is ${NUMPY[other]}; both must have one type: give --as f32, or ${conversion(wider === dtype ? files.b : files.a, wider)}`,
    );
  }
  const [rows, k] = a.shape;
  const [first, second] = b.shape;
  const [inner, cols] = files.transposedB ? [second, first] : [first, second];
  if (inner !== k) throw new AppError('shape-mismatch', mismatch(files, a, b));
  return { a, b, dtype, rows, cols, k };
}

function storedType(path: string, found: SourceDtype, files: ProductFiles): OperandDtype {
  const { dtype, as } = files;
  if (found === 'f64' && as === undefined) {
    throw new AppError(
      'bad-input',
      `${path} is float64, which is not multiplied as it is: give --as f32, or ${conversion(path, 'f32')}`,
    );
  }
  const stored: OperandDtype = as ?? (found === 'f64' ? 'f32' : found);
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

function mismatch(files: ProductFiles, a: FileMatrix, b: FileMatrix): string {
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
