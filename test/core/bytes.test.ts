import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  append,
  bytesEqual,
  concatBytes,
  fromHex,
  sha256,
  toHex,
  utf8,
  viewOf,
} from '../../src/core/bytes.ts';

describe('hexadecimal text', () => {
  it('gives every byte string back, in lower and in upper case', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const hex = toHex(bytes);
        expect(hex).toMatch(/^([0-9a-f]{2})*$/);
        expect(bytesEqual(fromHex(hex), bytes)).toBe(true);
        expect(bytesEqual(fromHex(hex.toUpperCase()), bytes)).toBe(true);
      }),
    );
  });

  it.each(['a', 'abc', 'zz', '0x', ' a', 'a\n', '-1', '1.', '\u0661\u0661'])('refuses %j', (text) => {
    expect(() => fromHex(text)).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });
});

describe('byte strings', () => {
  it('are joined in order into a copy', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 9 }), (parts) => {
        expect(Array.from(concatBytes(parts))).toEqual(parts.flatMap((part) => Array.from(part)));
      }),
    );
    const part = new Uint8Array([1]);
    const joined = concatBytes([part]);
    part[0] = 2;
    expect(joined[0]).toBe(1);
  });

  it('are equal only with the same length and the same bytes', () => {
    expect(bytesEqual(new Uint8Array([1, 2]), new Uint8Array([1, 2]))).toBe(true);
    expect(bytesEqual(new Uint8Array([1, 2]), new Uint8Array([1, 3]))).toBe(false);
    expect(bytesEqual(new Uint8Array([1, 2]), new Uint8Array([1]))).toBe(false);
  });

  it('are viewed from their own offset on', () => {
    const inner = new Uint8Array([9, 9, 1, 2, 9]).subarray(2, 4);
    expect(viewOf(inner).byteLength).toBe(2);
    expect(viewOf(inner).getUint16(0, true)).toBe(0x0201);
  });
});

describe('sha256', () => {
  // FIPS 180-2, appendix B.1, and the empty message of the NIST test vectors.
  it.each([
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ])('knows the answer for %j', async (text, digest) => {
    expect(toHex(await sha256(utf8.encode(text)))).toBe(digest);
  });

  it('hashes only the part that a view shows', async () => {
    const inner = utf8.encode('xxabcxx').subarray(2, 5);
    expect(bytesEqual(await sha256(inner), await sha256(utf8.encode('abc')))).toBe(true);
  });

  it('lie together as one piece where they do so in memory', () => {
    const bytes = Uint8Array.from({ length: 10 }, (_, i) => i);
    const pieces: Uint8Array[] = [];
    for (const [start, end] of [
      [0, 3],
      [3, 5],
      [6, 8],
      [8, 8],
      [8, 10],
    ])
      append(pieces, bytes.subarray(start, end));
    append(pieces, Uint8Array.of(10));
    expect(pieces).toEqual([bytes.subarray(0, 5), bytes.subarray(6, 10), Uint8Array.of(10)]);
    expect(pieces[1]!.buffer).toBe(bytes.buffer);
  });
});
