/** Which coordinators share this network, by their heartbeats. Times are the database's own: hosts' clocks differ. */
import { sql } from 'kysely';
import type { Queries } from './database.ts';

/** What a coordinator says of itself with each heartbeat. */
export interface CoordinatorState {
  /** Of this process: 16 hexadecimal digits. */
  readonly id: string;
  readonly url: string;
  /** Multiaddrs for contributors. */
  readonly addresses: readonly string[];
  /** Connected now; and those who came from these sites, by origin. */
  readonly contributors: number;
  readonly sites: Readonly<Record<string, number>>;
  /** Of all its contributors, in a unit that is the same for all coordinators. */
  readonly speed: number;
}

/** A coordinator that has been dead for so long is no longer on record. */
const FORGOTTEN_SECONDS = 3600;

/** One heartbeat. */
export async function beat(db: Queries, state: CoordinatorState): Promise<void> {
  const { id, url, contributors, speed } = state;
  const row = {
    url,
    contributors,
    speed,
    addresses: JSON.stringify(state.addresses),
    sites: JSON.stringify(state.sites),
    beatAt: sql<Date>`clock_timestamp()`,
  };
  await db
    .insertInto('coordinators')
    .values({ id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

/** Those whose last heartbeat is at most so old, by id. */
export async function livingCoordinators(db: Queries, deadMs: number): Promise<CoordinatorState[]> {
  const rows = await db
    .selectFrom('coordinators')
    .select(['id', 'url', 'addresses', 'contributors', 'sites', 'speed'])
    .where('beatAt', '>', sql<Date>`clock_timestamp() - ${deadMs / 1000}::float8 * interval '1 second'`)
    .orderBy('id')
    .execute();
  return rows.map(({ addresses, sites, ...row }) => ({
    ...row,
    addresses: JSON.parse(addresses) as string[],
    sites: JSON.parse(sites) as Record<string, number>,
  }));
}

/** It has ended; so have those that died long ago. */
export async function forgetCoordinator(db: Queries, id: string): Promise<void> {
  await db
    .deleteFrom('coordinators')
    .where((eb) =>
      eb.or([
        eb('id', '=', id),
        eb('beatAt', '<', sql<Date>`clock_timestamp() - ${FORGOTTEN_SECONDS}::float8 * interval '1 second'`),
      ]),
    )
    .execute();
}
