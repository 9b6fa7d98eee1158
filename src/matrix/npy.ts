/**
 * The .npy format, versions 1.0 to 3.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 * Everything is judged by the first bytes of the file and its length; nothing is evaluated.
 */
import { type Bytes, bytesEqual, roundUp, utf8, viewOf } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import type { AnyDtype } from './dtype.ts';
import { type Literal, parsePythonLiteral } from './python-literal.ts';
import { type ArrayLayout, type SourceDtype, arrayBytes, truncated } from './source.ts';

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
/** Matrices need some 120 bytes; numpy itself refuses to evaluate more than 10,000. */
const MAX_HEADER_BYTES = 65_536;
/** As many bytes of a file as `parseNpy` may need. */
export const NPY_PREFIX_BYTES = MAX_HEADER_BYTES + 12;

export interface NpyHeader {
  /** numpy's description of the element type, such as '<f4'; undefined for a structured type. */
  readonly descr: string | undefined;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  readonly dataOffset: number;
}

export function isNpy(prefix: Uint8Array): boolean {
  return bytesEqual(prefix.subarray(0, MAGIC.length), MAGIC);
}

/** What a .npy file says of itself, any type and shape. @throws AppError 'bad-file'. */
export function parseNpyHeader(prefix: Uint8Array): NpyHeader {
  if (!isNpy(prefix)) throw new AppError('bad-file', 'not a .npy file');
  if (prefix.length < 12) throw truncated(12, prefix.length);
  const version = prefix[6]!;
  if (version < 1 || version > 3 || prefix[7] !== 0) {
    throw new AppError(
      'bad-file',
      `.npy version ${version}.${prefix[7]} is not supported, only 1.0, 2.0 and 3.0`,
    );
  }
  const view = viewOf(prefix);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES) {
    throw new AppError(
      'bad-file',
      `the .npy header claims ${length} bytes, more than the ${MAX_HEADER_BYTES} allowed`,
    );
  }
  const dataOffset = start + length;
  if (dataOffset > prefix.length) throw truncated(dataOffset, prefix.length);
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(prefix.subarray(start, dataOffset));
  return { ...headerOf(parsePythonLiteral(text)), dataOffset };
}

function headerOf(literal: Literal): Omit<NpyHeader, 'dataOffset'> {
  const bad = new AppError(
    'bad-file',
    "the .npy header is not a dictionary of 'descr', 'fortran_order' and 'shape'",
  );
  if (!(literal instanceof Map) || literal.size !== 3) throw bad;
  const descr = literal.get('descr');
  const fortranOrder = literal.get('fortran_order');
  const shape = literal.get('shape');
  if (descr === undefined || typeof fortranOrder !== 'boolean') throw bad;
  if (!shape || typeof shape !== 'object' || !('tuple' in shape)) throw bad;
  const sizes = shape.tuple.map((size) => {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw bad;
    return size;
  });
  return { descr: typeof descr === 'string' ? descr : undefined, fortranOrder, shape: sizes };
}

/**
 * Where the matrix in a .npy file lies. `prefix` is the file's first bytes (NPY_PREFIX_BYTES are
 * always enough), `size` its length.
 * @throws AppError 'bad-file' for a type or shape that is no operand, and for a file that lies.
 */
export function parseNpy(prefix: Uint8Array, size: number): ArrayLayout {
  const { descr, fortranOrder, shape, dataOffset } = parseNpyHeader(prefix);
  const { dtype, littleEndian } = elementType(descr);
  const [rows, cols] = shape;
  if (shape.length !== 2 || rows === undefined || cols === undefined) throw wrongRank(shape);
  if (rows === 0 || cols === 0)
    throw new AppError('bad-file', `the array is empty: its shape is (${rows}, ${cols})`);
  const layout: ArrayLayout = {
    dtype,
    littleEndian,
    order: fortranOrder ? 'F' : 'C',
    dataOffset,
    shape: [rows, cols],
  };
  const end = dataOffset + arrayBytes(layout);
  if (end > size) throw truncated(end, size);
  if (end < size) {
    throw new AppError(
      'bad-file',
      `the .npy file has ${size - end} bytes more than its shape (${rows}, ${cols}) needs`,
    );
  }
  return layout;
}

function wrongRank(shape: readonly number[]): AppError {
  const hint = shape.length === 1 ? 'a.reshape(1, -1) or a.reshape(-1, 1)' : 'a.reshape(rows, columns)';
  const text = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  return new AppError(
    'bad-file',
    `the array has ${shape.length} dimensions, shape ${text}: make it a matrix with ${hint}`,
  );
}

const SUPPORTED: Record<string, SourceDtype> = { i1: 'i8', f2: 'f16', f4: 'f32', f8: 'f64' };
const KINDS: Record<string, string> = {
  b: 'bool',
  i: 'int',
  u: 'uint',
  f: 'float',
  c: 'complex',
  m: 'timedelta',
  M: 'datetime',
  O: 'object',
  S: 'bytes',
  U: 'str',
  V: 'void',
};

function elementType(descr: string | undefined): { dtype: SourceDtype; littleEndian: boolean } {
  if (descr === undefined) {
    throw new AppError(
      'bad-file',
      'structured arrays are not supported: save one field, a["name"], at a time',
    );
  }
  const [, order, kind = '', bytes = ''] = /^([<>|=]?)([a-zA-Z])(\d{0,9})/.exec(descr) ?? [];
  const type = kind + bytes;
  const dtype = descr === order + type && Object.hasOwn(SUPPORTED, type) ? SUPPORTED[type] : undefined;
  if (dtype && (order === '<' || order === '>' || dtype === 'i8'))
    return { dtype, littleEndian: order !== '>' };
  throw new AppError('bad-file', refusal(kind, bytes, type || JSON.stringify(descr)));
}

function refusal(kind: string, bytes: string, type: string): string {
  const family = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (kind === 'b' || type === 'u1') {
    return `${kind === 'b' ? 'bool' : 'uint8'} (${type}) is not supported: convert with a.astype(np.int8)`;
  }
  if (family && 'iufc'.includes(kind)) {
    const name = `${family}${Number(bytes) * 8} (${type}) is not supported`;
    if (kind === 'c') return `${name}: multiply a.real and a.imag one by one, as float32`;
    if (kind === 'f') return `${name}: convert with a.astype(np.float32)`;
    return `${name}: convert with a.astype(np.float32), or with a.astype(np.int8) where all values are in -128..127`;
  }
  const hint = kind === 'V' ? '; bfloat16 arrays are saved like that: convert with a.astype(np.float32)' : '';
  return `the element type ${family ? `${family} (${type})` : type} is not supported${hint}`;
}

const DESCR: Record<AnyDtype, string> = { i8: '|i1', f16: '<f2', f32: '<f4', i32: '<i4' };

/** The header of a C-order .npy 1.0 file, a multiple of 64 bytes: rows·cols little-endian values follow. */
export function npyHeader(shape: { dtype: AnyDtype; rows: number; cols: number }): Bytes {
  const text = `{'descr': '${DESCR[shape.dtype]}', 'fortran_order': False, 'shape': (${shape.rows}, ${shape.cols}), }`;
  const header = new Uint8Array(roundUp(10 + text.length + 1, 64)).fill(0x20);
  header.set(MAGIC);
  header.set([1, 0], 6);
  viewOf(header).setUint16(8, header.length - 10, true);
  header.set(utf8.encode(text), 10);
  header[header.length - 1] = 0x0a;
  return header;
}
