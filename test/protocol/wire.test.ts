import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../src/core/bytes.ts';
import { isAppError } from '../../src/core/errors.ts';
import { type MessageRules, checkMessage } from '../../src/protocol/wire.ts';
import { field, varint } from './fixtures.ts';

const RULES: MessageRules = {
  1: { kind: 'u32' },
  2: { kind: 'text', min: 0, max: 4 },
  3: { kind: 'bytes', min: 2, max: 2, count: 3 },
  4: { kind: 'bool' },
  5: { kind: 'double' },
  6: { kind: 'u64' },
  7: { kind: 'message', rules: { 1: { kind: 'u32' } } },
};

const accepts = (...bytes: number[]): number[] => checkMessage(Uint8Array.from(bytes), RULES);
const refuses = (...bytes: number[]): void => {
  expect(() => accepts(...bytes)).toThrow(expect.toSatisfy((error) => isAppError(error, 'bad-frame')));
};
const tag = (number: number, wireType: number): number => number * 8 + wireType;

describe('checkMessage', () => {
  it('names the known fields that are there', () => {
    expect(accepts()).toEqual([]);
    expect(accepts(tag(4, 0), 1, tag(1, 0), 7)).toEqual([4, 1]);
    expect(accepts(...field(3, [1, 2]), ...field(3, [3, 4]))).toEqual([3]);
  });

  it('passes over unknown fields of every wire type', () => {
    const unknown = [
      tag(9, 0),
      0x80,
      1,
      tag(9, 1),
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      ...field(9, [255]),
      tag(9, 5),
      1,
      2,
      3,
      4,
    ];
    expect(accepts(...unknown, tag(1, 0), 7)).toEqual([1]);
    expect(accepts(...field(536_870_911, []))).toEqual([]);
  });

  it('refuses unknown fields that are cut short', () => {
    refuses(tag(9, 0), 0x80);
    refuses(tag(9, 1), 1, 2, 3);
    refuses(tag(9, 2), 5, 1);
    refuses(tag(9, 5), 1);
  });

  it('refuses groups, reserved wire types and field number 0', () => {
    refuses(tag(9, 3), tag(9, 4));
    refuses(...Array.from({ length: 50_000 }, () => tag(9, 3)));
    refuses(tag(9, 6));
    refuses(tag(9, 7));
    refuses(tag(0, 0), 1);
  });

  it('refuses a known field with another wire type', () => {
    refuses(tag(1, 2), 0);
    refuses(tag(2, 0), 0);
    refuses(tag(5, 0), 0);
  });

  it('refuses a single field twice and a repeated one too often', () => {
    refuses(tag(1, 0), 1, tag(1, 0), 1);
    const three = [...field(3, [1, 2]), ...field(3, [1, 2]), ...field(3, [1, 2])];
    expect(accepts(...three)).toEqual([3]);
    refuses(...three, ...field(3, [1, 2]));
  });

  it('refuses lengths out of range or past the end', () => {
    refuses(...field(2, utf8.encode('fünf')));
    refuses(...field(3, [1]));
    refuses(tag(2, 2), 3, 65, 65);
    refuses(tag(2, 2), ...varint(0xffffffff));
    refuses(tag(2, 2), ...varint(2 ** 40));
  });

  it('keeps a nested message within its own length', () => {
    expect(accepts(...field(7, [tag(1, 0), 7]))).toEqual([7]);
    // The nested varint would borrow its second byte from the outer message.
    refuses(tag(7, 2), 2, tag(1, 0), 0x87, 1);
    refuses(...field(7, [tag(1, 0), 7, tag(1, 0), 7]));
  });

  it('refuses text that is not UTF-8: overlong, a surrogate, cut short', () => {
    for (const bytes of [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98], [0xff]])
      refuses(...field(2, bytes));
    expect(accepts(...field(2, utf8.encode('😀')))).toEqual([2]);
  });

  it('refuses varints that are padded, too long, or too large for their field', () => {
    refuses(tag(1, 0), ...varint(7, 2));
    refuses(tag(1, 0), ...varint(7, 6));
    refuses(tag(1, 0), ...varint(2 ** 32));
    refuses(tag(4, 0), 2);
    refuses(tag(6, 0), ...Array.from({ length: 11 }, () => 0x81));
    const max = [...Array.from({ length: 9 }, () => 0xff), 1];
    expect(accepts(tag(6, 0), ...max)).toEqual([6]);
    refuses(tag(6, 0), ...max.with(9, 2));
  });

  it('allocates nothing for lengths that are only claimed', () => {
    const bomb = concatBytes([Uint8Array.of(tag(2, 2)), Uint8Array.from(varint(0xfffffff0))]);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 1000; i++) refuses(...bomb);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 2 ** 20);
  });
});
