/** Products on their way back: into a file that appears whole or not at all, and into arrays. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { decodeProduct, encodeNpy } from '../../src/client/arrays.ts';
import { countDifferences } from '../../src/client/check.ts';
import { TileworkClient } from '../../src/client/client.ts';
import { assertWritable, saveResult } from '../../src/client/files.node.ts';
import { concatBytes } from '../../src/core/bytes.ts';
import { npyHeader } from '../../src/matrix/npy.ts';
import { multiplyReference } from '../../src/matrix/reference.ts';
import { JOB, sendProblem, serve } from './server.ts';

const NPY = Buffer.alloc(200_000, 5);

describe('saving a product', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tilework-result-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    path = join(folder, 'C.npy');
  });

  it('writes the file and tells how far it is', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': NPY.length }).end(NPY);
    });
    const progress: (readonly [number, number | undefined])[] = [];
    const bytes = await saveResult(new TileworkClient({ url }), JOB, path, {
      onProgress: (done, size) => progress.push([done, size]),
    });
    expect(bytes).toBe(NPY.length);
    expect((await readFile(path)).equals(NPY)).toBe(true);
    expect(progress.at(-1)).toEqual([NPY.length, NPY.length]);
    expect(await readdir(folder)).toEqual(['C.npy']);
  });

  it('replaces an older file, and keeps it when the new one breaks off', async () => {
    await writeFile(path, 'old');
    let whole = false;
    const { url } = await serve((request, response) => {
      response.writeHead(200, { 'content-length': NPY.length });
      if (whole) response.end(NPY);
      else response.write(NPY.subarray(0, 1000), () => request.socket.destroy());
    });
    const client = new TileworkClient({ url });
    await expect(saveResult(client, JOB, path)).rejects.toMatchObject({ code: 'closed' });
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['C.npy']);
    whole = true;
    await saveResult(client, JOB, path);
    expect((await readFile(path)).equals(NPY)).toBe(true);
  });

  it('leaves nothing behind after an abort', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': NPY.length }).write(NPY.subarray(0, 1000));
    });
    const abort = new AbortController();
    const saving = saveResult(new TileworkClient({ url }), JOB, path, {
      signal: abort.signal,
      onProgress: () => {
        abort.abort();
      },
    });
    await expect(saving).rejects.toMatchObject({ code: 'aborted' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('makes no file while the job is not done', async () => {
    const { url } = await serve((_request, response) => {
      sendProblem(response, 409, 'conflict', 'this job is running');
    });
    await expect(saveResult(new TileworkClient({ url }), JOB, path)).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('is refused beforehand where nothing can be written', async () => {
    await assertWritable(path);
    expect(await readdir(folder)).toEqual([]);
    await expect(assertWritable(join(folder, 'no', 'C.npy'))).rejects.toThrow('there is no folder');
    await expect(assertWritable(folder)).rejects.toThrow('is a folder; name a file in it');
  });
});

describe('matrices in memory', () => {
  it('become .npy files that numpy reads', () => {
    const npy = encodeNpy('i8', 2, 3, Uint8Array.of(1, 2, 3, 255, 5, 6));
    expect(new TextDecoder('latin1').decode(npy.subarray(1, 10))).toContain('NUMPY');
    expect(npy.length).toBe(128 + 6);
    expect(() => encodeNpy('f32', 2, 3, new Uint8Array(6))).toThrow('not 2 × 3 values of f32');
  });

  it('come back from a product as int32 or float32', () => {
    for (const values of [Int32Array.of(1, -2, 3, 2 ** 31 - 1), Float32Array.of(0.5, -2, 1e30, 0)]) {
      const dtype = values instanceof Int32Array ? 'i32' : 'f32';
      const npy = concatBytes([npyHeader({ dtype, rows: 2, cols: 2 }), new Uint8Array(values.buffer)]);
      // At an odd offset, as it may lie in a larger buffer.
      const shifted = concatBytes([Uint8Array.of(9), npy]).subarray(1);
      expect(decodeProduct(shifted)).toEqual({ rows: 2, cols: 2, values });
    }
  });

  it('are refused when they are no product, or not all of it', () => {
    const whole = concatBytes([npyHeader({ dtype: 'i32', rows: 2, cols: 2 }), new Uint8Array(16)]);
    expect(() => decodeProduct(whole.subarray(0, -1))).toThrow('has 15 bytes');
    const operand = concatBytes([npyHeader({ dtype: 'f16', rows: 2, cols: 2 }), new Uint8Array(8)]);
    expect(() => decodeProduct(operand)).toThrow('not <f2 of 2 dimensions');
    expect(() => decodeProduct(new Uint8Array(4))).toThrow('not a .npy file');
  });
});

describe('comparing with the reference', () => {
  const shape = { rows: 70, cols: 9, k: 11 };
  const a = Int8Array.from({ length: 70 * 11 }, (_, i) => (i * 37) % 256);
  const b = Int8Array.from({ length: 9 * 11 }, (_, i) => (i * 91) % 256);

  it('counts exactly the numbers that differ, in every band of rows', async () => {
    const c = multiplyReference('i8', a, b, 70, 9, 11);
    let pauses = 0;
    const pause = (): Promise<void> => {
      pauses += 1;
      return Promise.resolve();
    };
    expect(await countDifferences(a, b, c, shape, pause)).toBe(0);
    expect(pauses).toBe(3);
    for (const at of [0, 31 * 9 + 8, 32 * 9, c.length - 1]) c[at]! ^= 1;
    expect(await countDifferences(a, b, c, shape, pause)).toBe(4);
  });

  it('refuses a product of another size', async () => {
    const short = new Int32Array(70 * 9 - 1);
    await expect(countDifferences(a, b, short, shape, () => Promise.resolve())).rejects.toMatchObject({
      code: 'shape-mismatch',
    });
  });
});
