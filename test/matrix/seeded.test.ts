import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesEqual, sha256, toHex } from '../../src/core/bytes.ts';
import { AppError } from '../../src/core/errors.ts';
import { blockBytes, blockCols, colBlocks, rowBlocks } from '../../src/matrix/blocks.ts';
import { largestSeeded, orSeeded, seededBlock } from '../../src/matrix/draw.ts';
import { halfToFloat } from '../../src/matrix/half.ts';
import { decodeManifest, encodeManifest } from '../../src/matrix/manifest.ts';
import { loadOperand, stripHashes, streamRows, valuesOf } from '../../src/matrix/read.ts';
import {
  DISTRIBUTIONS,
  type SeededManifest,
  isSeeded,
  seededIds,
  seededPlace,
} from '../../src/matrix/seeded.ts';
import { failure, refusal } from './arrays.ts';
import { seededValue } from './seeded-reference.ts';

const KINDS = DISTRIBUTIONS.flatMap((distribution) =>
  (['i8', 'f16', 'f32'] as const).map((dtype) => ({ dtype, distribution })),
);

const seeds = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const kinds = fc.constantFrom(...KINDS);
const manifests = fc
  .record({
    kind: kinds,
    rows: fc.integer({ min: 1, max: 0x7fffffff }),
    cols: fc.integer({ min: 1, max: 131_071 }),
    seed: seeds,
  })
  .map(({ kind, ...rest }): SeededManifest => ({ ...kind, ...rest }));

const nothingStored = (hash: string): Promise<Uint8Array> =>
  Promise.reject(new AppError('not-found', `nothing is stored under ${hash}`));

/** SHA-256 of block (1, 0) of 300 × 700 values of seed 0x0123456789abcdef: they must never change. */
const GOLDEN: Record<string, string> = {
  'i8 uniform': 'fb5257d7bd70b078178db562ebbc037a6bc50639af96d3130960d1d366dfb5aa',
  'f16 uniform': 'b9e0e023ce161db9698df33031cac684693bbdfd309a1bacb11021889136cd4a',
  'f32 uniform': '03814dd05a1045f100e0db623267ee94fec2b433ae01976c9b1458af97562fcb',
  'i8 rademacher': '731a2050a287caf80f37321d6cc0ea318661ff1115a4a35a3e3d5b5a5dd2c545',
  'f16 rademacher': '2c60b7748edecb6b5c6cdb5c058dd1b0617f7b17ef934b3ab22570e86bfacabb',
  'f32 rademacher': '9fa23c857c19a2d07b800beef1a32ee4fba567277c056711febe719f3cd49371',
  'i8 normal': 'b31a49e5ca95c4e9d07aa596f3942b45739088319a8f7b09cdca9b076f94ac6e',
  'f16 normal': '5d667aab3ec5a455423d4d001cec96cbb1ce2ddd4b28f069a93b5952cc4d7909',
  'f32 normal': 'ef4e75711eab59b9706285c44adc179b71c39394771ceb4c3580bf482533a850',
};

function golden({ dtype, distribution }: (typeof KINDS)[number]): SeededManifest {
  return { dtype, distribution, rows: 300, cols: 700, seed: 0x0123456789abcdefn };
}

describe('the manifest of a seeded operand', () => {
  it('comes back from its 24 bytes, and is told from a stored one', () => {
    fc.assert(
      fc.property(manifests, (manifest) => {
        const bytes = encodeManifest(manifest);
        expect(bytes.length).toBe(24);
        expect(decodeManifest(bytes)).toEqual(manifest);
        expect(isSeeded(decodeManifest(bytes))).toBe(true);
      }),
    );
    const stored = decodeManifest(
      encodeManifest({ dtype: 'i8', rows: 1, cols: 1, root: new Uint8Array(32) }),
    );
    expect(isSeeded(stored)).toBe(false);
  });

  it('has the bytes that it has always had', () => {
    const manifest = golden({ dtype: 'f16', distribution: 'normal' });
    expect(toHex(encodeManifest(manifest))).toBe('54575331020103002c010000bc020000efcdab8967452301');
    expect(seededIds(manifest, 1)[1]).toBe(`${toHex(encodeManifest(manifest))}0100000001000000`);
  });

  it('is refused with a generator or a distribution to come, and says so', async () => {
    const good = encodeManifest(golden({ dtype: 'i8', distribution: 'uniform' }));
    const changed = (at: number, value: number): Uint8Array =>
      good.map((byte, i) => (i === at ? value : byte));
    expect(await failure(() => decodeManifest(changed(5, 2)))).toMatchObject(
      refusal('bad-frame', /generator 2, distribution 1: this version cannot make it/),
    );
    expect(await failure(() => decodeManifest(changed(6, 9)))).toMatchObject(
      refusal('bad-frame', /distribution 9/),
    );
    expect(await failure(() => decodeManifest(changed(7, 1)))).toMatchObject(
      refusal('bad-frame', /cannot make it/),
    );
    for (const code of [0, 4, 9])
      expect(await failure(() => decodeManifest(changed(4, code)))).toMatchObject(
        refusal('bad-frame', /type/),
      );
    for (const at of [11, 15])
      expect(await failure(() => decodeManifest(changed(at, 0x80)))).toMatchObject(
        refusal('bad-frame', /shape/),
      );
    expect(await failure(() => decodeManifest(good.subarray(1)))).toMatchObject(
      refusal('bad-frame', /not a manifest/),
    );
  });

  it('is an AppError for any other bytes of its length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 24 }), fc.boolean(), (random, magic) => {
        const bytes = Uint8Array.from(random);
        if (magic) bytes.set([0x54, 0x57, 0x53, 0x31]);
        try {
          expect(encodeManifest(decodeManifest(bytes))).toEqual(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad-frame' });
        }
      }),
    );
  });
});

describe('the id of a seeded block', () => {
  it('names one block of one operand, in 64 hexadecimal digits', () => {
    fc.assert(
      fc.property(manifests, fc.nat(), fc.nat(), (manifest, a, b) => {
        const [strip, colBlock] = [a % rowBlocks(manifest), b % colBlocks(manifest)];
        const id = seededIds(manifest, strip)[colBlock]!;
        expect(id).toMatch(/^[0-9a-f]{64}$/);
        expect(seededPlace(id)).toEqual({ manifest, strip, colBlock });
      }),
    );
  });

  it('is never a hash, a place that does not exist, or text of another length', () => {
    const manifest = golden({ dtype: 'i8', distribution: 'uniform' });
    const id = seededIds(manifest, 1)[0]!;
    const outside = [`${id.slice(0, 48)}0200000000000000`, `${id.slice(0, 48)}0100000001000000`];
    for (const other of [...outside, id.slice(2), `${id}00`, '', `54575331${'ff'.repeat(28)}`])
      expect(seededBlock(other)).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (hash) => {
        expect(seededPlace(toHex(hash))).toBeUndefined();
      }),
    );
  });
});

describe('seeded blocks', () => {
  it('are the bytes that they have always been', async () => {
    const hashes: Record<string, string> = {};
    for (const kind of KINDS) {
      const block = seededBlock(seededIds(golden(kind), 1)[0]!)!;
      hashes[`${kind.dtype} ${kind.distribution}`] = toHex(await sha256(block));
    }
    expect(hashes).toEqual(GOLDEN);
  });

  it('hold the specified values, whatever their place, and zeros behind the last column', () => {
    const small = fc.record({
      kind: kinds,
      rows: fc.integer({ min: 1, max: 600 }),
      cols: fc.integer({ min: 1, max: 2100 }),
      seed: seeds,
      at: fc.array(fc.record({ row: fc.nat(), k: fc.nat() }), { minLength: 5, maxLength: 5 }),
    });
    fc.assert(
      fc.property(small, ({ kind, rows, cols, seed, at }) => {
        const manifest: SeededManifest = { ...kind, rows, cols, seed };
        const { dtype } = manifest;
        for (const place of at) {
          const [row, k] = [place.row % rows, place.k % cols];
          const [strip, colBlock] = [Math.floor(row / 256), Math.floor(k / blockCols(dtype))];
          const block = seededBlock(seededIds(manifest, strip)[colBlock]!)!;
          expect(block.length).toBe(blockBytes(manifest, strip, colBlock));
          const values = valuesOf(dtype, block);
          const stride = values.length / Math.min(256, rows - strip * 256);
          const line = values.subarray((row % 256) * stride, ((row % 256) + 1) * stride);
          const first = colBlock * blockCols(dtype);
          expect(line[k - first]).toBe(seededValue(manifest, row, k));
          expect(line.subarray(cols - first).every((padding) => padding === 0)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('are those of every operand that is larger, or cut elsewhere', async () => {
    for (const kind of KINDS) {
      const whole: SeededManifest = { ...kind, rows: 520, cols: 1100, seed: 7n };
      const part: SeededManifest = { ...whole, rows: 257, cols: 1030 };
      const [all, some] = await Promise.all(
        [whole, part].map((m) => loadOperand(m, orSeeded(nothingStored))),
      );
      for (let row = 0; row < part.rows; row++) {
        const [from, to] = [row * part.cols, (row + 1) * part.cols];
        expect(some!.subarray(from, to)).toEqual(
          all!.subarray(row * whole.cols, row * whole.cols + part.cols),
        );
      }
    }
  });

  it('can be read from any row to any other, without anything stored', async () => {
    const manifest: SeededManifest = { ...KINDS[0]!, rows: 600, cols: 1100, seed: 2n ** 64n - 1n };
    const { buffer } = await loadOperand(manifest, orSeeded(nothingStored));
    const whole = new Uint8Array(buffer);
    await fc.assert(
      fc.asyncProperty(fc.nat(599), fc.nat(599), async (one, two) => {
        const [from, to] = [Math.min(one, two), Math.max(one, two) + 1];
        let row = from;
        for await (const piece of streamRows(manifest, orSeeded(nothingStored), {
          from,
          to,
          memoryBytes: 300_000,
        })) {
          const rows = piece.length / manifest.cols;
          const expected = whole.subarray(row * manifest.cols, (row + rows) * manifest.cols);
          expect(bytesEqual(piece, expected)).toBe(true);
          row += rows;
        }
        expect(row).toBe(to);
      }),
      { numRuns: 10 },
    );
  });

  it('differ by seed, type, distribution and row', async () => {
    const manifest = golden({ dtype: 'f32', distribution: 'normal' });
    const block = seededBlock(seededIds(manifest, 0)[0]!)!;
    const others = [
      { ...manifest, seed: manifest.seed + 1n },
      { ...manifest, seed: manifest.seed + (1n << 32n) },
      { ...manifest, distribution: 'uniform' as const },
    ];
    const blocks = [block, ...others.map((other) => seededBlock(seededIds(other, 0)[0]!)!)];
    const rows = Array.from({ length: 256 }, (_, row) => block.subarray(row * 1024, (row + 1) * 1024));
    const digests = await Promise.all([...blocks, ...rows].map(async (bytes) => toHex(await sha256(bytes))));
    expect(new Set(digests).size).toBe(blocks.length + rows.length);
  });

  it('have the moments of their distribution, and no value above the bound', async () => {
    const sigma = {
      uniform: { i8: 73.9, f16: 0.5774, f32: 0.5774 },
      rademacher: { i8: 1, f16: 1, f32: 1 },
      normal: { i8: 36.94, f16: 1, f32: 1 },
    };
    for (const { dtype, distribution } of KINDS) {
      const manifest: SeededManifest = { dtype, distribution, rows: 256, cols: 1024, seed: 11n };
      const stored = await loadOperand(manifest, orSeeded(nothingStored));
      const values = dtype === 'f16' ? Array.from(stored, halfToFloat) : Array.from(stored);
      const n = values.length;
      const mean = values.reduce((sum, value) => sum + value, 0) / n;
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n);
      const expected = sigma[distribution][dtype];
      const bias = distribution === 'uniform' && dtype === 'i8' ? -0.5 : 0;
      // Five standard errors of the mean; those of the deviation are smaller for every one of these.
      expect(Math.abs(mean - bias)).toBeLessThan((5 * expected) / Math.sqrt(n));
      expect(Math.abs(deviation / expected - 1)).toBeLessThan(0.006);
      const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      expect(largest).toBeLessThanOrEqual(largestSeeded(manifest));
    }
  });

  it('are asked for from nobody, and other blocks still are', async () => {
    const asked: string[] = [];
    const fetch = orSeeded((hash) => {
      asked.push(hash);
      return Promise.resolve(new Uint8Array(1));
    });
    const manifest = golden({ dtype: 'i8', distribution: 'rademacher' });
    for (const id of await stripHashes(manifest, 0, fetch)) await fetch(id);
    expect(asked).toEqual([]);
    await fetch('ab'.repeat(32));
    expect(asked).toEqual(['ab'.repeat(32)]);
  });
});
