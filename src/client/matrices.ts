/** Matrices as programs have them, typed arrays and streams of rows, on their way to becoming operands. */
import type { Bytes } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import type { OperandDtype } from '../core/v1.ts';
import { VALUE_BYTES } from '../matrix/dtype.ts';
import { floatsToHalves } from '../matrix/half.ts';
import { npyHeader } from '../matrix/npy.ts';

/** float64 is multiplied as float32 only; Uint16Array holds the bits of binary16. */
export type Values = Int8Array | Uint16Array | Float32Array | Float64Array;

/** Row-major: whole rows or not, in any pieces. */
export type ValueStream = AsyncIterable<Values>;

export interface ArrayMatrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Values | ValueStream;
  /** What people see it called. */
  readonly name?: string;
}

/** An operand that the coordinator has already. */
export interface StoredMatrix {
  readonly id: string;
}

export type Matrix = ArrayMatrix | StoredMatrix;

export interface MatrixFile {
  /** To be read once. */
  readonly stream: ReadableStream<Uint8Array>;
  readonly size: number;
}

/** Of an array, at a stretch: converted only as it is sent. */
const VALUES_AT_ONCE = 2 ** 20;

/**
 * The type that a matrix is multiplied in.
 * @throws AppError 'bad-input' where it has to be said: for streams, and for float64
 */
export function dtypeOf({ data }: ArrayMatrix): OperandDtype {
  if (data instanceof Int8Array) return 'i8';
  if (data instanceof Float32Array) return 'f32';
  if (data instanceof Uint16Array) return 'f16';
  throw new AppError(
    'bad-input',
    data instanceof Float64Array
      ? "float64 is multiplied as float32: say so with dtype: 'f32'"
      : "give the dtype of a stream of values: 'i8', 'f16' or 'f32'",
  );
}

/** The .npy file of a matrix. @throws AppError 'shape-mismatch', 'bad-input' */
export function npyFile(matrix: ArrayMatrix, dtype: OperandDtype): MatrixFile {
  const { rows, cols, data } = matrix;
  const header = npyHeader({ dtype, rows, cols });
  const size = header.length + rows * cols * VALUE_BYTES[dtype];
  if (ArrayBuffer.isView(data) && data.length !== rows * cols) throw wrongCount(data.length, matrix);
  const values = ArrayBuffer.isView(data) ? stretches(data) : data;
  return { size, stream: streamed(pieces(header, values, matrix, dtype)) };
}

function* stretches(values: Values): Generator<Values, void, undefined> {
  for (let at = 0; at < values.length; at += VALUES_AT_ONCE) yield values.subarray(at, at + VALUES_AT_ONCE);
}

async function* pieces(
  header: Bytes,
  values: ValueStream | Iterable<Values>,
  matrix: ArrayMatrix,
  dtype: OperandDtype,
): AsyncGenerator<Bytes, void, undefined> {
  yield header;
  let count = 0;
  for await (const some of values) {
    count += some.length;
    if (count > matrix.rows * matrix.cols) throw wrongCount(count, matrix);
    yield encode(some, dtype);
  }
  if (count !== matrix.rows * matrix.cols) throw wrongCount(count, matrix);
}

/** Little-endian, as every machine is that runs this. */
function encode(values: Values, dtype: OperandDtype): Bytes {
  const wanted = as(values, dtype);
  if (!wanted) {
    throw new AppError(
      'bad-input',
      `a ${values.constructor.name} does not hold values of ${dtype}: i8 takes Int8Array, f16 Uint16Array or Float32Array, f32 Float32Array or Float64Array`,
    );
  }
  return new Uint8Array(wanted.buffer as ArrayBuffer, wanted.byteOffset, wanted.byteLength);
}

function as(values: Values, dtype: OperandDtype): Values | undefined {
  if (dtype === 'i8') return values instanceof Int8Array ? values : undefined;
  if (dtype === 'f16' && values instanceof Uint16Array) return values;
  if (dtype === 'f16') return values instanceof Float32Array ? floatsToHalves(values) : undefined;
  if (values instanceof Float32Array) return values;
  return values instanceof Float64Array ? Float32Array.from(values) : undefined;
}

/** Not every browser has ReadableStream.from. */
function streamed(bytes: AsyncGenerator<Bytes, void, undefined>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await bytes.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await bytes.return();
      },
    },
    { highWaterMark: 0 },
  );
}

function wrongCount(count: number, { rows, cols }: ArrayMatrix): AppError {
  return new AppError('shape-mismatch', `${count} values are not the ${rows} × ${cols} of the matrix`);
}
