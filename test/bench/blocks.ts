/**
 * How fast a block store takes and gives blocks: a folder beside an S3-compatible server on this machine's loopback
 * (s3rver, which is written in JavaScript and shares our process: a floor for real ones, not their speed).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { mapLimit } from '../../src/core/async.ts';
import { cryptoRng } from '../../src/core/rng.ts';
import { BLOCK_BYTES } from '../../src/matrix/blocks.ts';
import { openBlockStore } from '../../src/store/blocks.ts';
import { CREDENTIALS, startLocalS3 } from '../helpers/local-s3.ts';

const WIDTH = 16;

interface StoreSpeed {
  readonly put_mb_s: number;
  readonly get_mb_s: number;
}

export async function benchBlocks({ blocks, json }: { blocks: number; json: boolean }): Promise<void> {
  Object.assign(process.env, CREDENTIALS);
  const all = await Promise.all(
    Array.from({ length: blocks }, async () => {
      const bytes = cryptoRng.bytes(BLOCK_BYTES);
      return { hash: toHex(await sha256(bytes)), bytes };
    }),
  );
  const folder = await mkdtemp(join(tmpdir(), 'tilework-bench-'));
  const s3 = await startLocalS3();
  try {
    const report = { folder: await speed(folder, all), s3: await speed(s3.url, all) };
    if (json) process.stdout.write(`${JSON.stringify({ bench: 'blocks', blocks, ...report })}\n`);
    else console.table(report);
  } finally {
    await s3.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function speed(
  location: string,
  all: readonly { readonly hash: string; readonly bytes: Uint8Array }[],
): Promise<StoreSpeed> {
  const megabytes = (all.length * BLOCK_BYTES) / 1e6;
  const store = await openBlockStore(location);
  const putMs = await timed(() => mapLimit(all, WIDTH, ({ hash, bytes }) => store.put(hash, bytes)));
  await store.close();
  // A store that has nothing in memory.
  const again = await openBlockStore(location);
  const getMs = await timed(() =>
    mapLimit(all, WIDTH, async ({ hash }) => {
      if (!(await again.get(hash))) throw new Error(`${location} has lost ${hash}`);
    }),
  );
  await again.close();
  const rate = (ms: number): number => Math.round((1000 * megabytes) / ms);
  return { put_mb_s: rate(putMs), get_mb_s: rate(getMs) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
