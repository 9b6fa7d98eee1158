import { beforeEach, expect, it } from 'vitest';
import { isAppError } from '../../src/core/errors.ts';
import { seededRng } from '../../src/core/rng.ts';
import { JOIN_CODE_MS, JoinCodes } from '../../src/coordinator/join-codes.ts';
import { onEachDatabase } from '../helpers/databases.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const offer = Uint8Array.of(1, 2, 3);
const refused = (code: 'not-found' | 'rate-limited') =>
  expect.toSatisfy((error: unknown) => isAppError(error, code));

onEachDatabase('A code', (get) => {
  beforeEach(() => get().db.deleteFrom('joinCodes').execute());
  const made = (maxCodes?: number) => {
    const clock = new FakeClock();
    return { clock, codes: new JoinCodes(get().db, clock, seededRng(7), maxCodes) };
  };
  const kept = () => get().db.selectFrom('joinCodes').select('code').execute();

  it('stands for its offer once, at whichever coordinator', async () => {
    const { clock, codes } = made();
    const { code } = await codes.put('ann', offer);
    const another = new JoinCodes(get().db, clock, seededRng(8));
    const typed = `${code.slice(0, 4)}-${code.slice(4)}`.toLowerCase();
    expect(await another.take(typed)).toEqual({ joined: 'ann', offer });
    await expect(codes.take(code)).rejects.toEqual(refused('not-found'));
    expect(await kept()).toEqual([]);
  });

  it('is good for one of two who take it at once', async () => {
    const { codes } = made();
    const { code } = await codes.put('ann', offer);
    const taken = await Promise.allSettled([codes.take(code), codes.take(code)]);
    expect(taken.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('ends after ten minutes, to the millisecond, and when the clock was set back', async () => {
    const { clock, codes } = made();
    const [first, second] = [await codes.put('ann', offer), await codes.put('bob', offer)];
    expect(first.expiresMs).toBe(clock.now() + JOIN_CODE_MS);
    await clock.advance(JOIN_CODE_MS - 1);
    expect((await codes.take(first.code)).joined).toBe('ann');
    await clock.advance(1);
    await expect(codes.take(second.code)).rejects.toEqual(refused('not-found'));
    await codes.put('cid', offer);
    expect(await kept()).toHaveLength(1);
  });

  it('is replaced by the next one of the same key', async () => {
    const { codes } = made();
    const [first, second] = [await codes.put('ann', offer), await codes.put('ann', Uint8Array.of(9))];
    expect(await kept()).toHaveLength(1);
    await expect(codes.take(first.code)).rejects.toEqual(refused('not-found'));
    expect((await codes.take(second.code)).offer).toEqual(Uint8Array.of(9));
  });

  it('is one of a bounded number: the oldest goes first', async () => {
    const { clock, codes } = made(5);
    const first = await codes.put('ann', offer);
    for (let n = 0; n < 5; n++) {
      await clock.advance(1);
      await codes.put(`key ${n}`, offer);
    }
    expect(await kept()).toHaveLength(5);
    await expect(codes.take(first.code)).rejects.toEqual(refused('not-found'));
  });

  it('is not found by trying many, and good ones still are', async () => {
    const { clock, codes } = made();
    const { code } = await codes.put('ann', offer);
    for (let n = 0; n < 100; n++) await expect(codes.take('00000000')).rejects.toEqual(refused('not-found'));
    await expect(codes.take('nonsense')).rejects.toEqual(refused('rate-limited'));
    await clock.advance(1000);
    await expect(codes.take('00000000')).rejects.toEqual(refused('not-found'));
    await expect(codes.take('00000000')).rejects.toEqual(refused('rate-limited'));
    expect((await codes.take(code)).joined).toBe('ann');
  });
});
