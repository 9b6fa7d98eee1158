/**
 * One matrix out of a .safetensors file (https://github.com/huggingface/safetensors#format): u64le
 * header length, JSON header, then the tensors without holes or overlaps, little-endian, C order.
 */
import { viewOf } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { type ArrayLayout, type RandomAccess, type SourceDtype, arrayBytes, truncated } from './source.ts';

/** The format allows 100 MB; the headers of the largest published models stay under 1 MB a file. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;
const MAX_NAMES_IN_ERROR = 20;
const SUPPORTED: Record<string, SourceDtype> = { I8: 'i8', F16: 'f16', F32: 'f32', F64: 'f64' };

interface Tensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes of the data section, which begins after the header. */
  readonly begin: number;
  readonly end: number;
}

/** True when the first bytes could be those of a .safetensors file. */
export function isSafetensors(prefix: Uint8Array): boolean {
  return prefix[8] === 0x7b;
}

/**
 * Where the named tensor lies. Without a name the file must hold exactly one tensor.
 * @throws AppError 'bad-file' for a file that lies or a tensor that is no operand; 'not-found' with
 * the names that there are.
 */
export async function parseSafetensors(source: RandomAccess, tensor?: string): Promise<ArrayLayout> {
  if (source.size < 8) throw truncated(8, source.size);
  const length = Number(viewOf(await source.read(0, 8)).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) {
    throw new AppError(
      'bad-file',
      `the .safetensors header claims ${length} bytes, more than the 16 MiB allowed`,
    );
  }
  const dataOffset = 8 + length;
  if (dataOffset > source.size) throw truncated(dataOffset, source.size);
  const tensors = parseHeader(await source.read(8, length));
  assertPacked(tensors, source.size - dataOffset);
  const name = tensor ?? onlyName(tensors);
  const found = tensors.get(name);
  if (!found)
    throw new AppError('not-found', `there is no tensor ${JSON.stringify(name)}; ${namesOf(tensors)}`);
  return layoutOf(name, found, dataOffset);
}

function parseHeader(bytes: Uint8Array): Map<string, Tensor> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AppError('bad-file', 'the .safetensors header is not JSON', { cause });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new AppError('bad-file', 'the .safetensors header is not a JSON object');
  }
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(json)) {
    if (name !== '__metadata__') tensors.set(name, parseTensor(name, entry));
  }
  return tensors;
}

function parseTensor(name: string, entry: unknown): Tensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype === 'string' && isSizes(shape) && isSizes(offsets) && offsets.length === 2) {
    const [begin, end] = offsets as [number, number];
    if (begin <= end) return { dtype, shape, begin, end };
  }
  throw new AppError('bad-file', `the .safetensors header describes tensor ${JSON.stringify(name)} wrongly`);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function assertPacked(tensors: Map<string, Tensor>, dataBytes: number): void {
  let end = 0;
  const byPlace = Array.from(tensors).toSorted(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [name, tensor] of byPlace) {
    const wrong =
      tensor.begin < end ? 'overlaps another' : tensor.begin > end ? 'leaves a hole before it' : '';
    if (wrong)
      throw new AppError('bad-file', `the .safetensors file lies: tensor ${JSON.stringify(name)} ${wrong}`);
    end = tensor.end;
  }
  if (end > dataBytes)
    throw new AppError(
      'bad-file',
      `the file is truncated: its tensors need ${end} bytes, ${dataBytes} are there`,
    );
  if (end < dataBytes)
    throw new AppError(
      'bad-file',
      `the .safetensors file has ${dataBytes - end} bytes that belong to no tensor`,
    );
}

function onlyName(tensors: Map<string, Tensor>): string {
  const [name] = tensors.keys();
  if (tensors.size === 1 && name !== undefined) return name;
  throw new AppError('bad-input', `name one tensor of the .safetensors file; ${namesOf(tensors)}`);
}

function namesOf(tensors: Map<string, Tensor>): string {
  if (tensors.size === 0) return 'the file has none';
  const names = Array.from(tensors.keys()).slice(0, MAX_NAMES_IN_ERROR).join(', ');
  const more = tensors.size > MAX_NAMES_IN_ERROR ? ` and ${tensors.size - MAX_NAMES_IN_ERROR} more` : '';
  return `the file has ${names}${more}`;
}

function layoutOf(name: string, tensor: Tensor, dataOffset: number): ArrayLayout {
  const what = `tensor ${JSON.stringify(name)}`;
  const dtype = Object.hasOwn(SUPPORTED, tensor.dtype) ? SUPPORTED[tensor.dtype] : undefined;
  if (!dtype) {
    throw new AppError(
      'bad-file',
      `${what} is ${tensor.dtype}, which is not supported: convert it to F32, F16 or I8`,
    );
  }
  const [rows, cols] = tensor.shape;
  if (tensor.shape.length !== 2 || !rows || !cols) {
    throw new AppError('bad-file', `${what} is no matrix: its shape is [${tensor.shape.join(', ')}]`);
  }
  const layout: ArrayLayout = {
    dtype,
    littleEndian: true,
    order: 'C',
    dataOffset: dataOffset + tensor.begin,
    shape: [rows, cols],
  };
  if (arrayBytes(layout) !== tensor.end - tensor.begin) {
    throw new AppError('bad-file', `${what} lies: its offsets do not match its shape [${rows}, ${cols}]`);
  }
  return layout;
}
