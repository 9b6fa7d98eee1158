/**
 * What a job would take, without running it: what links and GPUs of those who are present allow at best (core/bound.ts),
 * what it costs, and whether the requester's own processor would have it sooner. Pure.
 */
import { type BoundedProduct, type Capacity, productBound, receivedBytes } from '../core/bound.ts';
import { ceilDiv } from '../core/bytes.ts';
import { formatBytes, formatCount, formatDuration } from '../core/units.ts';
import type { EstimateView } from '../core/v1.ts';
import { CELL } from '../matrix/blocks.ts';
import { type Dtype, RESULT_DTYPE, VALUE_BYTES } from '../matrix/dtype.ts';
import { packedCellBytes } from './job-plan.ts';
import { priceOf } from './price.ts';
import { missLog2Of } from './verify-pool.ts';

/**
 * Of the rate that the bound allows, what real networks of a few contributors reach over a minute: 0.80 to 0.95
 * (test/bench/results/links.md).
 */
const REACHED = 0.8;
/** A first lease, its result and its check: nothing is there sooner. */
const START_SECONDS = 2;
/** 100 GFLOP/s: a laptop of eight cores with a good BLAS. numpy's own int8 loops are a hundred times slower. */
export const LOCAL_MULTIPLY_ADDS_PER_SECOND = 5e10;
/** 100 Mbit/s. */
export const REQUESTER_BYTES_PER_SECOND = 12.5e6;

export interface EstimatedJob {
  readonly dtype: Dtype;
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  /** An operand that everybody makes. */
  readonly aSeeded: boolean;
  readonly bSeeded: boolean;
  /** Operand bytes that the requester has yet to send. */
  readonly uploadBytes: number;
}

export interface EstimateSettings {
  /** Of the requester's own machine. @default LOCAL_MULTIPLY_ADDS_PER_SECOND */
  readonly localMultiplyAddsPerSecond?: number | undefined;
  /** Of the requester's link to the coordinator, either way. @default REQUESTER_BYTES_PER_SECOND */
  readonly bytesPerSecond?: number | undefined;
}

export interface Present {
  /** Of those who would take part. */
  readonly capacities: readonly Capacity[];
  /** Jobs that run now and share them. */
  readonly jobsRunning: number;
  readonly charged: boolean;
}

/** @throws AppError 'k-too-large' for what cannot be checked. */
export function estimate(job: EstimatedJob, present: Present, settings: EstimateSettings = {}): EstimateView {
  const { dtype, rows, cols, k } = job;
  const product = boundedProduct(job);
  const multiplyAdds = rows * cols * k;
  const bound = present.capacities.length > 0 ? productBound(product, present.capacities) : undefined;
  const able = bound && Number.isFinite(bound.seconds) ? bound : undefined;
  const bytes = Math.ceil(able?.bytes ?? receivedBytes(product, rows * cols) + rows * cols * product.cBytes);
  const boundSeconds = able?.seconds ?? null;
  const expectedSeconds = boundSeconds === null ? null : START_SECONDS + boundSeconds / REACHED;

  const { bytesPerSecond = REQUESTER_BYTES_PER_SECOND } = settings;
  const { localMultiplyAddsPerSecond = LOCAL_MULTIPLY_ADDS_PER_SECOND } = settings;
  const downloadBytes = rows * cols * VALUE_BYTES[RESULT_DTYPE[dtype]];
  const transferSeconds = (job.uploadBytes + downloadBytes) / bytesPerSecond;
  const view = {
    dtype,
    rows,
    cols,
    k,
    cellsTotal: ceilDiv(rows, CELL) * ceilDiv(cols, CELL),
    multiplyAdds,
    bytes,
    multiplyAddsPerByte: multiplyAdds / bytes,
    microcredits: priceOf(job).toString(),
    charged: present.charged,
    missLog2: missLog2Of(dtype, k, cols),
    contributors: present.capacities.length,
    jobsRunning: present.jobsRunning,
    boundSeconds,
    expectedSeconds,
    uploadBytes: job.uploadBytes,
    downloadBytes,
    bytesPerSecond,
    transferSeconds,
    localMultiplyAddsPerSecond,
    localSeconds: multiplyAdds / localMultiplyAddsPerSecond,
  };
  return { ...view, warning: warningOf(view) };
}

function boundedProduct({ dtype, rows, cols, k, aSeeded, bSeeded }: EstimatedJob): BoundedProduct {
  const value = VALUE_BYTES[dtype];
  const cBytes = packedCellBytes(dtype) / (CELL * CELL);
  return { rows, cols, k, aBytes: aSeeded ? 0 : value, bBytes: bSeeded ? 0 : value, cBytes };
}

/** Why this is not worth sending, with the arithmetic; null when it is. */
function warningOf(view: Omit<EstimateView, 'warning'>): string | null {
  const { expectedSeconds, transferSeconds, localSeconds, multiplyAdds } = view;
  const seconds = (value: number): string => formatDuration(1000 * value);
  const local =
    `your own processor takes about ${seconds(localSeconds)} ` +
    `(${plain(multiplyAdds)} multiply-adds at ${plain(view.localMultiplyAddsPerSecond)} a second)`;
  const transfer =
    `${seconds(transferSeconds)} to send ${formatBytes(view.uploadBytes)} and fetch ` +
    `${formatBytes(view.downloadBytes)} at ${formatBytes(Math.round(view.bytesPerSecond))}/s`;
  if (expectedSeconds === null)
    return `Nobody who could compute this is here now: the job would wait. ${upper(local)}; sending takes ${transfer}.`;
  const total = expectedSeconds + transferSeconds;
  if (total <= localSeconds) return null;
  const network = `${seconds(expectedSeconds)} for ${view.contributors} contributor${view.contributors === 1 ? '' : 's'}`;
  return (
    `Sending this is slower than computing it: ${transfer}, and ${network}, is ${seconds(total)}; ${local}. ` +
    `It has ${Math.round(view.multiplyAddsPerByte).toLocaleString('en')} multiply-adds for each byte that moves: a larger K, ` +
    'operands that are used again, and results that are reduced (top) make that more.'
  );
}

/** "25.6 G". */
function plain(count: number): string {
  return formatCount(count, '').trim();
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
