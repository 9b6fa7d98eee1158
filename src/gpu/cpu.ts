/**
 * The Backend in plain TypeScript: the reference that the GPU is compared with, and the double that tests
 * compute on. Slow; yields to the event loop between slices so that a stop is heard.
 */
import { Semaphore } from '../core/async.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { ceilDiv } from '../core/bytes.ts';
import { BLOCK_BYTES, CELL } from '../matrix/blocks.ts';
import { type Dtype, VALUE_BYTES } from '../matrix/dtype.ts';
import { halvesToFloats } from '../matrix/half.ts';
import type { Backend, BackendInfo, ShardShape } from './backend.ts';
import type { Compute, Stop } from './compute.ts';
import { Duty } from './duty.ts';
import { PagedBackend } from './paged-backend.ts';
import { type MemorySplit, splitMemory } from './memory.ts';
import type { PagedRange } from './plan.ts';
import { cellCount, repackCell, unpackCell } from './repack.ts';
import { Pace } from './slices.ts';

export interface CpuOptions {
  readonly memoryBytes: number;
  readonly clock: Clock;
}

export function createCpuBackend({ memoryBytes, clock }: CpuOptions): Backend {
  return new PagedBackend(new CpuCompute(splitMemory(memoryBytes), clock), { clock });
}

/** One page a cell, 256 × 256 row-major, as the kernels leave it. */
type Cells = readonly (Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>)[];
type Values = Int8Array | Float32Array;

/** Rows of a cell between two looks at the clock: about 5 ms over a full k-block. */
const CHUNK_ROWS = 16;
const KERNEL = 'cpu';

class CpuCompute implements Compute<Cells> {
  readonly info: Omit<BackendInfo, 'kernels'> = {
    kind: 'cpu',
    adapter: 'cpu',
    fallback: true,
  };
  readonly pageCount: number;
  readonly resultBudget: number;
  readonly #clock: Clock;
  readonly #pages: Uint8Array<ArrayBuffer>[] = [];
  readonly #paces: Record<Dtype, Pace> = { i8: new Pace(), f16: new Pace(), f32: new Pace() };
  /** One product at a time: two at once would blur each other's timing. */
  readonly #turn = new Semaphore(1);
  readonly #duty: Duty;
  #longestSliceMs = 0;
  #busyMs = 0;

  constructor(pages: MemorySplit, clock: Clock) {
    this.pageCount = pages.operands;
    this.resultBudget = pages.results * BLOCK_BYTES;
    this.#clock = clock;
    this.#duty = new Duty(clock);
  }

  candidates(): readonly string[] {
    return [KERNEL];
  }

  async load(): Promise<void> {}

  /** One kernel races with nobody. */
  async lap(): Promise<number> {
    return 0;
  }

  write(page: number, bytes: Uint8Array): void {
    this.#pages[page] = new Uint8Array(bytes);
  }

  async allocate(shape: ShardShape, start?: readonly Uint8Array[]): Promise<Cells> {
    const values = CELL * CELL;
    const make = (): Cells[number] =>
      shape.dtype === 'i8' ? new Int32Array(values) : new Float32Array(values);
    const cells = Array.from({ length: cellCount(shape) }, make);
    for (const [at, block] of (start ?? []).entries()) {
      new Uint8Array(cells[at]!.buffer).set(unpackCell(shape, at, block));
    }
    return cells;
  }

  free(): void {}

  async multiply(result: Cells, _kernel: string, range: PagedRange, stop: Stop): Promise<number> {
    const release = await this.#turn.acquire(1, stop.signal).catch((error: unknown) => {
      stop.proceed(); // tells why
      throw error;
    });
    try {
      return await this.#run(result, range, stop);
    } finally {
      release();
    }
  }

  async #run(result: Cells, range: PagedRange, { proceed, signal }: Stop): Promise<number> {
    await this.#duty.turn(signal).catch(() => {}); // proceed tells why
    proceed();
    const pace = this.#paces[range.dtype];
    let started = this.#clock.now();
    let work = 0;
    let total = 0;
    const measure = (): void => {
      const ms = this.#clock.now() - started;
      this.#longestSliceMs = Math.max(this.#longestSliceMs, ms);
      this.#busyMs += ms;
      total += ms;
      pace.observe(work, ms);
      this.#duty.spent(ms);
    };
    for (const done of this.#chunks(result, range)) {
      work += done;
      if (work < pace.budget) continue;
      measure();
      await sleep(this.#clock, 0);
      await this.#duty.turn(signal).catch(() => {}); // proceed tells why
      proceed();
      started = this.#clock.now();
      work = 0;
    }
    if (work > 0) measure();
    return total;
  }

  /** Computes a few rows at a time and yields their multiply-adds. */
  *#chunks(result: Cells, range: PagedRange): Generator<number> {
    const { dtype } = range;
    const colCells = ceilDiv(range.cols, CELL);
    for (const [at, cell] of result.entries()) {
      const row = Math.floor(at / colCells);
      const col = at % colCells;
      const rows = Math.min(CELL, range.rows - row * CELL);
      const cols = Math.min(CELL, range.cols - col * CELL);
      for (const [kb, bytes] of range.rowBytes.entries()) {
        const width = bytes / VALUE_BYTES[dtype];
        const a = valuesOf(dtype, this.#pages[range.a[kb]![row]!]!);
        const b = valuesOf(dtype, this.#pages[range.b[kb]![col]!]!);
        for (let from = 0; from < rows; from += CHUNK_ROWS) {
          const to = Math.min(rows, from + CHUNK_ROWS);
          addProduct(cell, a, b, { from, to, cols, width });
          yield (to - from) * cols * width;
        }
      }
    }
  }

  async read(result: Cells, shape: ShardShape): Promise<Uint8Array[]> {
    return result.map((cell, at) => repackCell(shape, at, new Uint8Array(cell.buffer)));
  }

  timings(): ReturnType<Compute<Cells>['timings']> {
    const { i8, f16, f32 } = this.#paces;
    const rates = { i8: i8.rate, f16: f16.rate, f32: f32.rate };
    return { longestSliceMs: this.#longestSliceMs, busyMs: this.#busyMs, rates, intensity: this.#duty.share };
  }

  setIntensity(share: number): void {
    this.#duty.share = share;
  }

  setPaused(paused: boolean): void {
    this.#duty.paused = paused;
  }

  destroy(): void {
    this.#duty.paused = false;
    this.#pages.length = 0;
  }
}

function valuesOf(dtype: Dtype, page: Uint8Array<ArrayBuffer>): Values {
  if (dtype === 'i8') return new Int8Array(page.buffer);
  return dtype === 'f32' ? new Float32Array(page.buffer) : halvesToFloats(new Uint16Array(page.buffer));
}

interface Part {
  /** Rows [from, to) of the cell. */
  readonly from: number;
  readonly to: number;
  readonly cols: number;
  /** Values in a row of both operands. */
  readonly width: number;
}

/** C += A·Bᵀ: sums over a block in float64 (exact for i8), rounded once when added to C. */
function addProduct(cell: Cells[number], a: Values, b: Values, { from, to, cols, width }: Part): void {
  for (let i = from; i < to; i++) {
    const row = a.subarray(i * width, (i + 1) * width);
    for (let j = 0; j < cols; j++) {
      const at = j * width;
      let sum = 0;
      for (let k = 0; k < width; k++) sum += row[k]! * b[at + k]!;
      cell[i * CELL + j]! += sum;
    }
  }
}
