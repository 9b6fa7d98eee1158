/** Part of an answer, as RFC 9110 §14 has it: one range of bytes, and whether it is of what the asker knows. */
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../core/errors.ts';

/** Bytes [from, to). */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

const RANGE = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i;

/**
 * The range that is asked for; undefined for the whole: without a Range, with one that has another unit, several
 * ranges or no sense (RFC 9110 §14.2 lets a server ignore those), or when If-Range names another version.
 * @param etag - strong, with its quotes
 * @throws AppError 'bad-range' when the range begins behind the end
 */
export function byteRange(headers: IncomingHttpHeaders, etag: string, size: number): ByteRange | undefined {
  const ifRange = headers['if-range'];
  if (headers.range === undefined || (ifRange !== undefined && ifRange !== etag)) return undefined;
  const [, first = '', last = ''] = RANGE.exec(headers.range) ?? [];
  if (first === '' && last === '') return undefined;
  const suffix = first === '';
  const from = suffix ? Math.max(0, size - Number(last)) : Number(first);
  const to = suffix || last === '' ? size : Math.min(size, Number(last) + 1);
  if (!suffix && last !== '' && Number(last) < Number(first)) return undefined;
  if (from < size) return { from, to };
  throw new AppError('bad-range', `bytes from ${from} on were asked for, and this has ${size} bytes`);
}

/** Whether If-None-Match knows this version: then 304 is the answer. */
export function isKnown(headers: IncomingHttpHeaders, etag: string): boolean {
  const known = headers['if-none-match'];
  if (known === undefined) return false;
  return known.split(',').some((each) => ['*', etag].includes(each.trim().replace(/^W\//, '')));
}
