/** What a job and its parts are to each other (floats.ts). */
import { AppError } from '../core/errors.ts';
import type { Queries } from '../store/database.ts';
import { getJob } from '../store/jobs.ts';
import type { Job } from '../store/schema.ts';
import type { JobSpec } from './work.ts';

/** @throws AppError 'conflict' for a part, which is ended and retried with what it is a part of. */
export function assertWhole({ parent }: Job): void {
  if (parent !== null)
    throw new AppError('conflict', `this job is a part of ${parent}: name that one, for all of its parts`);
}

/** Parts of one job have their blocks in common: whoever holds a strip for one holds it for the next. */
export async function kinOf(db: Queries, { parent }: Job): Promise<JobSpec['kin']> {
  const whole = parent === null ? undefined : await getJob(db, parent);
  return whole && { job: whole.id, a: whole.a, b: whole.b };
}
