/** The bytes of one request, as they come, at the end of an upload's file. */
import type { FileHandle } from 'node:fs/promises';
import { AppError, isAppError } from '../core/errors.ts';

export interface Appending {
  /** The length of the file, and what it is to have in the end. */
  readonly from: number;
  readonly to: number;
  readonly arrived: (offset: number) => void;
  /** Its reason is thrown where that is an AppError, else 'aborted'. */
  readonly signal: AbortSignal;
}

/**
 * Until the bytes end or the signal fires; what was written by then stays.
 * @throws AppError 'too-large' for more bytes than there are to be, of which none stays; the stream's own
 */
export async function appendPieces(
  file: FileHandle,
  bytes: AsyncIterable<Uint8Array>,
  { from, to, arrived, signal }: Appending,
): Promise<void> {
  const iterator = bytes[Symbol.asyncIterator]();
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => {});
  const stop = (): void => {
    const { reason } = signal as { reason: unknown };
    stopped.reject(isAppError(reason) ? reason : new AppError('aborted', 'the upload broke off'));
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    for (let offset = from; ;) {
      const piece = await Promise.race([iterator.next(), stopped.promise]);
      if (piece.done) return;
      offset += piece.value.length;
      if (offset > to) {
        await file.truncate(from);
        throw new AppError(
          'too-large',
          `this upload was to have ${to} bytes, and more have come; begin it again with its real length`,
        );
      }
      await file.appendFile(piece.value);
      arrived(offset);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    // Not awaited: what is waited for may never come.
    void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
