/** Whoever imports this has, in each test, a coordinator that does as it is told, and contributors that join it. */
import { afterEach, beforeEach } from 'vitest';
import type { Backend } from '../../src/gpu/backend.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { type RigContributor, ScriptedCoordinator, startContributor } from './rig.ts';
import { type StoredProduct, storedProduct } from './stored.ts';

export let coordinator: ScriptedCoordinator;
/** Stopped after the test. */
export const contributors: RigContributor[] = [];
/** Two blocks of K. */
export let small: StoredProduct;

beforeEach(async () => {
  coordinator = await ScriptedCoordinator.start();
  small = await storedProduct('i8', 20, 10, 1500, coordinator.store);
});

afterEach(async () => {
  await Promise.all(contributors.splice(0).map((contributor) => contributor.stop()));
  await coordinator.close();
});

/** A contributor on a clock of its own, greeted. */
export async function join(open?: (n: number) => Backend) {
  const clock = new FakeClock();
  const me = await startContributor(coordinator.addresses, { clock, ...(open && { open }) });
  contributors.push(me);
  const talk = await coordinator.connection(0);
  await talk.greet();
  return { me, talk, clock };
}
