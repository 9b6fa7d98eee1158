import { describe, expect, it, onTestFinished } from 'vitest';
import { OperandReader } from '../../src/contributor/operands.ts';
import { SeededBlocks } from '../../src/contributor/seeded-blocks.ts';
import { type Bytes, sha256, toHex } from '../../src/core/bytes.ts';
import { seededBlock } from '../../src/matrix/draw.ts';
import { type Hash, encodeManifest } from '../../src/matrix/manifest.ts';
import { type SeededManifest, seededIds } from '../../src/matrix/seeded.ts';
import type { Product } from '../../src/protocol/signed.ts';
import { ScriptedCoordinator, startContributor } from './rig.ts';
import { BlockMap } from './stored.ts';

const A: SeededManifest = { dtype: 'i8', rows: 300, cols: 1500, distribution: 'uniform', seed: 1n };
const B: SeededManifest = { ...A, rows: 520, seed: 2n };
const never = new AbortController().signal;

async function put(store: BlockMap, bytes: Bytes): Promise<Hash> {
  const hash = toHex(await sha256(bytes));
  await store.put(hash, bytes);
  return hash;
}

async function workOf(store: BlockMap, a: Bytes, b: Bytes): Promise<Product> {
  const [first, second] = [await put(store, a), await put(store, b)];
  return { kind: 'product', a: first, b: second, rowBlock: 1, colBlock: 1, rowBlocks: 1, colBlocks: 2 };
}

describe('the blocks of seeded operands', () => {
  it('are made one at a time, and what else the worker has to do comes in between', async () => {
    const blocks = new SeededBlocks();
    const done: string[] = [];
    const ids = [...seededIds(A, 0), ...seededIds(A, 1)];
    const made = ids.map(async (id, i) => {
      const bytes = await blocks.get(id, never);
      done.push(`block ${i}`);
      return bytes;
    });
    setImmediate(() => done.push('a message'));
    expect(await Promise.all(made)).toEqual(ids.map((id) => seededBlock(id)));
    expect(done.filter((one) => one !== 'a message')).toEqual(['block 0', 'block 1', 'block 2', 'block 3']);
    expect(done.indexOf('a message')).toBeLessThan(4);
  });

  it('are the caller’s own: what becomes of one harms no other', async () => {
    const blocks = new SeededBlocks();
    const [id] = seededIds(A, 0);
    const first = await blocks.get(id!, never)!;
    first.fill(0);
    expect(await blocks.get(id!, never)).toEqual(seededBlock(id!));
  });

  it('are not made for a lease that has ended, and those behind it still are', async () => {
    const blocks = new SeededBlocks();
    const stop = new AbortController();
    const [one, two] = seededIds(A, 0);
    const ended = blocks.get(one!, stop.signal);
    const next = blocks.get(two!, never);
    stop.abort();
    await expect(ended).rejects.toMatchObject({ code: 'aborted' });
    expect(await next).toEqual(seededBlock(two!));
  });

  it('are not what every other hash names', () => {
    expect(new SeededBlocks().get('0'.repeat(64), never)).toBeUndefined();
  });
});

describe('a lease over seeded operands', () => {
  it('names their blocks without asking for any list', async () => {
    const store = new BlockMap();
    const work = await workOf(store, encodeManifest(A), encodeManifest(B));
    const shard = await new OperandReader(store.fetch).shard(work);
    expect(shard).toEqual({
      dtype: 'i8',
      rows: 44,
      cols: 264,
      k: 1500,
      a: [seededIds(A, 1)],
      b: [seededIds(B, 1), seededIds(B, 2)],
    });
    expect(store.asked).toEqual([work.a, work.b]);
  });

  it('is declined with a sentence where the generator is not known here', async () => {
    const coordinator = await ScriptedCoordinator.start();
    onTestFinished(() => coordinator.close());
    const newer = encodeManifest(A);
    newer[5] = 2;
    const work = await workOf(coordinator.store, newer, encodeManifest(B));
    const me = await startContributor(coordinator.addresses);
    onTestFinished(() => me.stop());
    const talk = await coordinator.connection(0);
    await talk.greet();
    const { lease } = await talk.grant(work);
    expect(await talk.next('decline')).toMatchObject({
      lease: lease.id,
      code: 'bad-frame',
      reason: 'a seeded operand of generator 2, distribution 1: this version cannot make it',
    });
  });
});
