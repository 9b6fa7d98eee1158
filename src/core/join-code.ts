/**
 * Codes that a visitor may read out or type: 8 characters of Crockford's base 32, 40 random bits, in two groups of
 * four. They stand for something that a coordinator keeps for some minutes.
 */
import type { Rng } from './rng.ts';

/** No I, L, O and U: the first three are taken for digits, the last makes words. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_CHARS = 8;

export function newCode(rng: Rng): string {
  return Array.from(rng.bytes(CODE_CHARS), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** "K7QM2XPD" as people read it: "K7QM-2XPD". */
export function shownCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/** What somebody typed, as the code that it means; undefined where it cannot be one. */
export function codeOf(typed: string): string | undefined {
  if (typed.length > 4 * CODE_CHARS) return undefined;
  const code = typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  return code.length === CODE_CHARS && Array.from(code).every((char) => ALPHABET.includes(char))
    ? code
    : undefined;
}
