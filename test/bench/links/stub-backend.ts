/**
 * A GPU that takes its time and computes nothing: a set number of multiply-adds a second, the page cache of the
 * real ones (only hashes; bytes are thrown away), and blocks of C that look like those of a real product.
 */
import { randomFillSync } from 'node:crypto';
import { type Clock, sleep } from '../../../src/core/clock.ts';
import { type Rng, seededRng } from '../../../src/core/rng.ts';
import type { BackendInfo, BackendStats, ShardShape } from '../../../src/gpu/backend.ts';
import type { Compute, Stop } from '../../../src/gpu/compute.ts';
import { splitMemory } from '../../../src/gpu/memory.ts';
import { PagedBackend } from '../../../src/gpu/paged-backend.ts';
import type { PagedRange } from '../../../src/gpu/plan.ts';
import { cellCount, repackCell } from '../../../src/gpu/repack.ts';
import { BLOCK_BYTES } from '../../../src/matrix/blocks.ts';
import { VALUE_BYTES } from '../../../src/matrix/dtype.ts';

export interface StubOptions {
  /** Multiply-adds a second. */
  readonly rate: number;
  /** What a visitor lets it have, bytes. */
  readonly memoryBytes: number;
  readonly clock: Clock;
  /** The "GPU" computed in this time, ms. */
  readonly onBusy?: (fromMs: number, toMs: number) => void;
  /** What C really is. @default blocks that look like those of some product */
  readonly answers?: Answers;
}

/** Knows products without computing them. */
export interface Answers {
  write(page: number, bytes: Uint8Array): void;
  /** Called while the pages are there. @returns pages of C, row-major by cell, when they are wanted */
  product(range: PagedRange): () => Uint8Array[];
}

/** The paged backend of the real devices over a stub; it passes its self-test, having nothing to test. */
export class StubBackend extends PagedBackend<Cells> {
  constructor(options: StubOptions) {
    super(new StubCompute(options), { clock: options.clock });
  }

  override async selfTest(): Promise<void> {}
}

interface Cells {
  readonly count: number;
  pages?: () => Uint8Array[];
}

const KERNEL = 'stub';
/** Blocks of C that others are made from. */
const POOL = 4;

class StubCompute implements Compute<Cells> {
  readonly info: Omit<BackendInfo, 'kernels'> = { kind: 'cpu', adapter: KERNEL, fallback: false };
  readonly pageCount: number;
  readonly resultBudget: number;
  readonly #options: StubOptions;
  readonly #pools = new Map<number, Uint8Array[]>();
  /** When it will have done all that it was asked for. */
  #freeMs = 0;
  #busyMs = 0;

  constructor(options: StubOptions) {
    const { operands, results } = splitMemory(options.memoryBytes);
    this.pageCount = operands;
    this.resultBudget = results * BLOCK_BYTES;
    this.#options = options;
  }

  candidates(): readonly string[] {
    return [KERNEL];
  }

  async load(): Promise<void> {}

  async lap(): Promise<number> {
    return this.#options.rate;
  }

  write(page: number, bytes: Uint8Array): void {
    this.#options.answers?.write(page, bytes);
  }

  async allocate(shape: ShardShape): Promise<Cells> {
    return { count: cellCount(shape) };
  }

  free(): void {}

  async multiply(cells: Cells, _kernel: string, range: PagedRange, stop: Stop): Promise<number> {
    stop.proceed();
    const { clock, rate, onBusy, answers } = this.#options;
    if (answers) cells.pages = answers.product(range);
    const values = range.rowBytes.reduce((sum, bytes) => sum + bytes / VALUE_BYTES[range.dtype], 0);
    const ms = (range.rows * range.cols * values * 1000) / rate;
    const from = Math.max(clock.now(), this.#freeMs);
    this.#freeMs = from + ms;
    this.#busyMs += ms;
    await sleep(clock, Math.max(0, this.#freeMs - clock.now()), stop.signal).catch(() => {}); // proceed tells why
    stop.proceed();
    onBusy?.(from, from + ms);
    return ms;
  }

  async read({ count, pages }: Cells, shape: ShardShape): Promise<Uint8Array[]> {
    if (pages) return pages().map((page, at) => repackCell(shape, at, page));
    const pool = this.#pools.get(shape.k) ?? resultBlocks(shape.k, POOL);
    this.#pools.set(shape.k, pool);
    return Array.from({ length: count }, (_, at) => repackCell(shape, at, likeness(pool[at % POOL]!)));
  }

  timings(): Pick<BackendStats, 'longestSliceMs' | 'rates' | 'busyMs' | 'intensity'> {
    const { rate } = this.#options;
    const rates = { i8: rate, f16: rate, f32: rate };
    return { longestSliceMs: 0, busyMs: this.#busyMs, rates, intensity: 1 };
  }

  setIntensity(): void {}

  setPaused(): void {}

  destroy(): void {}
}

/** Standard deviation of a uniform int8. */
const SIGMA_INT8 = Math.sqrt((256 ** 2 - 1) / 12);

/** Blocks of C = A·Bᵀ for uniform int8 operands: sums of K products, so Gaussian. */
export function resultBlocks(k: number, count: number, rng: Rng = seededRng(k)): Uint8Array[] {
  const sigma = Math.sqrt(k) * SIGMA_INT8 ** 2;
  // Box–Muller; 1 − u is never 0.
  const gaussian = (): number =>
    Math.sqrt(-2 * Math.log(1 - rng.float())) * Math.cos(2 * Math.PI * rng.float()) * sigma;
  return Array.from(
    { length: count },
    () => new Uint8Array(Int32Array.from({ length: BLOCK_BYTES / 4 }, gaussian).buffer),
  );
}

/** Another block of this kind: low bytes of a few entries are changed, so that it has a hash of its own. */
function likeness(block: Uint8Array): Uint8Array {
  const copy = new Uint8Array(block);
  const low = randomFillSync(new Uint8Array(16));
  for (const [i, byte] of low.entries()) copy[i * 4] = byte;
  return copy;
}
