/**
 * Which plots of the running jobs are this coordinator's. The database says so; the scheduler is told. Alone, it holds
 * them all at once, and plans as if there were none.
 */
import type { Clock } from '../core/clock.ts';
import { CELL } from '../matrix/blocks.ts';
import type { CoordinatorState } from '../store/coordinators.ts';
import type { Queries } from '../store/database.ts';
import { endAbandoned, leasesElsewhere, stillOpen } from '../store/leases.ts';
import {
  type StoredPlot,
  claimAll,
  claimPlots,
  dropOldPlots,
  giveBackPlots,
  insertPlots,
  plotsOf,
} from '../store/plots.ts';
import type { Lease, RectangleColumns } from '../store/schema.ts';
import type { Rect } from './grid.ts';
import type { Jobs } from './jobs.ts';
import { type PlotState, type Wants, cutPlots, exchange, plotKey } from './plots.ts';
import type { Scheduler } from './scheduler.ts';
import { type ActiveLease, type JobSpec, overlaps } from './work.ts';

export interface PlotDeskContext {
  readonly db: Queries;
  /** This process. */
  readonly id: string;
  readonly jobs: Pick<Jobs, 'runningSpecs' | 'running' | 'changes'>;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  /** There is more to lease out than before. */
  readonly onWork: () => void;
}

/** How long a lease was expected to take is not on record; its deadline is a multiple of it. */
const PART_OF_PATIENCE = 1 / 4;
const ALL = 'all';

export class PlotDesk {
  readonly #context: PlotDeskContext;
  /** Jobs whose plots are in the database. */
  readonly #cut = new Set<string>();
  /** What the scheduler was told of each job. */
  readonly #told = new Map<string, string>();

  constructor(context: PlotDeskContext) {
    this.#context = context;
    context.jobs.changes.on(({ type, job }) => {
      if (type !== 'ended') return;
      this.#told.delete(job);
      if (this.#cut.delete(job)) void dropOldPlots(context.db).catch(() => {});
    });
  }

  /**
   * Gives back and claims what it should.
   * @param living - every coordinator that lives, this one among them
   * @returns true when it gave some back: others may claim them
   */
  async round(
    living: readonly CoordinatorState[],
    wants: Pick<Wants, 'isHungry' | 'isAsked'>,
  ): Promise<boolean> {
    const { db, id, jobs } = this.#context;
    const specs = jobs.runningSpecs();
    for (const spec of specs) await this.#cutOnce(spec);
    await this.#releaseEnded();
    if (living.length === 1 && living[0]!.id === id) {
      await this.#adopt(await claimAll(db, id));
      let isMore = false;
      for (const spec of specs) isMore = this.#tell(spec.id, undefined) || isMore;
      if (isMore) this.#context.onWork();
      return false;
    }
    return this.#exchange(specs, living, wants);
  }

  /**
   * A contributor has come, and has handed in what it had: its other leases of other coordinators are over.
   * @param judging - leases whose results are being judged here
   * @returns true when there were any
   */
  async arrived(contributor: string, judging: readonly string[]): Promise<boolean> {
    const { db, id, scheduler, clock, onWork } = this.#context;
    const isKept = (lease: ActiveLease): boolean => lease.committed || judging.includes(lease.id);
    const adopted = scheduler.adopted().filter((lease) => lease.peer === contributor && !isKept(lease));
    for (const lease of adopted) scheduler.release(lease.id);
    if (adopted.length > 0) onWork();
    return (await endAbandoned(db, contributor, id, judging, clock.now())) > 0;
  }

  async #cutOnce({ id, rows, cols }: JobSpec): Promise<void> {
    if (this.#cut.has(id)) return;
    const plots = cutPlots(Math.ceil(rows / CELL), Math.ceil(cols / CELL)).map(columnsOf);
    await insertPlots(this.#context.db, id, plots);
    if (this.#context.jobs.running(id)) this.#cut.add(id);
  }

  async #exchange(
    specs: readonly JobSpec[],
    living: readonly CoordinatorState[],
    wants: Pick<Wants, 'isHungry' | 'isAsked'>,
  ): Promise<boolean> {
    const { db, id } = this.#context;
    const ids = living.map((each) => each.id);
    const speed = living.reduce((sum, each) => sum + each.speed, 0);
    const share = (living.find((each) => each.id === id)?.speed ?? 0) / speed;
    const place = Math.max(0, ids.indexOf(id)) / ids.length;
    const plots = Map.groupBy(
      await plotsOf(
        db,
        Array.from(specs, (spec) => spec.id),
      ),
      ({ job }) => job,
    );
    const given: StoredPlot[] = [];
    const wanted: StoredPlot[] = [];
    for (const spec of specs) {
      const all = plots.get(spec.id) ?? [];
      // Nobody computes: whoever holds something keeps it.
      if (!(speed > 0)) continue;
      const states = all.map((plot) => this.#stateOf(plot, ids));
      const { give, take } = exchange(states, { ...wants, share, place });
      const [giving, taking] = [new Set(give.map(plotKey)), new Set(take.map(plotKey))];
      given.push(...all.filter((plot) => giving.has(plotKey(rectOf(plot)))));
      wanted.push(...all.filter((plot) => taking.has(plotKey(rectOf(plot)))));
    }
    const ours = (spec: JobSpec, more: readonly StoredPlot[]): Rect[] => {
      const held = (plots.get(spec.id) ?? []).filter((plot) => plot.holder === id && !given.includes(plot));
      return [...held, ...more.filter(({ job }) => job === spec.id)].map(rectOf);
    };
    // First they are not leased out any more, then others may have them.
    for (const spec of specs) this.#tell(spec.id, ours(spec, []));
    await giveBackPlots(db, id, given);
    const claimed = await claimPlots(db, id, wanted, ids);
    await this.#adopt(claimed);
    for (const spec of specs) this.#tell(spec.id, ours(spec, claimed));
    if (claimed.length > 0) this.#context.onWork();
    return given.length > 0;
  }

  #stateOf(plot: StoredPlot, living: readonly string[]): PlotState {
    const { id, scheduler } = this.#context;
    const rect = rectOf(plot);
    const { holder } = plot;
    const isHeld = holder !== null && (holder === id || living.includes(holder));
    return {
      rect,
      holder: !isHeld ? 'nobody' : holder === id ? 'here' : 'elsewhere',
      ...scheduler.tally(plot.job, rect),
    };
  }

  /** True when there is more to lease out than before. */
  #tell(job: string, ours: readonly Rect[] | undefined): boolean {
    const told = ours === undefined ? ALL : ours.map(plotKey).sort().join(' ');
    if (this.#told.get(job) === told) return false;
    this.#told.set(job, told);
    return this.#context.scheduler.confine(job, ours);
  }

  /** Leases in plots that were another's go on: their cells are nobody's before they are over. */
  async #adopt(claimed: readonly StoredPlot[]): Promise<void> {
    if (claimed.length === 0) return;
    const { db, id, jobs, scheduler, clock } = this.#context;
    const plots = Map.groupBy(claimed, ({ job }) => job);
    for (const lease of await leasesElsewhere(db, Array.from(plots.keys()), id, clock.now())) {
      const spec = jobs.running(lease.job)?.spec;
      const rect = rectOf(lease);
      const isIn = plots.get(lease.job)?.some((plot) => overlaps(rectOf(plot), rect));
      if (spec && isIn) scheduler.adopt(activeLease(lease, spec));
    }
  }

  /** Adopted leases that their contributor has given up. */
  async #releaseEnded(): Promise<void> {
    const { db, scheduler, onWork } = this.#context;
    const adopted = scheduler.adopted().filter(({ committed }) => !committed);
    const open = await stillOpen(
      db,
      Array.from(adopted, ({ id }) => id),
    );
    const over = adopted.filter(({ id }) => !open.has(id));
    for (const { id } of over) scheduler.release(id);
    if (over.length > 0) onWork();
  }
}

function activeLease(lease: Lease, job: JobSpec): ActiveLease {
  const { id, contributor: peer, createdMs: issuedMs, deadlineMs } = lease;
  const expectedMs = PART_OF_PATIENCE * (deadlineMs - issuedMs);
  return {
    id,
    job,
    peer,
    rect: rectOf(lease),
    issuedMs,
    deadlineMs,
    expectedMs,
    seconds: expectedMs / 1000,
    committed: false,
  };
}

function rectOf({ rowBlock, colBlock, rowBlocks, colBlocks }: RectangleColumns): Rect {
  return { row: rowBlock, col: colBlock, rows: rowBlocks, cols: colBlocks };
}

function columnsOf({ row, col, rows, cols }: Rect): RectangleColumns {
  return { rowBlock: row, colBlock: col, rowBlocks: rows, colBlocks: cols };
}
