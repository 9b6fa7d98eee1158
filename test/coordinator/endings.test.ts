import { expect, it } from 'vitest';
import { Endings } from '../../src/coordinator/endings.ts';

it('leaves a result to whoever settled the last shard by the order of the log', () => {
  const endings = new Endings();
  expect(endings.isOurs('job', 0)).toBe(true); // after a restart nobody may be left who did
  endings.settled('job', 8, true, 100);
  expect(endings.isOurs('job', 100)).toBe(true);
  // Told late: it was settled before ours.
  endings.settled('job', 7, false, 200);
  expect(endings.isOurs('job', 200)).toBe(true);
  endings.settled('job', 9, false, 300);
  expect(endings.isOurs('job', 300)).toBe(false);
  expect(endings.isOurs('another', 300)).toBe(true);
});

it('takes over from one that does not do it for ten seconds', () => {
  const endings = new Endings();
  endings.settled('job', 9, false, 300);
  expect(endings.isOurs('job', 10_300)).toBe(false);
  expect(endings.isOurs('job', 10_301)).toBe(true);
  endings.forget('job');
  expect(endings.isOurs('job', 300)).toBe(true);
});
