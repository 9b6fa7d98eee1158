/**
 * Ordered frames between two ends: all that sessions and the block exchange know of a connection.
 * An empty frame is a heartbeat of the link; it counts as bytes and is never delivered.
 */
import { concatBytes } from '../core/bytes.ts';
import { AppError, throwIfAborted } from '../core/errors.ts';
import { MAX_BLOCK_FRAME_BYTES } from '../protocol/limits.ts';
import { Semaphore } from '../core/async.ts';
import { Receivers } from './receivers.ts';

/** The bytes of a frame; in pieces where joining them would be a copy. */
export type Frame = Uint8Array | readonly Uint8Array[];

export interface FrameChannel {
  /**
   * Resolves once the frame is handed over, which waits until the transport has room: await it before making
   * the next frame. The frame must not change afterwards.
   * @throws 'closed' after the end of the channel, 'aborted' (the frame was then not sent)
   */
  send(frame: Frame, signal?: AbortSignal): Promise<void>;
  /**
   * The next frame, or undefined at an orderly end. Frames that nobody asks for stop the sender.
   * @throws 'closed' after a reset, 'bad-frame' when the other end announces too long a frame, 'aborted'
   */
  receive(signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** Says that nothing more will be sent, after what is being sent. Never rejects; may be repeated. */
  close(): Promise<void>;
  /** Ends both directions now: `error` here, 'closed' at the other end. May be repeated. */
  abort(error: Error): void;
  /** Everything received, heartbeats and parts of frames included: growth is a sign of life. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A channel whose owner can see that it is over: what a link is made of. */
export interface EndingChannel extends FrameChannel {
  /** Resolves when it was aborted or reset, or both ends have closed it. */
  readonly ended: Promise<void>;
}

export interface MemoryChannelLimits {
  /** @default MAX_BLOCK_FRAME_BYTES */
  readonly maxFrameBytes?: number;
  /** What may lie unread before the sender has to wait. @default 65536 */
  readonly bufferBytes?: number;
}

/** Two joined channels in one process, with the back-pressure of a real one. */
export function memoryChannelPair(limits: MemoryChannelLimits = {}): [EndingChannel, EndingChannel] {
  const a = new MemoryChannel(limits);
  const b = new MemoryChannel(limits);
  a.other = b;
  b.other = a;
  return [a, b];
}

export const closedError = (cause?: unknown): AppError =>
  new AppError('closed', 'the connection was closed', cause === undefined ? undefined : { cause });

/** On a stream a frame has a length before it, which makes a heartbeat count. */
const PREFIX_BYTES = 1;

class MemoryChannel implements EndingChannel {
  bytesIn = 0;
  bytesOut = 0;
  readonly #maxFrameBytes: number;
  readonly #bufferBytes: number;
  readonly #unread: Uint8Array[] = [];
  readonly #receivers: Receivers;
  readonly #turn = new Semaphore(1);
  readonly #over = Promise.withResolvers<void>();
  #unreadBytes = 0;
  #sending = true;
  #roomWaiter: (() => void) | undefined;
  other!: MemoryChannel;

  constructor(limits: MemoryChannelLimits) {
    this.#maxFrameBytes = limits.maxFrameBytes ?? MAX_BLOCK_FRAME_BYTES;
    this.#bufferBytes = limits.bufferBytes ?? 65_536;
    this.#receivers = new Receivers(() => this.#take());
  }

  get ended(): Promise<void> {
    return this.#over.promise;
  }

  async send(pieces: Frame, signal?: AbortSignal): Promise<void> {
    const frame = pieces instanceof Uint8Array ? pieces : concatBytes(pieces);
    if (!this.#sending) throw closedError();
    const release = await this.#turn.acquire(1, signal);
    try {
      while (this.#sending && this.other.#unreadBytes >= this.#bufferBytes) await this.#room(signal);
      if (!this.#sending) throw closedError();
      this.bytesOut += PREFIX_BYTES + frame.length;
      this.other.#deliver(frame);
    } finally {
      release();
    }
  }

  receive(signal?: AbortSignal): Promise<Uint8Array | undefined> {
    return this.#receivers.receive(signal);
  }

  async close(): Promise<void> {
    if (!this.#sending) return;
    const release = await this.#turn.acquire();
    release();
    this.#sending = false;
    this.other.#receivers.finish();
    if (this.other.#sending) return;
    this.#over.resolve();
    this.other.#over.resolve();
  }

  abort(error: Error): void {
    this.#unread.length = 0;
    this.#unreadBytes = 0;
    this.#stop(error);
    this.other.#stop(closedError(error));
  }

  #stop(error: Error): void {
    this.#sending = false;
    this.#receivers.finish(error);
    this.#roomWaiter?.();
    this.#over.resolve();
  }

  #deliver(frame: Uint8Array): void {
    this.bytesIn += PREFIX_BYTES + frame.length;
    if (frame.length > this.#maxFrameBytes) {
      this.abort(new AppError('bad-frame', `a frame of ${frame.length} bytes is over the limit`));
      return;
    }
    if (frame.length === 0) return;
    this.#unread.push(frame);
    this.#unreadBytes += frame.length;
    this.#receivers.pump();
  }

  #take(): Uint8Array | undefined {
    const frame = this.#unread.shift();
    this.#unreadBytes -= frame?.length ?? 0;
    this.other.#roomWaiter?.();
    return frame;
  }

  async #room(signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    this.#roomWaiter = wake;
    signal?.addEventListener('abort', wake, { once: true });
    await promise;
    this.#roomWaiter = undefined;
    signal?.removeEventListener('abort', wake);
    throwIfAborted(signal);
  }
}
