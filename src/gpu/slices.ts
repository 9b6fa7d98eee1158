/**
 * How much one dispatch does. A driver kills a dispatch after about 2 s and a desktop stutters long
 * before that, so work is cut by measured speed. Pure: no device, no clock.
 */

export const TARGET_SLICE_MS = 35;
export const MAX_SLICE_MS = 100;
/** Multiply-adds of the first slice: about 10 ms on a software adapter, nothing on a GPU. */
export const FIRST_SLICE_WORK = 4 * 1024 * 1024;
const GROWTH = 4;
/** Clocks tick in whole milliseconds: measure at least this long before believing a speed. */
const MIN_SAMPLE_MS = 3;
/** Weight of a new sample that is faster; a slower one counts at once when its slice was too long. */
const NEW_SAMPLE_WEIGHT = 0.5;

/** maxComputeWorkgroupsPerDimension that every WebGPU device has. */
export const MAX_TILES = 65_535;
/** Tiles that keep a large GPU busy: below this, a slice rather spans fewer k-blocks. */
const WIDE_TILES = 512;

/** The speed of one kernel, and the size of its next slice. Work is in multiply-adds. */
export class Pace {
  readonly #targetMs: number;
  #rate = 0;
  #limit = FIRST_SLICE_WORK;
  #sampleWork = 0;
  #sampleMs = 0;

  /** @param share of the usual length of a slice: less on a device that was lost before. */
  constructor(share = 1) {
    this.#targetMs = TARGET_SLICE_MS * share;
  }

  /** Multiply-adds per second; 0 before it is known. */
  get rate(): number {
    return this.#rate;
  }

  /** Work of the next slice: predicted at TARGET_SLICE_MS, and at most four times a slice that went well. */
  get budget(): number {
    if (this.#rate === 0) return this.#limit;
    return Math.min(this.#limit, (this.#rate * this.#targetMs) / 1000);
  }

  /** A slice of `work` multiply-adds took `ms`, from the later of its submission and the end of the one before. */
  observe(work: number, ms: number): void {
    // Completions that arrive together (a browser that polls) make one long and one instant slice of two
    // equal ones, so samples are summed until they are long enough to tell something.
    this.#sampleWork += work;
    this.#sampleMs += ms;
    if (ms > MAX_SLICE_MS) {
      this.#limit = Math.max(1, work / GROWTH);
      this.#sample(true);
      return;
    }
    this.#limit = Math.max(this.#limit, GROWTH * work);
    if (this.#sampleMs >= MIN_SAMPLE_MS) this.#sample(false);
  }

  #sample(atOnce: boolean): void {
    const rate = (this.#sampleWork * 1000) / this.#sampleMs;
    this.#sampleWork = 0;
    this.#sampleMs = 0;
    if (this.#rate === 0) this.#rate = rate;
    else if (atOnce) this.#rate = Math.min(rate, this.#rate);
    else this.#rate += NEW_SAMPLE_WEIGHT * (rate - this.#rate);
  }
}

/** Tiles [tileFrom, tileTo) over k-block pairs [pairFrom, pairTo). */
export interface Slice {
  readonly tileFrom: number;
  readonly tileTo: number;
  readonly pairFrom: number;
  readonly pairTo: number;
}

/**
 * Cuts a plane of `tiles × pairs` units into slices, each as large as the budget of its moment allows and
 * never smaller than one tile over one pair; together they cover every unit exactly once.
 */
export class SliceCutter {
  readonly #unitWork: number;
  readonly #left: Slice[] = [];

  /** @param unitWork multiply-adds of one tile over one pair. */
  constructor(tiles: number, pairs: number, unitWork: number) {
    this.#unitWork = unitWork;
    if (tiles > 0 && pairs > 0) this.#left.push({ tileFrom: 0, tileTo: tiles, pairFrom: 0, pairTo: pairs });
  }

  get done(): boolean {
    return this.#left.length === 0;
  }

  /** The next slice of at most `budget` multiply-adds, or undefined when all is covered. */
  next(budget: number): Slice | undefined {
    const rest = this.#left.pop();
    if (!rest) return undefined;
    const units = Math.max(1, Math.floor(budget / this.#unitWork));
    const { tileFrom, tileTo, pairFrom, pairTo } = rest;
    const depth = pairTo - pairFrom;
    const tiles = Math.min(tileTo - tileFrom, MAX_TILES);
    // Whole depth keeps C in registers longest; a narrow dispatch leaves most of a GPU idle.
    let width = Math.min(tiles, Math.floor(units / depth));
    if (width < Math.min(tiles, WIDE_TILES)) width = Math.min(tiles, WIDE_TILES, units);
    const reach = Math.min(depth, Math.floor(units / width));

    if (tileFrom + width < tileTo) this.#left.push({ ...rest, tileFrom: tileFrom + width });
    if (reach < depth) {
      this.#left.push({ tileFrom, tileTo: tileFrom + width, pairFrom: pairFrom + reach, pairTo });
    }
    return { tileFrom, tileTo: tileFrom + width, pairFrom, pairTo: pairFrom + reach };
  }
}
