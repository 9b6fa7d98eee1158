import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatCredit,
  formatDuration,
  microcreditsFor,
} from '../../src/core/units.ts';

describe('microcreditsFor', () => {
  it.each<[number, number, number, bigint]>([
    [1, 1, 1, 1n],
    [1000, 1000, 1, 1n],
    [1000, 1000, 2, 2n],
    [1, 1, 1_000_001, 2n],
    [256, 256, 1024, 68n],
    [2 ** 40, 2 ** 40, 2 ** 40, 2n ** 120n / 1_000_000n + 1n],
  ])('rounds %i × %i × %i up', (rows, cols, k, microcredits) => {
    expect(microcreditsFor(rows, cols, k)).toBe(microcredits);
  });

  it('is never below the work and less than one microcredit above it', () => {
    const side = fc.integer({ min: 1, max: 2 ** 31 });
    fc.assert(
      fc.property(side, side, side, (rows, cols, k) => {
        const over = microcreditsFor(rows, cols, k) * 1_000_000n - BigInt(rows) * BigInt(cols) * BigInt(k);
        expect(over >= 0n && over < 1_000_000n).toBe(true);
      }),
    );
  });
});

describe('formatCredit', () => {
  it.each<[bigint, string]>([
    [0n, '0.000000'],
    [1n, '0.000001'],
    [2041n, '0.002041'],
    [999_999n, '0.999999'],
    [1_000_000n, '1.000000'],
    [1_000_001n, '1.000001'],
    [2n ** 100n, '1267650600228229401496703.205376'],
  ])('writes %i microcredits as %s', (microcredits, text) => {
    expect(formatCredit(microcredits)).toBe(text);
  });
});

describe('formatBytes', () => {
  it.each<[number, string]>([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [1.5 * 2 ** 20, '1.50 MiB'],
    [256 * 2 ** 10, '256.0 KiB'],
    [12.34 * 2 ** 30, '12.3 GiB'],
    [2 ** 40, '1.00 TiB'],
    [2 ** 52, '4096.0 TiB'],
  ])('writes %d as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatCount', () => {
  it.each<[number, string]>([
    [0, '0 FLOP'],
    [999, '999 FLOP'],
    [1000, '1.00 kFLOP'],
    [12.3e9, '12.3 GFLOP'],
    [123.4e6, '123 MFLOP'],
    [1e12, '1.00 TFLOP'],
    [1e15, '1.00 PFLOP'],
    [5e18, '5000 PFLOP'],
  ])('writes %d as %s', (count, text) => {
    expect(formatCount(count, 'FLOP')).toBe(text);
  });
});

describe('formatDuration', () => {
  it.each<[number, string]>([
    [0, '0.0 s'],
    [4200, '4.2 s'],
    [10_000, '10 s'],
    [59_000, '59 s'],
    [60_000, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [3_599_999, '59 min 59 s'],
    [3_600_000, '1 h 00 min'],
    [3_720_000, '1 h 02 min'],
    [360_000_000, '100 h 00 min'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
