import { expect, it } from 'vitest';
import { Cached } from '../../src/coordinator/cached.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

it('asks once for a crowd, and again when the moment is over', async () => {
  const clock = new FakeClock();
  let asked = 0;
  const cached = new Cached(clock, 1000, 4, () => Promise.resolve(++asked));
  expect(await Promise.all(Array.from({ length: 100 }, () => cached.get()))).toEqual(Array(100).fill(1));
  await clock.advance(999);
  expect(await cached.get()).toBe(1);
  await clock.advance(1);
  expect(await cached.get()).toBe(2);
  cached.forget('');
  expect(await cached.get()).toBe(3);
});

it('tells everybody who waits of a failure, and does not keep it', async () => {
  let asked = 0;
  const cached = new Cached(new FakeClock(), 1000, 4, () =>
    ++asked === 1 ? Promise.reject(new Error('no')) : Promise.resolve('yes'),
  );
  const [first, second] = await Promise.allSettled([cached.get(), cached.get()]);
  expect([first.status, second.status]).toEqual(['rejected', 'rejected']);
  expect([await cached.get(), asked]).toEqual(['yes', 2]);
});

it('keeps so many keys, the oldest goes first', async () => {
  const asked: string[] = [];
  const cached = new Cached(new FakeClock(), 1000, 2, (key) => Promise.resolve(asked.push(key)));
  for (const key of ['a', 'b', 'c', 'b', 'a']) await cached.get(key);
  expect(asked).toEqual(['a', 'b', 'c', 'a']);
});
