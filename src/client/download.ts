/** A product on its way: piece by piece, and on from where the connection broke. */
import { AppError } from '../core/errors.ts';
import type { TileworkClient } from './client.ts';
import type { PartOptions } from './options.ts';
import { Patience } from './retry.ts';

export interface DownloadOptions extends PartOptions {
  /** Of each row its so many largest entries: their `part`. Such a file cannot be resumed. */
  readonly top?: number | undefined;
  readonly part?: 'values' | 'indices' | undefined;
  /** Bytes that have come, of how many (undefined where the coordinator does not say). */
  readonly onProgress?: ((bytes: number, size: number | undefined) => void) | undefined;
}

/**
 * The bytes of the .npy file that `result` answers with, each once.
 * @throws AppError as `result`; 'closed' when the connection breaks and what is left cannot be had, 'aborted'.
 */
export async function* downloadResult(
  client: TileworkClient,
  job: string,
  { onProgress, ...options }: DownloadOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal } = options;
  const patience = new Patience({ clock: client.clock, signal });
  let at = 0;
  let size: number | undefined;
  let version: string | undefined;
  for (;;) {
    try {
      const response = await client.result(job, at === 0 ? options : { ...options, from: at, version });
      if (at > 0 && response.status !== 206) {
        await response.body?.cancel();
        throw new AppError('conflict', 'the product has changed while it was fetched; fetch it again');
      }
      version = response.headers.get('etag') ?? undefined;
      const length = Number(response.headers.get('content-length') ?? Number.NaN);
      if (Number.isSafeInteger(length)) size = at + length;
      for await (const piece of piecesOf(response.body)) {
        at += piece.byteLength;
        patience.renew();
        yield piece;
        onProgress?.(at, size);
      }
      if (size === undefined || at === size) return;
      throw new AppError('closed', 'the product arrived incomplete; try again');
    } catch (error) {
      const failure = client.failure(error, signal);
      // Without a version, what comes may be of another file.
      if (at > 0 && version === undefined) throw failure;
      await patience.after(failure);
    }
  }
}

/** Not every browser iterates a stream. */
async function* piecesOf(
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!body) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // A body that failed rejects here too; there is nothing left to close then.
    await reader.cancel().catch(() => {});
  }
}
