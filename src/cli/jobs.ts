/** `tilework jobs`, `result`, `retry` and `cancel`. */
import type { TileworkClient } from '../client/client.ts';
import type { DownloadOptions } from '../client/download.ts';
import { assertWritable, saveResult } from '../client/files.node.ts';
import type { Span } from '../client/options.ts';
import { retrying } from '../client/retry.ts';
import { toHex } from '../core/bytes.ts';
import { cryptoRng } from '../core/rng.ts';
import { formatBytes } from '../core/units.ts';
import type { JobView } from '../core/v1.ts';
import { type ConnectionOptions, connect } from './connection.ts';
import type { Context } from './context.ts';
import { counted } from './meter.ts';

export type JobOptions = ConnectionOptions &
  (
    | { readonly action: 'list'; readonly limit: number }
    | { readonly action: 'cancel'; readonly id: string }
    | { readonly action: 'retry'; readonly id: string; readonly deadlineMs?: number | undefined }
    | ({ readonly action: 'result'; readonly id: string } & ResultFile)
  );

interface ResultFile {
  readonly output: string;
  readonly rows?: Span | undefined;
  readonly cols?: Span | undefined;
  readonly top?: number | undefined;
}

/** @throws AppError with a sentence for whatever went wrong. */
export async function job(options: JobOptions, context: Context): Promise<void> {
  const { terminal, signal, clock } = context;
  const client = await connect(options, context.env);
  switch (options.action) {
    case 'list': {
      const jobs = await client.jobs({ limit: options.limit, signal });
      if (jobs.length === 0) terminal.out('There are no jobs yet; tilework multiply submits one.');
      for (const each of jobs) terminal.out(line(each));
      return;
    }
    case 'cancel':
      await client.cancelJob(options.id, { signal });
      terminal.out(`cancelled the job ${options.id}; tilework retry goes on from where it stood`);
      return;
    case 'retry': {
      const { id, deadlineMs } = options;
      const request = deadlineMs === undefined ? {} : { deadlineMs: Math.round(clock.now() + deadlineMs) };
      const idempotencyKey = toHex(cryptoRng.bytes(16));
      const again = await retrying(() => client.retryJob(id, request, { idempotencyKey, signal }), {
        clock,
        signal,
      });
      terminal.out(
        `the job ${id} runs again: ${again.cellsVerified.toLocaleString('en')} of ${counted(again.cellsTotal, 'cell')} are verified already`,
      );
      return;
    }
    case 'result':
      await fetchResult(client, options.id, options, context);
  }
}

async function fetchResult(
  client: TileworkClient,
  id: string,
  { output, rows, cols, top }: ResultFile,
  context: Context,
): Promise<void> {
  const files: [path: string, options: DownloadOptions][] =
    top === undefined
      ? [[output, { rows, cols }]]
      : (['values', 'indices'] as const).map((part) => [
          `${output.replace(/\.npy$/, '')}.${part}.npy`,
          { rows, cols, top, part },
        ]);
  for (const [path] of files) await assertWritable(path);
  for (const [path, options] of files) {
    const bytes = await download(client, id, path, options, context);
    context.terminal.out(`${path}: ${formatBytes(bytes)}`);
  }
}

/** With a progress bar. @returns bytes written */
export async function download(
  client: TileworkClient,
  id: string,
  path: string,
  options: DownloadOptions,
  { terminal, signal }: Context,
): Promise<number> {
  const bar = terminal.bar('download');
  try {
    return await saveResult(client, id, path, {
      ...options,
      signal,
      onProgress: (bytes, size) => {
        bar.update(size === undefined ? 0 : bytes / size, formatBytes(bytes));
      },
    });
  } finally {
    bar.end();
  }
}

/** "0123… running  37 %  300 × 520, K 1100, i8  digits: fold 3". */
function line({
  id,
  state,
  cellsVerified,
  cellsTotal,
  rows,
  cols,
  k,
  dtype,
  project,
  title,
  error,
}: JobView): string {
  const share = `${Math.floor((100 * cellsVerified) / cellsTotal)} %`.padStart(5);
  const what = title === '' ? project : `${project}: ${title}`;
  const why = error === null ? '' : ` (${error})`;
  return `${id}  ${state.padEnd(9)} ${share}  ${rows} × ${cols}, K ${k}, ${dtype}  ${what}${why}`;
}
