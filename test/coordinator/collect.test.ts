import { describe, expect, it } from 'vitest';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { AppError } from '../../src/core/errors.ts';
import { collect } from '../../src/coordinator/collect.ts';
import { putMatrix } from '../../src/matrix/build.ts';
import type { Hash } from '../../src/matrix/manifest.ts';

const SHAPE = { dtype: 'i32', rows: 512, cols: 512 } as const;
const RECT = { row: 3, col: 5, rows: 2, cols: 2 };

/** A result of four blocks: what is served of it, and its hashes. */
async function result(
  mark: number,
): Promise<{ manifest: Hash; blocks: Hash[]; served: Map<Hash, Uint8Array> }> {
  const served = new Map<Hash, Uint8Array>();
  const put = (hash: Hash, bytes: Uint8Array): Promise<void> => {
    served.set(hash, bytes);
    return Promise.resolve();
  };
  const blocks = Array.from({ length: 4 }, (_, i) => new Uint8Array(256 * 1024).fill(mark + i));
  const digests = await Promise.all(blocks.map((block) => sha256(block)));
  for (const [i, digest] of digests.entries()) await put(toHex(digest), blocks[i]!);
  const strips = [digests.slice(0, 2), digests.slice(2)];
  const { manifestHash } = await putMatrix(SHAPE, strips, put);
  return { manifest: manifestHash, blocks: digests.map(toHex), served };
}

async function collected(
  { manifest, served }: Awaited<ReturnType<typeof result>>,
  told: readonly Hash[] | undefined,
): Promise<{
  asked: Hash[];
  given: Uint8Array[];
  outcome: Awaited<ReturnType<typeof collect>>;
  stored: Hash[];
}> {
  const asked: Hash[] = [];
  const given: Uint8Array[] = [];
  const handedOut = (bytes: Uint8Array): Uint8Array => {
    given.push(bytes.slice());
    return given.at(-1)!;
  };
  const stored: Hash[] = [];
  const outcome = await collect(
    { rect: RECT, shape: SHAPE, manifest, told },
    {
      fetch: (hash) => {
        asked.push(hash);
        const bytes = served.get(hash);
        return bytes ? Promise.resolve(handedOut(bytes)) : Promise.reject(new AppError('not-found', hash));
      },
      check: () => Promise.resolve({ ok: true }),
      put: (hash) => {
        stored.push(hash);
        return Promise.resolve();
      },
      reserve: () => Promise.resolve(() => {}),
    },
  );
  return { asked, given, outcome, stored };
}

describe('a result that is handed in', () => {
  it('needs no list where it names its blocks: they are asked for at once', async () => {
    const honest = await result(1);
    const { asked, outcome } = await collected(honest, honest.blocks);
    expect(asked.toSorted()).toEqual(honest.blocks.toSorted());
    expect(outcome).toMatchObject({ ok: true, blocks: [honest.blocks.slice(0, 2), honest.blocks.slice(2)] });
  });

  it('takes no memory any more once its blocks are stored', async () => {
    const honest = await result(1);
    const { given } = await collected(honest, honest.blocks);
    expect(given).toHaveLength(4);
    for (const bytes of given) expect(bytes.buffer.byteLength).toBe(0);
  });

  it('is read from its lists where it names none', async () => {
    const honest = await result(1);
    const { asked, outcome } = await collected(honest, undefined);
    expect(asked).toContain(honest.manifest);
    expect(outcome).toMatchObject({ ok: true, blocks: [honest.blocks.slice(0, 2), honest.blocks.slice(2)] });
  });

  it('counts by what is signed, whatever it names: another’s blocks, too few, or in another order', async () => {
    const [honest, other] = [await result(1), await result(9)];
    for (const told of [other.blocks, honest.blocks.slice(1), honest.blocks.toReversed(), []]) {
      const { outcome, stored } = await collected(honest, told);
      expect(outcome).toMatchObject({ ok: true });
      expect(stored.toSorted()).toEqual(honest.blocks.toSorted());
    }
  });
});
