/** Products on their way out: ranges of bytes, rectangles, and the largest entries of rows. */
import { beforeAll, describe, expect, it } from 'vitest';
import { parseNpyHeader } from '../../src/matrix/npy.ts';
import { multiplyReference } from '../../src/matrix/reference.ts';
import type { TopView } from '../../src/core/v1.ts';
import { testContributor } from '../helpers/network.ts';
import { api, ended, product, submit } from '../helpers/product.ts';
import { coordinatorForFile, npyOf, problem, request } from './http-client.ts';

const home = coordinatorForFile();
const ROWS = 300;
const COLS = 520;
/** Entries of few different values: rows are full of ties. */
const wanted = tied();
const floats = product('f32', 40, 70, 9);
let path = '';
let floatPath = '';

function tied(): ReturnType<typeof product> {
  const base = product('i8', ROWS, COLS, 2);
  const values = (rows: number, seed: number): Int8Array<ArrayBuffer> =>
    Int8Array.from({ length: rows * 2 }, (_, i) => ((i * 7 + seed) % 5) - 2);
  const [a, b] = [values(ROWS, 1), values(COLS, 3)];
  return {
    ...base,
    a: npyOf('i8', ROWS, 2, a),
    b: npyOf('i8', COLS, 2, b),
    expected: multiplyReference('i8', a, b, ROWS, COLS, 2),
  };
}

beforeAll(async () => {
  const jobs = [await submit(home(), wanted), await submit(home(), floats)];
  const contributor = await testContributor(home().peerAddresses);
  for (const { id } of jobs) await ended(home(), id);
  await contributor.stop();
  [path, floatPath] = jobs.map(({ id }) => `/v1/jobs/${id}/result`) as [string, string];
});

async function bytesOf(query = '', headers: Record<string, string> = {}): Promise<Buffer> {
  return Buffer.from(await (await request(home(), path + query, { headers })).arrayBuffer());
}

function matrixOf(npy: Buffer): { shape: readonly number[]; values: number[] } {
  const { descr, shape, dataOffset } = parseNpyHeader(npy);
  const data = new Uint8Array(npy.subarray(dataOffset)).buffer;
  return { shape, values: Array.from(descr === '<i4' ? new Int32Array(data) : new Float32Array(data)) };
}

function rectangle(row: number, rowEnd: number, col: number, colEnd: number): number[] {
  const values: number[] = [];
  for (let r = row; r < rowEnd; r++) values.push(...wanted.expected.slice(r * COLS + col, r * COLS + colEnd));
  return values;
}

/** By sorting, as one would in numpy with a stable sort of the negatives. */
function reference(row: number, col: number, colEnd: number, k: number): [number[], number[]] {
  const columns = Array.from({ length: colEnd - col }, (_, i) => col + i);
  const at = (c: number): number => wanted.expected[row * COLS + c]!;
  const best = columns.sort((x, y) => at(y) - at(x) || x - y).slice(0, k);
  return [best, best.map(at)];
}

describe('a range of bytes', () => {
  it('is exactly those bytes, wherever it begins and ends', async () => {
    const whole = await bytesOf();
    const size = whole.length;
    expect(size).toBe(128 + ROWS * COLS * 4);
    for (const [range, from, to] of [
      ['bytes=0-0', 0, 1],
      ['bytes=5-', 5, size],
      ['bytes=-7', size - 7, size],
      [`bytes=-${size * 2}`, 0, size],
      ['bytes=127-128', 127, 129],
      [
        `bytes=${128 + 255 * COLS * 4 + 3}-${128 + 257 * COLS * 4 + 1}`,
        128 + 255 * COLS * 4 + 3,
        128 + 257 * COLS * 4 + 2,
      ],
      [`bytes=1000-${size + 50}`, 1000, size],
      [`Bytes=1000-1000`, 1000, 1001],
    ] as const) {
      const response = await request(home(), path, { headers: { range } });
      expect([range, response.status]).toEqual([range, 206]);
      expect(response.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${size}`);
      expect(response.headers.get('content-length')).toBe(`${to - from}`);
      expect(Buffer.from(await response.arrayBuffer()).equals(whole.subarray(from, to))).toBe(true);
    }
  });

  it('that begins behind the end is refused with what there is', async () => {
    const size = (await bytesOf()).length;
    for (const range of [`bytes=${size}-`, 'bytes=-0', 'bytes=999999999-999999999']) {
      const answer = await problem(home(), path, { headers: { range } });
      expect(answer).toMatchObject({ status: 416, code: 'bad-range' });
      expect(answer.headers.get('content-range')).toBe(`bytes */${size}`);
      expect(answer.detail).toContain(`${size} bytes`);
    }
  });

  it.each(['bytes=9-3', 'bytes=-', 'bytes=a-b', 'rows=0-5', 'bytes=0-1,5-9', ''])(
    'that makes no sense or is several, %j, gets the whole',
    async (range) => {
      const response = await request(home(), path, { headers: { range } });
      expect(response.status).toBe(200);
      expect(response.headers.get('accept-ranges')).toBe('bytes');
      expect(response.headers.get('content-range')).toBeNull();
      await response.body?.cancel();
    },
  );

  it('is of the version that If-Range names, else the whole comes', async () => {
    const etag = (await request(home(), path, { method: 'HEAD' })).headers.get('etag')!;
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
    const ask = async (ifRange: string): Promise<number> => {
      const response = await request(home(), path, { headers: { range: 'bytes=3-9', 'if-range': ifRange } });
      await response.body?.cancel();
      return response.status;
    };
    expect(await ask(etag)).toBe(206);
    expect(await ask(`W/${etag}`)).toBe(200);
    expect(await ask('"another"')).toBe(200);
    expect(await ask('Sat, 29 Oct 1994 19:43:31 GMT')).toBe(200);
    const known = await request(home(), path, { headers: { 'if-none-match': `"x", W/${etag}` } });
    expect([known.status, await known.text()]).toEqual([304, '']);
  });

  it('is not sent in answer to HEAD, nor is anything else', async () => {
    const response = await request(home(), path, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe(`${(await bytesOf()).length}`);
    expect((await response.arrayBuffer()).byteLength).toBe(0);
  });
});

describe('a rectangle', () => {
  it.each([
    ['?rows=0:1&cols=0:1', [0, 1, 0, 1]],
    ['?rows=250:260&cols=250:260', [250, 260, 250, 260]],
    ['?rows=299:', [299, 300, 0, COLS]],
    ['?cols=:3', [0, ROWS, 0, 3]],
    ['?cols=513:520&rows=10:12', [10, 12, 513, 520]],
  ] as const)('%s is a .npy of its own', async (query, [row, rowEnd, col, colEnd]) => {
    const { shape, values } = matrixOf(await bytesOf(query));
    expect(shape).toEqual([rowEnd - row, colEnd - col]);
    expect(values).toEqual(rectangle(row, rowEnd, col, colEnd));
  });

  it('can be had in ranges, under a version of its own', async () => {
    const query = '?rows=250:260&cols=250:260';
    const whole = await bytesOf(query);
    const part = await bytesOf(query, { range: 'bytes=100-300' });
    expect(part.equals(whole.subarray(100, 301))).toBe(true);
    const tags = await Promise.all(
      ['', query].map(async (each) =>
        (await request(home(), path + each, { method: 'HEAD' })).headers.get('etag'),
      ),
    );
    expect(tags[0]).not.toBe(tags[1]);
  });

  it.each([
    ['?rows=5', 'rows=5 is not a span like rows=0:256'],
    ['?rows=-3:5', 'is not a span'],
    ['?cols=1:2:3', 'is not a span'],
    ['?rows=7:7', 'rows=7:7 is empty'],
    ['?rows=8:7', 'is empty'],
    ['?rows=0:301', 'reaches beyond the 300 rows'],
    ['?cols=600:', 'is empty'],
    ['?top=0', 'has to be at least 1'],
    ['?top=1001', 'has to be at most 1000'],
    ['?top=4&cols=0:3', 'top=4 is more than the 3 columns'],
    ['?part=values', 'goes with top'],
    ['?row=0:1', 'a field "row" that is not known here'],
  ])('%s is refused: %s', async (query, detail) => {
    const answer = await problem(home(), path + query);
    expect(answer).toMatchObject({ status: 400, code: 'bad-input' });
    expect(answer.detail).toContain(detail);
  });
});

describe('the largest entries of each row', () => {
  it.each([
    ['?top=1', 0, COLS, 1],
    ['?top=7', 0, COLS, 7],
    ['?top=100&cols=255:400', 255, 400, 100],
    ['?top=3&cols=510:513', 510, 513, 3],
  ])('%s are those of a stable sort', async (query, col, colEnd, k) => {
    const view = (await (await request(home(), path + query)).json()) as TopView;
    expect([view.firstRow, view.top, view.indices.length]).toEqual([0, k, ROWS]);
    for (const row of [0, 1, 255, 256, 299]) {
      const [indices, values] = reference(row, col, colEnd, k);
      expect(view.indices[row]).toEqual(indices);
      expect(view.values[row]).toEqual(values);
    }
  });

  it('come as two .npy files too', async () => {
    const query = '?top=5&rows=254:300&cols=3:';
    const indices = matrixOf(await bytesOf(`${query}&part=indices`));
    const values = matrixOf(await bytesOf(`${query}&part=values`));
    expect([indices.shape, values.shape]).toEqual([
      [46, 5],
      [46, 5],
    ]);
    const [at, best] = reference(299, 3, COLS, 5);
    expect(indices.values.slice(-5)).toEqual(at);
    expect(values.values.slice(-5)).toEqual(best);
  });

  it('of floats are float32, to the bit', async () => {
    const view = await api<TopView>(home(), `${floatPath}?top=2&rows=39:`);
    expect(view.firstRow).toBe(39);
    const row = Array.from(floats.expected.slice(39 * 70));
    const best = Math.max(...row);
    expect(view.indices[0]![0]).toBe(row.indexOf(best));
    expect(Math.fround(view.values[0]![0]!)).toBe(view.values[0]![0]);
    expect(view.values[0]![0]).toBeCloseTo(best, 4);
    const response = await request(home(), `${floatPath}?top=2&part=values`);
    expect(parseNpyHeader(new Uint8Array(await response.arrayBuffer())).descr).toBe('<f4');
  });

  it('are too many for JSON at 100,000, and it says what to ask for', async () => {
    const answer = await problem(home(), `${path}?top=400`);
    expect(answer).toMatchObject({ status: 413, code: 'too-large' });
    expect(answer.detail).toContain('part=indices');
    expect((await bytesOf('?top=400&part=indices')).length).toBe(128 + ROWS * 400 * 4);
  });
});
