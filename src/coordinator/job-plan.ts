/**
 * One job's C among those who compute it: territories in proportion to what each could do at best (core/bound.ts),
 * and the next rectangle of one contributor in its own. Pure.
 */
import {
  type BoundedProduct,
  type Capacity,
  areaWithin,
  limitWithin,
  productBound,
  secondsFor,
} from '../core/bound.ts';
import { BLOCK_BYTES, BLOCK_ROWS, CELL, colBlocks, rowBlocks } from '../matrix/blocks.ts';
import { type Dtype, RESULT_DTYPE, VALUE_BYTES } from '../matrix/dtype.ts';
import type { Contributor } from './contributor.ts';
import { type Grid, type Rect, rectArea } from './grid.ts';
import { type Choice, type ShardCost, chooseRect, secondsOf, withoutHeld } from './rectangle.ts';
import { Speeds } from './speeds.ts';
import { Territories, type Worker } from './territories.ts';
import type { JobSpec } from './work.ts';

/**
 * Of its slowest resource, so that it takes 5 s and more from its issue to its receipt (DESIGN §6) with those that
 * are in flight beside it: the shorter, the better down link, GPU and up link overlap.
 */
const LEASE_SECONDS = 3;
/** While somebody is new. */
const SHORT_LEASE_SECONDS = 2;
/** At the end leases become shorter, a quarter of what is left: of the last one, the upload overlaps with nothing. */
const LEAST_LEASE_SECONDS = 1;
const PART_OF_WHAT_IS_LEFT = 1 / 4;
/** Of the whole, what must belong to others by now before all is shared out anew. */
const DRIFT = 0.15;
/** A speed that turned out so much different counts as changed. */
const CHANGE = 0.25;
/** New territories cost strips: not for the last part of a job, where whoever is done helps the slowest. */
const SHARED_ANEW_WHILE_OPEN = 0.3;
/** Near the end a lease goes to whoever is quick: not to one that takes so much longer for it than the quickest. */
const SLOWER = 1.1;
/** i32 results take 20 to 24 bits an entry packed. */
const FIRST_CELL_BYTES = {
  i32: (BLOCK_BYTES * 24) / 32,
  f32: BLOCK_BYTES,
  i8: BLOCK_BYTES,
  f16: BLOCK_BYTES,
};
const SMOOTHING = 0.2;

/** Bytes of a full cell of such a product on the wire, before any has been seen. */
export function packedCellBytes(dtype: Dtype): number {
  return FIRST_CELL_BYTES[RESULT_DTYPE[dtype]];
}

export interface JobBound {
  /** When the first lease was given. */
  readonly startedMs: number;
  readonly seconds: number;
  readonly bytes: number;
}

type Busy = (peer: string) => number;

export class JobPlan {
  readonly spec: JobSpec;
  readonly #territories: Territories;
  readonly #kBlocks: number;
  readonly #rowBytes: number;
  readonly #colBytes: number;
  #cellBytes: number;
  /** Cells a second of each when the territories were shared out, and now. */
  #shared: Speeds | undefined;
  #speeds = new Speeds();
  #quickest: Contributor | undefined;
  #startedMs: number | undefined;
  readonly #took = new Map<string, Capacity>();
  #changed = true;
  /** Leases since it was last looked at whether the territories still suit. */
  #leases = 0;
  /** What the bound says the rest takes: speeds are those over such a time. */
  #seconds = 60;

  /** Some of it was verified at another coordinator, of whose contributors this one knows nothing. */
  #isPartial = false;

  constructor(spec: JobSpec, verified: readonly Rect[]) {
    this.spec = spec;
    this.#kBlocks = colBlocks({ dtype: spec.dtype, rows: 1, cols: spec.k });
    const strip = BLOCK_ROWS * spec.k * VALUE_BYTES[spec.dtype];
    this.#rowBytes = spec.seeded?.a ? 0 : strip;
    this.#colBytes = spec.seeded?.b ? 0 : strip;
    this.#cellBytes = packedCellBytes(spec.dtype);
    const cols = Math.ceil(spec.cols / BLOCK_ROWS);
    this.#territories = new Territories(rowBlocks(spec), cols, { row: this.#rowBytes, col: this.#colBytes });
    for (const rect of verified) this.grid.verify(rect);
  }

  /** What strips and places are known by: parts of one job share them. */
  get #strips(): { readonly job: string; readonly a: string; readonly b: string } {
    const { id, a, b, kin } = this.spec;
    return kin ?? { job: id, a, b };
  }

  get grid(): Grid {
    return this.#territories.grid;
  }

  /**
   * What one contributor should compute next, or undefined when nothing is open or others will have done it first.
   * @param busy - seconds of what a contributor has in flight; 0 for one that does not work
   * @param sharers - all that could take part
   */
  next(contributor: Contributor, busy: Busy, sharers: () => Iterable<Contributor>): Choice | undefined {
    if (this.grid.openCells === 0) return undefined;
    this.#take(contributor);
    if (this.#isOutdated()) this.#review(Array.from(sharers()));
    const worker = this.#workerOf(contributor);
    const territory = this.#territories.of(worker, busy);
    if (!territory) return undefined;
    const left = (territory.open / worker.speed) * PART_OF_WHAT_IS_LEFT;
    const most = contributor.isNew ? SHORT_LEASE_SECONDS : LEASE_SECONDS;
    const choice = chooseRect(this.grid, this.costFor(contributor), {
      territory: territory.rect,
      speed: contributor.capacity(this.spec.dtype),
      room: contributor.room,
      seconds: Math.max(LEAST_LEASE_SECONDS, Math.min(most, left)),
    });
    if (!choice || this.#othersAreSooner(contributor, choice.rect, busy)) return undefined;
    this.#leases += 1;
    return choice;
  }

  /** Seconds until this contributor could hand the rectangle in, if it has nothing else to do. */
  secondsFor(contributor: Contributor, rect: Rect): number {
    return sum(secondsOf(rect, this.costFor(contributor), contributor.capacity(this.spec.dtype)));
  }

  costFor({ holdings }: Contributor): ShardCost {
    const { k } = this.spec;
    const { a, b } = this.#strips;
    return {
      k,
      rowBytes: this.#rowBytes,
      colBytes: this.#colBytes,
      cellBytes: this.#cellBytes,
      symmetric: a === b,
      heldRow: (row) => holdings.has(a, row),
      heldCol: (col) => holdings.has(b, col),
    };
  }

  /** A rectangle is this contributor's: its strips will be there. */
  leased({ holdings, last }: Contributor, rect: Rect, now: number): void {
    const { job, a, b } = this.#strips;
    this.#startedMs ??= now;
    this.grid.lease(rect);
    last.set(job, rect);
    for (let row = rect.row; row < rect.row + rect.rows; row++) {
      if (this.#rowBytes > 0) holdings.add(a, row, this.#kBlocks);
    }
    for (let col = rect.col; col < rect.col + rect.cols; col++) {
      if (this.#colBytes > 0) holdings.add(b, col, this.#kBlocks);
    }
  }

  /** These parts are this coordinator's to lease out; undefined: all of it. True when there is more to do than before. */
  confine(ours: readonly Rect[] | undefined): boolean {
    const before = this.grid.openCells;
    this.grid.confine(ours);
    const after = this.grid.openCells;
    if (Math.abs(after - before) > DRIFT * Math.max(before, after)) {
      this.#shared = undefined;
      this.#changed = true;
    }
    return after > before;
  }

  verifiedElsewhere(rect: Rect): void {
    this.#isPartial = true;
    this.grid.verify(rect);
  }

  /** Cells a second that a contributor would do of this job. */
  speedOf(contributor: Contributor): number {
    return this.#workerOf(contributor).speed;
  }

  left(peer: string): void {
    if (this.#speeds.delete(peer)) this.#changed = true;
    this.#territories.left(peer);
  }

  /** @param packed - how much smaller the result travelled than it is: 0…1 */
  delivered(contributor: Contributor, packed: number): void {
    this.#cellBytes += SMOOTHING * (packed * BLOCK_BYTES - this.#cellBytes);
    this.#took.set(contributor.peer, contributor.capacity(this.spec.dtype));
  }

  /** Of what is verified, for those who took part as they were last measured; undefined where not all are known. */
  bound(): JobBound | undefined {
    if (this.#startedMs === undefined || this.#took.size === 0 || this.#isPartial) return undefined;
    const { seconds, bytes } = productBound(
      this.bounded(this.grid.verifiedCells),
      Array.from(this.#took.values()),
    );
    return { startedMs: this.#startedMs, seconds, bytes };
  }

  /** This job with so many cells, as the bound sees it. */
  bounded(cells = this.grid.rows * this.grid.cols): BoundedProduct {
    const { rows, cols, k } = this.spec;
    const shrunk = Math.sqrt(cells / (this.grid.rows * this.grid.cols));
    return {
      rows: rows * shrunk,
      cols: cols * shrunk,
      k,
      aBytes: this.#rowBytes / (BLOCK_ROWS * k),
      bBytes: this.#colBytes / (BLOCK_ROWS * k),
      cBytes: this.#cellBytes / (CELL * CELL),
    };
  }

  /** Something new is known of this contributor, while it has work enough. */
  notice(contributor: Contributor): void {
    if (this.#speeds.get(contributor.peer) !== undefined) this.#take(contributor);
  }

  #take(contributor: Contributor): void {
    const { peer } = contributor;
    const { speed } = this.#workerOf(contributor);
    const known = this.#speeds.get(peer);
    if (known !== undefined && Math.abs(speed - known) < CHANGE * known) return;
    if (known !== undefined && !this.#isMeasured(contributor)) return;
    this.#speeds.set(peer, speed);
    this.#changed = true;
  }

  /** The quickest, once all have done what is open, would be done with this rectangle before this contributor. */
  #othersAreSooner(contributor: Contributor, rect: Rect, busy: Busy): boolean {
    // Somebody who does not work now will not come for it either.
    if (!this.#quickest || busy(this.#quickest.peer) === 0) return false;
    const rest = this.grid.openCells / this.#speeds.total;
    const cold = withoutHeld(this.costFor(contributor));
    const quickest = rest + sum(secondsOf(rect, cold, this.#quickest.capacity(this.spec.dtype)));
    return (
      busy(contributor.peer) + this.secondsFor(contributor, rect) > SLOWER * quickest + SHORT_LEASE_SECONDS
    );
  }

  #isOutdated(): boolean {
    return this.#changed && (this.#shared === undefined || 4 * this.#leases >= this.#speeds.size);
  }

  /** Looks at everybody's speed again, and shares out anew where that moves enough. */
  #review(able: readonly Contributor[]): void {
    const capacities = able.map((each) => each.capacity(this.spec.dtype));
    this.#seconds = productBound(this.bounded(this.grid.openCells), capacities).seconds;
    const workers = able.map((each) => ({ ...this.#workerOf(each), centre: this.#centreOf(each) }));
    this.#speeds = new Speeds();
    for (const { peer, speed } of workers) this.#speeds.set(peer, speed);
    const best = workers.reduce((top, { speed }, i) => (speed > workers[top]!.speed ? i : top), 0);
    this.#quickest = able[best];
    this.#changed = false;
    this.#leases = 0;
    // Whoever was measured first would be taken for quicker than all others.
    const unmeasured = new Set(able.filter((each) => !this.#isMeasured(each)).map(({ peer }) => peer));
    if (this.#shared && (this.#isNearItsEnd || this.#speeds.movedSince(this.#shared, unmeasured) < DRIFT))
      return;
    this.#territories.share(workers);
    this.#shared = this.#speeds.copy();
  }

  /** What it waits for in this job is known of it. */
  #isMeasured(contributor: Contributor): boolean {
    const capacity = contributor.capacity(this.spec.dtype);
    return contributor.isKnown(limitWithin(this.bounded(), capacity, this.#seconds));
  }

  get #isNearItsEnd(): boolean {
    return this.grid.openCells < SHARED_ANEW_WHILE_OPEN * this.grid.ourCells;
  }

  #workerOf(contributor: Contributor): Worker {
    const capacity: Capacity = contributor.capacity(this.spec.dtype);
    const product = this.bounded();
    // No longer than it takes for all of C, or a new estimate of its links could not make it quicker.
    const whole = secondsFor(product, capacity, product.rows * product.cols);
    const seconds = Math.min(this.#seconds, whole);
    const area = areaWithin(product, capacity, seconds);
    return {
      peer: contributor.peer,
      speed: Math.max(1e-9, area / seconds / (CELL * CELL)),
      secondsFor: (rect, cells) => {
        const { down, up, rate } = secondsOf(rect, this.costFor(contributor), capacity);
        const part = cells / rectArea(rect);
        return Math.max(down, up * part, rate * part);
      },
    };
  }

  #centreOf({ last }: Contributor): { row: number; col: number } | undefined {
    const rect = last.get(this.#strips.job);
    return rect && { row: rect.row + rect.rows / 2, col: rect.col + rect.cols / 2 };
  }
}

function sum({ down, up, rate }: { down: number; up: number; rate: number }): number {
  return down + up + rate;
}
