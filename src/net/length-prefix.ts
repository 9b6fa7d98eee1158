/** Frames on a byte stream: an unsigned varint (multiformats/unsigned-varint), then that many bytes. */
import { Uint8ArrayList } from 'uint8arraylist';
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
  readonly #bytes = new Uint8ArrayList();
  readonly #maxFrameBytes: number;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  push(chunk: Uint8Array | Uint8ArrayList): void {
    this.#bytes.append(chunk);
  }

  clear(): void {
    this.#bytes.consume(this.#bytes.byteLength);
  }

  /**
   * The next whole frame that is not a heartbeat. A frame that arrived in several chunks is copied once.
   * @throws 'bad-frame' as soon as a prefix announces more than the limit
   */
  next(): Uint8Array | undefined {
    for (;;) {
      const prefix = this.#prefix();
      if (!prefix || this.#bytes.byteLength < prefix.bytes + prefix.length) return undefined;
      const end = prefix.bytes + prefix.length;
      const frame = this.#bytes.subarray(prefix.bytes, end);
      this.#bytes.consume(end);
      // Node's decryption yields Buffers, whose slice() does not copy.
      if (frame.length > 0) return new Uint8Array(frame.buffer, frame.byteOffset, frame.length);
    }
  }

  #prefix(): { bytes: number; length: number } | undefined {
    let length = 0;
    for (let at = 0; at < Math.min(this.#bytes.byteLength, MAX_PREFIX_BYTES); at++) {
      const byte = this.#bytes.get(at);
      length |= (byte & 127) << (7 * at);
      if (byte < 128) {
        if (length > this.#maxFrameBytes) {
          throw new AppError(
            'bad-frame',
            `a frame of ${length} bytes is over the limit of ${this.#maxFrameBytes}`,
          );
        }
        return { bytes: at + 1, length };
      }
    }
    if (this.#bytes.byteLength < MAX_PREFIX_BYTES) return undefined;
    throw new AppError('bad-frame', 'a length prefix has no end');
  }
}
