import { expect, it } from 'vitest';
import { FirstWord } from '../../src/contributor/first-word.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

function listener() {
  const clock = new FakeClock();
  const link = { known: false, loading: true, came: false, told: 0, looks: 0 };
  const word = new FirstWord({
    clock,
    isKnown: () => link.known,
    isLoading: () => link.loading,
    measure: () => {
      link.looks += 1;
      link.known ||= link.came;
    },
    tell: () => (link.told += 1),
  });
  return { clock, link, word };
}

it('tells what an unknown link does as soon as a second of a first shard has come, once', async () => {
  const { clock, link, word } = listener();
  link.came = true;
  word.begin();
  word.begin();
  await clock.advance(999);
  expect(link.told).toBe(0);
  await clock.advance(1);
  expect(link.told).toBe(1);
  word.begin();
  await clock.advance(10_000);
  expect(link).toMatchObject({ told: 1, looks: 1 });
});

it('looks again while too little has come, and no more when nothing loads', async () => {
  const { clock, link, word } = listener();
  word.begin();
  await clock.advance(3000);
  expect(link).toMatchObject({ told: 0, looks: 3 });
  link.loading = false;
  await clock.advance(10_000);
  expect(link.looks).toBe(4);
  // The next lease begins anew.
  Object.assign(link, { loading: true, came: true });
  word.begin();
  await clock.advance(1000);
  expect(link.told).toBe(1);
});

it('says nothing of a link that is known, nor after its end', async () => {
  const { clock, link, word } = listener();
  link.known = true;
  word.begin();
  await clock.advance(5000);
  link.known = false;
  word.begin();
  word.end();
  await clock.advance(5000);
  expect(link).toMatchObject({ told: 0, looks: 0 });
});
