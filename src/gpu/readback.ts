/** C back from the device: one staging buffer, reused, one copy and one map for a shard that fits it. */
import { Semaphore, withPermit } from '../core/async.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import type { ShardShape } from './backend.ts';
import type { Completion } from './completion.ts';
import { allocateBuffers } from './device.ts';
import { MAP_READ, USAGE } from './gpu-constants.ts';
import type { Lifeline } from './lifeline.ts';
import { cellCount, repackCell } from './repack.ts';

export interface ReadbackParts {
  readonly device: GPUDevice;
  readonly lifeline: Lifeline;
  readonly completion: Completion;
  /** Cells mapped at once. */
  readonly maxPages: number;
}

export class Readback {
  readonly #parts: ReadbackParts;
  readonly #turn = new Semaphore(1);
  #staging: GPUBuffer | undefined;

  constructor(parts: ReadbackParts) {
    this.#parts = parts;
  }

  /** The blocks of C whose cells lie in `buffers`, `perBuffer` pages in each. */
  read(shape: ShardShape, buffers: readonly GPUBuffer[], perBuffer: number): Promise<Uint8Array[]> {
    return withPermit(this.#turn, async () => {
      const blocks: Uint8Array[] = [];
      const cells = cellCount(shape);
      while (blocks.length < cells) {
        const first = blocks.length;
        const offset = first % perBuffer;
        const count = Math.min(cells - first, perBuffer - offset, this.#parts.maxPages);
        blocks.push(
          ...(await this.#chunk(shape, first, count, buffers[Math.floor(first / perBuffer)]!, offset)),
        );
      }
      return blocks;
    });
  }

  async #chunk(
    shape: ShardShape,
    first: number,
    count: number,
    source: GPUBuffer,
    page: number,
  ): Promise<Uint8Array[]> {
    const { device, lifeline, completion } = this.#parts;
    const size = count * BLOCK_BYTES;
    const staging = await this.#stagingOf(size);
    lifeline.assert();
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, page * BLOCK_BYTES, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await lifeline.race(completion.nudged(staging.mapAsync(MAP_READ, 0, size)));
    try {
      const bytes = new Uint8Array(staging.getMappedRange(0, size));
      return Array.from({ length: count }, (_, i) =>
        repackCell(shape, first + i, bytes.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES)),
      );
    } finally {
      staging.unmap();
    }
  }

  async #stagingOf(size: number): Promise<GPUBuffer> {
    if (this.#staging && this.#staging.size >= size) return this.#staging;
    this.#staging?.destroy();
    this.#staging = undefined;
    const descriptor = { label: 'readback', size, usage: USAGE.mapRead | USAGE.copyDst };
    const [buffer] = await this.#parts.lifeline.race(allocateBuffers(this.#parts.device, [descriptor]));
    this.#staging = buffer!;
    return buffer!;
  }

  destroy(): void {
    this.#staging?.destroy();
  }
}
