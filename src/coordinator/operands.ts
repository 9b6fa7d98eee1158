/** Uploads: a stream is spooled to disk (its layout may need any order of reading), then cut into blocks. */
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { toHex } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { Dtype } from '../matrix/dtype.ts';
import { fileSource } from '../matrix/file.node.ts';
import { detectLayout, ingest } from '../matrix/ingest.ts';
import type { BlockStore } from '../store/blocks.ts';
import type { Database } from '../store/database.ts';
import { getOperand, insertOperand } from '../store/operands.ts';
import type { Operand } from '../store/schema.ts';

export interface UploadSpec {
  /** 'rows': the array is rows × K. 'transpose': it is K × N and becomes N rows × K. */
  readonly side: 'rows' | 'transpose';
  readonly as?: 'f32' | undefined;
  readonly tensor?: string | undefined;
  readonly name: string;
}

export class Operands {
  readonly #db: Database;
  readonly #blocks: BlockStore;
  readonly #spoolDir: string;
  readonly #clock: Clock;
  readonly #rng: Rng;

  constructor(db: Database, blocks: BlockStore, spoolDir: string, clock: Clock, rng: Rng) {
    this.#db = db;
    this.#blocks = blocks;
    this.#spoolDir = spoolDir;
    this.#clock = clock;
    this.#rng = rng;
  }

  /** Uploads that a crash cut off leave nothing behind. */
  async open(): Promise<void> {
    await rm(this.#spoolDir, { recursive: true, force: true });
    await mkdir(this.#spoolDir, { recursive: true, mode: 0o700 });
  }

  /** @throws AppError 'bad-file', 'bad-input', 'non-finite', 'k-too-large', 'not-found' (tensor), 'aborted', and the stream's own. */
  async ingest(
    stream: AsyncIterable<Uint8Array>,
    spec: UploadSpec,
    signal: AbortSignal,
  ): Promise<{ operand: Operand; created: boolean }> {
    const path = join(this.#spoolDir, toHex(this.#rng.bytes(16)));
    try {
      await pipeline(stream, createWriteStream(path, { mode: 0o600 }), { signal }).catch((error: unknown) => {
        if (error instanceof AppError) throw error; // the stream's own
        if ((error as { code?: unknown }).code === 'ENOSPC') {
          throw new AppError('too-large', 'the coordinator has no room on its disk for this file', {
            cause: error,
          });
        }
        throw new AppError('aborted', 'the upload broke off', { cause: error });
      });
      const source = await fileSource(path);
      try {
        const layout = await detectLayout(source, { tensor: spec.tensor });
        const { side, as } = spec;
        const put = (hash: string, bytes: Uint8Array): Promise<void> => this.#blocks.put(hash, bytes);
        const made = await ingest(source, { layout, side, as }, put, { signal });
        const operand: Operand = {
          id: made.manifestHash,
          dtype: made.manifest.dtype as Dtype,
          rows: made.manifest.rows,
          k: made.manifest.cols,
          maxAbs: made.maxAbs,
          bytes: made.bytes,
          name: spec.name,
          createdMs: this.#clock.now(),
        };
        const created = await insertOperand(this.#db, operand);
        return { operand: (await getOperand(this.#db, operand.id)) ?? operand, created };
      } finally {
        await source.close();
      }
    } finally {
      await rm(path, { force: true });
    }
  }
}
