/** In the browser: a contributor in its workers, told what a visitor wants. */
import type { ContributorOptions, ContributorStatus } from '../../src/contributor/api.ts';
import { createContributor } from '../../src/contributor/client.ts';

export const contributor = createContributor();

const MEMORY_BYTES = 64 * 1024 * 1024;

export function start(addresses: readonly string[], own: Partial<ContributorOptions> = {}): Promise<void> {
  return contributor.start({ addresses, allowSoftware: true, memoryBytes: MEMORY_BYTES, ...own });
}

/** What of the status tells how far it is, once it fits all that is given. */
export async function until(
  wanted: Partial<ContributorStatus>,
  verified = 0,
): Promise<ContributorStatus['stage']> {
  const fits = (status: ContributorStatus): boolean =>
    status.shardsVerified >= verified &&
    Object.entries(wanted).every(([field, value]) => status[field as keyof ContributorStatus] === value);
  const { promise, resolve } = Promise.withResolvers<ContributorStatus>();
  const look = (status: ContributorStatus): void => {
    if (fits(status)) resolve(status);
  };
  const off = contributor.onStatus(look);
  look(contributor.status);
  const { stage } = await promise;
  off();
  return stage;
}
