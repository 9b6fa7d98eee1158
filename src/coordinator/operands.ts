/**
 * Operands. An upload is a stream that is spooled to disk (its layout may need any order of reading), then cut into
 * blocks; a seeded operand is its manifest and nothing else.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sha256, toHex } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { Dtype } from '../matrix/dtype.ts';
import { fileSource } from '../matrix/file.node.ts';
import { largestSeeded } from '../matrix/draw.ts';
import { detectLayout, ingest } from '../matrix/ingest.ts';
import { decodeManifest, encodeManifest } from '../matrix/manifest.ts';
import { type SeededManifest, isSeeded } from '../matrix/seeded.ts';
import type { BlockStore } from '../store/blocks.ts';
import type { Database } from '../store/database.ts';
import { getOperand, insertOperand } from '../store/operands.ts';
import type { Operand } from '../store/schema.ts';
import type { SeededRequest } from './seeded-request.ts';

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
        return await this.#insert(operand);
      } finally {
        await source.close();
      }
    } finally {
      await rm(path, { force: true });
    }
  }

  /** The same request twice is one operand; neither takes any room. */
  async seeded({ manifest, name }: SeededRequest): Promise<{ operand: Operand; created: boolean }> {
    const bytes = encodeManifest(manifest);
    const id = toHex(await sha256(bytes));
    await this.#blocks.put(id, bytes);
    return this.#insert({
      id,
      dtype: manifest.dtype,
      rows: manifest.rows,
      k: manifest.cols,
      maxAbs: largestSeeded(manifest),
      bytes: 0,
      name,
      createdMs: this.#clock.now(),
    });
  }

  /** How a seeded operand is made; undefined for a stored one. */
  async seedOf({ id, bytes }: Operand): Promise<SeededManifest | undefined> {
    const encoded = bytes === 0 ? await this.#blocks.get(id) : undefined;
    const manifest = encoded && decodeManifest(encoded);
    return manifest && isSeeded(manifest) ? manifest : undefined;
  }

  async #insert(operand: Operand): Promise<{ operand: Operand; created: boolean }> {
    const created = await insertOperand(this.#db, operand);
    return { operand: (await getOperand(this.#db, operand.id)) ?? operand, created };
  }
}
