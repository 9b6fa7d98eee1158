/** The answering half of the block protocol: one want at a time, in their order, each answered once. */
import { Allowance } from '../core/allowance.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { encodeBlock, encodeMissing, encodePacked } from '../protocol/block-frames.ts';
import {
  MAX_MISSING_PER_SECOND,
  MAX_QUEUED_WANTS,
  MAX_WANTS_PER_FRAME,
  MISSING_BURST,
} from '../protocol/limits.ts';
import { packBlock } from '../protocol/pack.ts';
import type { Hash } from './block-consumer.ts';
import { BusyTime } from './busy-time.ts';
import type { Frame } from './channel.ts';

export type BlockSource = (hash: Hash) => Promise<Uint8Array | undefined>;

interface QueuedWant {
  readonly hash: Hash;
  cancelled: boolean;
}

export interface ProviderOptions {
  /** A source that throws counts as one that has not got the block: the consumer must have its answer. */
  readonly source: BlockSource;
  readonly clock: Clock;
  /** Blocks of results become smaller; to try it on others is a waste. */
  readonly pack: boolean;
  /** Resolves when so many bytes of a block may leave. @default at once */
  readonly pace?: ((bytes: number) => Promise<void>) | undefined;
  /** Waits for room, which paces the source. Rejects at the end of the channel. */
  send(frame: Frame): Promise<void>;
}

export class BlockProvider {
  /** Bytes of blocks as they were sent. */
  bytesUp = 0;
  /** The same blocks, unpacked. */
  unpackedUp = 0;
  readonly #options: ProviderOptions;
  readonly #busy: BusyTime;
  readonly #queue: QueuedWant[] = [];
  readonly #missing: Allowance;
  /** The peer wants what is not here, and nothing else. */
  #vain = false;
  #serving = false;
  #ended = false;

  constructor(options: ProviderOptions) {
    this.#options = options;
    this.#busy = new BusyTime(options.clock);
    this.#missing = new Allowance(options.clock, { burst: MISSING_BURST, perSecond: MAX_MISSING_PER_SECOND });
  }

  /** How long a want was waiting for its answer, or for the channel to take it. */
  get busyMs(): number {
    return this.#busy.ms;
  }

  /** @throws 'too-large' when the peer has more wants open than any window allows, or goes on wanting in vain */
  onWant(hashes: readonly Hash[]): void {
    if (this.#vain) throw new AppError('too-large', 'it goes on wanting blocks that are not here');
    if (this.#queue.length + hashes.length > MAX_QUEUED_WANTS) {
      throw new AppError('too-large', `more than ${MAX_QUEUED_WANTS} wants are waiting`);
    }
    for (const hash of hashes) this.#queue.push({ hash, cancelled: false });
    if (!this.#serving) void this.#serve();
  }

  /** What is already being read or sent will still arrive; the rest is answered with Missing. */
  onCancel(hashes: readonly Hash[]): void {
    for (const hash of hashes) {
      const want = this.#queue.find((entry) => entry.hash === hash && !entry.cancelled);
      if (want) want.cancelled = true;
    }
  }

  end(): void {
    this.#ended = true;
    this.#queue.length = 0;
  }

  async #serve(): Promise<void> {
    this.#serving = true;
    this.#busy.set(true);
    try {
      while (this.#queue.length > 0) {
        const cancelled = this.#takeCancelled();
        if (cancelled.length > 0) await this.#options.send(encodeMissing(cancelled));
        else await this.#answer(this.#queue.shift()!);
      }
    } catch {
      // The channel has ended; whoever runs the exchange knows why.
      this.end();
    } finally {
      this.#serving = false;
      this.#busy.set(false);
    }
  }

  #takeCancelled(): Hash[] {
    const live = this.#queue.findIndex((want) => !want.cancelled);
    const count = Math.min(live < 0 ? this.#queue.length : live, MAX_WANTS_PER_FRAME);
    return this.#queue.splice(0, count).map((want) => want.hash);
  }

  async #answer(want: QueuedWant): Promise<void> {
    let bytes: Uint8Array | undefined;
    let packed: Uint8Array | undefined;
    let frame: Frame;
    try {
      bytes = await this.#options.source(want.hash);
      packed = bytes && this.#options.pack ? packBlock(bytes) : undefined;
      if (packed) frame = encodePacked(want.hash, packed);
      else frame = bytes ? encodeBlock(want.hash, bytes) : encodeMissing([want.hash]);
    } catch {
      bytes = packed = undefined;
      frame = encodeMissing([want.hash]);
    }
    if (this.#ended) return;
    const sent = packed ?? bytes;
    if (sent) await this.#options.pace?.(sent.length);
    if (this.#ended) return;
    if (!bytes && !this.#missing.take()) this.#vain = true;
    await this.#options.send(frame);
    this.bytesUp += sent?.length ?? 0;
    this.unpackedUp += bytes?.length ?? 0;
  }
}
