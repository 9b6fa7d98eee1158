/** `tilework estimate A.npy B.npy`: what their product would take. Only the shapes are sent. */
import { realpath } from 'node:fs/promises';
import { formatBytes, formatCount, formatCredit, formatDuration } from '../core/units.ts';
import type { EstimateRequest, EstimateView } from '../core/v1.ts';
import { type ConnectionOptions, connect } from './connection.ts';
import type { Context } from './context.ts';
import { counted } from './meter.ts';
import { type Plan, type ProductFiles, isSeeded, planProduct } from './operands.ts';

export interface EstimateOptions extends ProductFiles, ConnectionOptions {
  readonly project?: string | undefined;
  /** Multiply-adds a second of this machine. */
  readonly localRate?: number | undefined;
}

/** @throws AppError as `multiply` would before it sends anything. */
export async function estimate(options: EstimateOptions, context: Context): Promise<void> {
  const plan = await planProduct(options);
  const client = await connect(options, context.env);
  const { rows, cols, k, a, b } = plan;
  const request: EstimateRequest = {
    dtype: options.as === 'f32x' ? 'f32x' : plan.dtype,
    rows,
    cols,
    k,
    seeded: [...(isSeeded(a) ? ['a' as const] : []), ...(isSeeded(b) ? ['b' as const] : [])],
    same: await isSameFile(options, plan),
    ...(options.project !== undefined && { project: options.project }),
    ...(options.localRate !== undefined && { localMultiplyAddsPerSecond: options.localRate }),
  };
  const view = await client.estimate(request, { signal: context.signal });
  for (const line of estimateLines(view, client.url)) context.terminal.out(line);
  if (view.warning !== null) context.terminal.note(view.warning);
}

/** One file for both sides is sent once. A seeded operand that is asked for twice is one without our doing. */
export async function isSameFile(options: ProductFiles, { a, b }: Plan): Promise<boolean> {
  if (isSeeded(a) || isSeeded(b)) return false;
  if (!options.transposedB || options.tensorA !== options.tensorB) return false;
  return (await realpath(options.a)) === (await realpath(options.b));
}

function estimateLines(view: EstimateView, url: string): string[] {
  const { boundSeconds, expectedSeconds, microcredits, charged } = view;
  const seconds = (value: number): string => formatDuration(1000 * value);
  const compute =
    boundSeconds === null || expectedSeconds === null
      ? 'nobody is here to compute it now'
      : `about ${seconds(expectedSeconds)}; links and GPUs allow ${seconds(boundSeconds)} at best`;
  return [
    `A ${view.rows} × ${view.k}, B ${view.k} × ${view.cols}, ${view.dtype}: ${counted(view.multiplyAdds, 'multiply-add')}, at ${url}`,
    `  contributors   ${view.contributors.toLocaleString('en')} now, beside ${counted(view.jobsRunning, 'running job')}`,
    `  compute        ${compute}`,
    `  send, fetch    ${seconds(view.transferSeconds)}: ${formatBytes(view.uploadBytes)} and ${formatBytes(view.downloadBytes)} at ${formatBytes(Math.round(view.bytesPerSecond))}/s`,
    `  moves          ${formatBytes(view.bytes)} at least between coordinator and contributors, ${formatCount(view.multiplyAddsPerByte, '').trim()} multiply-adds a byte`,
    `  this machine   ${seconds(view.localSeconds)} at ${formatCount(view.localMultiplyAddsPerSecond, '').trim()} multiply-adds a second (--local-rate)`,
    `  credit         ${formatCredit(BigInt(microcredits))} at most${charged ? '' : ', and nothing is charged here'}`,
    `  a wrong number passes with probability at most 2^-${view.missLog2}`,
  ];
}
