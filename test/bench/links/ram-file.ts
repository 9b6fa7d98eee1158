/** A file of the block disk in memory: it grows in place, as far as the disk's budget. */
import type { DiskFile } from '../../../src/contributor/block-disk.ts';
import type { Bytes } from '../../../src/core/bytes.ts';

export class RamFile implements DiskFile {
  readonly #buffer: ArrayBuffer;

  constructor(maxBytes: number) {
    this.#buffer = new ArrayBuffer(0, { maxByteLength: maxBytes });
  }

  read(into: Bytes, { at }: { at: number }): number {
    const found = new Uint8Array(this.#buffer).subarray(at, at + into.length);
    into.set(found);
    return found.length;
  }

  write(bytes: Bytes, { at }: { at: number }): number {
    if (at + bytes.length > this.#buffer.byteLength) this.truncate(at + bytes.length);
    new Uint8Array(this.#buffer).set(bytes, at);
    return bytes.length;
  }

  getSize(): number {
    return this.#buffer.byteLength;
  }

  truncate(bytes: number): void {
    this.#buffer.resize(bytes);
  }

  close(): void {}
}
