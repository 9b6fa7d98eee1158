/**
 * The asking half of the block protocol. Every want gets exactly one answer, a block or a Missing, also
 * after a Cancel: so an answer returns the credit of its want, and an answer without a want is a lie.
 */
import { sha256, toHex } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { encodeCancel, encodeWant } from '../protocol/block-frames.ts';
import { BLOCK_DEADLINE_MS, MAX_WANTS_PER_FRAME, WANT_DEADLINE_MS } from '../protocol/limits.ts';
import { unpackBlock } from '../protocol/pack.ts';
import { Arrivals } from './arrivals.ts';
import { BusyTime } from './busy-time.ts';

/** Lower-case hexadecimal SHA-256 of a block. */
export type Hash = Parameters<typeof encodeWant>[0][number];

interface Waiter {
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}

interface Want {
  /** 'cancelled': asked for, nobody waits, but its answer is still to come. */
  state: 'queued' | 'wanted' | 'cancelled';
  /** When the other end was asked for it. */
  askedMs: number;
  readonly waiters: Set<Waiter>;
}

export interface ConsumerOptions {
  readonly clock: Clock;
  /** Wants without an answer at any time. */
  readonly window: number;
  post(frame: Uint8Array): void;
  /** A count that grows while anything moves on the channel, in either direction. */
  moved(): number;
}

/** At least seven eighths of the window are on their way while there is more to want. */
const FRAMES_PER_WINDOW = 8;

const HASH = /^[0-9a-f]{64}$/;

export class BlockConsumer {
  /** Bytes of blocks as they came. */
  bytesDown = 0;
  /** The same blocks, unpacked; those that nobody waited for any more stay packed. */
  unpackedDown = 0;
  readonly arrivals: Arrivals;
  readonly #options: ConsumerOptions;
  readonly #busy: BusyTime;
  readonly #wants = new Map<Hash, Want>();
  readonly #queued = new Set<Hash>();
  #outstanding = 0;
  #flushing = false;
  #stopDeadline: (() => void) | undefined;
  #ended: AppError | undefined;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#busy = new BusyTime(options.clock);
    this.arrivals = new Arrivals(options.clock);
  }

  /** How long a want was without its answer. */
  get busyMs(): number {
    return this.#busy.ms;
  }

  fetch(hash: Hash, signal?: AbortSignal): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const failure = this.#refusal(hash, signal);
      if (failure) {
        reject(failure);
        return;
      }
      const want = this.#want(hash);
      const abort = (): void => {
        want.waiters.delete(waiter);
        if (want.waiters.size === 0) this.#cancel(hash, want);
        reject(new AppError('aborted', 'the fetch was aborted', { cause: signal?.reason }));
      };
      const settle = (): void => signal?.removeEventListener('abort', abort);
      const waiter: Waiter = {
        resolve: (bytes) => {
          settle();
          resolve(bytes);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      want.waiters.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
      this.#flushSoon();
      this.#watch();
    });
  }

  /** @throws 'bad-frame' unless the block was wanted, unpacks and hashes to its name */
  async onBlock(hash: Hash, sent: Uint8Array, packed: boolean): Promise<void> {
    const want = this.#answered(hash);
    let bytes = sent;
    if (want.waiters.size > 0) {
      if (packed) bytes = unpackBlock(sent);
      if (toHex(await sha256(bytes)) !== hash) {
        throw new AppError('bad-frame', 'a block does not hash to its name');
      }
    }
    this.bytesDown += sent.length;
    this.arrivals.add(sent.length);
    this.unpackedDown += bytes.length;
    this.#remove(hash);
    // Each its own: one may be done with it before the others.
    const [first, ...others] = want.waiters;
    first?.resolve(bytes);
    for (const other of others) other.resolve(bytes.slice());
    this.#flushSoon();
  }

  /** @throws 'bad-frame' unless all were wanted */
  onMissing(hashes: readonly Hash[]): void {
    for (const hash of hashes) {
      const want = this.#answered(hash);
      this.#remove(hash);
      if (want.state === 'cancelled' && want.waiters.size > 0) {
        // Asked for again after the Cancel that this answers.
        want.state = 'queued';
        this.#wants.set(hash, want);
        this.#queued.add(hash);
        continue;
      }
      reject(want, new AppError('not-found', `the other end has no block ${hash}`));
    }
    this.#flushSoon();
  }

  /** Rejects everything that is waited for, now and later. */
  end(error: AppError): void {
    this.#ended ??= error;
    this.#stopDeadline?.();
    this.#busy.set(false);
    for (const want of this.#wants.values()) reject(want, this.#ended);
    this.#wants.clear();
    this.#queued.clear();
  }

  #refusal(hash: Hash, signal: AbortSignal | undefined): AppError | undefined {
    if (this.#ended) return this.#ended;
    if (signal?.aborted) return new AppError('aborted', 'the fetch was aborted', { cause: signal.reason });
    return HASH.test(hash) ? undefined : new AppError('bad-input', 'not a block hash');
  }

  #want(hash: Hash): Want {
    let want = this.#wants.get(hash);
    if (!want) {
      want = { state: 'queued', askedMs: Infinity, waiters: new Set() };
      this.#wants.set(hash, want);
      this.#queued.add(hash);
    }
    return want;
  }

  #answered(hash: Hash): Want {
    const want = this.#wants.get(hash);
    if (want && want.state !== 'queued') return want;
    throw new AppError('bad-frame', 'an answer to what was never wanted');
  }

  #remove(hash: Hash): void {
    if (this.#wants.delete(hash)) this.#outstanding -= 1;
    if (this.#outstanding > 0) return;
    this.#busy.set(false);
    this.arrivals.end();
  }

  #cancel(hash: Hash, want: Want): void {
    if (want.state === 'queued') {
      this.#queued.delete(hash);
      this.#wants.delete(hash);
    } else if (want.state === 'wanted') {
      want.state = 'cancelled';
      this.#options.post(encodeCancel([hash]));
    }
  }

  /** A turn later, so that a burst of fetches is one frame. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    const { window } = this.#options;
    const room = Math.min(window - this.#outstanding, MAX_WANTS_PER_FRAME);
    if (room <= 0 || this.#queued.size === 0) return;
    // A frame for each block took a tenth of both ends' time.
    if (room < Math.min(this.#queued.size, window / FRAMES_PER_WINDOW)) return;
    const hashes = Array.from(this.#queued).slice(0, room);
    for (const hash of hashes) {
      this.#queued.delete(hash);
      const want = this.#wants.get(hash)!;
      want.state = 'wanted';
      want.askedMs = this.#options.clock.now();
    }
    this.#outstanding += hashes.length;
    this.#busy.set(true);
    this.#options.post(encodeWant(hashes));
  }

  #watch(): void {
    if (this.#stopDeadline) return;
    const before = this.#options.moved();
    this.#stopDeadline = this.#options.clock.after(BLOCK_DEADLINE_MS, () => {
      this.#stopDeadline = undefined;
      if (this.#options.moved() === before)
        this.#timeOut(`no block arrived for ${BLOCK_DEADLINE_MS / 1000} s`);
      // A byte a minute moves, too.
      const old = this.#options.clock.now() - WANT_DEADLINE_MS;
      this.#timeOut(
        `a block did not arrive within ${WANT_DEADLINE_MS / 60_000} min`,
        (want) => want.askedMs <= old,
      );
      if (Array.from(this.#wants.values()).some((want) => want.waiters.size > 0)) this.#watch();
    });
  }

  /** Fails those who wait, not the channel: a frozen tab may thaw, and its answers return the credits. */
  #timeOut(why: string, late: (want: Want) => boolean = () => true): void {
    for (const [hash, want] of Array.from(this.#wants)) {
      if (!late(want)) continue;
      reject(want, new AppError('timeout', why));
      this.#cancel(hash, want);
    }
  }
}

function reject(want: Want, error: AppError): void {
  const waiters = Array.from(want.waiters);
  want.waiters.clear();
  for (const waiter of waiters) waiter.reject(error);
}
