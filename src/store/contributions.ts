/** Who did what of a job, for its report. */
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
