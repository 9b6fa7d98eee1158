/** Jobs that ended early run again from where they stood. */
import { AppError } from '../core/errors.ts';
import type { RetryRequest } from '../core/v1.ts';
import { reserveRest } from '../ledger/reservations.ts';
import type { Queries } from '../store/database.ts';
import { cellsOf, getJob, lockJob, restartJob } from '../store/jobs.ts';
import { partsOf } from '../store/parts.ts';
import type { Job } from '../store/schema.ts';
import { operandOf } from './job-request.ts';
import { assertWhole } from './kin.ts';
import { restPrice } from './price.ts';

/**
 * @returns the job, which runs and has reserved what the rest of it costs; of an f32x job its parts have
 * @throws AppError 'not-found', 'conflict' for a job that runs, is done or is a part, 'no-credit', 'gone'.
 */
export async function restart(trx: Queries, id: string, request: RetryRequest, timeMs: number): Promise<Job> {
  const state = await lockJob(trx, id);
  if (state === undefined) throw new AppError('not-found', 'there is no such job');
  if (state === 'running' || state === 'done')
    throw new AppError('conflict', `this job is ${state}; only one that ended early can be retried`);
  const job = (await getJob(trx, id))!;
  assertWhole(job);
  if (job.removedMs !== null)
    throw new AppError('gone', 'what this job had verified is not kept any more; submit the product again');
  for (const operand of [job.a, job.b]) await operandOf(trx, operand);
  const passed = job.deadlineMs !== null && job.deadlineMs <= timeMs;
  const deadlineMs = request.deadlineMs ?? (passed ? null : job.deadlineMs);
  const parts = await partsOf(trx, id);
  const ended = parts.filter((part) => part.state !== 'done' && part.state !== 'running');
  for (const each of parts.length === 0 ? [job] : ended) {
    await restartJob(trx, each.id, deadlineMs);
    const microcredits = restPrice(each, await cellsOf(trx, each.id));
    await reserveRest(trx, { job: each.id, microcredits, timeMs });
  }
  if (parts.length > 0) await restartJob(trx, id, deadlineMs);
  return (await getJob(trx, id))!;
}
