/** The coordinator, its crowd and its jobs, and the periods that are measured. */
import { setTimeout as delay } from 'node:timers/promises';
import { sha256, toHex } from '../../../src/core/bytes.ts';
import type { JobView, NetworkView, OperandView } from '../../../src/core/v1.ts';
import { BLOCK_BYTES } from '../../../src/matrix/blocks.ts';
import { api } from '../../helpers/product.ts';
import { Child } from '../links/child.ts';
import { submitJob } from '../links/operand.ts';
import type { LoadCoordinatorTask, LoadUsage } from './coordinator.ts';
import type { CrowdReport, CrowdTask } from './crowd.ts';
import { type Side, npyOf, stripOf } from './known-product.ts';
import type { Shares } from './shares.ts';
import type { ThreadTimes } from './thread-times.ts';

export interface Paced {
  /** From asking for a lease to having it. */
  readonly leaseMs: readonly number[];
  readonly shardsPerSecond: number;
  readonly rssBytes: number;
  readonly costs: Costs;
}

/** What the coordinator does with its time. */
export interface Costs {
  /** Of the main thread's time. */
  readonly shares: Shares;
  /** Processor seconds a second, by kind of thread. */
  readonly threads: ThreadTimes;
}

/** Bytes a second of C's blocks as they are in memory. */
export interface Pressed {
  readonly verified: number;
  /** The same work by the same contributors, but nothing is verified and no database asked. */
  readonly bare: number;
  /** Nothing is computed or leased: their sockets only move as many blocks each way. */
  readonly moved: number;
  readonly shardsPerSecond: number;
  readonly rssBytes: number;
  readonly costs: Costs;
}

export interface SceneOptions extends LoadCoordinatorTask {
  /** Of the known ones, in their order; hexadecimal. */
  readonly keys: readonly string[];
}

interface Home {
  readonly url: string;
  readonly token: string;
  readonly peerAddresses: readonly string[];
}

interface Period {
  readonly leaseMs: readonly number[];
  /** At its end. */
  readonly usage: LoadUsage;
  /** Seconds. */
  readonly took: number;
  readonly cells: number;
  readonly shards: number;
  /** Bytes of blocks as they travelled. */
  readonly moved: { readonly up: number; readonly down: number };
  readonly costs: Costs;
}

/** Of either operand: C has 64 × 64 cells, 1 GiB. */
const STRIPS = 64;
/** More than a period can use up. */
const JOBS = 4;
/** Blocks that each of them moves at once, when blocks are only moved. */
const AT_ONCE = 8;
const PROCESSES = 2;
/**
 * A period begins when so many shards a contributor have been verified: operands have been fetched, everything is
 * compiled, they are not in step any more, and queues have found their length; or after this long.
 */
const WARM_SHARDS = 2;
const WARM_MS = 120_000;
/** In which it is looked where the time goes. */
const PROFILE_MS = 5_000;
/** For what is idle to be collected and returned. */
const SETTLE_MS = 5_000;

export class Scene {
  readonly #coordinator: Child;
  readonly #home: Home;
  readonly #keys: readonly string[];
  readonly #operands: readonly string[];
  #crowd: Child[] = [];
  /** Those that press: their PeerIds, and the processes in which they are. */
  #pressing: { readonly peers: readonly string[]; readonly processes: readonly Child[] };
  readonly #peers: readonly string[];

  private constructor(
    coordinator: Child,
    home: Home,
    { keys, known }: SceneOptions,
    operands: readonly string[],
  ) {
    this.#coordinator = coordinator;
    this.#home = home;
    this.#keys = keys;
    this.#peers = known;
    this.#operands = operands;
    this.#pressing = { peers: [], processes: [] };
  }

  static async open(options: SceneOptions): Promise<Scene> {
    const { dataDir, databaseUrl, known } = options;
    const task: LoadCoordinatorTask = { dataDir, databaseUrl, known };
    const coordinator = new Child('../load/coordinator.ts', task);
    const home = await coordinator.told<Home>();
    const operands: string[] = [];
    for (const side of ['a', 'b'] as const) operands.push((await upload(home, side)).id);
    return new Scene(coordinator, home, options, operands);
  }

  /** Resident, after a pause. */
  async rss(): Promise<number> {
    await delay(SETTLE_MS);
    return (await this.#usage()).rssBytes;
  }

  /** @param pressing - how many, the first ones, are as quick as `pressingRate`; the others are as `rate` */
  async gather(rate: number, pressing = 0, pressingRate = rate): Promise<void> {
    const addresses = this.#home.peerAddresses;
    const groups = [
      ...parts(this.#keys.slice(0, pressing)).map((keys): CrowdTask => ({
        addresses,
        keys,
        rate: pressingRate,
      })),
      ...parts(this.#keys.slice(pressing)).map((keys): CrowdTask => ({ addresses, keys, rate })),
    ];
    this.#crowd = groups.map((task) => new Child('../load/crowd.ts', task));
    this.#pressing = {
      peers: this.#peers.slice(0, pressing),
      processes: this.#crowd.slice(0, parts(this.#keys.slice(0, pressing)).length),
    };
    await Promise.all(this.#crowd.map((child) => child.told()));
    while ((await api<NetworkView>(this.#home, '/v1/network')).contributorsNow < this.#keys.length)
      await delay(100);
  }

  async disperse(): Promise<void> {
    await Promise.all(this.#crowd.map((child) => child.stop('stop')));
    this.#crowd = [];
  }

  /** The crowd works at its own pace. */
  async paced(seconds: number): Promise<Paced> {
    const { leaseMs, usage, shards, took, costs } = await this.#period(seconds, await this.#submit());
    return { leaseMs, rssBytes: usage.rssBytes, shardsPerSecond: shards / took, costs };
  }

  /** The crowd delivers what it can; the same without verification and database; then its sockets only move blocks. */
  async pressed(seconds: number): Promise<Pressed> {
    const period = await this.#period(seconds, await this.#submit());
    const { cells, shards, took, costs, usage, moved } = period;
    await this.#coordinator.ask('bare');
    const bare = await this.#period(seconds, await this.#submit());
    await this.#coordinator.ask('whole');
    await delay(SETTLE_MS);
    return {
      verified: (cells * BLOCK_BYTES) / took,
      bare: (bare.cells * BLOCK_BYTES) / bare.took,
      moved: await this.#moved(seconds, moved.down / Math.max(1, moved.up)),
      shardsPerSecond: shards / took,
      rssBytes: usage.rssBytes,
      costs,
    };
  }

  /** Measures while these jobs are worked on, then looks where the time goes, and cancels what is left of them. */
  async #period(seconds: number, jobs: readonly JobView[]): Promise<Period> {
    await this.#warm();
    await this.#reports();
    const [before, cells, shards] = [await this.#usage(), await this.#cells(jobs), await this.#network()];
    const start = performance.now();
    await delay(seconds * 1000);
    const [usage, cellsNow, shardsNow] = [
      await this.#usage(),
      await this.#cells(jobs),
      await this.#network(),
    ];
    const took = (performance.now() - start) / 1000;
    const { leaseMs } = await this.#reports();
    // Not before: sampling costs time as well.
    await this.#coordinator.ask('profile');
    await delay(PROFILE_MS);
    const shares = await this.#coordinator.ask<Shares>('shares');
    await this.#cancel(jobs);
    const per = (kind: keyof ThreadTimes): number =>
      (usage.threads[kind] - before.threads[kind]) / 1000 / took;
    const threads = { main: per('main'), pool: per('pool'), engine: per('engine'), workers: per('workers') };
    return {
      leaseMs,
      usage,
      took,
      cells: cellsNow - cells,
      shards: shardsNow - shards,
      moved: { up: usage.up - before.up, down: usage.down - before.down },
      costs: { shares, threads },
    };
  }

  async #warm(): Promise<void> {
    const [start, before] = [performance.now(), await this.#network()];
    const enough = before + WARM_SHARDS * this.#keys.length;
    while ((await this.#network()) < enough && performance.now() - start < WARM_MS) await delay(500);
  }

  async close(): Promise<void> {
    await this.disperse();
    await this.#coordinator.stop('close');
  }

  /** @param downPerUp - bytes that went to contributors for one that came: as many go now */
  async #moved(seconds: number, downPerUp: number): Promise<number> {
    const results = await this.#crowd[0]!.ask<string[]>('spare');
    const operands = await blocksOf('a');
    let moved = 0;
    const start = performance.now();
    let owed = 0;
    const crowd = this.#pressing;
    for (let round = 0; performance.now() - start < seconds * 1000; round++) {
      const first = (round * AT_ONCE) % results.length;
      owed += AT_ONCE * downPerUp * PACKED;
      const down = operands.slice(0, Math.floor(owed));
      owed -= down.length;
      await Promise.all([
        this.#coordinator.ask({ fetch: results.slice(first, first + AT_ONCE), from: crowd.peers }),
        ...crowd.processes.map((child) => child.ask({ fetch: down })),
      ]);
      moved += crowd.peers.length * AT_ONCE * BLOCK_BYTES;
    }
    return (moved * 1000) / (performance.now() - start);
  }

  async #submit(): Promise<JobView[]> {
    const [a, b] = this.#operands;
    const jobs: JobView[] = [];
    for (let i = 0; i < JOBS; i++) jobs.push(await submitJob(this.#home, a!, b!));
    return jobs;
  }

  async #cancel(jobs: readonly JobView[]): Promise<void> {
    for (const { id } of jobs) await api(this.#home, `/v1/jobs/${id}`, { method: 'DELETE' }).catch(() => {});
  }

  async #cells(jobs: readonly JobView[]): Promise<number> {
    const views = await Promise.all(jobs.map(({ id }) => api<JobView>(this.#home, `/v1/jobs/${id}`)));
    return views.reduce((sum, { cellsVerified }) => sum + cellsVerified, 0);
  }

  async #network(): Promise<number> {
    return (await api<NetworkView>(this.#home, '/v1/network')).shardsVerified;
  }

  #usage(): Promise<LoadUsage> {
    return this.#coordinator.ask<LoadUsage>('usage');
  }

  async #reports(): Promise<CrowdReport> {
    const reports = await Promise.all(this.#crowd.map((child) => child.ask<CrowdReport>('report')));
    const failed = reports.flatMap((report) => report.failed);
    if (failed.length > 0) throw new Error(`contributors failed: ${failed[0]}`);
    return { leaseMs: reports.flatMap((report) => report.leaseMs), failed };
  }
}

function parts(keys: readonly string[]): (readonly string[])[] {
  const each = Math.ceil(keys.length / PROCESSES);
  return Array.from({ length: PROCESSES }, (_, i) => keys.slice(i * each, (i + 1) * each)).filter(
    ({ length }) => length > 0,
  );
}

/** A result of K = 1024 travels at about this part of its size (results/packing.md). */
const PACKED = 0.6;

/** Hashes of an operand's blocks: a strip of it is one. */
function blocksOf(side: Side): Promise<string[]> {
  const strips = Array.from({ length: STRIPS }, (_, strip) => new Uint8Array(stripOf(side, strip).buffer));
  return Promise.all(strips.map(async (bytes) => toHex(await sha256(bytes))));
}

function upload(to: Home, side: Side): Promise<OperandView> {
  return api<OperandView>(to, '/v1/operands', {
    method: 'POST',
    // See uploadOperand in ../links/operand.ts.
    body: npyOf(side, STRIPS) as unknown as ReadableStream,
    duplex: 'half',
    headers: { 'content-type': 'application/octet-stream' },
  } as RequestInit);
}
