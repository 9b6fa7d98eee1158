import { execFile } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileSource } from '../../src/matrix/file.node.ts';
import { detectLayout, ingest } from '../../src/matrix/ingest.ts';
import { loadOperand } from '../../src/matrix/read.ts';
import { arrayData, failure, refusal, memoryStore, npyFile, npyText } from './arrays.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilework-matrix-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const value = (i: number, j: number): number => i * 100 + j;
const data = arrayData({ dtype: 'f32', littleEndian: false, order: 'F', shape: [300, 40] }, value);

describe('a file as a source', () => {
  it('is read in place, whole runs and parts of runs alike', async () => {
    const path = join(folder, 'a.npy');
    await writeFile(path, npyFile(npyText(`'>f4'`, '(300, 40)', true), data));
    const source = await fileSource(path);
    const layout = await detectLayout(source);
    for (const memoryBytes of [1, undefined]) {
      const store = memoryStore();
      const { manifest } = await ingest(source, { layout, side: 'rows' }, store.put, { memoryBytes });
      const expected = Float32Array.from({ length: 12_000 }, (_, at) => value(Math.floor(at / 40), at % 40));
      expect(await loadOperand(manifest, store.fetch)).toEqual(expected);
    }
    await source.close();
  });

  it('that shrinks while it is read is refused as truncated', async () => {
    const path = join(folder, 'b.npy');
    await writeFile(path, npyFile(npyText(`'>f4'`, '(300, 40)', true), data));
    const source = await fileSource(path);
    const layout = await detectLayout(source);
    await truncate(path, 1000);
    expect(await failure(() => ingest(source, { layout, side: 'rows' }, memoryStore().put))).toMatchObject(
      refusal('bad-file', /truncated/),
    );
    await source.close();
  });

  it('that does not exist is an error of the file system', async () => {
    await expect(fileSource(join(folder, 'none.npy'))).rejects.toThrow('ENOENT');
  });
});

describe('ingesting 512 MiB', () => {
  // Its own process, so that nothing else counts as resident memory; about 4 s each on one slow core.
  it.each(['rows', 'transpose'])('by %s stays under 200 MiB', { timeout: 120_000 }, async (side) => {
    const bench = join(import.meta.dirname, '../bench/run.ts');
    const path = join(folder, 'large.npy');
    const args = [bench, 'ingest', side, '8192', '65536', path];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { growthMiB } = JSON.parse(stdout) as { growthMiB: number };
    expect(growthMiB).toBeGreaterThan(0);
    expect(growthMiB).toBeLessThan(200);
  });
});
