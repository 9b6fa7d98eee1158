/**
 * A whole network around the scheduler in simulated time: contributors of unequal speed that come, go,
 * stall, decline and lie. Everything follows from the seed.
 */
import { type Rng, randomInt, seededRng } from '../../src/core/rng.ts';
import { type Rect, rectArea } from '../../src/coordinator/grid.ts';
import { Scheduler } from '../../src/coordinator/scheduler.ts';
import { type ActiveLease, type JobSpec, rectWork } from '../../src/coordinator/work.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly jobs: readonly JobSpec[];
  readonly contributors: number;
  /** Looks at everything after each event; throws where a rule is broken. */
  readonly check?: (simulation: Simulation) => void;
}

interface Contributor {
  readonly name: string;
  /** Multiply-adds per second, really; what it claims may be anything. */
  readonly rate: number;
  readonly claimed: number;
  /** One of each kind at least; the first is faithful and stays, so that every job can end. */
  readonly vice: 'none' | 'leaves' | 'stalls' | 'declines' | 'lies';
  present: boolean;
  /** Leases that it works on, which the scheduler may have given up. */
  readonly work: Set<ActiveLease>;
}

const VICES = ['none', 'leaves', 'stalls', 'declines', 'lies'] as const;
const WINDOW = 2;
const TICK_MS = 1000;
const MAX_EVENTS = 200_000;

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class Simulation {
  readonly scheduler: Scheduler;
  readonly contributors: Contributor[];
  readonly granted: ActiveLease[] = [];
  /** Verified rectangles per job, in their order. */
  readonly verified = new Map<string, Rect[]>();
  /** What happened, a line each: two runs of one seed must not differ. */
  readonly log: string[] = [];
  readonly unfinished = new Set<string>();
  now = 1_800_000_000_000;
  readonly #start = this.now;
  readonly #rng: Rng;
  readonly #options: SimulationOptions;
  readonly #queue: Event[] = [];
  #order = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#rng = seededRng(options.seed);
    this.scheduler = new Scheduler(seededRng(options.seed + 1));
    for (const spec of options.jobs) {
      this.scheduler.addJob(spec);
      this.unfinished.add(spec.id);
      this.verified.set(spec.id, []);
    }
    this.contributors = Array.from({ length: options.contributors }, (_, i) => {
      const rate = 10 ** (8 + 2 * this.#rng.float());
      const claimed = i === 0 ? rate : rate * 10 ** (4 * this.#rng.float() - 2);
      return {
        name: `c${i}`,
        rate,
        claimed,
        vice: VICES[i % VICES.length]!,
        present: false,
        work: new Set(),
      };
    });
  }

  /** Until every job has ended. @throws Error when that takes too many events. */
  run(): this {
    for (const contributor of this.contributors)
      this.#in(randomInt(this.#rng, 5000), () => this.#join(contributor));
    this.#in(TICK_MS, () => this.#tick());
    for (let events = 0; this.unfinished.size > 0; events++) {
      if (events > MAX_EVENTS) throw new Error(`seed ${this.#options.seed}: the jobs do not end`);
      const [event] = this.#queue.splice(this.#first(), 1);
      this.now = event!.at;
      event!.run();
      this.#options.check?.(this);
    }
    return this;
  }

  #first(): number {
    let first = 0;
    for (const [i, { at, order }] of this.#queue.entries()) {
      const best = this.#queue[first]!;
      if (at < best.at || (at === best.at && order < best.order)) first = i;
    }
    return first;
  }

  #in(ms: number, run: () => void): void {
    this.#queue.push({ at: this.now + Math.round(ms), order: this.#order++, run });
  }

  #note(text: string): void {
    this.log.push(`${this.now - this.#start} ${text}`);
  }

  #join(contributor: Contributor): void {
    if (contributor.present) return;
    contributor.present = true;
    this.#note(`${contributor.name} joins`);
    this.scheduler.join(contributor.name, {
      operandBytes: 64 * 2 ** 20,
      resultBytes: 32 * 2 ** 20,
      rates: { i8: contributor.claimed, f16: 0, f32: 0 },
      downBytesPerSecond: 1e8,
      upBytesPerSecond: 1e7,
      projects: [],
    });
    this.scheduler.setHungry(contributor.name, true);
    if (contributor.vice === 'leaves') {
      this.#in(2000 + randomInt(this.#rng, 60_000), () => {
        contributor.present = false;
        contributor.work.clear();
        this.#note(`${contributor.name} leaves ${this.scheduler.leave(contributor.name).length} leases`);
        this.#in(randomInt(this.#rng, 30_000), () => this.#join(contributor));
        this.#pump();
      });
    }
    this.#pump();
  }

  /** As the dispatcher does: round by round, one lease each. */
  #pump(): void {
    for (let again = true; again;) {
      again = false;
      for (const contributor of this.contributors) {
        if (!contributor.present || this.scheduler.leasesOf(contributor.name).length >= WINDOW) continue;
        const lease = this.scheduler.next(contributor.name, this.now);
        if (!lease) continue;
        again = true;
        this.granted.push(lease);
        this.#begin(contributor, lease);
      }
    }
  }

  #begin(contributor: Contributor, lease: ActiveLease): void {
    const { id, job, rect } = lease;
    const place = `${rect.row},${rect.col} ${rect.rows}×${rect.cols}`;
    this.#note(`${contributor.name} is leased ${job.id} ${place} as ${id} until ${lease.deadlineMs}`);
    contributor.work.add(lease);
    const { rows, cols } = rectWork(job, rect);
    const ms = 50 + (1000 * (rows * cols * job.k)) / contributor.rate;
    const chance = this.#rng.float();
    if (contributor.vice === 'stalls' && chance < 0.5) return;
    if (contributor.vice === 'declines' && chance < 0.5) {
      this.#in(10, () => this.#declined(contributor, lease));
    } else {
      this.#in(ms, () => this.#commit(contributor, lease, contributor.vice === 'lies' && chance < 0.5));
    }
  }

  #declined(contributor: Contributor, lease: ActiveLease): void {
    if (!contributor.work.delete(lease)) return;
    this.#note(`${contributor.name} declines ${lease.id}`);
    this.scheduler.release(lease.id);
    this.#pump();
  }

  #commit(contributor: Contributor, lease: ActiveLease, wrong: boolean): void {
    if (!contributor.work.has(lease)) return;
    this.scheduler.commit(lease.id);
    this.#in(20 + rectArea(lease.rect) * 10, () => this.#judged(contributor, lease, wrong));
  }

  #judged(contributor: Contributor, lease: ActiveLease, wrong: boolean): void {
    const { job, rect, id } = lease;
    if (!contributor.work.delete(lease)) {
      this.scheduler.release(id); // it left, or was told to stop, while its result was on its way
    } else if (!this.scheduler.isUnverified(job.id, rect)) {
      this.#note(`${contributor.name} is too late with ${id}`);
      this.scheduler.release(id);
    } else if (wrong) {
      this.#note(`${contributor.name} is wrong with ${id}`);
      this.scheduler.release(id);
    } else {
      this.#settle(contributor, lease);
    }
    this.#pump();
  }

  #settle(contributor: Contributor, { job, rect, id }: ActiveLease): void {
    const superseded = this.scheduler.verified(job.id, rect, id);
    this.verified.get(job.id)!.push(rect);
    this.#note(
      `${contributor.name} is verified with ${id}, instead of ${superseded.map((lease) => lease.id).join()}`,
    );
    for (const other of this.contributors) for (const lease of superseded) other.work.delete(lease);
    this.scheduler.measured(contributor.name, 'i8', { rate: contributor.rate, down: 0, up: 1e7 });
    const { verified, total } = this.scheduler.progressOf(job.id)!;
    if (verified < total) return;
    this.#note(`${job.id} is done`);
    const left = this.scheduler.removeJob(job.id);
    if (left.length > 0) throw new Error('leases of a finished job');
    this.unfinished.delete(job.id);
  }

  #tick(): void {
    for (const lease of this.scheduler.expire(this.now)) {
      this.#note(`${lease.id} expires`);
      const holder = this.contributors.find(({ name }) => name === lease.peer)!;
      // Who has stalled has forgotten it; who is slow goes on, and its result may still be the first.
      if (holder.vice === 'stalls') holder.work.delete(lease);
    }
    this.#pump();
    this.#in(TICK_MS, () => this.#tick());
  }
}
