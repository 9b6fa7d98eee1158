/**
 * Blocks in the order of their use, in front of the block exchange: it is given as many wants as its window
 * takes, those of the oldest lease first and each lease's in the order in which it asked, so that an early lease
 * never waits for the blocks of a later one, and the link never waits for either. A block that several leases want
 * comes once; one that the disk holds, or that can be made here, does not come over the link at all. What has
 * arrived and is not on the GPU yet is bounded.
 */
import { AppError } from '../core/errors.ts';
import type { TokenBucket } from '../core/token-bucket.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import type { Hash } from '../matrix/manifest.ts';
import { WANT_WINDOW } from '../protocol/limits.ts';
import type { SeededBlocks } from './seeded-blocks.ts';

/** Blocks of earlier visits and of leases past; a block that cannot be read is not there. */
interface Disk {
  has(hash: Hash): boolean;
  get(hash: Hash): Promise<Uint8Array | undefined>;
  put(hash: Hash, bytes: Uint8Array): void;
}

export interface FetchQueueOptions {
  readonly fetch: (hash: Hash, signal: AbortSignal) => Promise<Uint8Array>;
  readonly disk?: Disk | undefined;
  /** Makes blocks that are described and not sent. */
  readonly seeded?: Pick<SeededBlocks, 'has' | 'get'>;
  /** Of the link; a block's bytes are taken before it is asked for. @default as fast as it comes */
  readonly pace?: Pick<TokenBucket, 'tryTake' | 'take' | 'giveBack'> | undefined;
  /** Wants that the exchange has at a time. @default WANT_WINDOW */
  readonly width?: number;
  /** Blocks on their way or arrived, and not on the GPU yet. @default MAX_HELD_BLOCKS */
  readonly heldBlocks?: number;
}

/** The blocks of one lease. */
export interface Lane {
  /**
   * A copy of its own, to be transferred away. The block counts as held until `done`; asking again before that
   * gives the same promise. @throws AppError 'aborted' after `end`, and what fetching throws.
   */
  fetch(hash: Hash): Promise<Uint8Array>;
  /** The block is on the GPU, or is not wanted any more. */
  done(hash: Hash): void;
  /** Gives up what nobody has begun to bring; what is on its way still comes. */
  forgetQueued(): void;
  /** The lease is over: everything is given up. */
  end(): void;
}

/** 16 MiB: more than a window and what is being handed to the GPU worker. */
const MAX_HELD_BLOCKS = 64;
/** Each costs the processor a SHA-256, or the making; more at a time would only take longer. */
const MAX_READS = 4;

/** Where a block is brought from. */
type Way = 'link' | 'disk' | 'seed';
const WAYS: readonly Way[] = ['link', 'disk', 'seed'];

interface Waiter {
  readonly promise: Promise<Uint8Array>;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

interface Want {
  readonly hash: Hash;
  state: 'queued' | 'coming' | 'here';
  way: Way;
  bytes: Uint8Array | undefined;
  readonly stop: AbortController;
  readonly waiters: Map<QueueLane, Waiter>;
}

export class FetchQueue {
  readonly #options: FetchQueueOptions;
  /** Oldest first. */
  readonly #lanes: QueueLane[] = [];
  readonly #wants = new Map<Hash, Want>();
  readonly #coming: Record<Way, number> = { link: 0, disk: 0, seed: 0 };
  readonly #most: Readonly<Record<Way, number>>;
  readonly #heldBlocks: number;
  /** Wants that are here. */
  #here = 0;
  /** The bytes of the next block to ask for are taken, or are being waited for. */
  #permit: 'none' | 'awaited' | 'given' = 'none';

  constructor(options: FetchQueueOptions) {
    this.#options = options;
    this.#most = { link: options.width ?? WANT_WINDOW, disk: MAX_READS, seed: MAX_READS };
    this.#heldBlocks = options.heldBlocks ?? MAX_HELD_BLOCKS;
  }

  /** For a lease that comes after all those before it. */
  lane(): Lane {
    const lane = new QueueLane(this);
    this.#lanes.push(lane);
    return lane;
  }

  ask(lane: QueueLane, hash: Hash): Promise<Uint8Array> {
    const want = this.#wants.get(hash) ?? this.#add(hash);
    const asked = want.waiters.get(lane);
    if (asked) return asked.promise;
    const waiter = Promise.withResolvers<Uint8Array>();
    waiter.promise.catch(() => {}); // whoever asked is told; one that has gone need not hear it
    want.waiters.set(lane, waiter);
    if (want.bytes) waiter.resolve(want.bytes.slice());
    else if (want.state === 'queued') lane.queued[want.way].add(hash);
    this.#pump();
    return waiter.promise;
  }

  drop(lane: QueueLane, hash: Hash, only?: Want['state']): void {
    const want = this.#wants.get(hash);
    const waiter = want?.waiters.get(lane);
    if (!want || !waiter || (only && want.state !== only)) return;
    want.waiters.delete(lane);
    lane.queued[want.way].delete(hash);
    waiter.reject(new AppError('aborted', 'the block is not wanted any more'));
    if (want.waiters.size === 0) this.#forget(want);
    this.#pump();
  }

  close(lane: QueueLane): void {
    const at = this.#lanes.indexOf(lane);
    if (at >= 0) this.#lanes.splice(at, 1);
    for (const [hash, want] of Array.from(this.#wants)) if (want.waiters.has(lane)) this.drop(lane, hash);
  }

  #add(hash: Hash): Want {
    const { seeded, disk } = this.#options;
    const way = seeded?.has(hash) ? 'seed' : disk?.has(hash) ? 'disk' : 'link';
    const stop = new AbortController();
    const want: Want = { hash, state: 'queued', way, bytes: undefined, stop, waiters: new Map() };
    this.#wants.set(hash, want);
    return want;
  }

  #forget(want: Want): void {
    this.#wants.delete(want.hash);
    if (want.state === 'here') this.#here -= 1;
    want.stop.abort();
  }

  #pump(): void {
    for (let next = this.#next(); next; next = this.#next()) void this.#bring(next);
  }

  #next(): Want | undefined {
    const coming = WAYS.reduce((sum, way) => sum + this.#coming[way], 0);
    // A lost device takes back what it was given: its lease asks again while others' blocks fill the room. One
    // at a time keeps that moving.
    if (coming + this.#here >= this.#heldBlocks && coming > 0) return undefined;
    for (const way of WAYS) {
      if (this.#coming[way] >= this.#most[way]) continue;
      const next = this.#first(way);
      if (next && (way !== 'link' || this.#permitted())) return next;
    }
    return undefined;
  }

  #first(way: Way): Want | undefined {
    for (const lane of this.#lanes) for (const hash of lane.queued[way]) return this.#wants.get(hash);
    return undefined;
  }

  /** Whether the link may be asked for a block; if not, the queue is looked at again when it may. */
  #permitted(): boolean {
    const { pace } = this.#options;
    if (!pace) return true;
    if (this.#permit === 'none' && pace.tryTake(BLOCK_BYTES)) return true;
    if (this.#permit === 'none') void this.#await(pace);
    if (this.#permit !== 'given') return false;
    this.#permit = 'none';
    return true;
  }

  async #await(pace: NonNullable<FetchQueueOptions['pace']>): Promise<void> {
    this.#permit = 'awaited';
    await pace.take(BLOCK_BYTES);
    this.#permit = 'given';
    this.#pump();
    if (this.#permit !== 'given') return;
    this.#permit = 'none'; // nothing is wanted any more
    pace.giveBack(BLOCK_BYTES);
  }

  async #bring(want: Want): Promise<void> {
    const { hash, way } = want;
    want.state = 'coming';
    for (const lane of want.waiters.keys()) lane.queued[way].delete(hash);
    this.#coming[way] += 1;
    try {
      const bytes = await this.#read(want);
      if (bytes) this.#arrived(want, bytes);
      else this.#requeue(want);
    } catch (error) {
      if (this.#wants.get(hash) === want) this.#forget(want);
      for (const waiter of want.waiters.values()) waiter.reject(error);
    } finally {
      this.#coming[way] -= 1;
      this.#pump();
    }
  }

  async #read({ hash, way, stop }: Want): Promise<Uint8Array | undefined> {
    const { fetch, disk, seeded, pace } = this.#options;
    if (way === 'disk') return disk?.get(hash);
    if (way === 'seed') return seeded?.get(hash, stop.signal);
    const bytes = await fetch(hash, stop.signal);
    pace?.giveBack(BLOCK_BYTES - bytes.length);
    disk?.put(hash, bytes);
    return bytes;
  }

  #arrived(want: Want, bytes: Uint8Array): void {
    if (want.waiters.size === 0) return; // given up meanwhile
    want.state = 'here';
    want.bytes = bytes;
    this.#here += 1;
    for (const waiter of want.waiters.values()) waiter.resolve(bytes.slice());
  }

  /** The disk had it no more. */
  #requeue(want: Want): void {
    want.state = 'queued';
    want.way = 'link';
    for (const lane of want.waiters.keys()) lane.queued.link.add(want.hash);
  }
}

class QueueLane implements Lane {
  /** Asked for and not begun, in order. */
  readonly queued: Readonly<Record<Way, Set<Hash>>> = {
    link: new Set(),
    disk: new Set(),
    seed: new Set(),
  };
  readonly #queue: FetchQueue;
  #ended = false;

  constructor(queue: FetchQueue) {
    this.#queue = queue;
  }

  fetch(hash: Hash): Promise<Uint8Array> {
    if (this.#ended) return Promise.reject(new AppError('aborted', 'the lease is over'));
    return this.#queue.ask(this, hash);
  }

  done(hash: Hash): void {
    this.#queue.drop(this, hash);
  }

  forgetQueued(): void {
    for (const queued of Object.values(this.queued)) {
      for (const hash of Array.from(queued)) this.#queue.drop(this, hash, 'queued');
    }
  }

  end(): void {
    this.#ended = true;
    this.#queue.close(this);
  }
}
