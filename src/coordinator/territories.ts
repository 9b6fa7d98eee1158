/**
 * Who computes which part of one job's C: a partition of the grid into territories that is made anew when those
 * who share the work, or what they turned out to be able to, have changed enough; and between two partitions,
 * what is left is taken over or split where somebody has run out of work. Pure.
 */
import { Grid, type Rect, rectArea } from './grid.ts';
import { type Member, type Split, type StripCost, partition, splits } from './partition.ts';

export interface Territory {
  /** Undefined when its owner has left: whoever needs work takes it over. */
  owner: string | undefined;
  rect: Rect;
  open: number;
  /** Cells that its owner does a second. */
  speed: number;
}

export interface Worker {
  readonly peer: string;
  /** Cells that it does a second; more than 0. */
  readonly speed: number;
  /** How long so many cells within a rectangle take, with the strips that it holds. */
  readonly secondsFor: (rect: Rect, cells: number) => number;
}

/** Help costs strips of a new place and an owner's plans: it has to save so much time. */
const WORTH_HELPING_SECONDS = 1;
/** Of a territory: what a helper may take on. */
const SHARES = [1, 7 / 8, 3 / 4, 5 / 8, 1 / 2, 3 / 8, 1 / 4, 1 / 8] as const;

export class Territories {
  readonly grid: Grid;
  /** The territory of each cell, by its index in `#list`. */
  readonly #placeOf: Uint32Array;
  #list: Territory[];
  readonly #owned = new Map<string, Territory[]>();
  readonly #cost: StripCost;

  constructor(rows: number, cols: number, cost: StripCost) {
    this.#placeOf = new Uint32Array(rows * cols);
    this.#cost = cost;
    this.#list = [{ owner: undefined, rect: { row: 0, col: 0, rows, cols }, open: rows * cols, speed: 0 }];
    this.grid = new Grid(rows, cols, {
      onOpen: (index, change) => {
        this.#list[this.#placeOf[index]!]!.open += change;
      },
    });
  }

  /** Shares all that is open out anew, in proportion to speed. */
  share(workers: readonly (Pick<Worker, 'peer' | 'speed'> & Pick<Member, 'centre'>)[]): void {
    const members = workers.map(({ peer, speed, centre }) => ({ peer, weight: speed, centre }));
    const speeds = new Map(workers.map(({ peer, speed }) => [peer, speed]));
    this.#owned.clear();
    this.#list = [];
    for (const { rect, peer } of partition(this.grid, members, this.#cost)) {
      this.#add(rect, { peer, speed: speeds.get(peer)! });
    }
  }

  /**
   * A territory of this contributor in which something is open: its own, one that nobody works in, or part of
   * another's.
   * @param busy - seconds of what a contributor has in flight; 0 for one that does not work
   */
  of(worker: Worker, busy: (peer: string) => number): Territory | undefined {
    const owned = this.#owned.get(worker.peer) ?? [];
    for (const territory of owned) territory.speed = worker.speed;
    return owned.find(({ open }) => open > 0) ?? this.#takeOver(worker, busy);
  }

  left(peer: string): void {
    for (const territory of this.#owned.get(peer) ?? []) territory.owner = undefined;
    this.#owned.delete(peer);
  }

  #takeOver(worker: Worker, busy: (peer: string) => number): Territory | undefined {
    const most = this.#longest();
    if (!most) return undefined;
    const owner = most.owner === undefined ? 0 : busy(most.owner);
    if (owner > 0) return this.#help(most, worker, owner);
    this.#move(most, worker);
    return most;
  }

  /** The one whose owner needs most time for what is open in it, or has left. */
  #longest(): Territory | undefined {
    let most: Territory | undefined;
    let longest = 0;
    for (const territory of this.#list) {
      if (territory.open === 0) continue;
      const seconds = territory.owner === undefined ? Infinity : territory.open / territory.speed;
      if (most && (seconds < longest || (seconds === longest && territory.open <= most.open))) continue;
      most = territory;
      longest = seconds;
    }
    return most;
  }

  /** The part of it that lets both end soonest, or nothing: a helper that is slower than waiting does not help. */
  #help(territory: Territory, worker: Worker, busy: number): Territory | undefined {
    const { rect, open, speed } = territory;
    let best: Split | undefined;
    let least = busy + open / speed - WORTH_HELPING_SECONDS;
    for (const split of splits(this.grid, rect, SHARES)) {
      const { work, givenOpen, keptOpen } = split;
      const seconds = Math.max(busy + keptOpen / speed, worker.secondsFor(work, givenOpen));
      if (seconds > least) continue;
      best = split;
      least = seconds;
    }
    if (!best) return undefined;
    const { kept, given } = best;
    if (rectArea(kept) === 0) {
      this.#move(territory, worker);
      return territory;
    }
    const part = this.#add(given, worker);
    territory.rect = kept;
    territory.open -= part.open;
    return part;
  }

  #move(territory: Territory, worker: Worker): void {
    const owned = territory.owner === undefined ? undefined : this.#owned.get(territory.owner);
    owned?.splice(owned.indexOf(territory), 1);
    this.#give(territory, worker);
  }

  #give(territory: Territory, { peer, speed }: Pick<Worker, 'peer' | 'speed'>): void {
    territory.owner = peer;
    territory.speed = speed;
    const owned = this.#owned.get(peer);
    if (owned) owned.unshift(territory);
    else this.#owned.set(peer, [territory]);
  }

  #add(rect: Rect, worker: Pick<Worker, 'peer' | 'speed'>): Territory {
    const territory: Territory = { owner: undefined, rect, open: 0, speed: 0 };
    const place = this.#list.push(territory) - 1;
    for (let row = rect.row; row < rect.row + rect.rows; row++) {
      const start = row * this.grid.cols + rect.col;
      this.#placeOf.fill(place, start, start + rect.cols);
      for (let col = rect.col; col < rect.col + rect.cols; col++) {
        if (this.grid.isOpen(row, col)) territory.open += 1;
      }
    }
    this.#give(territory, worker);
    return territory;
  }
}
