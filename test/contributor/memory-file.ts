/** Disk files in memory, whose disk can be full and whose writes can be torn. */
import { BlockDisk, type DiskFile } from '../../src/contributor/block-disk.ts';
import type { Bytes } from '../../src/core/bytes.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { BLOCK_BYTES } from '../../src/matrix/blocks.ts';

export class MemoryFile implements DiskFile {
  bytes: Bytes = new Uint8Array(0);
  /** The file cannot grow beyond this. */
  quota = Infinity;
  writes = 0;
  /** Of the next write only so many bytes come to the disk, as in a crash. */
  tearAt: number | undefined;
  closed = false;

  read(into: Bytes, { at }: { at: number }): number {
    const found = this.bytes.subarray(at, at + into.length);
    into.set(found);
    return found.length;
  }

  write(bytes: Bytes, { at }: { at: number }): number {
    this.writes += 1;
    if (at + bytes.length > this.quota) throw new DOMException('no room', 'QuotaExceededError');
    const written = bytes.subarray(0, this.tearAt);
    this.tearAt = undefined;
    if (at + written.length > this.bytes.length) this.truncate(at + written.length);
    this.bytes.set(written, at);
    return bytes.length;
  }

  getSize(): number {
    return this.bytes.length;
  }

  truncate(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, size));
    this.bytes = bytes;
  }

  close(): void {
    this.closed = true;
  }
}

export interface MemoryFiles {
  readonly data: MemoryFile;
  readonly index: MemoryFile;
}

export const memoryFiles = (): MemoryFiles => ({ data: new MemoryFile(), index: new MemoryFile() });

/** What one visit sees of the files. */
export function diskOn({ data, index }: MemoryFiles, blocks: number, clock: Clock = systemClock): BlockDisk {
  return new BlockDisk({ data, index, budgetBytes: blocks * BLOCK_BYTES, clock });
}
