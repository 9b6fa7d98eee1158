import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/core/batch.ts';

/** Doubles numbers when it is told to go on; negative ones are refused, with the whole batch they are in. */
function doubling(most = 8, pause?: () => Promise<void>) {
  const batches: number[][] = [];
  const goOn: (() => void)[] = [];
  const batch = new Batch(
    async (items: readonly number[]) => {
      batches.push([...items]);
      await new Promise<void>((resolve) => goOn.push(resolve));
      if (items.some((item) => item < 0)) throw new Error(`no ${Math.min(...items)}`);
      return items.map((item) => item * 2);
    },
    { most, pause },
  );
  /** Until nothing is under way. */
  const finish = async (): Promise<void> => {
    for (let idle = 0; idle < 10; idle++) {
      if (goOn.length > 0) idle = 0;
      for (const go of goOn.splice(0)) go();
      await Promise.resolve();
    }
  };
  return { batch, batches, finish };
}

describe('a batch', () => {
  it('takes what comes alone at once, and what comes meanwhile together', async () => {
    const { batch, batches, finish } = doubling();
    const made = [1, 2, 3].map((item) => batch.run(item));
    expect(batches).toEqual([[1]]);
    await finish();
    expect(await Promise.all(made)).toEqual([2, 4, 6]);
    expect(batches).toEqual([[1], [2, 3]]);
  });

  it('begins again after it has been idle', async () => {
    const { batch, batches, finish } = doubling();
    const first = batch.run(1);
    await finish();
    const second = batch.run(2);
    await finish();
    expect(await Promise.all([first, second])).toEqual([2, 4]);
    expect(batches).toEqual([[1], [2]]);
  });

  it('cuts a burst where it is too long for one', async () => {
    const { batch, batches, finish } = doubling(2);
    const made = [1, 2, 3, 4, 5].map((item) => batch.run(item));
    await finish();
    expect(await Promise.all(made)).toEqual([2, 4, 6, 8, 10]);
    expect(batches).toEqual([[1], [2, 3], [4, 5]]);
  });

  it('takes together what comes while it pauses, and nothing waits after that', async () => {
    const pauses: (() => void)[] = [];
    const { batch, batches, finish } = doubling(
      8,
      () => new Promise<void>((resolve) => pauses.push(resolve)),
    );
    const first = batch.run(1);
    await finish();
    expect(await first).toBe(2);
    const made = [2, 3].map((item) => batch.run(item));
    await finish();
    expect(batches).toEqual([[1]]);
    pauses.shift()!();
    await finish();
    expect(await Promise.all(made)).toEqual([4, 6]);
    expect(batches).toEqual([[1], [2, 3]]);
    pauses.shift()!();
    await finish();
    const last = batch.run(4);
    await finish();
    expect(await last).toBe(8);
  });

  it('lets what is wrong fail alone, and does the others one by one', async () => {
    const { batch, batches, finish } = doubling();
    const made = [1, 2, -3, 4].map((item) => batch.run(item));
    const outcomes = Promise.allSettled(made);
    await finish();
    expect((await outcomes).map((outcome) => ('value' in outcome ? outcome.value : outcome.status))).toEqual([
      2,
      4,
      'rejected',
      8,
    ]);
    await expect(made[2]).rejects.toThrow('no -3');
    expect(batches).toEqual([[1], [2, -3, 4], [2], [-3], [4]]);
  });

  it('fails all where all fail, and takes what comes next', async () => {
    const { batch, finish } = doubling();
    const outcomes = Promise.allSettled([-1, -2, -3].map((item) => batch.run(item)));
    await finish();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    const next = batch.run(4);
    await finish();
    expect(await next).toBe(8);
  });
});
