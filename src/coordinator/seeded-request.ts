/** The body of a request for a seeded operand, checked field by field: its mistakes are people's. */
import { AppError } from '../core/errors.ts';
import { isDtype } from '../matrix/dtype.ts';
import { DISTRIBUTIONS, type SeededManifest, assertSeeded } from '../matrix/seeded.ts';

const FIELDS = ['dtype', 'rows', 'cols', 'seed', 'distribution', 'name'];

export interface SeededRequest {
  readonly manifest: SeededManifest;
  readonly name: string;
}

/** @throws AppError 'bad-input' or 'k-too-large' with a sentence about the first field that is wrong. */
export function parseSeeded(body: unknown): SeededRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw bad('a seeded operand is an object');
  const stranger = Object.keys(body).find((field) => !FIELDS.includes(field));
  if (stranger !== undefined) throw bad(`a seeded operand has ${FIELDS.join(', ')}, and no ${stranger}`);
  const { dtype, rows, cols, seed, distribution = 'uniform', name = '' } = body as Record<string, unknown>;
  if (typeof dtype !== 'string' || !isDtype(dtype)) throw bad('dtype is "i8", "f16" or "f32"');
  const known = DISTRIBUTIONS.find((one) => one === distribution);
  if (!known) throw bad(`distribution is one of ${DISTRIBUTIONS.join(', ')}`);
  if (typeof name !== 'string') throw bad('name is text');
  if (typeof rows !== 'number' || typeof cols !== 'number') throw bad('rows and cols are numbers');
  const manifest = { dtype, rows, cols, distribution: known, seed: seedOf(seed) };
  assertSeeded(manifest);
  return { manifest, name };
}

/** A number where JSON can hold it exactly, else decimal text. */
function seedOf(seed: unknown): bigint {
  if (typeof seed === 'number' && Number.isSafeInteger(seed)) return BigInt(seed);
  if (typeof seed === 'string' && /^\d{1,20}$/.test(seed)) return BigInt(seed);
  throw bad('seed is a whole number from 0 to 2^64 − 1, above 2^53 as text');
}

function bad(sentence: string): AppError {
  return new AppError('bad-input', sentence);
}
