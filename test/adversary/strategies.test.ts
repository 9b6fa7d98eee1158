/** All strategies of the big battle (`npm run bench -- adversary`), with a few forgeries each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/core/v1.ts';
import type { Logger } from '../../src/core/logger.ts';
import { JumpClock } from '../helpers/jump-clock.ts';
import { type TestCoordinator, testContributor, testCoordinator } from '../helpers/network.ts';
import { ended, product, result, submit } from '../helpers/product.ts';
import { campaign } from './campaign.ts';
import { type Field, Verdicts, creditOf, projectOf } from './field.ts';
import { STRATEGIES } from './strategies.ts';

const FORGERIES = 18;
const CELLS = { i8: 250, f32: 60 };
const products = { i8: product('i8', 256 * CELLS.i8, 32, 32), f32: product('f32', 256 * CELLS.f32, 32, 32) };
const clock = new JumpClock();
const verdicts = new Verdicts();
let coordinator: TestCoordinator;
let field: Field;
const jobs: JobView[] = [];

beforeAll(async () => {
  const read = verdicts.record.bind(verdicts);
  const log: Logger = { debug: read, info: read, warn: read, error: read };
  coordinator = await testCoordinator({ clock, log });
  field = {
    ...coordinator,
    verdicts,
    products,
    sleep: { first: 24, others: 8 },
    stallers: 10,
    jump: (ms) => clock.jump(ms),
    held: () => Promise.resolve(),
  };
  for (const dtype of ['i8', 'f32'] as const)
    jobs.push(await submit(coordinator, products[dtype], projectOf(dtype)));
});
afterAll(() => coordinator.remove());

describe('every attacker that we could think of', () => {
  it.each(STRATEGIES.map((strategy) => [strategy.name, strategy] as const))(
    'is refused for the right reason and earns nothing: %s',
    async (_name, strategy) => {
      const tally = await campaign(field, strategy, { forgeries: FORGERIES, atOnce: 4 });
      expect(Array.from(tally.outcomes.keys()).filter((each) => !strategy.refusals.includes(each))).toEqual(
        [],
      );
      expect(tally.accepted).toBe(0);
      expect(tally.forgeries + tally.within).toBeGreaterThanOrEqual(FORGERIES);
      expect(await creditOf(field, tally.keys)).toBe(tally.earned);
    },
  );

  it('leaves nothing behind: an honest contributor ends both jobs, and every number is right', async () => {
    const honest = await testContributor(coordinator.peerAddresses);
    try {
      for (const [i, dtype] of (['i8', 'f32'] as const).entries()) {
        expect(await ended(coordinator, jobs[i]!.id)).toMatchObject({
          state: 'done',
          cellsVerified: CELLS[dtype],
        });
        const c = await result(coordinator, jobs[i]!.id);
        if (dtype === 'i8')
          expect(Buffer.from(c.buffer).equals(Buffer.from(products.i8.expected.buffer))).toBe(true);
        else expect(c.every((value, at) => Math.abs(value - products.f32.expected[at]!) < 1e-2)).toBe(true);
      }
    } finally {
      await honest.stop();
    }
  });
});
