import { expect, it } from 'vitest';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { dilatedClock } from './dilated-clock.ts';

it('runs slower than the machine’s clock by its factor, timers too', async () => {
  const real = new FakeClock();
  const origin = real.now();
  const clock = dilatedClock(4, origin, real);
  const heard: number[] = [];
  clock.after(100, () => heard.push(clock.now() - origin));
  const cancel = clock.after(100, () => heard.push(-1));
  cancel();
  await real.advance(399);
  expect([clock.now() - origin, heard]).toEqual([99, []]);
  await real.advance(1);
  expect(heard).toEqual([100]);
});
