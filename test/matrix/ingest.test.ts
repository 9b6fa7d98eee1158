import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes.ts';
import { encodeManifest } from '../../src/matrix/manifest.ts';
import { halfToFloat } from '../../src/matrix/half.ts';
import { type IngestOptions, type IngestSpec, ingest } from '../../src/matrix/ingest.ts';
import { loadOperand } from '../../src/matrix/read.ts';
import {
  type ArrayLayout,
  type RandomAccess,
  type SourceDtype,
  bytesSource,
} from '../../src/matrix/source.ts';
import { type ArraySpec, arrayData, failure, refusal, memoryStore } from './arrays.ts';

const HEAD = 37;

/** The array behind an odd number of foreign bytes, so that nothing is aligned by luck. */
function placed(
  spec: ArraySpec,
  value: (i: number, j: number) => number,
): { source: RandomAccess; layout: ArrayLayout } {
  const bytes = concatBytes([new Uint8Array(HEAD).fill(0xff), arrayData(spec, value)]);
  return { source: bytesSource(bytes), layout: { ...spec, dataOffset: HEAD } };
}

/** Values that every type holds exactly and that no two near places share. */
const value = (i: number, j: number): number => ((i * 31 + j * 7 + i * j) % 256) - 128;

const axis = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(255, 256, 257, 300, 513));
const longAxis = fc.oneof(axis, fc.constantFrom(1023, 1024, 1025, 1500));
const cases = fc.record({
  dtype: fc.constantFrom<SourceDtype>('i8', 'f16', 'f32', 'f64'),
  littleEndian: fc.boolean(),
  order: fc.constantFrom('C', 'F'),
  side: fc.constantFrom('rows', 'transpose'),
  widen: fc.boolean(),
  rows: axis,
  k: longAxis,
  memoryBytes: fc.constantFrom(1, 300_000, 1_000_000, undefined),
});

describe('ingest', () => {
  it('stores every array as rows × K, whatever its type, order, side, byte order and the memory given', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ dtype, littleEndian, order, side, widen, rows, k, memoryBytes }) => {
        const shape = side === 'rows' ? ([rows, k] as const) : ([k, rows] as const);
        const { source, layout } = placed({ dtype, littleEndian, order, shape }, value);
        const store = memoryStore();
        const as = widen || dtype === 'f64' ? 'f32' : undefined;
        const result = await ingest(source, { layout, side, as }, store.put, { memoryBytes });
        expect(result.manifest).toMatchObject({ dtype: as ?? dtype, rows, cols: k });
        const at = (row: number, x: number): number => (side === 'rows' ? value(row, x) : value(x, row));
        const expected = Array.from({ length: rows * k }, (_, i) => at(Math.floor(i / k), i % k));
        const loaded = await loadOperand(result.manifest, store.fetch);
        const decoded = loaded instanceof Uint16Array ? Array.from(loaded, halfToFloat) : Array.from(loaded);
        expect(decoded).toEqual(expected);
        expect(result.maxAbs).toBe(expected.reduce((max, v) => Math.max(max, Math.abs(v)), 0));
      }),
      { numRuns: 60 },
    );
  });

  it('gives the same manifest by every way that leads to the same operand', async () => {
    const hashes = new Set<string>();
    for (const order of ['C', 'F'] as const) {
      for (const side of ['rows', 'transpose'] as const) {
        for (const memoryBytes of [1, 600_000, undefined]) {
          const shape = side === 'rows' ? ([600, 700] as const) : ([700, 600] as const);
          const turned = side === 'rows' ? value : (i: number, j: number): number => value(j, i);
          const { source, layout } = placed({ dtype: 'f32', littleEndian: false, order, shape }, turned);
          const result = await ingest(source, { layout, side }, memoryStore().put, { memoryBytes });
          hashes.add(result.manifestHash);
        }
      }
    }
    expect(hashes.size).toBe(1);
  });

  // The hashes were computed by a separate program (Python's hashlib over DESIGN §1).
  it.each([
    ['i8', 1, 'edd5af17e9930dbd23e8b70395e1ef9d9441cb916681edd1c574ae5f5ab32717'],
    ['f16', 4, '43103b2ff1bda8363f5efaa0d94afb58978c5609489228aa02a6f5e320cc7111'],
    ['f32', 4, '48162aa908243c9e577cb320811f37b187ef12a61da7ec82733bc7f94ce67222'],
  ] as const)('gives a 300 × 1500 matrix of %s its golden manifest', async (dtype, scale, hash) => {
    const spec = { dtype, littleEndian: true, order: 'C', shape: [300, 1500] } as const;
    const { source, layout } = placed(spec, (i, j) => (((i * 7 + j * 13) % 256) - 128) / scale);
    expect((await ingest(source, { layout, side: 'rows' }, memoryStore().put)).manifestHash).toBe(hash);
  });

  it('puts blocks, lists and the manifest of a tiny matrix, byte for byte', async () => {
    const tiny = [1, -2, 3, -128, 127, 0];
    const { source, layout } = placed(
      { dtype: 'i8', littleEndian: true, order: 'C', shape: [2, 3] },
      (i, j) => tiny[i * 3 + j]!,
    );
    const store = memoryStore();
    const result = await ingest(source, { layout, side: 'rows' }, store.put);
    expect(result).toMatchObject({
      manifestHash: 'c1fcb83a4ef37d6fd6cf07fd3777a9ee6733780ccd682663717fa1964eaa8780',
      maxAbs: 128,
      blocks: 1,
      bytes: 32,
    });
    expect(Array.from(store.bytes.values(), (bytes) => bytes.length)).toEqual([32, 32, 32, 48]);
    expect(store.bytes.get(result.manifestHash)).toEqual(encodeManifest(result.manifest));
    const block = new Uint8Array(32);
    block.set([1, 254, 3]);
    block.set([128, 127, 0], 16);
    expect(store.bytes.get(store.puts[0]!)).toEqual(block);
  });

  it('puts equal blocks under one hash', async () => {
    const { source, layout } = placed(
      { dtype: 'i8', littleEndian: true, order: 'C', shape: [1024, 2048] },
      () => 5,
    );
    const store = memoryStore();
    const result = await ingest(source, { layout, side: 'rows' }, store.put);
    expect(result).toMatchObject({ blocks: 8, bytes: 1024 * 2048 });
    expect(store.bytes.size).toBe(1 + 1 + 1 + 1);
  });

  it('reports progress up to the last byte', async () => {
    const { source, layout } = placed(
      { dtype: 'f64', littleEndian: true, order: 'F', shape: [300, 500] },
      value,
    );
    const seen: number[] = [];
    const onProgress = (done: number, total: number): void => {
      expect(total).toBe(300 * 500 * 8);
      seen.push(done);
    };
    await ingest(source, { layout, side: 'rows', as: 'f32' }, memoryStore().put, { onProgress });
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(300 * 500 * 8);
  });
});

describe('ingest refuses', () => {
  const run = (
    dtype: SourceDtype,
    shape: readonly [number, number],
    at: (i: number, j: number) => number,
    spec: Partial<IngestSpec> & Partial<Pick<ArrayLayout, 'order' | 'littleEndian'>> = {},
    options: IngestOptions = {},
  ): Promise<unknown> => {
    const { order = 'C', littleEndian = true, side = 'rows', as } = spec;
    const { source, layout } = placed({ dtype, littleEndian, order, shape }, at);
    return ingest(source, { layout, side, as }, memoryStore().put, options);
  };
  const bad = (row: number, col: number, what: number) => (i: number, j: number) =>
    i === row && j === col ? what : 1;

  it.each([Number.NaN, Infinity, -Infinity])('%d, naming its place in the array as given', async (what) => {
    for (const dtype of ['f16', 'f32', 'f64'] as const) {
      for (const order of ['C', 'F'] as const) {
        for (const side of ['rows', 'transpose'] as const) {
          for (const littleEndian of [true, false]) {
            const spec = { order, side, littleEndian, ...(dtype === 'f64' ? { as: 'f32' as const } : {}) };
            const message = new RegExp(`^the value at row 270, column 290 \\(counted from 0\\) is ${what}:`);
            expect(await failure(() => run(dtype, [300, 299], bad(270, 290, what), spec))).toMatchObject(
              refusal('non-finite', message),
            );
          }
        }
      }
    }
  });

  it('float64 unless it is asked to convert, and values that f32 cannot hold', async () => {
    expect(await failure(() => run('f64', [2, 2], value))).toMatchObject(refusal('bad-input', /--as f32/));
    expect(await failure(() => run('f64', [2, 2], bad(1, 0, -1e39), { as: 'f32' }))).toMatchObject(
      refusal('non-finite', /row 1, column 0 .* is -1e\+39, too large for f32/),
    );
  });

  it('a K whose i8 products could overflow, but not the largest allowed', async () => {
    expect(await failure(() => run('i8', [1, 131_072], value))).toMatchObject(
      refusal('k-too-large', /K = 131072/),
    );
    expect(await failure(() => run('i8', [131_072, 1], value, { side: 'transpose' }))).toMatchObject(
      refusal('k-too-large', /K = 131072/),
    );
    await run('i8', [1, 131_071], value);
    await run('i8', [1, 131_072], value, { as: 'f32' });
  });

  it('an empty array, and a source that is shorter than the array', async () => {
    const layout = { dtype: 'i8', littleEndian: true, order: 'C', dataOffset: 4, shape: [2, 3] } as const;
    const put = memoryStore().put;
    expect(
      await failure(() => ingest(bytesSource(new Uint8Array(9)), { layout, side: 'rows' }, put)),
    ).toMatchObject(refusal('bad-file', /truncated/));
    const empty = { ...layout, shape: [0, 3] as const };
    expect(
      await failure(() => ingest(bytesSource(new Uint8Array(9)), { layout: empty, side: 'rows' }, put)),
    ).toMatchObject(refusal('bad-input', /rows/));
  });

  it('to go on after an abort, before the first read and between blocks', async () => {
    expect(await failure(() => run('i8', [9, 9], value, {}, { signal: AbortSignal.abort() }))).toMatchObject(
      refusal('aborted', /aborted/),
    );
    const stop = new AbortController();
    let blocks = 0;
    const onProgress = (): void => {
      blocks += 1;
      if (blocks === 2) stop.abort();
    };
    expect(
      await failure(() => run('i8', [5000, 10], value, {}, { signal: stop.signal, onProgress })),
    ).toMatchObject(refusal('aborted', /aborted/));
    expect(blocks).toBeLessThan(20);
  });

  it('to hide what a put or a source throws', async () => {
    const layout = { dtype: 'i8', littleEndian: true, order: 'C', dataOffset: 0, shape: [2, 3] } as const;
    const full = (): Promise<void> => Promise.reject(new Error('disk full'));
    await expect(ingest(bytesSource(new Uint8Array(6)), { layout, side: 'rows' }, full)).rejects.toThrow(
      'disk full',
    );
    const short: RandomAccess = { size: 6, read: () => Promise.resolve(new Uint8Array(2)) };
    expect(await failure(() => ingest(short, { layout, side: 'rows' }, memoryStore().put))).toMatchObject(
      refusal('bad-file', /fewer bytes/),
    );
  });
});
