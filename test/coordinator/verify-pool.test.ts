import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import { cryptoRng } from '../../src/core/rng.ts';
import { JobSecrets, VerifyPool } from '../../src/coordinator/verify-pool.ts';
import type { VerifyTask } from '../../src/coordinator/verify-thread.ts';
import { detectLayout, ingest } from '../../src/matrix/ingest.ts';
import type { Manifest } from '../../src/matrix/manifest.ts';
import { bytesSource } from '../../src/matrix/source.ts';
import { type BlockStore, openBlockStore } from '../../src/store/blocks.ts';
import { product } from '../helpers/product.ts';

const wanted = product('i8', 256, 512, 300);
let folder = '';
let blocks: BlockStore;
let pool: VerifyPool;
let operands: [Manifest, Manifest];
const tasks: VerifyTask[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilework-pool-'));
  blocks = await openBlockStore(folder);
  pool = new VerifyPool(folder, 1, silentLogger);
  const store = async (npy: Uint8Array): Promise<Manifest> => {
    const source = bytesSource(npy);
    const layout = await detectLayout(source);
    const put = (hash: string, bytes: Uint8Array): Promise<void> => blocks.put(hash, bytes);
    return (await ingest(source, { layout, side: 'rows' }, put)).manifest;
  };
  operands = [await store(wanted.a), await store(wanted.b)];
  const run = pool.run.bind(pool);
  vi.spyOn(pool, 'run').mockImplementation((task) => {
    tasks.push(task);
    return run(task);
  });
});
afterAll(async () => {
  await pool.close();
  await blocks.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  tasks.length = 0;
});

const secrets = (): JobSecrets =>
  new JobSecrets(pool, cryptoRng, ...operands, async (hash) => (await blocks.get(hash))!);

/** The block of C at row-block 0 and this column-block. */
function cell(col: number): Uint8Array {
  const values = new Int32Array(256 * 256);
  for (let row = 0; row < 256; row++) {
    const from = row * wanted.cols + col * 256;
    values.set(wanted.expected.subarray(from, from + 256), row * 256);
  }
  return new Uint8Array(values.buffer);
}

const projections = (): (VerifyTask & { kind: 'project' })[] =>
  tasks.filter((task): task is VerifyTask & { kind: 'project' } => task.kind === 'project');

describe('the secrets of a job', () => {
  it('accept what is right and nothing else, and are made once per column block', async () => {
    const own = secrets();
    expect(await own.check(0, 0, [cell(0), cell(1)])).toEqual({ ok: true });
    expect(await own.check(0, 1, [cell(1)])).toEqual({ ok: true });
    const wrong = cell(0);
    wrong[5 * 1024] = wrong[5 * 1024]! ^ 1;
    expect(await own.check(0, 0, [wrong])).toMatchObject({ ok: false, row: 5 });
    expect(await own.check(0, 0, [cell(1)])).toMatchObject({ ok: false });
    expect(projections()).toHaveLength(2);
  });

  it('are new after a rotation for its columns, and the same for others', async () => {
    const own = secrets();
    await own.check(0, 0, [cell(0), cell(1)]);
    own.rotate({ col: 1, cols: 1 });
    expect(await own.check(0, 0, [cell(0), cell(1)])).toEqual({ ok: true });
    expect(projections().map((task) => task.cols)).toHaveLength(3);
    expect(projections()[2]!.blocks).toEqual(projections()[1]!.blocks);
    expect(projections()[2]!.r).not.toEqual(projections()[1]!.r);
  });

  it('are new for every column after a rotation of all', async () => {
    const own = secrets();
    await own.check(0, 0, [cell(0), cell(1)]);
    own.rotate({ col: 0, cols: 2 });
    expect(await own.check(0, 0, [cell(0), cell(1)])).toEqual({ ok: true });
    const drawn = projections().map((task) => task.r.join());
    expect(new Set(drawn).size).toBe(4);
  });

  it('differ between two jobs over the same operands', async () => {
    await secrets().check(0, 0, [cell(0)]);
    await secrets().check(0, 0, [cell(0)]);
    const [one, two] = projections();
    expect(one!.r).not.toEqual(two!.r);
  });
});
