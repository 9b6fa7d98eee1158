/** A stream as the body of a request: counted, read only on demand, and ended with the request. */
import { AppError } from '../core/errors.ts';

export interface CountedStream {
  readonly body: ReadableStream<Uint8Array>;
  /**
   * Ends the body and cancels its source. Needed after every request: when one is aborted, or answered
   * before its body was sent, Node's fetch reads the body to its end all the same (undici 7, Node 24).
   */
  stop(): void;
}

/** The same bytes; a piece is taken from the source when the network asks for it, and not before. */
export function countedStream(
  source: ReadableStream<Uint8Array>,
  onProgress: ((bytes: number) => void) | undefined,
): CountedStream {
  const reader = source.getReader();
  let sent = 0;
  let ended = false;
  let end: (error: AppError) => void = () => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        end = (error) => {
          controller.error(error);
        };
      },
      async pull(controller) {
        const { done, value } = await reader.read();
        if (ended) return;
        if (done) {
          ended = true;
          controller.close();
          return;
        }
        sent += value.byteLength;
        controller.enqueue(value);
        onProgress?.(sent);
      },
      async cancel(reason) {
        ended = true;
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  const stop = (): void => {
    if (ended) return;
    ended = true;
    const reason = new AppError('aborted', 'the upload has ended');
    end(reason);
    // A source that cannot be cancelled has failed already, and its reason is known.
    reader.cancel(reason).catch(() => {});
  };
  return { body, stop };
}
