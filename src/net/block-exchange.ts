/**
 * Blocks both ways over one channel, by hash (src/protocol/README.md, "Blocks"). Whoever needs bytes asks;
 * the number of open wants is the only flow control, so the consumer bounds its own memory.
 */
import type { Clock } from '../core/clock.ts';
import { type AppError, toAppError } from '../core/errors.ts';
import { decodeBlockFrame } from '../protocol/block-frames.ts';
import { WANT_WINDOW } from '../protocol/limits.ts';
import type { Arrivals } from './arrivals.ts';
import { BlockConsumer, type Hash } from './block-consumer.ts';
import { BlockProvider, type BlockSource } from './block-provider.ts';
import { type FrameChannel, closedError } from './channel.ts';

export interface BlockExchangeOptions {
  /** Where the other end's wants are answered from; undefined for a block that is not here. */
  readonly source: BlockSource;
  readonly clock: Clock;
  /** Whether the source holds results, which become smaller when they are packed. @default false */
  readonly pack?: boolean;
  /** Resolves when so many bytes of a block may leave. @default at once */
  readonly pace?: ((bytes: number) => Promise<void>) | undefined;
  /** Wants without an answer at any time. @default WANT_WINDOW */
  readonly window?: number | undefined;
}

export class BlockExchange {
  readonly #channel: FrameChannel;
  readonly #window: number;
  readonly #consumer: BlockConsumer;
  readonly #provider: BlockProvider;
  #running: Promise<void> | undefined;

  constructor(channel: FrameChannel, options: BlockExchangeOptions) {
    this.#channel = channel;
    this.#window = options.window ?? WANT_WINDOW;
    const { source, clock, pack = false, pace } = options;
    const provider = new BlockProvider({ source, clock, pack, pace, send: (frame) => channel.send(frame) });
    this.#provider = provider;
    this.#consumer = new BlockConsumer({
      clock: options.clock,
      window: this.#window,
      // A failed send means the end of the channel, which run() sees as well.
      post: (frame) => void channel.send(frame).catch(() => {}),
      moved: () => channel.bytesIn + provider.bytesUp,
    });
  }

  /** Wants without an answer at any time. */
  get window(): number {
    return this.#window;
  }

  /** Bytes of blocks received and sent, as they travelled: this is what the link has carried. */
  get bytesDown(): number {
    return this.#consumer.bytesDown;
  }

  get bytesUp(): number {
    return this.#provider.bytesUp;
  }

  /** Bytes of the same blocks unpacked: 8 · bytesDown / (unpackedDown / 4) are the bits of a 32-bit entry. */
  get unpackedDown(): number {
    return this.#consumer.unpackedDown;
  }

  get unpackedUp(): number {
    return this.#provider.unpackedUp;
  }

  /** How fast blocks come while they come one after the other. */
  get arrivals(): Readonly<Pick<Arrivals, 'bytes' | 'ms'>> {
    return this.#consumer.arrivals;
  }

  /** Milliseconds in which a block was awaited. */
  get downBusyMs(): number {
    return this.#consumer.busyMs;
  }

  /** Milliseconds in which the other end awaited a block: bytesUp / upBusyMs is how fast they leave. */
  get upBusyMs(): number {
    return this.#provider.busyMs;
  }

  /**
   * The block with this hash, checked. Any number may be asked for at once; callers that ask for the same hash
   * share one transfer and get the same array.
   * @throws 'not-found' when the other end lacks it, 'aborted', 'timeout' after BLOCK_DEADLINE_MS in which
   *   nothing moved, 'closed' or 'bad-frame' when the channel has ended
   */
  fetch(hash: Hash, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#consumer.fetch(hash, signal);
  }

  /**
   * Serves both halves until the channel ends. Every call returns the same promise.
   * @throws 'closed' after a reset; 'bad-frame' or 'too-large' when the other end broke the protocol, which
   *   aborts the channel
   */
  run(): Promise<void> {
    this.#running ??= this.#loop();
    return this.#running;
  }

  async #loop(): Promise<void> {
    try {
      for (;;) {
        const bytes = await this.#channel.receive();
        if (!bytes) break;
        await this.#handle(bytes);
      }
      this.#end(closedError());
    } catch (error) {
      const failure = toAppError(error);
      this.#channel.abort(failure);
      this.#end(failure);
      throw failure;
    }
  }

  async #handle(bytes: Uint8Array): Promise<void> {
    const frame = decodeBlockFrame(bytes);
    if (frame.type === 'block') await this.#consumer.onBlock(frame.hash, frame.bytes, false);
    else if (frame.type === 'packed') await this.#consumer.onBlock(frame.hash, frame.packed, true);
    else if (frame.type === 'want') this.#provider.onWant(frame.hashes);
    else if (frame.type === 'cancel') this.#provider.onCancel(frame.hashes);
    else this.#consumer.onMissing(frame.hashes);
  }

  #end(error: AppError): void {
    this.#consumer.end(error);
    this.#provider.end();
  }
}
