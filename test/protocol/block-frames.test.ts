import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, toHex } from '../../src/core/bytes.ts';
import { isAppError } from '../../src/core/errors.ts';
import {
  decodeBlockFrame,
  encodeBlock,
  encodeCancel,
  encodeMissing,
  encodePacked,
  encodeWant,
} from '../../src/protocol/block-frames.ts';
import { MAX_BLOCK_FRAME_BYTES, MAX_WANTS_PER_FRAME } from '../../src/protocol/limits.ts';
import { hashOf } from './samples.ts';

const badFrame = expect.toSatisfy((error) => isAppError(error, 'bad-frame'));
const badInput = expect.toSatisfy((error) => isAppError(error, 'bad-input'));
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);

describe('lists of hashes', () => {
  it.each([
    ['want', encodeWant],
    ['cancel', encodeCancel],
    ['missing', encodeMissing],
  ] as const)('%s frames decode to themselves', (type, encode) => {
    fc.assert(
      fc.property(fc.array(hash, { minLength: 1, maxLength: 64 }), (hashes) => {
        expect(decodeBlockFrame(encode(hashes))).toEqual({ type, hashes });
      }),
    );
  });

  it('hold 1 to 512 hashes', () => {
    const many = (length: number): string[] => Array.from({ length }, () => hashOf(5));
    expect(decodeBlockFrame(encodeWant(many(MAX_WANTS_PER_FRAME)))).toMatchObject({ type: 'want' });
    expect(() => encodeWant(many(MAX_WANTS_PER_FRAME + 1))).toThrow(badInput);
    expect(() => encodeCancel([])).toThrow(badInput);
    const over = new Uint8Array(1 + 32 * (MAX_WANTS_PER_FRAME + 1)).fill(1);
    expect(() => decodeBlockFrame(over)).toThrow(badFrame);
  });

  it('are refused when cut short, with trailing bytes or without a hash', () => {
    const frame = encodeWant([hashOf(1), hashOf(2)]);
    for (const length of [0, 1, 2, 32, 34, 64]) {
      expect(() => decodeBlockFrame(frame.subarray(0, length))).toThrow(badFrame);
    }
    expect(() => decodeBlockFrame(Uint8Array.from([...frame, 0]))).toThrow(badFrame);
  });

  it('take hashes in lower-case hexadecimal only', () => {
    for (const text of ['', 'ab', 'AB'.repeat(32), 'zz'.repeat(32)])
      expect(() => encodeWant([text])).toThrow(badInput);
  });
});

describe('blocks', () => {
  it('decode to themselves, from 1 byte to 256 KiB', () => {
    for (const length of [1, 31, 4096, 262_144]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i);
      const frame = concatBytes(encodeBlock(hashOf(7), bytes));
      expect(frame.length).toBeLessThanOrEqual(MAX_BLOCK_FRAME_BYTES);
      expect(decodeBlockFrame(frame)).toEqual({ type: 'block', hash: hashOf(7), bytes });
      // What it unpacks to is not looked at here.
      const packed = concatBytes(encodePacked(hashOf(7), bytes));
      expect(decodeBlockFrame(packed)).toEqual({ type: 'packed', hash: hashOf(7), packed: bytes });
    }
  });

  it('are copied neither into the frame nor out of it', () => {
    const bytes = new Uint8Array(1000).fill(1);
    expect(encodeBlock(hashOf(7), bytes)[1]).toBe(bytes);
    const frame = concatBytes(encodeBlock(hashOf(7), bytes));
    const decoded = decodeBlockFrame(frame);
    expect(decoded.type === 'block' && decoded.bytes.buffer === frame.buffer).toBe(true);
  });

  it('may not be empty, larger than a block, or without a whole hash', () => {
    for (const length of [0, 262_145]) {
      for (const [type, encode] of [
        [4, encodeBlock],
        [5, encodePacked],
      ] as const) {
        expect(() => encode(hashOf(7), new Uint8Array(length))).toThrow(badInput);
        expect(() => decodeBlockFrame(new Uint8Array(33 + length).fill(type))).toThrow(badFrame);
      }
    }
    for (const type of [4, 5])
      expect(() => decodeBlockFrame(new Uint8Array(20).fill(type))).toThrow(badFrame);
  });
});

describe('other frames', () => {
  it('are refused: unknown types, and the empty frame, which is a heartbeat of the channel', () => {
    for (const type of [0, 6, 255])
      expect(() => decodeBlockFrame(new Uint8Array(33).fill(type))).toThrow(badFrame);
    expect(() => decodeBlockFrame(new Uint8Array())).toThrow(badFrame);
  });
});
