/** The verification threads, and each job's secrets: r per column block, and Bᵀr made once from it. */
import { Piscina } from 'piscina';
import type { Rng } from '../core/rng.ts';
import { CELL, rowsIn } from '../matrix/blocks.ts';
import type { FetchBytes, Hash, Manifest } from '../matrix/manifest.ts';
import { stripHashes } from '../matrix/read.ts';
import type { Dtype } from '../matrix/dtype.ts';
import type { Projection } from '../verify/column.ts';
import type { VerifyParams } from '../verify/params.ts';
import type { Verdict } from '../verify/result.ts';
import { drawColumn, missBound, paramsFor } from '../verify/strip.ts';
import { MAX_LEASE_SIDE } from './rectangle.ts';
import type { VerifyTask } from './verify-thread.ts';

export class VerifyPool {
  readonly #piscina: Piscina<VerifyTask, Projection | Verdict>;

  constructor(blocksDir: string, threads: number) {
    this.#piscina = new Piscina({
      filename: new URL('./verify-thread.ts', import.meta.url).href,
      workerData: { blocksDir },
      minThreads: 1,
      maxThreads: threads,
      idleTimeout: 30_000,
    });
  }

  run(task: VerifyTask): Promise<Projection | Verdict> {
    return this.#piscina.run(task);
  }

  close(): Promise<void> {
    return this.#piscina.destroy();
  }
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
  #columns = new Map<number, Column>();

  constructor(pool: VerifyPool, rng: Rng, a: Manifest, b: Manifest, fetch: FetchBytes) {
    this.#pool = pool;
    this.#rng = rng;
    this.#a = a;
    this.#b = b;
    this.#fetch = fetch;
    this.params = paramsFor(a.dtype as Dtype, a.cols, Math.min(b.rows, MAX_LEASE_SIDE * CELL));
    const bytes = (this.params.rounds + 1) * a.cols * Float64Array.BYTES_PER_ELEMENT;
    this.#columnsKept = Math.max(MAX_LEASE_SIDE, Math.floor(PROJECTION_BYTES / bytes));
  }

  get missLog2(): number {
    return -missBound(this.params);
  }

  /** New r for every column: after a rejection, what an attacker may have learnt is worthless. */
  rotate(): void {
    this.#columns = new Map();
  }

  /** Checks one strip: C blocks of row-block `row`, columns from column block `firstCol` on. */
  async check(row: number, firstCol: number, cBlocks: readonly Uint8Array[]): Promise<Verdict> {
    const columns = this.#columns;
    const found = cBlocks.map((_, i) => this.#column(columns, firstCol + i));
    const ready = await Promise.all(
      found.map(async ({ cols, r, projection }, i) => ({ cols, r, cBlock: cBlocks[i]!, ...(await projection) })),
    );
    return (await this.#pool.run({
      kind: 'check',
      dtype: this.#a.dtype as Dtype,
      k: this.#a.cols,
      params: this.params,
      rows: rowsIn(this.#a, row),
      blocks: await stripHashes(this.#a, row, this.#fetch),
      columns: ready,
    })) as Verdict;
  }

  #column(columns: Map<number, Column>, col: number): Column {
    const known = columns.get(col);
    if (known) return known;
    const cols = rowsIn(this.#b, col);
    const r = drawColumn(this.#b.dtype as Dtype, this.#rng, cols, this.params);
    const column: Column = { cols, r, projection: this.#project(col, cols, r) };
    column.projection.catch(() => columns.delete(col));
    columns.set(col, column);
    if (columns.size > this.#columnsKept) columns.delete(columns.keys().next().value!);
    return column;
  }

  async #project(col: number, cols: number, r: Float64Array): Promise<Projection> {
    const blocks: Hash[] = await stripHashes(this.#b, col, this.#fetch);
    const { dtype, cols: k } = this.#b;
    return (await this.#pool.run({ kind: 'project', dtype: dtype as Dtype, k, params: this.params, cols, r, blocks })) as Projection;
  }
}
