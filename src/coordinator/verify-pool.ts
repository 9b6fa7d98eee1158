/** The verification threads, and each job's secrets: r per column block, and Bᵀr made once from it. */
import { Piscina } from 'piscina';
import type { Logger } from '../core/logger.ts';
import type { Rng } from '../core/rng.ts';
import { CELL, rowsIn } from '../matrix/blocks.ts';
import type { FetchBytes, Hash, Manifest } from '../matrix/manifest.ts';
import { stripHashes } from '../matrix/read.ts';
import { isSeeded } from '../matrix/seeded.ts';
import type { Dtype } from '../matrix/dtype.ts';
import type { Projection } from '../verify/column.ts';
import { type VerifyParams, narrow } from '../verify/params.ts';
import type { Verdict } from '../verify/result.ts';
import { type StripColumn, drawColumn, missBound, paramsFor } from '../verify/strip.ts';
import type { Rect } from './grid.ts';
import { leaseSide } from './rectangle.ts';
import type { RecomputeTask, VerifyTask } from './verify-thread.ts';

export interface PoolLoad {
  readonly threads: number;
  readonly waiting: number;
  readonly done: number;
  /** Share of the threads' time since the start, 0…1. */
  readonly busy: number;
}

export class VerifyPool {
  readonly #piscina: Piscina<VerifyTask, Projection | Verdict>;
  readonly #took: (kind: VerifyTask['kind'], seconds: number) => void;

  /** @param took - told of every task, its wait for a thread included */
  constructor(
    blocks: string,
    threads: number,
    log: Logger,
    took: (kind: VerifyTask['kind'], seconds: number) => void = () => {},
  ) {
    this.#took = took;
    this.#piscina = new Piscina({
      filename: new URL('./verify-thread.ts', import.meta.url).href,
      workerData: { blocks },
      minThreads: 1,
      maxThreads: threads,
      idleTimeout: 30_000,
    });
    // A thread that dies between tasks; one that dies within a task rejects that task.
    this.#piscina.on('error', (error: Error) => {
      log.error({ error: error.message, stack: error.stack }, 'a verification thread failed');
    });
  }

  async run(task: VerifyTask): Promise<Projection | Verdict> {
    const startedMs = performance.now();
    try {
      return await this.#piscina.run(task);
    } finally {
      this.#took(task.kind, (performance.now() - startedMs) / 1000);
    }
  }

  get load(): PoolLoad {
    const { threads, queueSize, completed, utilization } = this.#piscina;
    return { threads: threads.length, waiting: queueSize, done: completed, busy: utilization };
  }

  close(): Promise<void> {
    return this.#piscina.destroy();
  }
}

/** A job's S and T. @throws AppError 'k-too-large' for what cannot be checked. */
export function jobParams(dtype: Dtype, k: number, cols: number): VerifyParams {
  return paramsFor(dtype, k, Math.min(cols, leaseSide(k) * CELL));
}

/** A wrong number of such a job passes with probability at most 2^−missLog2. */
export function missLog2Of(dtype: Dtype, k: number, cols: number): number {
  return -missBound(jobParams(dtype, k, cols));
}

interface Column {
  readonly cols: number;
  readonly r: Float64Array;
  readonly projection: Promise<Projection>;
}

/** Bytes of one job's projections kept in memory; the oldest are made again when needed. */
const PROJECTION_BYTES = 256 * 1024 * 1024;

/** What checking one job's strips needs. r is secret, never leaves this process, and rotates. */
export class JobSecrets {
  readonly params: VerifyParams;
  readonly #pool: VerifyPool;
  readonly #rng: Rng;
  readonly #a: Manifest;
  readonly #b: Manifest;
  readonly #fetch: FetchBytes;
  readonly #columnsKept: number;
  readonly #columns = new Map<number, Column>();

  constructor(pool: VerifyPool, rng: Rng, a: Manifest, b: Manifest, fetch: FetchBytes) {
    this.#pool = pool;
    this.#rng = rng;
    this.#a = a;
    this.#b = b;
    this.#fetch = fetch;
    this.params = jobParams(a.dtype as Dtype, a.cols, b.rows);
    const bytes = (this.params.rounds + 1) * a.cols * Float64Array.BYTES_PER_ELEMENT;
    this.#columnsKept = Math.max(leaseSide(a.cols), Math.floor(PROJECTION_BYTES / bytes));
  }

  get missLog2(): number {
    return -missBound(this.params);
  }

  /**
   * New r for the column blocks of a rejected result: what an attacker may have learnt is worthless then. Of
   * other columns a rejection says nothing, and making all of their projections again would cost the
   * coordinator far more than the lie cost the liar.
   */
  rotate({ col, cols }: Pick<Rect, 'col' | 'cols'>): void {
    for (let at = col; at < col + cols; at++) this.#columns.delete(at);
  }

  /** Checks one strip: C blocks of row-block `row`, columns from column block `firstCol` on. */
  async check(row: number, firstCol: number, cBlocks: readonly Uint8Array[]): Promise<Verdict> {
    const dtype = this.#a.dtype as Dtype;
    const strip = {
      dtype,
      k: this.#a.cols,
      rows: rowsIn(this.#a, row),
      blocks: await stripHashes(this.#a, row, this.#fetch),
    };
    const width = cBlocks.reduce((sum, _, i) => sum + rowsIn(this.#b, firstCol + i), 0);
    const task = narrow(width, this.params.rounds)
      ? { ...strip, kind: 'recompute' as const, columns: await this.#recomputed(firstCol, cBlocks) }
      : {
          ...strip,
          kind: 'check' as const,
          params: this.params,
          columns: await this.#projected(firstCol, cBlocks),
        };
    return (await this.#pool.run(task)) as Verdict;
  }

  /** The first block of the rectangle's operand strips that `has` does not know, if any. */
  async missingBlock(rect: Rect, has: (hash: Hash) => Promise<boolean>): Promise<Hash | undefined> {
    const strips = [
      ...Array.from({ length: rect.rows }, (_, i) => [this.#a, rect.row + i] as const),
      ...Array.from({ length: rect.cols }, (_, i) => [this.#b, rect.col + i] as const),
    ];
    for (const [operand, strip] of strips) {
      if (isSeeded(operand)) continue;
      for (const hash of await stripHashes(operand, strip, this.#fetch)) if (!(await has(hash))) return hash;
    }
    return undefined;
  }

  #recomputed(firstCol: number, cBlocks: readonly Uint8Array[]): Promise<RecomputeTask['columns']> {
    return Promise.all(
      cBlocks.map(async (cBlock, i) => ({
        cols: rowsIn(this.#b, firstCol + i),
        cBlock,
        bBlocks: await stripHashes(this.#b, firstCol + i, this.#fetch),
      })),
    );
  }

  #projected(firstCol: number, cBlocks: readonly Uint8Array[]): Promise<StripColumn[]> {
    const found = cBlocks.map((_, i) => this.#column(firstCol + i));
    return Promise.all(
      found.map(async ({ cols, r, projection }, i) => ({
        cols,
        r,
        cBlock: cBlocks[i]!,
        ...(await projection),
      })),
    );
  }

  #column(col: number): Column {
    const columns = this.#columns;
    const known = columns.get(col);
    if (known) return known;
    const cols = rowsIn(this.#b, col);
    const r = drawColumn(this.#b.dtype as Dtype, this.#rng, cols, this.params);
    const column: Column = { cols, r, projection: this.#project(col, cols, r) };
    column.projection.catch(() => {
      if (columns.get(col) === column) columns.delete(col);
    });
    columns.set(col, column);
    if (columns.size > this.#columnsKept) columns.delete(columns.keys().next().value!);
    return column;
  }

  async #project(col: number, cols: number, r: Float64Array): Promise<Projection> {
    const blocks: Hash[] = await stripHashes(this.#b, col, this.#fetch);
    const { dtype, cols: k } = this.#b;
    return (await this.#pool.run({
      kind: 'project',
      dtype: dtype as Dtype,
      k,
      params: this.params,
      cols,
      r,
      blocks,
    })) as Projection;
  }
}
