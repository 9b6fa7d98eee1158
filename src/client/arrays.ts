/** Matrices in memory as .npy bytes and back: small operands and products, without a file. */
import { type Bytes, concatBytes } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { type Dtype, VALUE_BYTES } from '../matrix/dtype.ts';
import { npyHeader, parseNpyHeader } from '../matrix/npy.ts';

/** The .npy file of a row-major matrix; `bytes` are its little-endian values. @throws AppError 'shape-mismatch'. */
export function encodeNpy(dtype: Dtype, rows: number, cols: number, bytes: Uint8Array): Bytes {
  if (bytes.length !== rows * cols * VALUE_BYTES[dtype]) {
    throw new AppError(
      'shape-mismatch',
      `${bytes.length} bytes are not ${rows} × ${cols} values of ${dtype}`,
    );
  }
  return concatBytes([npyHeader({ dtype, rows, cols }), bytes]);
}

export interface Product {
  readonly rows: number;
  readonly cols: number;
  /** Row-major: int32 for int8 operands, else float32. */
  readonly values: Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
}

/** The product in a result's .npy bytes. @throws AppError 'bad-file' when it is anything else. */
export function decodeProduct(npy: Uint8Array): Product {
  const { descr, fortranOrder, shape, dataOffset } = parseNpyHeader(npy);
  const [rows, cols] = shape;
  if ((descr !== '<i4' && descr !== '<f4') || fortranOrder || shape.length !== 2) {
    throw new AppError(
      'bad-file',
      `a product is a C-order matrix of <i4 or <f4, not ${descr} of ${shape.length} dimensions`,
    );
  }
  const bytes = npy.slice(dataOffset);
  if (rows === undefined || cols === undefined || bytes.length !== rows * cols * 4) {
    throw new AppError('bad-file', `the product of ${shape.join(' × ')} values has ${bytes.length} bytes`);
  }
  const values = descr === '<i4' ? new Int32Array(bytes.buffer) : new Float32Array(bytes.buffer);
  return { rows, cols, values };
}
