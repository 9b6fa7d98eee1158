/** `tilework multiply A.npy B.npy -o C.npy`: a product of two files or seeded operands, computed by contributors. */
import { basename } from 'node:path';
import type { TileworkClient } from '../client/client.ts';
import { assertWritable, uploadFile } from '../client/files.node.ts';
import { createOnce } from '../client/run-job.ts';
import type { Clock } from '../core/clock.ts';
import { throwIfAborted } from '../core/errors.ts';
import { formatBytes, formatCount, formatDuration } from '../core/units.ts';
import type { JobRequest, JobView, OperandView } from '../core/v1.ts';
import { type ConnectionOptions, connect } from './connection.ts';
import type { Context } from './context.ts';
import { isSameFile } from './estimate.ts';
import { followJob } from './follow.ts';
import { download } from './jobs.ts';
import { counted } from './meter.ts';
import { type Plan, type ProductFiles, isSeeded, planProduct } from './operands.ts';

export interface MultiplyOptions extends ProductFiles, ConnectionOptions {
  readonly output: string;
  readonly project?: string | undefined;
  readonly title?: string | undefined;
  readonly priority?: number | undefined;
  /** From now on. */
  readonly deadlineMs?: number | undefined;
  readonly maxCost?: string | undefined;
}

/** @throws AppError with a sentence for whatever went wrong; 'aborted' after Ctrl-C, when the job is cancelled. */
export async function multiply(options: MultiplyOptions, context: Context): Promise<void> {
  const { terminal, clock, signal } = context;
  const startedMs = clock.now();
  const plan = await planProduct(options);
  await assertWritable(options.output);
  const client = await connect(options, context.env);
  // A wrong token is said now, and not after a gigabyte.
  await client.jobs({ signal });
  terminal.note(
    `A ${plan.rows} × ${plan.k}, B ${plan.k} × ${plan.cols}, ${options.as === 'f32x' ? 'f32x' : plan.dtype}: ${formatCount(2 * plan.rows * plan.cols * plan.k, 'FLOP')} at ${client.url}`,
  );
  const a = await provide(client, 'A', options, plan, context);
  const b = (await isSameFile(options, plan)) ? a : await provide(client, 'B', options, plan, context);
  const project = options.project ?? `${basename(options.a)} × ${basename(options.b)}`;
  throwIfAborted(signal);
  const job = await createOnce(client, { ...requestOf(options, clock), a: a.id, b: b.id, project });
  const done = await followJob(client, job, context);
  try {
    await download(client, done.id, options.output, {}, context);
  } catch (error) {
    terminal.note(`the product is kept: npm run tilework -- result ${done.id} -o ${options.output}`);
    throw error;
  }
  for (const line of summary(done, options.output, clock.now() - startedMs)) terminal.out(line);
}

function requestOf(options: MultiplyOptions, clock: Clock): Omit<JobRequest, 'a' | 'b'> {
  const { title, priority, deadlineMs, maxCost } = options;
  return {
    ...(options.as === 'f32x' && { dtype: options.as }),
    ...(title !== undefined && { title }),
    ...(priority !== undefined && { priority }),
    ...(deadlineMs !== undefined && { deadlineMs: Math.round(clock.now() + deadlineMs) }),
    ...(maxCost !== undefined && { maxMicrocredits: maxCost }),
  };
}

/** Uploads a file; of a seeded operand only the seed is sent. */
async function provide(
  client: TileworkClient,
  which: 'A' | 'B',
  options: MultiplyOptions,
  plan: Plan,
  context: Context,
): Promise<OperandView> {
  const matrix = which === 'A' ? plan.a : plan.b;
  if (!isSeeded(matrix)) return upload(client, which, options, plan, context);
  const { shape, ...rest } = matrix;
  const [rows, cols] = which === 'A' || options.transposedB ? shape : [shape[1], shape[0]];
  return client.seeded({ ...rest, rows, cols }, { signal: context.signal });
}

async function upload(
  client: TileworkClient,
  which: 'A' | 'B',
  options: MultiplyOptions,
  plan: Plan,
  { terminal, signal }: Context,
): Promise<OperandView> {
  const isA = which === 'A';
  const path = isA ? options.a : options.b;
  const bar = terminal.bar(`upload ${which}`);
  try {
    return await uploadFile(client, path, {
      side: isA || options.transposedB ? 'rows' : 'transpose',
      // Only where something is converted: the same matrix then has the same name.
      as: options.as === undefined || (isA ? plan.a : plan.b).dtype === plan.dtype ? undefined : 'f32',
      tensor: isA ? options.tensorA : options.tensorB,
      signal,
      onProgress: (sent, size) => {
        bar.update(
          sent / size,
          sent < size ? formatBytes(sent) : `${formatBytes(size)}, being cut into blocks`,
        );
      },
    });
  } finally {
    bar.end();
  }
}

/** What there is to know about a finished product. */
function summary(job: JobView, output: string, wallMs: number): string[] {
  const computeMs = Math.max(1, (job.finishedMs ?? job.createdMs) - job.createdMs);
  const speed = formatCount((2 * job.multiplyAddsVerified * 1000) / computeMs, 'FLOP');
  const exact = {
    i8: 'int32, exact',
    f32x: 'float32, the same bits on every GPU',
    f16: 'float32',
    f32: 'float32',
  };
  return [
    `${output}: ${job.rows} × ${job.cols}, ${exact[job.dtype]}`,
    `  shards         ${job.shards.toLocaleString('en')}, every one verified`,
    `  contributors   ${job.contributions.length.toLocaleString('en')}`,
    `  moved          ${formatBytes(job.bytesDown)} to contributors, ${formatBytes(job.bytesUp)} back`,
    ...boundLines(job),
    `  verified       ${counted(job.multiplyAddsVerified, 'multiply-add')}, ${formatCount(2 * job.multiplyAddsVerified, 'FLOP')} at ${speed}/s`,
    `  a wrong number passes with probability at most 2^-${job.missLog2}`,
    `  time           ${formatDuration(wallMs)}`,
  ];
}

/** How near it came to what the contributors' links and GPUs allow; nothing where that is not known. */
function boundLines({ bound, bytesDown, bytesUp }: JobView): string[] {
  if (!bound || bound.elapsedSeconds <= 0) return [];
  const share = Math.round((100 * bound.seconds) / bound.elapsedSeconds);
  const bytes = ((bytesDown + bytesUp) / bound.bytes).toFixed(2);
  return [`  at the limit   ${share} % of what their links and GPUs allow, ${bytes} × the least bytes`];
}
