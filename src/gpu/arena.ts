/**
 * The operand memory: pages of 256 KiB in as few buffers as the device lets a shader bind. Which block is
 * in which page is the page table's business (pages.ts).
 */
import { ceilDiv } from '../core/bytes.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import { allocateBuffers } from './device.ts';
import { USAGE } from './gpu-constants.ts';

/** Pages that fit one buffer which a shader can bind. */
export function pagesPerBuffer(limits: GPUSupportedLimits, cap = Infinity): number {
  const bytes = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize, cap);
  return Math.max(1, Math.floor(bytes / BLOCK_BYTES));
}

/** Buffers of at most `perBuffer` pages that hold `pages` pages. @throws 'out-of-memory' */
export function allocatePages(
  device: GPUDevice,
  label: string,
  pages: number,
  perBuffer: number,
  usage: number,
): Promise<GPUBuffer[]> {
  const descriptors = Array.from({ length: ceilDiv(pages, perBuffer) }, (_, i) => ({
    label: `${label} ${i}`,
    size: Math.min(perBuffer, pages - i * perBuffer) * BLOCK_BYTES,
    usage,
  }));
  return allocateBuffers(device, descriptors);
}

export class Arena {
  readonly #device: GPUDevice;
  readonly buffers: readonly GPUBuffer[];
  readonly perBuffer: number;

  constructor(device: GPUDevice, buffers: readonly GPUBuffer[], perBuffer: number) {
    this.#device = device;
    this.buffers = buffers;
    this.perBuffer = perBuffer;
  }

  static async create(device: GPUDevice, pages: number, perBuffer: number): Promise<Arena> {
    const usage = USAGE.storage | USAGE.copyDst;
    return new Arena(device, await allocatePages(device, 'arena', pages, perBuffer, usage), perBuffer);
  }

  write(page: number, bytes: Uint8Array): void {
    const buffer = this.buffers[Math.floor(page / this.perBuffer)]!;
    const offset = (page % this.perBuffer) * BLOCK_BYTES;
    this.#device.queue.writeBuffer(buffer, offset, bytes as Uint8Array<ArrayBuffer>);
  }

  destroy(): void {
    for (const buffer of this.buffers) buffer.destroy();
  }
}
