/**
 * A whole network in simulated time: a coordinator that dies between any two steps and is started again on what
 * its record holds, contributors of unequal speed and honesty, and links and disks that fail. Everything follows
 * from the seed; the trace of two runs of one seed is the same (DESIGN §8.8).
 */
import { createHash } from 'node:crypto';
import { type Rng, randomInt, seededRng } from '../../src/core/rng.ts';
import { MAX_WINDOW, pauseLeft, windowOf } from '../../src/coordinator/standing.ts';
import type { ActiveLease, JobSpec } from '../../src/coordinator/work.ts';
import { SimContributor, VICES } from './contributor.ts';
import { SimCoordinator, type Surroundings } from './coordinator.ts';
import { type Faults, NO_FAULTS, someFaults } from './faults.ts';
import { SimLink } from './network.ts';
import { type LeaseRow, RecordModel, type Settled } from './record.ts';
import { checkAtEnd, checkCheckpoint, checkNow } from './rules.ts';
import { Timeline, chance } from './timeline.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** All there from the beginning. @default drawn from the seed, and when they come too */
  readonly jobs?: readonly JobSpec[];
  /** @default drawn from the seed, 3 to 8 */
  readonly contributors?: number;
  /** @default false: nothing fails but contributors. */
  readonly faults?: boolean;
}

/** A checkpoint as somebody was served it. */
export interface SeenCheckpoint {
  readonly size: number;
  readonly digest: string;
}

/** Trouble ends after this, so that whether everything ends can be told. */
const TROUBLE_MS = 8 * 60_000;
const MAX_EVENTS = 400_000;
const MAX_START_MS = 4_000;
/** What a disk takes that is busy with something else. */
const SLOW_MS = 3_000;

export class Simulation {
  readonly timeline = new Timeline();
  readonly record = new RecordModel(() => this.timeline.now);
  readonly contributors: readonly SimContributor[];
  readonly granted: ActiveLease[] = [];
  /** What each contributor was told, by lease. */
  readonly receipts = new Map<string, Settled>();
  readonly checkpoints: SeenCheckpoint[] = [];
  /** What happened, a line each. */
  readonly trace: string[] = [];
  readonly faults: Faults;
  coordinator: SimCoordinator | undefined;
  crashes = 0;
  events = 0;
  readonly #options: SimulationOptions;
  readonly #rng: Rng;
  readonly #jobs: readonly JobSpec[];
  #life = 0;
  #endedMs: number | undefined;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#rng = seededRng(options.seed * 7 + 1);
    this.faults = options.faults ? someFaults(this.#rng) : NO_FAULTS;
    this.#jobs = options.jobs ?? someJobs(this.#rng, options.seed);
    const count = options.contributors ?? 3 + randomInt(this.#rng, 6);
    const first = randomInt(this.#rng, VICES.length);
    this.contributors = Array.from({ length: count }, (_, i) => {
      const vice = i === 0 ? 'none' : VICES[(first + i) % VICES.length]!;
      return new SimContributor(`c${i}`, vice, {
        timeline: this.timeline,
        rng: this.#rng,
        note: (text) => this.note(text),
        dial: (contributor) => this.#dial(contributor),
        jobOf: (lease) => this.record.jobs.get(lease.job)!.spec,
        anyLease: () => this.#anyLease(),
        received: (peer, receipt) => this.#received(peer, receipt),
      });
    });
  }

  /** Until every job has ended and no receipt is on its way. @throws Error naming the seed where a rule is broken. */
  run(): this {
    try {
      this.#begin();
      while (!this.#isOver()) {
        this.events += 1;
        if (this.events > MAX_EVENTS || !this.timeline.step()) throw new Error('the jobs do not end');
        checkNow(this);
      }
      checkAtEnd(this);
    } catch (error) {
      const { message, stack } = error as Error;
      throw Object.assign(new Error(`seed ${this.#options.seed}: ${message}`, { cause: error }), { stack });
    }
    return this;
  }

  /** SHA-256 of the trace. */
  get hash(): string {
    return createHash('sha256').update(this.trace.join('\n')).digest('hex');
  }

  get troubled(): boolean {
    return this.timeline.elapsed < TROUBLE_MS;
  }

  note(text: string): void {
    this.trace.push(`${this.timeline.elapsed} ${text}`);
  }

  #begin(): void {
    const { timeline } = this;
    this.#start();
    for (const [i, spec] of this.#jobs.entries()) {
      const atOnce = i === 0 || this.#options.jobs !== undefined;
      timeline.in(atOnce ? 0 : randomInt(this.#rng, 60_000), () => this.#submit(spec));
    }
    for (const contributor of this.contributors)
      timeline.in(randomInt(this.#rng, 5000), () => contributor.start());
    for (let crash = 0; crash < this.faults.crashes; crash++) this.#crashSometime();
    if (this.#options.faults) this.#lookAtLog();
  }

  #start(): void {
    this.#life += 1;
    this.note(`the coordinator starts, ${this.record.shards.size} shards on record`);
    const { timeline, record, contributors } = this;
    const around: Surroundings = {
      timeline,
      record,
      rng: seededRng(this.#options.seed * 1009 + this.#life),
      note: (text) => this.note(text),
      disk: () => ({
        waitMs: 1 + randomInt(this.#rng, this.troubled && chance(this.#rng, this.faults.slow) ? SLOW_MS : 4),
        fails: this.troubled && chance(this.#rng, this.faults.disk),
        takesTurns: !this.faults.overtaking,
      }),
      capability: (peer) => capabilityOf(contributors.find(({ name }) => name === peer)!),
      granted: (lease, standing) => {
        this.granted.push(lease);
        const { row, col, rows, cols } = lease.rect;
        this.note(`${lease.peer} is leased ${lease.job.id} ${row},${col} ${rows}×${cols} as ${lease.id}`);
        if (pauseLeft(standing, timeline.now) > 0) throw new Error(`${lease.peer} has a lease in its pause`);
        const { leases, committed } = this.coordinator!.scheduler.held(lease.peer);
        if (leases - committed > windowOf(standing) || leases > MAX_WINDOW)
          throw new Error(`${lease.peer} holds more leases than its window`);
      },
    };
    this.coordinator = new SimCoordinator(around);
  }

  /** From a random time some steps more, so that every step is met by some seed. */
  #crashSometime(): void {
    this.timeline.in(randomInt(this.#rng, TROUBLE_MS / 2), () => {
      // Where things happen fast a random time hits nothing: a few steps more, one by one.
      this.#countdown(randomInt(this.#rng, 60));
    });
  }

  #countdown(steps: number): void {
    if (!this.coordinator) return;
    if (steps > 0) {
      this.timeline.in(steps % 3, () => this.#countdown(steps - 1));
      return;
    }
    this.note('the coordinator dies');
    this.crashes += 1;
    this.coordinator.crash();
    this.coordinator = undefined;
    this.timeline.in(randomInt(this.#rng, MAX_START_MS), () => this.#start());
  }

  #submit(spec: JobSpec): void {
    if (this.record.jobs.has(spec.id)) return;
    // A requester that has no answer asks again.
    this.coordinator?.submit(spec);
    this.timeline.in(2_000, () => this.#submit(spec));
    if (this.#options.faults && chance(this.#rng, 0.03)) {
      this.timeline.in(randomInt(this.#rng, 60_000), () => this.coordinator?.cancel(spec.id));
    }
  }

  #dial(contributor: SimContributor): SimLink | undefined {
    if (!this.coordinator) return undefined;
    const link = new SimLink(contributor.name, this.timeline, this.#rng, () =>
      this.troubled ? this.faults : NO_FAULTS,
    );
    link.join(this.coordinator.onLink(link), contributor);
    return link;
  }

  #received(peer: string, receipt: Settled): void {
    const { id } = receipt.lease;
    this.note(`${peer} has the receipt of ${id}`);
    const onRecord = this.record.shards.get(id);
    if (onRecord?.balance !== receipt.balance || receipt.lease.contributor !== peer)
      throw new Error(`${peer} has a receipt for ${id} that is not on record`);
    this.receipts.set(id, receipt);
  }

  /** Somebody reads the checkpoint now and then. */
  #lookAtLog(): void {
    this.timeline.in(500 + randomInt(this.#rng, 20_000), () => {
      const checkpoint = { size: this.record.log.length, digest: this.record.log.at(-1)?.digest ?? '' };
      for (const earlier of this.checkpoints.slice(-1)) checkCheckpoint(this, earlier);
      if (this.coordinator) this.checkpoints.push(checkpoint);
      this.#lookAtLog();
    });
  }

  #anyLease(): LeaseRow | undefined {
    const leases = Array.from(this.record.leases.values());
    return leases[randomInt(this.#rng, leases.length)];
  }

  #isOver(): boolean {
    if (!this.coordinator || this.record.jobs.size < this.#jobs.length) return false;
    for (const { state } of this.record.jobs.values()) if (state === 'running') return false;
    // The last ones are given time: what is late then finds the jobs ended, and leases are still being ended.
    this.#endedMs ??= this.timeline.elapsed;
    return this.timeline.elapsed > this.#endedMs + SLOW_MS && !(this.#options.faults && this.troubled);
  }
}

function capabilityOf({ claimed }: SimContributor): Parameters<SimCoordinator['scheduler']['join']>[1] {
  return {
    operandBytes: 64 * 2 ** 20,
    resultBytes: 32 * 2 ** 20,
    rates: { i8: claimed, f16: 0, f32: 0 },
    downBytesPerSecond: 1e8,
    upBytesPerSecond: 1e7,
    projects: [],
  };
}

function someJobs(rng: Rng, seed: number): JobSpec[] {
  return Array.from({ length: 1 + randomInt(rng, 3) }, (_, i) => {
    const side = (): number => 256 * (1 + randomInt(rng, 6)) - randomInt(rng, 200);
    return jobSpec(`s${seed}j${i}`, side(), side(), {
      k: 2_000 + randomInt(rng, 60_000),
      priority: randomInt(rng, 3),
      createdMs: i,
    });
  });
}

export function jobSpec(id: string, rows: number, cols: number, fields: Partial<JobSpec> = {}): JobSpec {
  const [a, b] = [`${id}a`, `${id}b`].map((name) => createHash('sha256').update(name).digest('hex'));
  return {
    id,
    a: a!,
    b: b!,
    dtype: 'i8',
    rows,
    cols,
    k: 40_000,
    project: 'p',
    priority: 0,
    createdMs: 0,
    ...fields,
  };
}
