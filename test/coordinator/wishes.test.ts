/** A visitor who pauses or finishes, and a real coordinator. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HAND_BACK_MS } from '../../src/contributor/restraint.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { Backend } from '../../src/gpu/backend.ts';
import { untilAborted, withBackend } from '../contributor/with-backend.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import {
  type TestContributor,
  type TestCoordinator,
  testContributor,
  testCoordinator,
} from '../helpers/network.ts';
import { ended, product, result, submit } from '../helpers/product.ts';

let coordinator: TestCoordinator;
const contributors: TestContributor[] = [];

beforeAll(async () => {
  coordinator = await testCoordinator();
});
afterAll(() => coordinator.remove());
afterEach(async () => {
  await Promise.all(contributors.splice(0).map((contributor) => contributor.stop()));
});

/** Known answers are taken as given. */
const quick = (inner: Backend): Backend => withBackend(inner, { selfTest: async () => {} });

async function join(options: { wrap?: (backend: Backend) => Backend; clock?: Clock } = {}) {
  const contributor = await testContributor(coordinator.peerAddresses, { wrap: quick, ...options });
  contributors.push(contributor);
  return contributor;
}

/** Computes nothing until it is let go; tells when it has begun. */
function holding() {
  const [begun, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const wrap = (inner: Backend): Backend =>
    withBackend(inner, {
      selfTest: async () => {},
      accumulate: async (shard, range, signal) => {
        begun.resolve();
        await Promise.race([letGo.promise, untilAborted(signal)]).catch(() => {});
        return inner.accumulate(shard, range, signal);
      },
    });
  return { wrap, begun: begun.promise, letGo: letGo.resolve };
}

describe('a contributor that pauses', () => {
  it('gives its lease to others after a while, and gets another when it goes on', async () => {
    const wanted = product('i8', 512, 256, 64);
    const job = await submit(coordinator, wanted);
    const { wrap, begun, letGo } = holding();
    const clock = new FakeClock();
    const pausing = await join({ wrap, clock });
    await begun;
    pausing.engine.setPaused(true);
    await clock.advance(HAND_BACK_MS);
    const other = await join();
    expect(await ended(coordinator, job.id)).toMatchObject({ state: 'done' });
    expect(await result(coordinator, job.id)).toEqual(wanted.expected);
    await other.stop();
    letGo();
    pausing.engine.setPaused(false);
    const next = await submit(coordinator, product('i8', 256, 256, 65));
    expect(await ended(coordinator, next.id)).toMatchObject({ state: 'done' });
    await pausing.until(({ shardsVerified }) => shardsVerified > 0);
  });
});

describe('a contributor that finishes', () => {
  it('has its last result verified, gets no other lease, and leaves the rest to others', async () => {
    const wanted = product('i8', 256, 512, 64);
    const job = await submit(coordinator, wanted);
    const { wrap, begun, letGo } = holding();
    const leaving = await join({ wrap });
    await begun;
    leaving.engine.finish();
    letGo();
    const stopped = await leaving.until(({ stage }) => stage === 'stopped');
    expect(stopped).toMatchObject({ shardsVerified: 1, receipts: 1, finishing: false, problem: undefined });
    await join();
    expect(await ended(coordinator, job.id)).toMatchObject({ state: 'done' });
    expect(await result(coordinator, job.id)).toEqual(wanted.expected);
    expect(leaving.receipts).toHaveLength(1);
  });
});
