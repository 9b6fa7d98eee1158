/**
 * Where decrypted texts go: into the buffer that they came in, each right behind the one before it, over the tag and
 * the length between them, which nobody needs any more. So a block that came in five Noise messages of one
 * WebSocket message is one piece of memory again, and is not copied together.
 */
import { PREFIX_BYTES } from './message-buffers.ts';
import { TAG_BYTES } from './poly1305.ts';

export class TextPlace {
  #buffer: ArrayBufferLike | undefined;
  #textEnd = 0;
  #sealedEnd = 0;

  /**
   * Puts the text there. To be called once the tag is known to fit.
   * @param out where it lies sealed, its tag behind it
   */
  put(text: Uint8Array, out: Uint8Array): Uint8Array {
    const { buffer, byteOffset, length } = out;
    const follows = buffer === this.#buffer && byteOffset === this.#sealedEnd + PREFIX_BYTES;
    const place = follows ? new Uint8Array(buffer, this.#textEnd, length) : out;
    this.#buffer = buffer;
    this.#sealedEnd = byteOffset + length + TAG_BYTES;
    this.#textEnd = place.byteOffset + length;
    place.set(text);
    return place;
  }
}
