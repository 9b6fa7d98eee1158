/** Watches a job to its end, with a progress bar. */
import type { TileworkClient } from '../client/client.ts';
import { awaitJob } from '../client/run-job.ts';
import { sleep } from '../core/clock.ts';
import { isAppError } from '../core/errors.ts';
import type { JobView } from '../core/v1.ts';
import type { Context } from './context.ts';
import { JobMeter, progressText } from './meter.ts';

/** How often the bar's rate and the number of contributors are looked at again. */
const REFRESH_MS = 2_000;

/**
 * The job as it is when it is done. Nobody computes for somebody who has gone: Ctrl-C cancels it.
 * @throws AppError as `awaitJob`.
 */
export async function followJob(client: TileworkClient, job: JobView, context: Context): Promise<JobView> {
  const { terminal, clock, signal } = context;
  const bar = terminal.bar('multiply');
  const meter = new JobMeter(clock);
  let view = job;
  let present: number | undefined;
  const draw = (): void => {
    const nobody = present === 0 && view.state === 'running';
    const waiting = view.paused ?? (nobody ? waitingText(client.url) : undefined);
    const text = waiting ?? progressText(view, meter);
    bar.update(view.cellsVerified / view.cellsTotal, text);
  };
  const ended = new AbortController();
  const refreshing = refresh(client, context, ended.signal, (now) => {
    present = now;
    draw();
  });
  try {
    return await awaitJob(client, job, {
      signal,
      onJob: (next) => {
        view = next;
        meter.update(view);
        draw();
      },
      onCancel: ({ id }, failure) => {
        terminal.note(
          failure ? `could not cancel the job ${id}: ${failure.message}` : `cancelled the job ${id}`,
        );
      },
    });
  } finally {
    ended.abort();
    await refreshing;
    bar.end();
  }
}

function waitingText(url: string): string {
  return `waiting for contributors: open ${url} in a browser`;
}

async function refresh(
  client: TileworkClient,
  { clock }: Context,
  signal: AbortSignal,
  found: (contributors: number) => void,
): Promise<void> {
  try {
    for (;;) {
      const network = await client.network({ signal }).catch((error: unknown) => {
        if (isAppError(error, 'aborted')) throw error;
        return undefined; // The event stream knows best whether the coordinator is away.
      });
      if (network) found(network.contributorsNow);
      await sleep(clock, REFRESH_MS, signal);
    }
  } catch (error) {
    if (!isAppError(error, 'aborted')) throw error;
  }
}
