/** `multiply` against a real coordinator with a real contributor, and networks that lose what they carry. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TileworkClient } from '../../src/client/client.ts';
import type { ArrayMatrix, Values } from '../../src/client/matrices.ts';
import { type MultiplyProgress, multiply } from '../../src/client/multiply.ts';
import { runJob } from '../../src/client/run-job.ts';
import { PART_BYTES } from '../../src/client/upload-parts.ts';
import { AppError } from '../../src/core/errors.ts';
import { floatsToHalves } from '../../src/matrix/half.ts';
import { multiplyReference } from '../../src/matrix/reference.ts';
import { coordinatorForFile } from '../coordinator/http-client.ts';
import { type TestContributor, testContributor } from '../helpers/network.ts';
import { HastyClock } from './server.ts';

const home = coordinatorForFile();
let contributor: TestContributor;
beforeAll(async () => {
  contributor = await testContributor(home().peerAddresses);
});
afterAll(() => contributor.stop());

const [M, K, N] = [30, 20, 300];
const a = Int8Array.from({ length: M * K }, (_, i) => ((i * 37) % 251) - 125);
/** N × K, as it is stored. */
const b = Int8Array.from({ length: N * K }, (_, i) => ((i * 91) % 241) - 120);
const expected = multiplyReference('i8', a, b, M, N, K);
/** K × N, as people have it. */
const turned = Int8Array.from({ length: K * N }, (_, i) => b[(i % N) * K + Math.floor(i / N)]!);
const client = (fetch?: typeof globalThis.fetch): TileworkClient =>
  new TileworkClient({
    url: home().url,
    token: home().token,
    ...(fetch && { fetch, clock: new HastyClock() }),
  });
const left: ArrayMatrix = { rows: M, cols: K, data: a };
const right: ArrayMatrix = { rows: N, cols: K, data: b };

const urlOf = (input: RequestInfo | URL): string => (input instanceof Request ? input.url : input.toString());

async function* rowsOf(values: Values, cols: number): AsyncGenerator<Values> {
  for (let at = 0; at < values.length; at += cols) {
    await Promise.resolve();
    yield values.subarray(at, at + cols);
  }
}

describe('multiply', () => {
  it('multiplies arrays as they lie, and tells how far it is', async () => {
    const progress: MultiplyProgress[] = [];
    const product = await multiply(
      left,
      { rows: K, cols: N, data: turned },
      { client: client(), project: 'a test', title: 'one', onProgress: (each) => progress.push(each) },
    );
    expect(product).toMatchObject({ rows: M, cols: N, values: expected });
    expect(product.job).toMatchObject({ state: 'done', project: 'a test', title: 'one' });
    expect([...new Set(progress.map(({ phase }) => phase))]).toEqual(['upload', 'compute', 'download']);
  });

  it('takes streams of rows, and floats of every width', async () => {
    const floats = { a: Float32Array.from(a, (x) => x / 128), b: Float32Array.from(b, (x) => x / 128) };
    const exact = Float32Array.from(expected, (x) => x / 128 / 128);
    const shapes = [
      { rows: M, cols: K },
      { rows: N, cols: K },
    ] as const;
    const each = (of: (values: Float32Array) => ArrayMatrix['data']): [ArrayMatrix, ArrayMatrix] => [
      { ...shapes[0], data: of(floats.a) },
      { ...shapes[1], data: of(floats.b) },
    ];
    const common = { client: client(), transposedB: true };
    // Sums of few products of seven bits: float32 holds them exactly.
    for (const [matrices, dtype] of [
      [each((values) => rowsOf(values, K)), 'f32'],
      [each((values) => rowsOf(Float64Array.from(values), 7)), 'f32'],
      [each((values) => floatsToHalves(values)), undefined],
      [each((values) => rowsOf(values, K)), 'f16'],
    ] as const) {
      const product = await multiply(...matrices, { ...common, ...(dtype && { dtype }) });
      expect(product.values).toEqual(exact);
    }
  });

  it('sends a stream that is larger than a part in parts', async () => {
    const [rows, k] = [90, 100_000];
    const large = Int8Array.from({ length: rows * k }, (_, i) => (i * 7 + (i >> 9)) & 127);
    const one = Int8Array.from({ length: k }, (_, i) => i & 7);
    const sent: number[] = [];
    const product = await multiply(
      { rows, cols: k, data: rowsOf(large, k) },
      { rows: 1, cols: k, data: one },
      {
        client: client(),
        dtype: 'i8',
        transposedB: true,
        onProgress: (each) => each.phase === 'upload' && each.matrix === 'a' && sent.push(each.bytes),
      },
    );
    expect(product.values).toEqual(multiplyReference('i8', large, one, rows, 1, k));
    expect(sent).toEqual([PART_BYTES, rows * k + 128]);
  });

  it('sends one matrix once when it is both sides, and none that is stored', async () => {
    let uploads = 0;
    const counting = client((input, init) => {
      if (init?.method === 'POST' && urlOf(input).includes('/operands')) uploads += 1;
      return fetch(input, init);
    });
    const gram = await multiply(left, left, { client: counting, transposedB: true });
    expect(uploads).toBe(1);
    const again = await multiply({ id: gram.job.a }, { id: gram.job.b }, { client: counting });
    expect(again.values).toEqual(gram.values);
    expect(uploads).toBe(1);
  });

  it('submits once, though the answer to every request is lost once', async () => {
    const seen = new Set<string>();
    const before = (await client().jobs({ limit: 1000 })).length;
    const lossy = client(async (input, init) => {
      const response = await fetch(input, init);
      const what = `${init?.method} ${new URL(urlOf(input)).pathname}`;
      if (seen.has(what)) return response;
      seen.add(what);
      await response.body?.cancel();
      throw new TypeError('fetch failed', {
        cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
      });
    });
    const right = { rows: N, cols: K, data: rowsOf(b, K) };
    const product = await multiply(left, right, { client: lossy, dtype: 'i8', transposedB: true });
    expect(product.values).toEqual(expected);
    const jobs = await client().jobs({ limit: 1000 });
    expect(jobs).toHaveLength(before + 1);
    expect(seen.size).toBe(4);
  });

  it('refuses what is no matrix before anything is sent', async () => {
    const wrong = (matrix: ArrayMatrix, options: object = {}): Promise<unknown> =>
      multiply(matrix, right, {
        client: client(() => Promise.reject(new Error('sent'))),
        transposedB: true,
        ...options,
      });
    await expect(wrong({ ...left, rows: 3 })).rejects.toMatchObject({ code: 'shape-mismatch' });
    await expect(wrong({ ...left, data: new Float64Array(M * K) })).rejects.toThrow("dtype: 'f32'");
    await expect(wrong({ ...left, data: rowsOf(a, K) })).rejects.toThrow('dtype of a stream');
    await expect(wrong(left, { dtype: 'f32' })).rejects.toThrow('Int8Array does not hold values of f32');
  });

  it.each([M + 1, M - 1])('refuses a stream of %i rows that should be 30', async (rows) => {
    const data = rowsOf(new Int8Array(rows * K), K);
    const product = multiply({ rows: M, cols: K, data }, right, {
      client: client(),
      dtype: 'i8',
      transposedB: true,
    });
    await expect(product).rejects.toMatchObject({ code: 'shape-mismatch' });
  });

  it('ends in every phase with its signal, and cancels what runs', async () => {
    const reason = new AppError('aborted', 'enough');
    const ended = async (when: (progress: MultiplyProgress) => boolean): Promise<void> => {
      const abort = new AbortController();
      const product = multiply(left, right, {
        client: client(),
        transposedB: true,
        project: 'aborted',
        signal: abort.signal,
        onProgress: (progress) => {
          if (when(progress)) abort.abort(reason);
        },
      });
      await expect(product).rejects.toMatchObject({ code: 'aborted' });
    };
    await ended(({ phase }) => phase === 'upload');
    expect((await client().jobs()).filter(({ project }) => project === 'aborted')).toEqual([]);
    await contributor.stop();
    await ended(({ phase }) => phase === 'compute');
    const [job] = await client().jobs({ limit: 1 });
    expect(job).toMatchObject({ project: 'aborted', state: 'cancelled' });
    await client().retryJob(job!.id);
    contributor = await testContributor(home().peerAddresses);
    await ended(({ phase }) => phase === 'download');
    await expect(
      multiply(left, right, { client: client(), signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({
      code: 'aborted',
    });
  });

  it('says how a job ended that did not end well', async () => {
    const { a: first, b: second } = (await client().jobs({ limit: 1 }))[0]!;
    const failing = runJob(client(), { a: first, b: second, deadlineMs: 5 });
    await expect(failing).rejects.toMatchObject({ code: 'bad-input' });
    const costly = runJob(client(), { a: first, b: second, maxMicrocredits: '0' });
    await expect(costly).rejects.toMatchObject({ code: 'no-credit' });
  });
});
