/**
 * Kills a coordinator under load, again and again, where it hurts, and compares after each restart what it has on
 * record with all that requesters and contributors were ever told (DESIGN §8). It ends every process it starts.
 */
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Rng, randomInt, seededRng } from '../../src/core/rng.ts';
import { freshDataDir, unmigratedDataDir } from '../helpers/databases.ts';
import { type Findings, compareRecord } from './checks.ts';
import { CoordinatorProcess, type Ports, portsOf } from './coordinator-process.ts';
import { Crew } from './crew.ts';
import { LogWatch } from './log-watch.ts';
import { POINTS, type Point, choosePoint, faultAt } from './points.ts';
import { type Door, Requester } from './requester.ts';

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  /** @default 3 */
  readonly contributors?: number;
  /** Called after each kill and its comparison. */
  readonly onKill?: (kill: Kill) => void;
}

export interface Kill {
  readonly number: number;
  readonly point: Point;
  /** From the kill to the first answer, milliseconds. */
  readonly downMs: number;
  readonly shards: number;
}

export interface ChaosReport {
  readonly kills: number;
  readonly points: Readonly<Record<Point, number>>;
  readonly jobs: number;
  readonly receipts: number;
  readonly shards: number;
  readonly checkpoints: number;
  readonly lost: number;
  readonly doubleCredits: number;
  /** Everything that was wrong, a sentence each; `lost` and `doubleCredits` are among them. */
  readonly problems: readonly string[];
  readonly seconds: number;
}

/** A point that is not reached within this time becomes "anywhere". */
const REACH_MS = 5_000;
const WORK_MS = 15_000;
const MAX_PAUSE_MS = 300;
const LOOK_MS = 150;
const END_MS = 90_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const dataDir = await freshDataDir();
  const chaos = new Chaos(options, dataDir);
  try {
    return await chaos.run();
  } finally {
    await chaos.end();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

class Chaos {
  readonly #options: ChaosOptions;
  readonly #dataDir: string;
  readonly #rng: Rng;
  readonly #points = Object.fromEntries(POINTS.map((point) => [point, 0])) as Record<Point, number>;
  readonly #problems = new Set<string>();
  readonly #lost = new Set<string>();
  readonly #doubleCredits = new Set<string>();
  readonly #started = performance.now();
  #ports: Ports = { port: 0, peerPort: 0 };
  #coordinator: CoordinatorProcess;
  #peerId = '';
  #crew!: Crew;
  #requester!: Requester;
  #log!: LogWatch;
  #kills = 0;
  #shards = 0;
  #ended = false;

  constructor(options: ChaosOptions, dataDir: string) {
    this.#options = options;
    this.#dataDir = dataDir;
    this.#rng = seededRng(options.seed);
    this.#coordinator = new CoordinatorProcess(dataDir, this.#ports);
  }

  async run(): Promise<ChaosReport> {
    const { kills, seed, contributors = 3 } = this.#options;
    const ready = await this.#coordinator.ready;
    this.#ports = portsOf(ready);
    this.#peerId = ready.peerId;
    const door: Door = { url: ready.url, token: ready.token };
    this.#crew = await Crew.join(ready.peerAddresses, contributors);
    this.#requester = new Requester(door, seed);
    this.#log = new LogWatch(door, ready.peerId);
    const working = this.#requester.run();
    const looking = this.#keepLooking();
    while (this.#kills < kills) await this.#killOnce();
    this.#requester.stop();
    const late = pause(END_MS, 'late' as const, { ref: false });
    if ((await Promise.race([working, late])) === 'late') this.#problems.add('the jobs do not end');
    await this.#compare();
    this.#ended = true;
    await looking;
    return this.#report();
  }

  /** However `run` ended: nothing that it started is left. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#requester?.abandon();
    await this.#crew?.stop();
    await this.#coordinator.end(this.#problems.size > 0 ? 'SIGKILL' : 'SIGTERM');
  }

  async #killOnce(): Promise<void> {
    const point = choosePoint(this.#rng);
    // Half of the lives do some work first; the others die before.
    if (this.#rng.float() < 0.5) await this.#someReceipts(1 + randomInt(this.#rng, 3));
    if (point === 'migration') {
      await this.#dieInMigration();
      return;
    }
    // A death during a start needs a start: the death before it is one of its own.
    const reached = await this.#reach(point);
    const at = performance.now();
    this.#crew.coordinatorIs('down');
    this.#count(reached);
    if (point === 'start') await this.#dieInStart();
    this.#coordinator = new CoordinatorProcess(this.#dataDir, this.#ports);
    await this.#coordinator.ready;
    const downMs = performance.now() - at;
    this.#crew.coordinatorIs('up');
    await this.#compare();
    this.#options.onKill?.({ number: this.#kills, point: reached, downMs, shards: this.#shards });
  }

  async #someReceipts(count: number): Promise<void> {
    const enough = this.#crew.receipts + count;
    const deadline = performance.now() + WORK_MS;
    while (this.#crew.receipts < enough && performance.now() < deadline) await pause(10);
  }

  /** Resolves when the coordinator is dead. */
  async #reach(point: Point): Promise<Point> {
    const fault = point === 'start' ? undefined : faultAt(point, this.#rng);
    const kill = async (): Promise<void> => {
      await this.#coordinator.end('SIGKILL');
    };
    if (fault) {
      this.#coordinator.arm(fault);
      const late = pause(REACH_MS, 'late' as const, { ref: false });
      if ((await Promise.race([this.#coordinator.gone, late])) !== 'late') return point;
      await kill();
      return 'anywhere';
    }
    await pause(this.#rng.float() * MAX_PAUSE_MS);
    if (point === 'upload') await this.#duringTransfer((midway) => this.#requester.breakUpload(midway));
    else if (point === 'download')
      await this.#duringTransfer((midway) => this.#requester.breakDownload(midway));
    else {
      await kill();
      return 'anywhere';
    }
    return point;
  }

  /** The rest of the transfer, which is tried again, ends when the next coordinator is there. */
  async #duringTransfer(transfer: (midway: () => Promise<void>) => Promise<void>): Promise<void> {
    const dead = Promise.withResolvers<void>();
    transfer(async () => {
      await pause(this.#rng.float() * 20);
      await this.#coordinator.end('SIGKILL');
      dead.resolve();
    }).catch((error: unknown) => this.#problems.add(String(error)));
    await Promise.race([dead.promise, pause(REACH_MS, undefined, { ref: false })]);
    await this.#coordinator.end('SIGKILL');
  }

  async #dieInStart(): Promise<void> {
    if (this.#kills >= this.#options.kills) return;
    const dying = new CoordinatorProcess(this.#dataDir, this.#ports, faultAt('start', this.#rng));
    await Promise.race([dying.gone, dying.ready.then(() => pause(this.#rng.float() * 50))]).catch(() => {});
    await dying.end('SIGKILL');
    this.#count('start');
  }

  /** A new folder, whose coordinator dies while it makes its tables; the next one must make them after all. */
  async #dieInMigration(): Promise<void> {
    const dataDir = await unmigratedDataDir();
    const at = performance.now();
    const dying = new CoordinatorProcess(dataDir, { port: 0, peerPort: 0 }, faultAt('migration', this.#rng));
    await Promise.race([dying.gone, dying.ready]).catch(() => {});
    await dying.end('SIGKILL');
    this.#count('migration');
    const next = new CoordinatorProcess(dataDir, { port: 0, peerPort: 0 });
    try {
      await next.ready;
      const { contradictions } = await next.inspect();
      for (const found of contradictions) this.#problems.add(`after a death in a migration: ${found}`);
    } catch (error) {
      this.#problems.add(`after a death in a migration: ${String(error)}`);
    } finally {
      await next.end('SIGKILL');
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    }
    const downMs = performance.now() - at;
    this.#options.onKill?.({ number: this.#kills, point: 'migration', downMs, shards: this.#shards });
  }

  #count(point: Point): void {
    this.#kills += 1;
    this.#points[point] += 1;
  }

  async #compare(): Promise<void> {
    await this.#crew.read(this.#peerId);
    // In this order: what is read later may only be more.
    const told = new Map(this.#requester.told);
    const record = await this.#coordinator.inspect();
    await this.#log.compare();
    this.#shards = record.shards.length;
    this.#requester.compare(told, record.jobs);
    this.#note(compareRecord(record, this.#crew, this.#log));
  }

  #note({ lost, doubleCredits, other }: Findings): void {
    for (const each of lost) this.#lost.add(each);
    for (const each of doubleCredits) this.#doubleCredits.add(each);
    for (const each of [...lost, ...doubleCredits, ...other]) this.#problems.add(each);
  }

  async #keepLooking(): Promise<void> {
    while (!this.#ended) {
      await this.#log.look().catch((error: unknown) => this.#problems.add(String(error)));
      await pause(LOOK_MS);
    }
  }

  #report(): ChaosReport {
    const problems = [...this.#problems, ...this.#requester.problems, ...this.#log.problems];
    return {
      kills: this.#kills,
      points: this.#points,
      jobs: this.#requester.finished.size,
      receipts: this.#crew.held.size,
      shards: this.#shards,
      checkpoints: this.#log.compared,
      lost: this.#lost.size,
      doubleCredits: this.#doubleCredits.size,
      problems,
      seconds: (performance.now() - this.#started) / 1000,
    };
  }
}
