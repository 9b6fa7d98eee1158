/**
 * Ten seconds of `npm run fuzz`: a typed error or a value that could have been sent, nothing else, and nothing
 * changed. The seed is fixed, so what is tried differs between machines only in how far it gets.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { FuzzFailure, fuzz, liveMiB, replay, rngOf } from './fuzzer.ts';
import { openHttpTarget } from './http-target.ts';
import { type Target, decoderTarget } from './target.ts';
import { TARGETS } from './targets.ts';

const SEED = 1;
const TYPES = TARGETS.filter(({ name }) => name !== 'http');
const SECONDS_EACH = 7 / TYPES.length;
const HTTP_SECONDS = 2;
/** By then both outcomes occur, or the mutations would prove nothing. */
const MIN_FRAMES = 200;

describe('hostile bytes', () => {
  let before = 0;
  beforeAll(() => {
    before = liveMiB();
  });

  it.each(TYPES)('of type $name are refused or mean something', async (factory) => {
    const target = await factory.open();
    const report = await fuzz(target, {
      seed: SEED,
      frames: 1_000_000,
      seconds: SECONDS_EACH,
      atLeast: MIN_FRAMES,
    });
    expect(report.accepted).toBeGreaterThan(0);
    expect(report.refused).toBeGreaterThan(0);
  });

  it('of all these types have left nothing in memory', () => {
    expect(liveMiB() - before).toBeLessThan(16);
  });

  let target: Target | undefined;
  afterAll(() => target?.close?.());

  it('over HTTP leave the coordinator well, and no row behind', async () => {
    target = await openHttpTarget(await freshDataDir());
    const report = await fuzz(target, {
      seed: SEED,
      frames: 1_000_000,
      seconds: HTTP_SECONDS,
      atLeast: MIN_FRAMES,
    });
    expect(report.accepted).toBeGreaterThan(0);
    expect(report.refused).toBeGreaterThan(0);
  });
});

describe('the fuzzer', () => {
  const bytesOf = (seed: number, index: number): Uint8Array => rngOf(seed, index).bytes(8);
  const planted = (decode: (bytes: Uint8Array) => unknown): Target =>
    decoderTarget(
      'planted',
      (rng) => rng.bytes(4),
      ['bad-frame'],
      decode,
      () => {},
    );

  it('makes the same input of a seed and an index, and others of others', () => {
    expect(bytesOf(1, 7)).toEqual(bytesOf(1, 7));
    const seen = new Set<string>();
    for (let seed = 0; seed < 20; seed++)
      for (let index = 0; index < 500; index++) seen.add(bytesOf(seed, index).join());
    expect(seen.size).toBe(20 * 500);
  });

  it('finds a crash, names the input and makes it again', async () => {
    const target = planted((bytes) => {
      if (bytes[0] === 77) throw new TypeError('planted');
      throw new AppError('bad-frame', 'refused');
    });
    const failure = await fuzz(target, { seed: 3, frames: 10_000 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FuzzFailure);
    const [, seed, index] = /planted (\d+):(\d+)/.exec((failure as Error).message)!;
    await expect(replay(target, Number(seed), Number(index))).rejects.toThrow('TypeError: planted');
    expect(await replay(target, Number(seed), Number(index) - 1)).toBe(false);
  });

  it('does not let another error code pass, a changed input, or what takes too long', async () => {
    const other = planted(() => {
      throw new AppError('internal', 'not for strangers');
    });
    await expect(fuzz(other, { seed: 1, frames: 1 })).rejects.toThrow('not for strangers');
    const writer = planted((bytes) => bytes.fill(1));
    await expect(fuzz(writer, { seed: 1, frames: 5 })).rejects.toThrow('has changed its input');
    const slow = planted(() => {
      const end = performance.now() + 3;
      while (performance.now() < end);
    });
    await expect(fuzz(slow, { seed: 1, frames: 1, maxInputMs: 1 })).rejects.toThrow(/took \d+ ms/);
  });
});
