/** Upload-Metadata of tus: what a file is, as pairs of a key and base64. Total. */
import { AppError } from '../core/errors.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { UploadSpec } from './operands.ts';

/** Of an operand. */
export const MAX_NAME_CHARS = 200;
const MAX_CHARS = 4096;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const SHA256 = /^[0-9a-f]{64}$/;
const KEYS = 'name (or filename), side, as, tensor and sha256';

/** @throws AppError 'bad-input' for what is not pairs, or not text */
export function metadataOf(header: string | string[] | undefined): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  if (text.length > MAX_CHARS)
    throw new AppError('bad-input', `upload-metadata has more than ${MAX_CHARS} characters`);
  for (const pair of text.split(',')) {
    const [key = '', value = '', ...rest] = pair.trim().split(' ');
    if (key === '' && value === '') continue;
    if (rest.length > 0 || pairs.has(key) || !BASE64.test(value))
      throw new AppError(
        'bad-input',
        'upload-metadata has to be keys, each once, with their values in base64: "name bWF0cml4,side cm93cw=="',
      );
    pairs.set(key, decode(key, value));
  }
  return pairs;
}

function decode(key: string, base64: string): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
    if (!text.includes('\0')) return text;
  } catch {
    // said below
  }
  throw new AppError('bad-input', `upload-metadata: the value of ${JSON.stringify(key)} is not UTF-8 text`);
}

export interface UploadRequest extends UploadSpec {
  readonly sha256?: Hash | undefined;
}

/** The same fields in a query and in Upload-Metadata. @throws AppError 'bad-input' naming the field */
export function uploadSpecOf(fields: ReadonlyMap<string, string>): UploadRequest {
  for (const key of fields.keys())
    if (!['name', 'filename', 'filetype', 'side', 'as', 'tensor', 'sha256'].includes(key))
      throw new AppError(
        'bad-input',
        `an upload has no field ${JSON.stringify(key.slice(0, 40))}; there are ${KEYS}`,
      );
  const side = fields.get('side') ?? 'rows';
  const as = fields.get('as');
  const name = fields.get('name') ?? fields.get('filename') ?? '';
  const sha256 = fields.get('sha256');
  if (side !== 'rows' && side !== 'transpose')
    throw new AppError('bad-input', 'side is "rows" or "transpose"');
  if (as !== undefined && as !== 'f32') throw new AppError('bad-input', 'as can only be "f32"');
  if (sha256 !== undefined && !SHA256.test(sha256))
    throw new AppError('bad-input', 'sha256 is the file’s SHA-256, in 64 lower-case hexadecimal digits');
  if (name.length > MAX_NAME_CHARS)
    throw new AppError('bad-input', `name has at most ${MAX_NAME_CHARS} characters`);
  return { side, as, tensor: fields.get('tensor'), name, sha256 };
}
