/** Results that are fetched and checked again, whatever the coordinator signed. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ContradictionKind } from '../../src/audit/contradiction.ts';
import { blockPath, shardPath } from '../../src/audit/source.ts';
import { type Bytes, utf8 } from '../../src/core/bytes.ts';
import { LogBuilder, auditFiles, contradictionOf } from './log-builder.ts';
import { type Files, type Matrices, matrices } from './product-files.ts';
import { edit, flip, smallProduct } from './small-log.ts';

let small: Matrices;
let floats: Matrices;

beforeAll(async () => {
  small = await smallProduct();
  floats = await matrices('f32', 270, 260, 20);
});

describe('results that are checked again', () => {
  const wrongAt = (values: Float64Array, at: number, by: number): Float64Array => {
    const c = values.slice();
    c[at] = c[at]! + by;
    return c;
  };
  const whole = { rowBlock: 0, colBlock: 0, rowBlocks: 3, colBlocks: 2 };

  it.each([
    ['one value off by one', 1],
    ['one value off by the top bit', -(2 ** 31)],
    ['one value off by 2^31 − 1, which is no zero over ℤ', 2 ** 31 - 1],
  ])('are wrong with %s, though the coordinator signed a receipt', async (_what, by) => {
    const log = await LogBuilder.open();
    const at = small.c.findIndex((value) => Math.abs(value + by) < 2 ** 31);
    await log.credit(small, whole, { c: wrongAt(small.c, at, by) });
    const found = await contradictionOf(await log.publish());
    expect(found).toMatchObject({ kind: 'result-wrong', index: 0, expected: 'A·Bᵀ' });
  });

  it('are wrong in floats beyond the bound', async () => {
    const log = await LogBuilder.open();
    const rect = { rowBlock: 0, colBlock: 0, rowBlocks: 2, colBlocks: 2 };
    await log.credit(floats, rect, { c: wrongAt(floats.c, 260 * 260 + 7, 0.5) });
    expect((await contradictionOf(await log.publish())).kind).toBe('result-wrong');
  });

  it('are computed whole where they are narrower than a check', async () => {
    const narrow = await matrices('i8', 40, 3, 20);
    const log = await LogBuilder.open();
    const rect = { rowBlock: 0, colBlock: 0, rowBlocks: 1, colBlocks: 1 };
    await log.credit(narrow, rect);
    expect((await auditFiles(await log.publish())).rechecked).toMatchObject({
      results: 1,
      missLog2: undefined,
    });
    await log.credit(narrow, rect, { job: 'second', c: wrongAt(narrow.c, 100, 1) });
    expect(await contradictionOf(await log.publish())).toMatchObject({ kind: 'result-wrong', index: 1 });
  });

  it('are not those that were signed, damaged, or gone', async () => {
    const log = await LogBuilder.open();
    await log.credit(small, whole);
    const files = await log.publish();
    const shard = [...files.keys()].find((path) => path.startsWith(shardPath('')))!;
    const { blocks } = JSON.parse(utf8.decode(files.get(shard)!)) as { blocks: string[] };
    const json = (value: unknown): Bytes => utf8.encode(JSON.stringify(value));
    const cases: readonly (readonly [ContradictionKind, (of: Files) => void])[] = [
      ['result-missing', (of) => of.delete(shard)],
      ['result-manifest', (of) => of.set(shard, json({ blocks: blocks.toReversed() }))],
      ['result-manifest', (of) => of.set(shard, json({ blocks: blocks.slice(1) }))],
      ['result-manifest', (of) => of.set(shard, json([]))],
      ['result-manifest', (of) => of.set(shard, Uint8Array.of(123))],
      ['block-missing', (of) => of.delete(blockPath(blocks[1]!))],
      ['block-hash', (of) => edit(of, blockPath(blocks[1]!), (bytes) => flip(bytes, 0))],
      ['operand-missing', (of) => of.delete(blockPath(small.b))],
      ['block-hash', (of) => edit(of, blockPath(small.b), (bytes) => flip(bytes, 47))],
    ];
    for (const [kind, change] of cases) {
      const changed = new Map(files);
      change(changed);
      expect(await contradictionOf(changed)).toMatchObject({ kind, index: 0 });
    }
  });
});
