/**
 * Bodies that come too slowly, or never end. A request holds a socket and, for an upload, a file; somebody
 * who sends a byte now and then must not keep them (slow-loris).
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { type Clock, withDeadline } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { formatBytes } from '../core/units.ts';

/** The whole of a small body (JSON) arrives within this time. */
export const SMALL_BODY_MS = 30_000;
/** What is left of a body after its answer is read for so long, so that the answer arrives; then the socket goes. */
export const LINGER_MS = 5_000;
/** An upload may wait for its next bytes so long… */
const PATIENCE_MS = 30_000;
/** …and gets more time at this rate: the slowest upload that is let through. */
const MIN_BYTES_PER_S = 4096;

/** Ends the connection unless the body is complete in time. */
export function expectBody(request: IncomingMessage, ms: number, clock: Clock): void {
  if (request.complete) return;
  const cancel = clock.after(ms, () => {
    if (!request.complete) request.socket.destroy();
  });
  request.once('close', cancel);
}

/** @throws AppError 'too-large' that says what would have been taken. */
export function assertUploadSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new AppError(
    'too-large',
    `this file has more than ${formatBytes(maxBytes)}, the most that this coordinator takes at once (--max-upload)`,
  );
}

/**
 * The bytes of an upload as they come. Only the waiting for them counts, so a slow disk on our side is
 * nobody's fault.
 * @throws AppError 'too-large', or 'timeout' when they come below 4 KiB/s over half a minute and more
 */
export async function* steadyBody(
  body: Readable,
  maxBytes: number,
  clock: Clock,
): AsyncGenerator<Uint8Array, void, undefined> {
  // Not to be destroyed with the loop: the socket has yet to carry the answer.
  const pieces = body.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;
  let patienceMs = PATIENCE_MS;
  let total = 0;
  try {
    for (;;) {
      const startMs = clock.now();
      const piece = await inTime(pieces.next(), patienceMs, clock);
      if (piece.done) return;
      total += piece.value.length;
      assertUploadSize(total, maxBytes);
      const earned = (1000 * piece.value.length) / MIN_BYTES_PER_S;
      patienceMs = Math.min(PATIENCE_MS, patienceMs - (clock.now() - startMs) + earned);
      yield piece.value;
    }
  } finally {
    // Not awaited: what came too late may never come.
    void pieces.return?.().catch(() => {});
  }
}

async function inTime<T>(next: Promise<T>, ms: number, clock: Clock): Promise<T> {
  try {
    return await withDeadline(clock, Math.max(0, ms), 'an upload', next);
  } catch (error) {
    if (!isAppError(error, 'timeout')) throw error;
    const least = formatBytes(MIN_BYTES_PER_S);
    throw new AppError('timeout', `the upload came in slower than ${least} a second`, { cause: error });
  }
}
