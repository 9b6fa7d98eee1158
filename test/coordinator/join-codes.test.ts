import { describe, expect, it } from 'vitest';
import { isAppError } from '../../src/core/errors.ts';
import { seededRng } from '../../src/core/rng.ts';
import { JOIN_CODE_MS, JoinCodes, MAX_CODES } from '../../src/coordinator/join-codes.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const made = () => {
  const clock = new FakeClock();
  return { clock, codes: new JoinCodes(clock, seededRng(7)) };
};
const offer = Uint8Array.of(1, 2, 3);
const refused = (code: 'not-found' | 'rate-limited') =>
  expect.toSatisfy((error: unknown) => isAppError(error, code));

describe('a code', () => {
  it('stands for its offer once', () => {
    const { codes } = made();
    const { code } = codes.put('ann', offer);
    expect(codes.take(`${code.slice(0, 4)}-${code.slice(4)}`.toLowerCase())).toMatchObject({
      joined: 'ann',
      offer,
    });
    expect(() => codes.take(code)).toThrow(refused('not-found'));
    expect(codes.size).toBe(0);
  });

  it('ends after ten minutes, to the millisecond, and when the clock was set back', async () => {
    const { clock, codes } = made();
    const [first, second] = [codes.put('ann', offer), codes.put('bob', offer)];
    expect(first.expiresMs).toBe(clock.now() + JOIN_CODE_MS);
    await clock.advance(JOIN_CODE_MS - 1);
    expect(codes.take(first.code).joined).toBe('ann');
    await clock.advance(1);
    expect(() => codes.take(second.code)).toThrow(refused('not-found'));
    expect(codes.size).toBe(0);
  });

  it('is replaced by the next one of the same key', () => {
    const { codes } = made();
    const [first, second] = [codes.put('ann', offer), codes.put('ann', Uint8Array.of(9))];
    expect(codes.size).toBe(1);
    expect(() => codes.take(first.code)).toThrow(refused('not-found'));
    expect(codes.take(second.code).offer).toEqual(Uint8Array.of(9));
  });

  it('is one of a bounded number: the oldest goes first', () => {
    const { codes } = made();
    const first = codes.put('ann', offer);
    for (let n = 0; n < MAX_CODES; n++) codes.put(`key ${n}`, offer);
    expect(codes.size).toBe(MAX_CODES);
    expect(() => codes.take(first.code)).toThrow(refused('not-found'));
  });

  it('is not found by trying many, and good ones still are', async () => {
    const { clock, codes } = made();
    const { code } = codes.put('ann', offer);
    for (let n = 0; n < 100; n++) expect(() => codes.take('00000000')).toThrow(refused('not-found'));
    expect(() => codes.take('nonsense')).toThrow(refused('rate-limited'));
    await clock.advance(1000);
    expect(() => codes.take('00000000')).toThrow(refused('not-found'));
    expect(() => codes.take('00000000')).toThrow(refused('rate-limited'));
    expect(codes.take(code).joined).toBe('ann');
  });
});
