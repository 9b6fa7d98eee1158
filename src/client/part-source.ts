/** A file that is sent in parts: whatever it comes from, and with no more than one part of it in memory. */
import type { Bytes } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import type { OperandSource } from './options.ts';

export interface PartSource {
  /**
   * Some bytes from there on, at least one. A stream has those of the part that it gave last, and those behind it.
   * @throws AppError 'conflict' for bytes that a stream has no more, 'bad-input' for one of another length; the stream's own
   */
  from(offset: number): Promise<Blob | Bytes>;
  /** Nobody asks any more. */
  end(): void;
}

/** @param size - bytes in all */
export function partsOf(source: OperandSource, size: number, partBytes: number): PartSource {
  if (source instanceof ReadableStream) return new StreamParts(source, size, partBytes);
  const slice = (from: number): Blob | Bytes =>
    source instanceof Blob
      ? source.slice(from, from + partBytes)
      : (source as Bytes).subarray(from, from + partBytes);
  return { from: (offset) => Promise.resolve(slice(offset)), end: () => {} };
}

class StreamParts implements PartSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #size: number;
  readonly #partBytes: number;
  #part: Bytes = new Uint8Array(0);
  #start = 0;
  /** Read already, and behind the part. */
  #rest: Uint8Array = new Uint8Array(0);

  constructor(stream: ReadableStream<Uint8Array>, size: number, partBytes: number) {
    this.#reader = stream.getReader();
    this.#size = size;
    this.#partBytes = partBytes;
  }

  async from(offset: number): Promise<Bytes> {
    const end = this.#start + this.#part.length;
    if (offset < this.#start || offset > end)
      throw new AppError(
        'conflict',
        `the coordinator asks for byte ${offset} of a stream that is at ${end}; upload it again`,
      );
    if (offset < end) return this.#part.subarray(offset - this.#start);
    this.#part = await this.#next(Math.min(this.#partBytes, this.#size - end));
    this.#start = end;
    return this.#part;
  }

  end(): void {
    // A source that cannot be cancelled has failed already, and its reason is known.
    this.#reader.cancel(new AppError('aborted', 'the upload has ended')).catch(() => {});
  }

  async #next(length: number): Promise<Bytes> {
    const part = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const piece = this.#rest.length > 0 ? this.#rest : await this.#read();
      if (!piece) throw this.#otherLength('fewer');
      const taken = piece.subarray(0, length - filled);
      part.set(taken, filled);
      filled += taken.length;
      this.#rest = piece.subarray(taken.length);
    }
    const last = this.#start + this.#part.length + length === this.#size;
    if (last && (this.#rest.length > 0 || (await this.#read()))) throw this.#otherLength('more');
    return part;
  }

  /** Undefined at the end. */
  async #read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      if (value.length > 0) return value;
    }
  }

  #otherLength(than: 'fewer' | 'more'): AppError {
    return new AppError('bad-input', `the stream has ${than} bytes than the ${this.#size} that were said`);
  }
}
