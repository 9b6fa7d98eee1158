/**
 * What a job would take, without running it: what links and GPUs of those who are present allow at best (core/bound.ts),
 * what it costs, and whether the requester's own processor would have it sooner. Pure.
 */
import { type BoundedProduct, type Capacity, productBound, receivedBytes } from '../core/bound.ts';
import { ceilDiv } from '../core/bytes.ts';
import { formatBytes, formatCount, formatDuration } from '../core/units.ts';
import type { EstimateView } from '../core/v1.ts';
import { CELL } from '../matrix/blocks.ts';
import { type Dtype, VALUE_BYTES } from '../matrix/dtype.ts';
import { DIAGONALS, LIMBS, diagonalK, limbLayout } from '../matrix/limbs.ts';
import type { JobDtype } from '../store/schema-floats.ts';
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
const LOCAL_MULTIPLY_ADDS_PER_SECOND = 5e10;
/** An entry of C, int32 or float32. */
const RESULT_BYTES = 4;
/** 100 Mbit/s. */
const REQUESTER_BYTES_PER_SECOND = 12.5e6;

export interface EstimatedJob {
  readonly dtype: JobDtype;
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
  const { computedAs, ks } = partsOf(job);
  const product = boundedProduct(job);
  const summed = ks.reduce((sum, each) => sum + each, 0);
  const multiplyAdds = rows * cols * summed;
  // The parts of an f32x job share their operands' strips: to links it is one product of K, to GPUs a longer one.
  const capacities = present.capacities.map((each) => ({ ...each, rate: (each.rate * k) / summed }));
  const bound = capacities.length > 0 ? productBound(product, capacities) : undefined;
  const able = bound && Number.isFinite(bound.seconds) ? bound : undefined;
  const bytes = Math.ceil(able?.bytes ?? receivedBytes(product, rows * cols) + rows * cols * product.cBytes);
  const boundSeconds = able?.seconds ?? null;
  const expectedSeconds = boundSeconds === null ? null : START_SECONDS + boundSeconds / REACHED;

  const { bytesPerSecond = REQUESTER_BYTES_PER_SECOND } = settings;
  const { localMultiplyAddsPerSecond = LOCAL_MULTIPLY_ADDS_PER_SECOND } = settings;
  const downloadBytes = rows * cols * RESULT_BYTES;
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
    missLog2: Math.min(...ks.map((each) => missLog2Of(computedAs, each, cols))),
    contributors: present.capacities.length,
    jobsRunning: present.jobsRunning,
    boundSeconds,
    expectedSeconds,
    uploadBytes: job.uploadBytes,
    downloadBytes,
    bytesPerSecond,
    transferSeconds,
    localMultiplyAddsPerSecond,
    localSeconds: (rows * cols * k) / localMultiplyAddsPerSecond,
  };
  return { ...view, warning: warningOf(view) };
}

/** The products that are computed: one, or an f32x job's parts, each over a K of its own. */
function partsOf({ dtype, k }: EstimatedJob): { computedAs: Dtype; ks: number[] } {
  if (dtype !== 'f32x') return { computedAs: dtype, ks: [k] };
  const layout = limbLayout(k);
  return { computedAs: 'i8', ks: DIAGONALS.map((diagonal) => diagonalK(layout, diagonal)) };
}

function boundedProduct(job: EstimatedJob): BoundedProduct {
  const { dtype, rows, cols, k, aSeeded, bSeeded } = job;
  const { computedAs, ks } = partsOf(job);
  const value = dtype === 'f32x' ? LIMBS : VALUE_BYTES[dtype];
  const cBytes = (ks.length * packedCellBytes(computedAs)) / (CELL * CELL);
  return { rows, cols, k, aBytes: aSeeded ? 0 : value, bBytes: bSeeded ? 0 : value, cBytes };
}

/** Why this is not worth sending, with the arithmetic; null when it is. */
function warningOf(view: Omit<EstimateView, 'warning'>): string | null {
  const { expectedSeconds, transferSeconds, localSeconds } = view;
  const seconds = (value: number): string => formatDuration(1000 * value);
  const local =
    `your own processor takes about ${seconds(localSeconds)} ` +
    `(${plain(view.rows * view.cols * view.k)} multiply-adds at ${plain(view.localMultiplyAddsPerSecond)} a second)`;
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
