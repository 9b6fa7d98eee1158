/** The block store in an S3-compatible store: a real one on loopback, and what it says and does when it fails. */
import { truncate, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { seededRng } from '../../src/core/rng.ts';
import { openBlockBucket } from '../../src/store/block-bucket.ts';
import type { BlockMedium } from '../../src/store/block-medium.ts';
import { openBlockStore } from '../../src/store/blocks.ts';
import { block, describeBlocks, listed } from '../contract/blocks-cases.ts';
import { CREDENTIALS, type LocalS3, broken, refusal, startLocalS3 } from '../helpers/local-s3.ts';

let s3: LocalS3;

beforeAll(async () => {
  s3 = await startLocalS3();
});
afterAll(() => s3.close());

beforeEach(() => {
  for (const [name, value] of Object.entries(CREDENTIALS)) vi.stubEnv(name, value);
  // Nothing outside this machine is asked who we are.
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', 'none');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', 'none');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  s3.troubles.length = 0;
  s3.pageSize = 1000;
  await s3.empty();
});

const open = (clock: Clock = systemClock): Promise<BlockMedium> =>
  openBlockBucket(s3.url, clock, seededRng(1));

/** No pause takes any time; each is written down. */
function hasty(pauses: number[]): Clock {
  return {
    now: () => 0,
    after: (ms, callback) => {
      pauses.push(ms);
      const soon = setImmediate(callback);
      return () => clearImmediate(soon);
    },
  };
}

describe('The block store in a bucket', () => {
  describeBlocks(
    () => ({ location: s3.url, files: () => s3.files() }),
    [
      ['another byte', (file) => writeFile(file, 'x', { flag: 'r+' })],
      ['lost its end', (file) => truncate(file, 10_000)],
    ],
  );

  it('names an object by the prefix and the hash', async () => {
    const store = await openBlockStore(s3.url);
    const { hash, bytes } = await block(10);
    await store.put(hash, bytes);
    expect(s3.seen.at(-1)).toBe(`PUT /tilework-test/some/blocks/${hash}`);
    await store.close();
  });

  it('lists page by page, and only blocks under its prefix', async () => {
    const store = await openBlockStore(s3.url);
    const other = await openBlockStore(s3.url.replace('some/blocks', 'some/blocks-of-others'));
    const all = await Promise.all(Array.from({ length: 5 }, (_, n) => block(n + 1)));
    for (const { hash, bytes } of all) await store.put(hash, bytes);
    await other.put(all[0]!.hash, all[0]!.bytes);
    s3.pageSize = 2;
    s3.seen.length = 0;
    const found = (await listed(store)).map(({ hash }) => hash);
    expect(found).toEqual(all.map(({ hash }) => hash).toSorted());
    expect(s3.seen).toHaveLength(3);
    await store.close();
    await other.close();
  });
});

describe('A bucket that cannot be used', () => {
  const sentence = (url: string): Promise<{ code: string; message: string }> =>
    openBlockStore(url).then(
      () => Promise.reject(new Error('it was opened')),
      (error: unknown) => error as { code: string; message: string },
    );

  it('is named at the start when it does not exist', async () => {
    const said = await sentence(s3.url.replace('tilework-test', 'no-such-bucket'));
    expect(said.code).toBe('not-found');
    expect(said.message).toBe(
      `${s3.endpoint} has no bucket "no-such-bucket": create it, or correct the address of --blocks`,
    );
  });

  it('says so when the key is unknown', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'NOBODY');
    expect(await sentence(s3.url)).toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('does not accept the credentials (InvalidAccessKeyId)'),
    });
  });

  it('says so when there are no credentials', async () => {
    for (const name of Object.keys(CREDENTIALS)) vi.stubEnv(name, undefined);
    expect(await sentence(s3.url)).toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE'),
    });
  });

  it.each([0, 1, 2])(
    'says so when the credentials may not do everything (request %i of the start)',
    async (at) => {
      s3.troubles.push(...Array.from({ length: at }, () => s3.letIn), refusal(403, 'AccessDenied'));
      expect(await sentence(s3.url)).toMatchObject({
        code: 'forbidden',
        message: expect.stringContaining('list, read, write and delete'),
      });
    },
  );

  it('says so when the bucket is in another region', async () => {
    s3.troubles.push(refusal(301, 'PermanentRedirect'));
    expect(await sentence(s3.url)).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('add region='),
    });
  });

  it('says so when no region is known', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    expect(await sentence('s3://tilework-test/blocks')).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('AWS_REGION'),
    });
  });

  it('says so when nobody answers there', async () => {
    const gone = await startLocalS3();
    await gone.close();
    expect(await sentence(gone.url)).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining(`${gone.endpoint} cannot be reached`),
    });
  });
});

describe('A bucket that falters', () => {
  it('is asked again, later each time, after a 503, a 500, a slow-down and a broken connection', async () => {
    const pauses: number[] = [];
    const medium = await open(hasty(pauses));
    const { hash, bytes } = await block(100);
    s3.troubles.push(
      refusal(503, 'ServiceUnavailable'),
      refusal(500, 'InternalError'),
      refusal(503, 'SlowDown'),
      broken,
    );
    await medium.write(hash, bytes);
    expect(
      pauses.map((ms) => [200, 500, 1_000, 2_000].findLastIndex((least) => least <= ms && ms < least * 1.5)),
    ).toEqual([0, 1, 2, 3]);
    expect(await medium.read(hash)).toEqual(bytes);
    await medium.close();
  });

  it('is given up in the end, with its own words', async () => {
    const medium = await open(hasty([]));
    s3.troubles.push(...Array.from({ length: 8 }, () => refusal(503, 'SlowDown')));
    s3.seen.length = 0;
    await expect(medium.read((await block(1)).hash)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('answered 503'),
    });
    expect(s3.seen).toHaveLength(8);
    await medium.close();
  });

  it('is not asked again for what it refuses', async () => {
    const medium = await open();
    s3.troubles.push(refusal(403, 'AccessDenied'));
    await expect(medium.has((await block(1)).hash)).rejects.toMatchObject({ code: 'forbidden' });
    expect(s3.troubles).toEqual([]);
    await medium.close();
  });

  it('has not stored a block while it has not said so', async () => {
    const store = await openBlockStore(s3.url);
    const { hash, bytes } = await block(100);
    s3.troubles.push(refusal(400, 'EntityTooLarge'));
    await expect(store.put(hash, bytes)).rejects.toMatchObject({ code: 'internal' });
    expect(await store.has(hash)).toBe(false);
    expect(await store.get(hash)).toBeUndefined();
    await store.put(hash, bytes);
    expect(await store.get(hash)).toEqual(bytes);
    await store.close();
  });

  it('gives a whole block at the second try when a link has damaged the first', async () => {
    const store = await openBlockStore(s3.url);
    const { hash, bytes } = await block(100);
    await store.put(hash, bytes);
    const other = await openBlockStore(s3.url);
    s3.troubles.push((_, response) => response.end(new Uint8Array(100)));
    expect(await other.get(hash)).toEqual(bytes);
    await store.close();
    await other.close();
  });

  it('ends what is under way, waits included, when the store is closed', async () => {
    const store = await openBlockStore(s3.url);
    const { hash, bytes } = await block(100);
    const asked = Promise.withResolvers<void>();
    s3.troubles.push(() => asked.resolve()); // and never an answer
    s3.troubles.push(refusal(503, 'SlowDown'));
    const reading = store.get(hash);
    await asked.promise;
    const writing = store.put(hash, bytes);
    const settled = Promise.allSettled([reading, writing]);
    await store.close();
    const closed = { status: 'rejected', reason: expect.objectContaining({ code: 'closed' }) as unknown };
    expect(await settled).toEqual([closed, closed]);
    await expect(store.get(toHex(new Uint8Array(32)))).rejects.toMatchObject({ code: 'closed' });
  });
});
