/** Large uploads against a real coordinator, over networks that break in the middle. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TileworkClient } from '../../src/client/client.ts';
import type { UploadOptions } from '../../src/client/options.ts';
import { AppError } from '../../src/core/errors.ts';
import type { UploadView } from '../../src/core/v1-uploads.ts';
import { npyOf, request } from '../coordinator/http-client.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { HastyClock } from './server.ts';

let dataDir: string;
let place: TestCoordinator;
const home = (): TestCoordinator => place;

beforeAll(async () => {
  dataDir = await freshDataDir();
  place = await testCoordinator({ dataDir });
});
afterAll(() => place.remove());

const PART = 20_000;

let seed = 0;
/** A file of some 64 KiB, different from those before. */
function matrix(): Uint8Array<ArrayBuffer> {
  seed += 1;
  const values = Int8Array.from({ length: 64 * 1024 }, (_, i) => (i * (seed + 2) + (i >> 7)) & 127);
  return npyOf('i8', 64, 1024, values);
}

interface Sent {
  readonly method: string;
  readonly offset: number;
  readonly length: number;
}

/** What happens to the nth part: as a fetch of that part, and with the real one. */
type Trouble = (part: Blob | Uint8Array, send: (part: BodyInit) => Promise<Response>) => Promise<Response>;

const reset = (): TypeError =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) });
/** The first bytes arrive, and then the connection breaks. */
const tornAt =
  (bytes: number): Trouble =>
  async (part, send) => {
    await send(new Blob([part as BlobPart]).slice(0, bytes));
    throw reset();
  };
const lostOnTheWay: Trouble = () => Promise.reject(reset());
const answerLost: Trouble = async (part, send) => {
  await send(part as BodyInit);
  throw reset();
};

function rig(troubles: Readonly<Record<number, Trouble>> = {}) {
  const sent: Sent[] = [];
  const clock = new HastyClock();
  let parts = 0;
  const lossy: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    const part = init?.body;
    if (init?.method !== 'PATCH' || part === undefined) return fetch(input, init);
    if (!(part instanceof Uint8Array) && !(part instanceof Blob))
      throw new Error('a browser cannot send that');
    const length = part instanceof Blob ? part.size : part.length;
    sent.push({ method: 'PATCH', offset: Number(headers.get('upload-offset')), length });
    const trouble = troubles[++parts];
    return trouble ? trouble(part, (body) => fetch(input, { ...init, body })) : fetch(input, init);
  };
  const { url, token } = home();
  const client = new TileworkClient({ url, token, fetch: lossy, clock });
  const progress: number[] = [];
  const options: UploadOptions = {
    side: 'rows',
    name: 'größer.npy',
    partBytes: PART,
    onProgress: (bytes) => progress.push(bytes),
  };
  return { client, options, sent, progress, clock };
}

/** Pieces of odd lengths, and how many were asked for. */
function streamOf(bytes: Uint8Array, piece = 7_001): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at >= bytes.length) controller.close();
        else controller.enqueue(bytes.subarray(at, (at += piece)));
      },
    },
    { highWaterMark: 0 },
  );
}

const KINDS = {
  bytes: (file: Uint8Array<ArrayBuffer>) => ({ source: file }),
  'a Blob': (file: Uint8Array<ArrayBuffer>) => ({ source: new Blob([file]) }),
  'a stream': (file: Uint8Array<ArrayBuffer>) => ({ source: streamOf(file), size: file.length }),
} as const;
const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[];

/** What the whole file in one request becomes. */
async function wholeOperand(file: Uint8Array<ArrayBuffer>): Promise<string> {
  const { url, token } = home();
  return (await new TileworkClient({ url, token }).uploadOperand(file, { side: 'rows' })).id;
}

describe('A large upload', () => {
  it.each(kinds)('of %s goes in parts, and becomes what the whole would', async (kind) => {
    const file = matrix();
    const { client, options, sent, progress } = rig();
    const { source, ...size } = KINDS[kind](file);
    const operand = await client.uploadOperand(source, { ...options, ...size });
    expect(operand).toMatchObject({ id: await wholeOperand(file), name: 'größer.npy', rows: 64, k: 1024 });
    expect(sent.map(({ offset }) => offset)).toEqual([0, PART, 2 * PART, 3 * PART]);
    expect(progress).toEqual([PART, 2 * PART, 3 * PART, file.length]);
  });

  it.each(kinds)('of %s goes on from the byte that is missing', async (kind) => {
    const file = matrix();
    const { client, options, sent, progress } = rig({
      1: lostOnTheWay,
      2: tornAt(5_000),
      4: answerLost,
      6: tornAt(1),
    });
    const { source, ...size } = KINDS[kind](file);
    const operand = await client.uploadOperand(source, { ...options, ...size });
    expect(operand.id).toBe(await wholeOperand(file));
    // A stream has the rest of its part; what can be cut anywhere begins a new one.
    expect(sent.map(({ offset }) => offset)).toEqual(
      kind === 'a stream'
        ? [0, 0, 5_000, 20_000, 40_000, 60_000, 60_001]
        : [0, 0, 5_000, 25_000, 45_000, 65_000, 65_001],
    );
    expect(progress.at(-1)).toBe(file.length);
    expect(progress).toEqual(progress.toSorted((x, y) => x - y));
  });

  it('goes on where it stood when the coordinator was started again', async () => {
    const first = place.url;
    const offsets: (string | null)[] = [];
    const moved: typeof fetch = async (input, init) => {
      const asked = new URL(input instanceof Request ? input.url : input);
      if (init?.method === 'PATCH') offsets.push(new Headers(init.headers).get('upload-offset'));
      if (offsets.length === 3 && place.url === first) {
        await place.close();
        place = await testCoordinator({ dataDir });
        throw reset();
      }
      return fetch(new URL(asked.pathname + asked.search, place.url), init);
    };
    const client = new TileworkClient({
      url: first,
      token: place.token,
      fetch: moved,
      clock: new HastyClock(),
    });
    const file = matrix();
    const operand = await client.uploadOperand(streamOf(file), {
      side: 'rows',
      partBytes: PART,
      size: file.length,
    });
    expect(operand.id).toBe(await wholeOperand(file));
    expect(offsets.map(Number)).toEqual([0, PART, 2 * PART, 2 * PART, 3 * PART]);
  });

  it('is known to be done when the last answer was lost', async () => {
    const file = matrix();
    const { client, options, progress } = rig({ 4: answerLost });
    expect((await client.uploadOperand(file, options)).id).toBe(await wholeOperand(file));
    expect(progress.at(-1)).toBe(file.length);
  });

  it('gives up after a while without a byte, and not before', async () => {
    const always = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [i + 2, lostOnTheWay]));
    const { client, options, sent, clock } = rig(always);
    await expect(client.uploadOperand(matrix(), options)).rejects.toMatchObject({ code: 'closed' });
    expect(sent).toHaveLength(1 + 10);
    expect(clock.pauses).toHaveLength(9);
  });

  it('of what is no matrix ends with the reason, and holds no room', async () => {
    const { client, options, sent } = rig();
    const upload = client.uploadOperand(new Uint8Array(50_000).fill(7), options);
    await expect(upload).rejects.toMatchObject({ code: 'bad-file', message: expect.stringMatching(/npy/) });
    expect(sent).toHaveLength(3);
  });

  it.each([
    ['fewer', 40_000],
    ['more', 30_000],
  ] as const)('of a stream with %s bytes than were said is given up', async (than, size) => {
    const seen: string[] = [];
    const { url, token } = home();
    const counting: typeof fetch = (input, init) => {
      seen.push(init?.method ?? '');
      return fetch(input, init);
    };
    const client = new TileworkClient({ url, token, fetch: counting });
    const source = streamOf(matrix().subarray(0, 35_000));
    const upload = client.uploadOperand(source, { side: 'rows', partBytes: PART, size });
    await expect(upload).rejects.toMatchObject({
      code: 'bad-input',
      message: `the stream has ${than} bytes than the ${size} that were said`,
    });
    expect(seen).toEqual(['POST', 'PATCH', 'DELETE']);
  });

  it('whose source fails at once is not begun', async () => {
    const seen: string[] = [];
    const { url } = home();
    const client = new TileworkClient({
      url,
      fetch: () => Promise.reject(new Error(String(seen.push('asked')))),
    });
    const source = new ReadableStream<Uint8Array>({
      pull() {
        throw new AppError('bad-input', 'the disk is gone');
      },
    });
    const upload = client.uploadOperand(source, { side: 'rows', size: 1e6, partBytes: PART });
    await expect(upload).rejects.toMatchObject({ code: 'bad-input', message: 'the disk is gone' });
    expect(seen).toEqual([]);
  });

  it('that is aborted ends, cancels its source and holds no room', async () => {
    const abort = new AbortController();
    const cancelled = Promise.withResolvers<unknown>();
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(PART)),
      cancel: cancelled.resolve,
    });
    let id = '';
    const watching: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (init?.method === 'POST') ({ id } = (await response.clone().json()) as UploadView);
      return response;
    };
    const { url, token } = home();
    const watched = new TileworkClient({ url, token, fetch: watching });
    const upload = watched.uploadOperand(source, {
      side: 'rows',
      partBytes: PART,
      size: 10 * PART,
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(upload).rejects.toMatchObject({ code: 'aborted' });
    await cancelled.promise;
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect((await request(home(), `/v1/uploads/${id}`)).status).toBe(404);
  });
});
