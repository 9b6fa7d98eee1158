import { beforeAll, describe, expect, it } from 'vitest';
import { sha256, toHex } from '../../src/core/bytes.ts';
import type { JobView, ShardView } from '../../src/core/v1.ts';
import { MANIFEST_BYTES, decodeManifest } from '../../src/matrix/manifest.ts';
import { product, submit } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';
import { coordinatorForFile } from './http-client.ts';

const home = coordinatorForFile();
const wanted = product('i8', 300, 256, 16);
let job: JobView;
let lease = '';

/** Without a token, as a stranger. */
const get = (path: string): Promise<Response> => fetch(`${home().url}${path}`);

beforeAll(async () => {
  job = await submit(home(), wanted);
  const worker = await Rogue.join(home().peerAddresses, { product: wanted, hello: { resultBytes: 0 } });
  ({ lease } = await worker.workHonestly());
  await worker.leave();
});

describe('GET /v1/blocks/:hash', () => {
  it('gives anybody the bytes that a hash names', async () => {
    const response = await get(`/v1/blocks/${job.a}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('cache-control')).toContain('immutable');
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(bytes.length).toBe(MANIFEST_BYTES);
    expect(decodeManifest(bytes)).toMatchObject({ dtype: 'i8', rows: 300, cols: 16 });
    expect(toHex(await sha256(bytes))).toBe(job.a);
  });

  it.each([
    ['f'.repeat(64), 404],
    ['F'.repeat(64), 400],
    ['f'.repeat(63), 400],
    ['..%2f..%2ftoken', 400],
  ])('answers %s with %i', async (name, status) => {
    expect((await get(`/v1/blocks/${name}`)).status).toBe(status);
  });
});

describe('GET /v1/shards/:lease', () => {
  it('names the blocks of a verified shard, which anybody can fetch', async () => {
    const shard = (await (await get(`/v1/shards/${lease}`)).json()) as ShardView;
    expect(shard.lease).toBe(lease);
    expect(shard.blocks).toHaveLength(1);
    const block = await get(`/v1/blocks/${shard.blocks[0]}`);
    expect(toHex(await sha256(new Uint8Array(await block.arrayBuffer())))).toBe(shard.blocks[0]);
  });

  it.each([
    ['0'.repeat(32), 404],
    ['0'.repeat(33), 400],
    ['x'.repeat(32), 400],
  ])('answers %s with %i', async (name, status) => {
    expect((await get(`/v1/shards/${name}`)).status).toBe(status);
  });
});
