/**
 * A contributor's hardware at work: operands come down, the GPU computes while they come, results go up. Each of
 * the three serves leases in their order and overlaps with the other two, as the engine's pipeline does.
 */
import { BLOCK_ROWS, CELL } from '../../../src/matrix/blocks.ts';
import { rectArea } from '../../../src/coordinator/grid.ts';
import { type ActiveLease, type JobSpec, rectWork } from '../../../src/coordinator/work.ts';
import type { Timeline } from '../timeline.ts';
import { Lane } from './lane.ts';
import type { Profile } from './population.ts';
import { StripCache } from './strip-cache.ts';

/** An i8 block holds so many values of K: the GPU begins when the first of them have come. */
const BLOCK_VALUES = 1024;
/** Operands have fewer row-blocks than this. */
const OPERAND_STRIDE = 2 ** 24;

export interface MachineEvents {
  /** @param gpuMs - that the GPU needed, waiting for operands not counted */
  readonly computed: (lease: ActiveLease, gpuMs: number) => void;
}

export class Machine {
  readonly profile: Profile;
  /** Bytes come so many times slower, and so much slower the GPU is. */
  readonly slow = { gpu: 1, link: 1 };
  readonly down: Lane;
  readonly gpu: Lane;
  readonly up: Lane;
  readonly #timeline: Timeline;
  readonly #events: MachineEvents;
  readonly #cache: StripCache;
  /** Which number an operand's strips begin with. */
  readonly #operands: Map<string, number>;
  /** Leases that are not given up. */
  readonly #wanted = new Set<string>();
  /** Bytes evicted and not told yet. */
  #evicted = 0;

  constructor(timeline: Timeline, profile: Profile, operands: Map<string, number>, events: MachineEvents) {
    this.profile = profile;
    this.down = new Lane(timeline);
    this.gpu = new Lane(timeline);
    this.up = new Lane(timeline);
    this.#timeline = timeline;
    this.#events = events;
    this.#operands = operands;
    this.#cache = new StripCache(profile.cacheBytes);
  }

  /** Downloads what it lacks, and computes. */
  begin(lease: ActiveLease): void {
    const { id, job, rect } = lease;
    const work = rectWork(job, rect);
    const gpuMs = (): number => (1000 * this.slow.gpu * work.rows * work.cols * job.k) / this.profile.rate;
    const ranges = Math.ceil(job.k / BLOCK_VALUES);
    const strips = this.#stripsOf(lease);
    let came = Infinity;
    this.#wanted.add(id);
    this.down.push({
      id,
      begin: () => {
        const bytes = strips.reduce((sum, [strip, size]) => sum + (this.#cache.has(strip) ? 0 : size), 0);
        const ms = (1000 * this.slow.link * bytes) / this.profile.down;
        came = this.#timeline.now + ms;
        this.#timeline.in(ms / ranges, () => {
          if (!this.#wanted.delete(id)) return;
          this.gpu.push({
            id,
            begin: () => ({
              ms: Math.max(gpuMs(), came - this.#timeline.now + gpuMs() / ranges),
              amount: work.rows * work.cols * job.k,
            }),
            done: () => {
              this.#events.computed(lease, gpuMs());
            },
          });
        });
        return { ms, amount: bytes };
      },
      done: () => {
        this.#evicted += this.#cache.use(strips);
      },
    });
  }

  /** @param entryBytes - an entry of C on the wire */
  upload(lease: ActiveLease, share: number, entryBytes: number, done: () => void): void {
    const bytes = uploadBytes(lease, entryBytes) * share;
    this.up.push({
      id: lease.id,
      begin: () => ({ ms: (1000 * this.slow.link * bytes) / this.profile.up, amount: bytes }),
      done,
    });
  }

  cancel(lease: string): void {
    this.#wanted.delete(lease);
    this.down.drop(lease);
    this.gpu.drop(lease);
  }

  /** Nothing more happens, and nothing is kept. */
  stop(): void {
    for (const lane of [this.down, this.gpu, this.up]) lane.stop();
    this.#wanted.clear();
    this.#cache.clear();
    this.#evicted = 0;
  }

  /** Bytes evicted since the last call. */
  takeEvicted(): number {
    const evicted = this.#evicted;
    this.#evicted = 0;
    return evicted;
  }

  #stripsOf({ job, rect }: ActiveLease): (readonly [strip: number, bytes: number])[] {
    const side = (operand: string, first: number, count: number, length: number) =>
      Array.from({ length: count }, (_, i): readonly [number, number] => [
        this.#operandNumber(operand) * OPERAND_STRIDE + first + i,
        Math.min(BLOCK_ROWS, length - (first + i) * BLOCK_ROWS) * job.k,
      ]);
    return [...side(job.a, rect.row, rect.rows, job.rows), ...side(job.b, rect.col, rect.cols, job.cols)];
  }

  #operandNumber(operand: string): number {
    const known = this.#operands.get(operand);
    if (known !== undefined) return known;
    this.#operands.set(operand, this.#operands.size);
    return this.#operands.size - 1;
  }
}

export function multiplyAdds(job: JobSpec, { rect }: ActiveLease): number {
  const { rows, cols } = rectWork(job, rect);
  return rows * cols * job.k;
}

export function uploadBytes({ job, rect }: ActiveLease, entryBytes: number): number {
  const { rows, cols } = rectWork(job, rect);
  return rows * cols * entryBytes;
}

/** Freivalds does 16 full cells in 3.5 ms (1024² entries, measured: facts on trust). */
export function verifyMs({ rect }: ActiveLease): number {
  return (rectArea(rect) * CELL * CELL * 3.5) / 1024 ** 2;
}
