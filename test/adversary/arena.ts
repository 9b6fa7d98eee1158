/** One coordinator for a file of tests, and rogues that are gone after each of them. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { JobView } from '../../src/core/v1.ts';
import { JumpClock } from '../helpers/jump-clock.ts';
import {
  type TestContributor,
  type TestCoordinator,
  testContributor,
  testCoordinator,
} from '../helpers/network.ts';
import { type Product, api, ended, result, submit } from '../helpers/product.ts';
import { Rogue, type RogueOptions } from '../helpers/rogue.ts';
import { creditOf } from './field.ts';

export interface Arena {
  readonly coordinator: TestCoordinator;
  readonly clock: JumpClock;
  /** A contributor with room for one cell a lease. */
  rogue(product: Product, options?: Partial<RogueOptions>): Promise<Rogue>;
  /** The same key over another connection, also gone after the test. */
  again(rogue: Rogue, options?: Omit<RogueOptions, 'key' | 'product'>): Promise<Rogue>;
  /** The program that visitors run, on the CPU. */
  honest(): Promise<TestContributor>;
  submit(product: Product): Promise<JobView>;
  /** The job, done by somebody. */
  ended(job: JobView): Promise<JobView>;
  result(job: JobView): Promise<Int32Array | Float32Array>;
  /** Microcredits of a contributor, as everybody can read them. */
  credit(contributor: string): Promise<number>;
}

/** Call at the top of a file. */
export function arena(): Arena {
  const clock = new JumpClock();
  let coordinator!: TestCoordinator;
  const leaving: { leave(): Promise<void> }[] = [];
  const jobs: string[] = [];

  beforeAll(async () => {
    coordinator = await testCoordinator({ clock });
  });
  afterAll(() => coordinator.remove());
  afterEach(async () => {
    await Promise.all(leaving.splice(0).map((each) => each.leave()));
    for (const job of jobs.splice(0)) {
      // Most have ended by themselves.
      await api(coordinator, `/v1/jobs/${job}`, { method: 'DELETE' }).catch(() => {});
    }
  });
  const leaveLater = (rogue: Rogue): Rogue => {
    leaving.push(rogue);
    return rogue;
  };
  return {
    get coordinator() {
      return coordinator;
    },
    clock,
    async rogue(product, options = {}) {
      const hello = { resultBytes: 0, ...options.hello };
      return leaveLater(await Rogue.join(coordinator.peerAddresses, { product, ...options, hello }));
    },
    async again(rogue, options = {}) {
      const hello = { resultBytes: 0, ...options.hello };
      return leaveLater(await rogue.again(coordinator.peerAddresses, { ...options, hello }));
    },
    async honest() {
      const contributor = await testContributor(coordinator.peerAddresses);
      leaving.push({ leave: () => contributor.stop() });
      return contributor;
    },
    async submit(product) {
      const job = await submit(coordinator, product);
      jobs.push(job.id);
      return job;
    },
    ended: (job) => ended(coordinator, job.id),
    result: (job) => result(coordinator, job.id),
    async credit(contributor) {
      return Number(await creditOf(coordinator, [contributor]));
    },
  };
}
