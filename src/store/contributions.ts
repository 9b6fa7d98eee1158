/** Who did what: per job for its report, and over all jobs for the public page. */
import { sql } from 'kysely';
import type { Queries } from './database.ts';

export interface Contribution {
  readonly contributor: string;
  readonly shards: number;
  readonly multiplyAdds: bigint;
  readonly microcredits: bigint;
  readonly bytesDown: number;
  readonly bytesUp: number;
}

/** The verified shards of one job by contributor, most work first. */
export function contributionsTo(db: Queries, job: string): Promise<Contribution[]> {
  return db
    .selectFrom('shards')
    .select(({ fn }) => [
      'contributor',
      sql<number>`count(*)::integer`.as('shards'),
      sql<bigint>`sum(multiply_adds)::bigint`.as('multiplyAdds'),
      sql<bigint>`sum(microcredits)::bigint`.as('microcredits'),
      fn.sum<number>('bytesDown').as('bytesDown'),
      fn.sum<number>('bytesUp').as('bytesUp'),
    ])
    .where('job', '=', job)
    .groupBy('contributor')
    .orderBy('multiplyAdds', 'desc')
    .execute();
}

/** Verified shards and multiply-adds of the whole network. */
export function networkTotals(db: Queries): Promise<{ shards: number; multiplyAdds: bigint }> {
  return db
    .selectFrom('shards')
    .select([
      sql<number>`count(*)::integer`.as('shards'),
      sql<bigint>`coalesce(sum(multiply_adds), 0)::bigint`.as('multiplyAdds'),
    ])
    .executeTakeFirstOrThrow();
}
