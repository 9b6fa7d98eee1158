/** Seeded operands on the command line. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { multiply } from '../../src/cli/multiply.ts';
import { type ProductFiles, planProduct } from '../../src/cli/operands.ts';
import { seededOf } from '../../src/cli/seeded.ts';
import { bodyOf, jobEvent, jobView, sendJson, serve } from '../client/server.ts';
import { testContext } from './memory-terminal.ts';
import { writeNpy } from './npy-files.ts';

describe('an operand in place of a file', () => {
  it('is its type, shape, seed and perhaps its distribution', () => {
    expect(seededOf('seeded:i8:4096x8192:42')).toEqual({
      dtype: 'i8',
      shape: [4096, 8192],
      seed: '42',
      distribution: 'uniform',
    });
    expect(seededOf('seeded:f16:1x2:18446744073709551615:normal')).toMatchObject({
      dtype: 'f16',
      seed: '18446744073709551615',
      distribution: 'normal',
    });
    for (const file of ['A.npy', './seeded:i8:1x1:1', 'seeded.npy', 'Seeded:x'])
      expect(seededOf(file)).toBeUndefined();
  });

  it.each([
    'seeded:',
    'seeded:i8',
    'seeded:i32:2x2:1',
    'seeded:i8:0x2:1',
    'seeded:i8:2:1',
    'seeded:i8:2×2:1',
    'seeded:i8:2x2',
    'seeded:i8:2x2:-1',
    'seeded:i8:2x2:18446744073709551616',
    'seeded:i8:2x2:1:gauss',
    'seeded:i8:2x2:1:normal:x',
  ])('is refused as %s, with an example', (text) => {
    expect(() => seededOf(text)).toThrow(/such as seeded:i8:4096x8192:42/);
  });
});

describe('a product with a seeded operand', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const plan = (a: string, b: string, more: Partial<ProductFiles> = {}) =>
    planProduct({ a, b, transposedB: false, ...more });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tilework-seeded-'));
    await writeNpy(at('A.npy'), '|i1', [3, 4]);
    await writeNpy(at('F.npy'), '<f4', [3, 4]);
    return () => rm(folder, { recursive: true, force: true });
  });

  it('has the sizes that files of these shapes would have', async () => {
    expect(await plan(at('A.npy'), 'seeded:i8:4x5:1')).toMatchObject({ dtype: 'i8', rows: 3, k: 4, cols: 5 });
    const both = plan('seeded:f32:7x9:1', 'seeded:f32:5x9:2', { transposedB: true, as: 'f32', dtype: 'f32' });
    expect(await both).toMatchObject({ dtype: 'f32', rows: 7, k: 9, cols: 5 });
    await expect(plan(at('A.npy'), 'seeded:i8:5x4:1')).rejects.toThrow(
      "A's 4 columns are not B's 5 rows; if B is stored as N × K, give --transposed-b",
    );
  });

  it('is refused where types differ, and says what to write', async () => {
    await expect(plan(at('F.npy'), 'seeded:i8:4x5:1')).rejects.toThrow(
      'is int8; both must have one type: write seeded:f32:4x5:1',
    );
    await expect(plan('seeded:f32:3x4:1:normal', 'seeded:i8:4x5:1')).rejects.toThrow(
      'write seeded:f32:4x5:1',
    );
    await expect(plan('seeded:f16:2x3:1', at('A.npy'))).rejects.toThrow('write seeded:i8:2x3:1');
    await expect(plan(at('A.npy'), 'seeded:i8:4x5:1', { as: 'f32' })).rejects.toThrow(
      'seeded:i8:4x5:1 is int8, not float32 as --as says: write seeded:f32:4x5:1',
    );
    await expect(plan('seeded:i8:3x4:1', 'seeded:i8:4x5:1', { dtype: 'f16' })).rejects.toThrow(
      'not float16 as --dtype says: write seeded:f16:3x4:1',
    );
    await expect(plan('seeded:f32:3x4:1', 'seeded:f32:4x5:1', { as: 'f32', dtype: 'i8' })).rejects.toThrow(
      /seeded:f32:3x4:1 is float32, not int8 as --dtype says: write seeded:i8:3x4:1/,
    );
    await expect(plan('seeded:i8:3x4:1', at('A.npy'), { tensorA: 'w' })).rejects.toThrow(
      'it has no tensor w',
    );
  });

  it.each([
    [false, 'seeded:i8:4x5:9:rademacher'],
    [true, 'seeded:i8:5x4:9:rademacher'],
  ])('sends the seed, and B as N × K (--transposed-b: %s)', async (transposedB, b) => {
    const posted: unknown[] = [];
    const done = jobView({ state: 'done', rows: 6, cols: 5, k: 4, finishedMs: 2_000, shards: 1 });
    const server = await serve(async (request, response) => {
      const route = `${request.method} ${request.url!.replace(done.id, ':id')}`;
      if (route === 'POST /v1/operands') {
        posted.push(JSON.parse((await bodyOf(request)).toString()));
        sendJson(response, { id: `operand ${posted.length}` }, 201);
      } else if (route === 'POST /v1/jobs') {
        posted.push(JSON.parse((await bodyOf(request)).toString()));
        sendJson(response, done, 201);
      } else if (route === 'GET /v1/jobs/:id/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end(jobEvent(done));
      } else if (route === 'GET /v1/jobs/:id/result') response.end('the product');
      else sendJson(response, []);
    });
    const context = testContext();
    const files = { a: 'seeded:i8:6x4:8', b, output: at('C.npy'), transposedB };
    await multiply({ ...files, url: server.url, token: 'right' }, context);
    expect(posted).toEqual([
      { dtype: 'i8', rows: 6, cols: 4, seed: '8', distribution: 'uniform' },
      { dtype: 'i8', rows: 5, cols: 4, seed: '9', distribution: 'rademacher' },
      { a: 'operand 1', b: 'operand 2', project: `seeded:i8:6x4:8 × ${b}` },
    ]);
    expect(context.terminal.bars.some((line) => line.startsWith('upload'))).toBe(false);
    expect(context.terminal.outLines[0]).toBe(`${at('C.npy')}: 6 × 5, int32, exact`);
  });
});
