import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { concatBytes, sha256, toHex, utf8 } from '../../src/core/bytes.ts';
import type { OperandView, SeededRequest } from '../../src/core/v1.ts';
import { decodeManifest, encodeManifest } from '../../src/matrix/manifest.ts';
import { eventually } from '../helpers/eventually.ts';
import { coordinatorForFile, file, json, npyOf, problem, request } from './http-client.ts';

const home = coordinatorForFile();
const spooled = (): Promise<string[]> => readdir(join(home().dataDir, 'spool'));
const listed = async (): Promise<OperandView[]> =>
  (await (await request(home(), '/v1/operands')).json()) as OperandView[];
const small = (seed: number): Uint8Array<ArrayBuffer> => npyOf('i8', 3, 5, new Int8Array(15).fill(seed));

/** A version 1.0 header with any dictionary. */
function headed(dictionary: string, data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const text = utf8.encode(`${dictionary}\n`);
  const prefix = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8);
  return concatBytes([prefix, text, data]);
}

const described = (descr: string, shape: string, bytes: number): Uint8Array<ArrayBuffer> =>
  headed(`{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`, new Uint8Array(bytes));

const blockFiles = async (): Promise<number> =>
  (await readdir(join(home().dataDir, 'blocks'), { recursive: true })).filter((name) =>
    name.endsWith('.data'),
  ).length;
const wanted: SeededRequest = { dtype: 'i8', rows: 300_000, cols: 100_000, seed: 42 };

afterEach(async () => {
  if ((await spooled()).length > 0) throw new Error('an upload has left its spool file');
});

describe('POST /v1/operands', () => {
  it('makes an operand of a file, and knows it again', async () => {
    const first = await request(home(), '/v1/operands?name=mine', file(small(1)));
    expect(first.status).toBe(201);
    const made = (await first.json()) as OperandView;
    expect(made).toMatchObject({ dtype: 'i8', rows: 3, k: 5, name: 'mine' });
    const before = await listed();
    const second = await request(home(), '/v1/operands?name=other', file(small(1)));
    expect(second.status).toBe(200);
    expect(await second.json()).toEqual(made);
    expect(await listed()).toEqual(before);
    expect(await (await request(home(), `/v1/operands/${made.id}`)).json()).toEqual(made);
  });

  it('makes one operand of a file that comes several times at once', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => request(home(), '/v1/operands', file(small(2)))));
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 200, 201]);
    const ids = await Promise.all(answers.map(async (answer) => ((await answer.json()) as OperandView).id));
    expect(new Set(ids).size).toBe(1);
    expect((await listed()).filter(({ id }) => id === ids[0])).toHaveLength(1);
  });

  it('turns the other side of a product over', async () => {
    const values = Int8Array.from({ length: 15 }, (_, i) => i);
    const turned = Int8Array.from({ length: 15 }, (_, i) => (i % 5) * 3 + Math.floor(i / 5));
    const one = await request(home(), '/v1/operands?side=transpose', file(npyOf('i8', 5, 3, values)));
    const two = await request(home(), '/v1/operands', file(npyOf('i8', 3, 5, turned)));
    expect(((await one.json()) as OperandView).id).toBe(((await two.json()) as OperandView).id);
  });

  it('refuses K over the exact limit of i8', async () => {
    const wide = npyOf('i8', 1, 131_072, new Int8Array(131_072));
    const answer = await problem(home(), '/v1/operands', file(wide));
    expect(answer).toMatchObject({ status: 400, code: 'k-too-large' });
    expect(answer.detail).toMatch(/131[,.]?071/);
    const widest = npyOf('i8', 1, 131_071, new Int8Array(131_071));
    expect((await request(home(), '/v1/operands', file(widest))).status).toBe(201);
  });

  it.each([NaN, Infinity, -Infinity])(
    'refuses %s in a float operand, and takes all of it or nothing',
    async (bad) => {
      const values = new Float32Array(300 * 7).fill(0.5);
      values[299 * 7 + 6] = bad;
      const before = await listed();
      expect(await problem(home(), '/v1/operands', file(npyOf('f32', 300, 7, values)))).toMatchObject({
        status: 400,
        code: 'non-finite',
      });
      expect(await listed()).toEqual(before);
    },
  );

  it.each<[string, Uint8Array<ArrayBuffer>]>([
    ['nothing', new Uint8Array(0)],
    ['noise', new Uint8Array(1000).fill(0xab)],
    ['a file that ends in its header', small(3).slice(0, 50)],
    ['a file that ends in its data', small(3).slice(0, -1)],
    ['a file with more data than it says', concatBytes([small(3), new Uint8Array(8)])],
    ['a header that is no dictionary', headed('import os', new Uint8Array(8))],
    ['a shape that is a lie', described("'|i1'", '(1000000, 1000000)', 64)],
    ['a negative shape', described("'|i1'", '(-1, 4)', 4)],
    ['a vector', described("'|i1'", '(16,)', 16)],
    ['an empty matrix', described("'|i1'", '(0, 16)', 0)],
    ['int64', described("'<i8'", '(2, 2)', 32)],
    ['complex numbers', described("'<c8'", '(2, 2)', 32)],
    ['Python objects', described("'|O'", '(2, 2)', 32)],
    ['a structured type', described("[('x', '<f4')]", '(2, 2)', 16)],
    ['big-endian integers of two bytes', described("'>i2'", '(2, 2)', 8)],
  ])('refuses %s', async (_name, body) => {
    const before = await listed();
    const answer = await problem(home(), '/v1/operands', file(body));
    expect(answer.status).toBe(400);
    expect(['bad-file', 'bad-input']).toContain(answer.code);
    expect(await listed()).toEqual(before);
  });

  it('takes float64 only when it may be rounded', async () => {
    const body = headed(
      "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }",
      new Uint8Array(Float64Array.of(0.1, 2).buffer),
    );
    expect((await problem(home(), '/v1/operands', file(body))).detail).toContain('f32');
    const made = await request(home(), '/v1/operands?as=f32', file(body));
    expect((await made.json()) as OperandView).toMatchObject({ dtype: 'f32', rows: 1, k: 2 });
  });

  it.each([
    ['side=left', file(small(4))],
    ['as=f64', file(small(4))],
    [`name=${'x'.repeat(201)}`, file(small(4))],
    ['tensor=x', file(small(4))],
    ['name=%00', file(small(4))],
    ['side=rows&side=transpose', file(small(4))],
    ['', json({ a: 1 })],
    ['', { method: 'POST' }],
  ])('refuses the query %j or body', async (query, init) => {
    const answer = await problem(home(), `/v1/operands?${query}`, init);
    expect(answer.status).toBe(400);
  });

  it('leaves nothing of an upload that breaks off, and takes the same file afterwards', async () => {
    const body = npyOf('i8', 4096, 256, new Int8Array(4096 * 256).fill(9));
    const before = await listed();
    const upload = httpRequest(`${home().url}/v1/operands`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${home().token}`,
        'content-type': 'application/octet-stream',
        'content-length': body.length,
      },
    });
    const failed = new Promise((resolve) => upload.once('error', resolve));
    upload.write(body.subarray(0, body.length / 2));
    await eventually(async () => expect(await spooled()).toHaveLength(1));
    upload.destroy();
    await failed;
    await eventually(async () => expect(await spooled()).toEqual([]));
    expect(await listed()).toEqual(before);
    expect((await request(home(), '/v1/operands', file(body))).status).toBe(201);
  });
});

describe('GET /v1/operands/:id', () => {
  it.each(['nope', 'f'.repeat(64), '..%2Ftoken'])('does not know %j', async (id) => {
    expect(await problem(home(), `/v1/operands/${id}`)).toMatchObject({ status: 404, code: 'not-found' });
  });
});

describe('POST /v1/operands with a seed', () => {
  it('makes an operand of any size that is 24 bytes on disk, and knows it again', async () => {
    const before = await blockFiles();
    const first = await request(home(), '/v1/operands', json({ ...wanted, name: 'noise' }));
    expect(first.status).toBe(201);
    const made = (await first.json()) as OperandView;
    expect(made).toMatchObject({
      dtype: 'i8',
      rows: 300_000,
      k: 100_000,
      bytes: 0,
      name: 'noise',
      seeded: { generator: 'philox4x32-10', distribution: 'uniform', seed: '42' },
    });
    const again = await request(
      home(),
      '/v1/operands',
      json({ ...wanted, seed: '42', distribution: 'uniform' }),
    );
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual(made);
    expect(await blockFiles()).toBe(before + 1);
  });

  it('shows how it is made, alone and in the list, and to anybody by its hash', async () => {
    const seed = (2n ** 64n - 1n).toString();
    const body = { dtype: 'f16', rows: 3, cols: 5, seed, distribution: 'rademacher' } as const;
    const made = (await (await request(home(), '/v1/operands', json(body))).json()) as OperandView;
    expect(made.seeded).toEqual({ generator: 'philox4x32-10', distribution: 'rademacher', seed });
    expect(await (await request(home(), `/v1/operands/${made.id}`)).json()).toEqual(made);
    const list = (await (await request(home(), '/v1/operands')).json()) as OperandView[];
    expect(list).toContainEqual(made);
    const block = new Uint8Array(await (await fetch(`${home().url}/v1/blocks/${made.id}`)).arrayBuffer());
    expect(toHex(await sha256(block))).toBe(made.id);
    const manifest = { dtype: 'f16', rows: 3, cols: 5, distribution: 'rademacher', seed: BigInt(seed) };
    expect(decodeManifest(block)).toEqual(manifest);
    expect(encodeManifest(decodeManifest(block))).toEqual(block);
  });

  it.each<[object | string, RegExp]>([
    [{ ...wanted, dtype: 'i32' }, /dtype is/],
    [{ ...wanted, dtype: undefined }, /dtype is/],
    [{ ...wanted, rows: 0 }, /rows/],
    [{ ...wanted, rows: 1.5 }, /rows/],
    [{ ...wanted, rows: 2 ** 31 }, /rows/],
    [{ ...wanted, cols: '7' }, /numbers/],
    [{ ...wanted, cols: 131_072 }, /K = 131072 is too large/],
    [{ ...wanted, seed: -1 }, /seed/],
    [{ ...wanted, seed: 0.5 }, /seed/],
    [{ ...wanted, seed: 2 ** 60 }, /seed/],
    [{ ...wanted, seed: '18446744073709551616' }, /seed/],
    [{ ...wanted, seed: '0x10' }, /seed/],
    [{ ...wanted, seed: null }, /seed/],
    [{ ...wanted, distribution: 'cauchy' }, /uniform, rademacher, normal/],
    [{ ...wanted, distribution: 'toString' }, /distribution/],
    [{ ...wanted, name: 7 }, /name/],
    [{ ...wanted, name: 'x'.repeat(201) }, /200 characters/],
    [{ ...wanted, k: 9 }, /no k/],
    [[wanted], /an object/],
    ['null', /an object/],
    ['{"dtype":', /./],
    ['', /./],
  ])('refuses %j', async (body, message) => {
    const init = typeof body === 'string' ? { ...json({}), body } : json(body);
    const answer = await problem(home(), '/v1/operands', init);
    expect(answer.status).toBe(400);
    expect(answer.detail).toMatch(message);
  });

  it('refuses a query, which is for files', async () => {
    expect((await problem(home(), '/v1/operands?side=transpose', json(wanted))).detail).toMatch(/query/);
  });

  it('reads no more of a body than any such operand has', async () => {
    const answer = await problem(home(), '/v1/operands', json({ ...wanted, name: 'x'.repeat(70_000) }));
    expect(answer).toMatchObject({ status: 413, code: 'too-large' });
  });

  it('needs a token that may submit', async () => {
    const response = await fetch(`${home().url}/v1/operands`, json(wanted));
    expect(response.status).toBe(401);
  });

  it('survives a body that breaks off', async () => {
    const sending = httpRequest(`${home().url}/v1/operands`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${home().token}`,
        'content-type': 'application/json',
        'content-length': 100,
      },
    });
    const failed = new Promise((resolve) => sending.once('error', resolve));
    sending.write('{"dtype":');
    sending.destroy();
    await failed;
    expect((await request(home(), '/v1/operands', json(wanted))).status).toBeLessThan(300);
  });
});
