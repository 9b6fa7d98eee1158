/**
 * From a lease to a signed result that waits in the outbox. Two steps, because only the first one needs the GPU:
 * while results are hashed, signed and sent, the next lease has it.
 */
import { throwIfAborted } from '../core/errors.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import { RESULT_DTYPE, VALUE_BYTES } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Link } from '../net/link.ts';
import { type Lease, type Opened, sealResult } from '../protocol/envelope.ts';
import { FetchQueue } from './fetch-queue.ts';
import { OperandReader, type ShardOperands } from './operands.ts';
import { SeededBlocks } from './seeded-blocks.ts';
import type { PendingResult } from './outbox.ts';
import type { SessionContext } from './session-context.ts';
import { computeShard } from './shard.ts';
import type { Speaker } from './speaker.ts';

export interface Computed {
  readonly operands: Pick<ShardOperands, 'dtype' | 'rows' | 'cols' | 'k'>;
  /** Bytes of a value of A and of B to fetch. */
  readonly aBytes: number;
  readonly bBytes: number;
  /** C's blocks, row-major by cell. */
  readonly blocks: readonly Uint8Array[];
  /** Of slices, without the rests between them, ms. */
  readonly gpuMs: number;
}

export class LeaseWorker {
  readonly #context: SessionContext;
  readonly #speaker: Speaker;
  readonly #operands: OperandReader;
  readonly #queue: FetchQueue;
  readonly #seeded = new SeededBlocks();

  constructor(link: Link, context: SessionContext, speaker: Speaker) {
    this.#context = context;
    this.#speaker = speaker;
    const { down } = context.wishes;
    const fetch = (hash: Hash, signal: AbortSignal): Promise<Uint8Array> => link.blocks.fetch(hash, signal);
    this.#operands = new OperandReader(async (hash, signal) => {
      await down.take(BLOCK_BYTES, signal);
      const bytes = await fetch(hash, signal);
      down.giveBack(BLOCK_BYTES - bytes.length);
      return bytes;
    });
    this.#queue = new FetchQueue({
      fetch,
      disk: context.disk,
      seeded: this.#seeded,
      pace: down,
      width: link.blocks.window,
    });
  }

  /** Blocks of earlier calls come first. @throws AppError what reading operands and computing throw. */
  async compute(lease: Lease, signal: AbortSignal): Promise<Computed> {
    const { backend, clock, disk, emit, copyAfter } = this.#context;
    emit({ type: 'lease', lease: lease.id, project: lease.project });
    const lane = this.#queue.lane();
    try {
      const operands = await this.#operands.shard(lease.work, signal);
      const tell = this.#speaker.progressOf(lease.id);
      const { blocks, gpuMs } = await computeShard(operands, {
        backend,
        clock,
        signal,
        lane,
        onProgress: (progress) => {
          emit({ type: 'progress', lease: lease.id, progress });
          tell(progress.done);
        },
        onHeld: (hashes) => {
          const fetched = hashes.filter((hash) => !this.#seeded.has(hash));
          this.#speaker.held(fetched);
          disk?.touch(fetched);
        },
        copyAfter,
      });
      const wireBytes = (strips: ShardOperands['a']): number =>
        this.#seeded.has(strips[0]![0]!) ? 0 : VALUE_BYTES[operands.dtype];
      return { operands, aBytes: wireBytes(operands.a), bBytes: wireBytes(operands.b), blocks, gpuMs };
    } finally {
      lane.end();
    }
  }

  /** Resolves to the signed result, held in the outbox; unless the signal fires meanwhile. */
  async seal(
    { value: lease, digest }: Opened<Lease>,
    leaseEnvelope: Uint8Array,
    { operands, aBytes, bBytes, blocks, gpuMs: busyMs }: Computed,
    signal: AbortSignal,
  ): Promise<PendingResult> {
    const { backend, emit, key, client, outbox } = this.#context;
    throwIfAborted(signal);
    // Slices and the rests between them: what a lease takes is what the scheduler has to know.
    const gpuMs = Math.round(busyMs / (await backend.stats()).intensity);
    const { dtype, rows, cols, k } = operands;
    const staged = await outbox.stage({ dtype: RESULT_DTYPE[dtype], rows, cols }, blocks);
    const resultEnvelope = await sealResult(
      { leaseDigest: digest, manifest: staged.manifest, gpuMs, client },
      key,
    );
    throwIfAborted(signal);
    const pending: PendingResult = {
      lease: lease.id,
      leaseEnvelope,
      resultEnvelope,
      blocks: staged.hashes,
      job: lease.job,
      project: lease.project,
      bytes: staged.bytes,
    };
    staged.hold(pending);
    const shard = { job: lease.job, rows, cols, k, aBytes, bBytes };
    const rate = busyMs > 0 ? (rows * cols * k * 1000) / busyMs : 0;
    emit({ type: 'committed', lease: lease.id, bytes: staged.bytes, rate, gpuMs: busyMs, shard, dtype });
    return pending;
  }
}
