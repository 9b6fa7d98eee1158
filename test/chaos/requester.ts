/**
 * A requester that never gives up: small jobs one after another against a coordinator that keeps dying. It knows
 * what every product must come to, asks again until it has an answer, and takes nothing that it was told back.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Rng, randomInt, seededRng } from '../../src/core/rng.ts';
import type { JobView } from '../../src/core/v1.ts';
import type { Dtype } from '../../src/matrix/dtype.ts';
import { type Product, api, product, result, upload } from '../helpers/product.ts';
import type { JobOnRecord } from './inspect.ts';

export interface Door {
  readonly url: string;
  readonly token: string;
}

export interface Told {
  readonly cells: number;
  readonly done: boolean;
}

/** Jobs that it keeps running at once. */
const AT_ONCE = 2;
const POLL_MS = 60;
const DTYPES: readonly Dtype[] = ['i8', 'i8', 'i8', 'f32', 'f16'];

/** Never smaller than one cell, now and then of many, so that a death falls into the middle of it. */
function someProduct(rng: Rng, seed: number): Product {
  const large = rng.float() < 0.25;
  const side = (): number => (1 + randomInt(rng, large ? 6 : 3)) * 256 - randomInt(rng, 200);
  return product(DTYPES[randomInt(rng, DTYPES.length)]!, side(), side(), 16 + randomInt(rng, 96), seed);
}

export class Requester {
  /** What is wrong, a sentence each: an answer that no crash excuses. */
  readonly problems: string[] = [];
  /** Jobs that it was told of, and what it was told last. */
  readonly told = new Map<string, Told>();
  /** Jobs whose every number was compared. */
  readonly finished = new Map<string, Product>();
  readonly #door: Door;
  readonly #rng: Rng;
  /** By the ids of the operands. */
  readonly #products = new Map<string, Product>();
  readonly #watched = new Map<string, Promise<void>>();
  #seed: number;
  #stopped = false;
  #abandoned = false;

  constructor(door: Door, seed: number) {
    this.#door = door;
    this.#rng = seededRng(seed);
    this.#seed = seed * 1000;
  }

  get running(): number {
    return this.#watched.size;
  }

  /** Until `stop`; then every job has ended and its product was right, or `problems` says what was not. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      if (this.#watched.size < AT_ONCE) await this.#submit();
      else await Promise.race([...this.#watched.values(), pause(POLL_MS)]);
    }
    while (this.#watched.size > 0) await Promise.all(this.#watched.values());
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Ends at once, whatever is unfinished. */
  abandon(): void {
    this.#stopped = true;
    this.#abandoned = true;
  }

  /**
   * What the coordinator has on record after a restart must be all that it ever said; jobs whose answer was lost
   * are taken up.
   * @param told - a copy from before the record was read
   */
  compare(told: ReadonlyMap<string, Told>, jobs: readonly JobOnRecord[]): void {
    const byId = new Map(jobs.map((job) => [job.id, job]));
    for (const [id, { cells, done }] of told) {
      const job = byId.get(id);
      if (!job) this.problems.push(`job ${id} is gone`);
      else if (job.cells < cells) this.problems.push(`job ${id} had ${cells} cells and has ${job.cells}`);
      else if (done && job.state !== 'done') this.problems.push(`job ${id} was done and is ${job.state}`);
    }
    for (const { id, a, b, state, error } of jobs) {
      if (state === 'failed' || state === 'cancelled')
        this.problems.push(`job ${id} is ${state}: ${error ?? ''}`);
      else if (!this.finished.has(id) && !this.#watched.has(id)) this.#watch(id, `${a} ${b}`);
    }
  }

  /** Streams part of a file and calls `midway`, which kills; then sends it again, whole. */
  async breakUpload(midway: () => Promise<void>): Promise<void> {
    const { a } = someProduct(this.#rng, (this.#seed += 2));
    const cut = randomInt(this.#rng, a.length);
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(a.subarray(0, cut));
        await midway();
        controller.enqueue(a.subarray(cut));
        controller.close();
      },
    });
    await fetch(`${this.#door.url}/v1/operands`, {
      method: 'POST',
      body,
      duplex: 'half',
      headers: {
        authorization: `Bearer ${this.#door.token}`,
        'content-type': 'application/octet-stream',
      },
    } as RequestInit).then(
      async (response) => response.text(),
      () => {},
    );
    await this.#insist(() => upload(this.#door, a));
  }

  /** Reads the first bytes of a result and calls `midway`, which kills; then reads all of it. */
  async breakDownload(midway: () => Promise<void>): Promise<void> {
    const [id, expected] = Array.from(this.finished)[randomInt(this.#rng, this.finished.size)] ?? [];
    if (id === undefined || !expected) {
      await midway();
      return;
    }
    try {
      const response = await fetch(`${this.#door.url}/v1/jobs/${id}/result`, {
        headers: { authorization: `Bearer ${this.#door.token}` },
      });
      const reader = response.body!.getReader();
      await reader.read();
      await midway();
      await reader.cancel();
    } catch {
      // It broke off, as it should.
    }
    this.#check(id, expected, await this.#insist(() => result(this.#door, id)));
  }

  async #submit(): Promise<void> {
    const wanted = someProduct(this.#rng, (this.#seed += 2));
    const a = await this.#insist(() => upload(this.#door, wanted.a));
    const b = await this.#insist(() => upload(this.#door, wanted.b));
    if (!a || !b) return;
    const key = `${a.id} ${b.id}`;
    this.#products.set(key, wanted);
    const job = await this.#once(() =>
      api<JobView>(this.#door, '/v1/jobs', {
        method: 'POST',
        body: JSON.stringify({ a: a.id, b: b.id, project: 'chaos' }),
        headers: { 'content-type': 'application/json' },
      }),
    );
    // Without an answer it may exist or not: the next comparison tells.
    if (!job) return;
    this.#watch(job.id, key);
  }

  #watch(id: string, key: string): void {
    if (this.#watched.has(id)) return;
    const wanted = this.#products.get(key);
    if (!wanted) {
      this.problems.push(`job ${id} is none of ours`);
      return;
    }
    this.told.set(id, this.told.get(id) ?? { cells: 0, done: false });
    this.#watched.set(
      id,
      this.#follow(id, wanted).finally(() => this.#watched.delete(id)),
    );
  }

  async #follow(id: string, wanted: Product): Promise<void> {
    for (;;) {
      const view = await this.#insist(() => api<JobView>(this.#door, `/v1/jobs/${id}`));
      if (!view) return;
      const before = this.told.get(id)!;
      if (view.cellsVerified < before.cells)
        this.problems.push(`job ${id} went back from ${before.cells} to ${view.cellsVerified} cells`);
      const done = view.state === 'done';
      this.told.set(id, { cells: Math.max(before.cells, view.cellsVerified), done });
      if (done) break;
      if (view.state !== 'running') {
        this.problems.push(`job ${id} is ${view.state}: ${view.error ?? ''}`);
        return;
      }
      await pause(POLL_MS);
      if (this.#abandoned) return;
    }
    this.#check(id, wanted, await this.#insist(() => result(this.#door, id)));
    this.finished.set(id, wanted);
  }

  #check(id: string, { dtype, k, expected }: Product, got: Int32Array | Float32Array | undefined): void {
    // Values are below 1, sums below k; the bound for float32 is DESIGN §2's with u = 2⁻²³.
    const tolerance = dtype === 'i8' ? 0 : 2 * k * k * 2 ** -23;
    const right =
      got?.length === expected.length &&
      expected.every((value, i) => Math.abs(value - (got[i] ?? Number.NaN)) <= tolerance);
    if (!right) this.problems.push(`the product of job ${id} (${dtype}) is wrong`);
  }

  /** Asks until it is answered. An answer that is an error is a problem, and undefined. */
  async #insist<T>(ask: () => Promise<T>): Promise<T | undefined> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!isBroken(error)) {
          this.problems.push(String(error));
          return undefined;
        }
        if (this.#abandoned) return undefined;
        await pause(POLL_MS);
      }
    }
  }

  async #once<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (!isBroken(error)) this.problems.push(String(error));
      return undefined;
    }
  }
}

/** fetch reports a connection that was refused or broke off as a TypeError, a body cut short also as one. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError || (error as { name?: unknown }).name === 'AbortError';
}
