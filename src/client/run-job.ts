/** A job from its request to its end, created once whatever the network does, and cancelled when nobody waits. */
import { toHex } from '../core/bytes.ts';
import { AppError, isAppError, throwIfAborted, toAppError } from '../core/errors.ts';
import { type Rng, cryptoRng } from '../core/rng.ts';
import type { JobRequest, JobView } from '../core/v1.ts';
import type { TileworkClient } from './client.ts';
import { retrying } from './retry.ts';

export interface AwaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** The job at first, and after every progress. */
  readonly onJob?: ((job: JobView) => void) | undefined;
  /** After an abort the job was cancelled, or could not be. */
  readonly onCancel?: ((job: JobView, failure: AppError | undefined) => void) | undefined;
}

/** A job from its request to its end. @throws AppError as `createOnce` and `awaitJob` */
export async function runJob(
  client: TileworkClient,
  request: JobRequest,
  options: AwaitOptions = {},
): Promise<JobView> {
  throwIfAborted(options.signal);
  return awaitJob(client, await createOnce(client, request), options);
}

/**
 * A job for this request: one, however often it has to be sent, since it carries an idempotency key. Not to be
 * interrupted, because a job whose id never arrived could not be cancelled.
 * @throws AppError as `createJob`, and 'unreachable'
 */
export function createOnce(
  client: TileworkClient,
  request: JobRequest,
  rng: Rng = cryptoRng,
): Promise<JobView> {
  const idempotencyKey = toHex(rng.bytes(16));
  return retrying(() => client.createJob(request, { idempotencyKey }), { clock: client.clock, rng });
}

/**
 * The job once it is done. An abort cancels it: nobody computes for somebody who has gone.
 * @throws AppError 'conflict' when somebody cancelled it, 'timeout' when its deadline passed, 'internal' when it
 *   failed, 'unreachable' when the coordinator stays away, 'aborted'
 */
export async function awaitJob(
  client: TileworkClient,
  job: JobView,
  { signal, onJob, onCancel }: AwaitOptions = {},
): Promise<JobView> {
  let view = job;
  try {
    onJob?.(view);
    for await (const next of client.watch(job.id, { signal, known: true })) {
      view = next;
      onJob?.(view);
    }
  } catch (error) {
    if (isAppError(error, 'aborted')) {
      const failure = await cancelled(client, view);
      onCancel?.(view, failure);
    }
    throw error;
  }
  assertDone(view);
  return view;
}

/** @throws AppError that says how it ended instead */
function assertDone({ id, state, error }: JobView): void {
  if (state === 'done') return;
  const reason = error ?? 'no reason given';
  if (state === 'cancelled') throw new AppError('conflict', `the job ${id} was cancelled by somebody else`);
  if (state === 'expired') throw new AppError('timeout', `the job ${id} did not end in time: ${reason}`);
  throw new AppError('internal', `the job failed: ${reason}`);
}

function cancelled(client: TileworkClient, job: JobView): Promise<AppError | undefined> {
  return client.cancelJob(job.id).then(
    () => undefined,
    (failure: unknown) => toAppError(failure),
  );
}
