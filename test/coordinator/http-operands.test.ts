import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { concatBytes, utf8 } from '../../src/core/bytes.ts';
import type { OperandView } from '../../src/core/v1.ts';
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
    await vi.waitFor(async () => expect(await spooled()).toHaveLength(1));
    upload.destroy();
    await failed;
    await vi.waitFor(async () => expect(await spooled()).toEqual([]));
    expect(await listed()).toEqual(before);
    expect((await request(home(), '/v1/operands', file(body))).status).toBe(201);
  });
});

describe('GET /v1/operands/:id', () => {
  it.each(['nope', 'f'.repeat(64), '..%2Ftoken'])('does not know %j', async (id) => {
    expect(await problem(home(), `/v1/operands/${id}`)).toMatchObject({ status: 404, code: 'not-found' });
  });
});
