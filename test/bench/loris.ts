/**
 * What honest contributors get done while a crowd of slow connections hangs on both ports:
 * `npm run bench -- loris [--connections N] [--seconds T] [--json]`.
 *
 * Periods without and with the crowd take turns, so that whatever slows the machine slows both.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { type Product, product, submit } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';
import { spread } from './statistics.ts';

export interface LorisOptions {
  /** @default 1000 */
  readonly connections?: number;
  /** Of each period. @default 5 */
  readonly seconds?: number;
  /** Periods of each kind. @default 3 */
  readonly rounds?: number;
}

export interface LorisReport {
  readonly bench: 'loris';
  readonly connections: number;
  /** Verified shards a second: the median period. */
  readonly shards_per_second: { readonly without: number; readonly with: number };
  readonly honest_throughput: number;
  /** From dialling to Welcome, for somebody new, while the crowd is there. */
  readonly join_ms: number;
  readonly close_ms: number;
}

/** Enough that each of them stays below the control messages that a contributor may send. */
const WORKERS = 8;
const MIN_SHARD_MS = 120;

export async function benchLoris(options: LorisOptions = {}): Promise<LorisReport> {
  const { connections = 1000, seconds = 5, rounds = 3 } = options;
  const home = await testCoordinator();
  const work = product('i8', 256 * 8, 256 * 8, 32);
  let crowd: ChildProcess | undefined;
  try {
    const workers: Rogue[] = [];
    for (let i = 0; i < WORKERS; i++) workers.push(await joined(home, work));
    const shop = new Shop(home, work, workers);
    await shop.period(1); // the first shards compile everything
    const without: number[] = [];
    const withCrowd: number[] = [];
    let joinMs = 0;
    for (let round = 0; round < rounds; round++) {
      without.push(await shop.period(seconds));
      crowd = await gathered(home, connections);
      withCrowd.push(await shop.period(seconds));
      const start = performance.now();
      const late = await joined(home, work);
      joinMs = Math.max(joinMs, performance.now() - start);
      await late.leave();
      await dispersed(crowd);
      crowd = undefined;
    }
    crowd = await gathered(home, connections);
    for (const worker of workers) await worker.leave();
    const closing = performance.now();
    await home.close();
    const closeMs = performance.now() - closing;
    const [before, during] = [spread(without).median, spread(withCrowd).median];
    return {
      bench: 'loris',
      connections,
      shards_per_second: { without: Number(before.toFixed(1)), with: Number(during.toFixed(1)) },
      honest_throughput: Number((during / before).toFixed(3)),
      join_ms: Math.round(joinMs),
      close_ms: Math.round(closeMs),
    };
  } finally {
    if (crowd) await dispersed(crowd);
    await home.remove();
  }
}

function joined(home: TestCoordinator, work: Product): Promise<Rogue> {
  return Rogue.join(home.peerAddresses, { product: work, hello: { resultBytes: 0 } });
}

/** Contributors that always have work; they copy from the known product, so that the coordinator is what is measured. */
class Shop {
  readonly #home: TestCoordinator;
  readonly #work: Product;
  readonly #workers: readonly Rogue[];
  #left = 0;
  #submitting: Promise<void> | undefined;

  constructor(home: TestCoordinator, work: Product, workers: readonly Rogue[]) {
    this.#home = home;
    this.#work = work;
    this.#workers = workers;
  }

  /** Verified shards a second. */
  async period(seconds: number): Promise<number> {
    const start = performance.now();
    const end = start + seconds * 1000;
    let shards = 0;
    await Promise.all(
      this.#workers.map(async (worker) => {
        while (performance.now() < end) {
          await this.#take();
          await Promise.all([worker.workHonestly(), setTimeout(MIN_SHARD_MS)]);
          shards += 1;
        }
      }),
    );
    return (1000 * shards) / (performance.now() - start);
  }

  /** A shard to compute, of a further job when there is none left. */
  async #take(): Promise<void> {
    while (this.#left === 0) {
      this.#submitting ??= submit(this.#home, this.#work).then(() => {
        this.#left += (this.#work.rows / 256) * (this.#work.cols / 256);
        this.#submitting = undefined;
      });
      await this.#submitting;
    }
    this.#left -= 1;
  }
}

async function gathered(home: TestCoordinator, count: number): Promise<ChildProcess> {
  const http = new URL(home.url).port;
  const peer = /\/tcp\/(\d+)\//.exec(home.peerAddresses[0]!)![1]!;
  const child = fork(join(import.meta.dirname, 'loris-crowd.ts'), [http, peer, `${count}`]);
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => {
      resolve();
    });
    child.once('exit', (code) => {
      reject(new Error(`the crowd ended with ${code} before it was there`));
    });
  });
  return child;
}

async function dispersed(crowd: ChildProcess): Promise<void> {
  if (crowd.exitCode !== null) return;
  const gone = new Promise((resolve) => crowd.once('exit', resolve));
  crowd.disconnect();
  await gone;
}
