/** Frames on a byte stream: an unsigned varint (multiformats/unsigned-varint), then that many bytes. */
import type { Uint8ArrayList } from 'uint8arraylist';
import { append, concatBytes } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';

/** Four bytes hold 2²⁸ − 1; no limit of ours is near it. */
const MAX_PREFIX_BYTES = 4;

export function encodeLength(length: number): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let rest = length;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** Bytes that have arrived and are not read yet; decodes only when asked, so that unread frames stay bytes. */
export class FrameBuffer {
  readonly #pieces: Uint8Array[] = [];
  readonly #maxFrameBytes: number;
  #length = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  get byteLength(): number {
    return this.#length;
  }

  push(chunk: Uint8Array | Uint8ArrayList): void {
    for (const piece of chunk instanceof Uint8Array ? [chunk] : chunk) append(this.#pieces, piece);
    this.#length += chunk.byteLength;
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#length = 0;
  }

  /**
   * The next whole frame that is not a heartbeat. A frame that arrived in several places is copied once.
   * @throws 'bad-frame' as soon as a prefix announces more than the limit
   */
  next(): Uint8Array | undefined {
    for (;;) {
      const prefix = this.#prefix();
      if (!prefix || this.#length < prefix.bytes + prefix.length) return undefined;
      this.#take(prefix.bytes);
      if (prefix.length > 0) return this.#take(prefix.length);
    }
  }

  #take(length: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let left = length;
    while (left > 0) {
      const first = this.#pieces[0]!;
      const part = viewIn(first, 0, Math.min(left, first.length));
      parts.push(part);
      left -= part.length;
      if (part.length === first.length) this.#pieces.shift();
      else this.#pieces[0] = viewIn(first, part.length, first.length);
    }
    this.#length -= length;
    return parts.length === 1 ? parts[0]! : concatBytes(parts);
  }

  #prefix(): { bytes: number; length: number } | undefined {
    let length = 0;
    let at = 0;
    for (const piece of this.#pieces) {
      for (const byte of piece.subarray(0, MAX_PREFIX_BYTES - at)) {
        length |= (byte & 127) << (7 * at);
        at += 1;
        if (byte > 127) continue;
        if (length > this.#maxFrameBytes) {
          throw new AppError(
            'bad-frame',
            `a frame of ${length} bytes is over the limit of ${this.#maxFrameBytes}`,
          );
        }
        return { bytes: at, length };
      }
    }
    if (at < MAX_PREFIX_BYTES) return undefined;
    throw new AppError('bad-frame', 'a length prefix has no end');
  }
}

/** Never a Buffer, which Node's decryption yields: its slice() does not copy. */
const viewIn = ({ buffer, byteOffset }: Uint8Array, start: number, end: number): Uint8Array =>
  new Uint8Array(buffer, byteOffset + start, end - start);
