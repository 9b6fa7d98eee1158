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
import { isDiskFull } from '../store/away.ts';
import type { BlockStore } from '../store/blocks.ts';
import { MAX_UNNAMED_MS } from '../store/removal.ts';
import { addBelonging } from '../store/belongings.ts';
import type { Database } from '../store/database.ts';
import { deleteOperand, getOperand, insertOperand } from '../store/operands.ts';
import type { NewOperand, Operand } from '../store/schema.ts';
import { FULL } from './problems.ts';
import type { SeededRequest } from './seeded-request.ts';

export interface UploadSpec {
  /** 'rows': the array is rows × K. 'transpose': it is K × N and becomes N rows × K. */
  readonly side: 'rows' | 'transpose';
  readonly as?: 'f32' | undefined;
  readonly tensor?: string | undefined;
  readonly name: string;
}

export interface MadeOperand {
  readonly operand: Operand;
  /** False for one that was there already. */
  readonly created: boolean;
}

/** Of jobs that an operand is needed by, in a sentence. */
const JOBS_NAMED = 10;

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

  /** Uploads that a crash cut off leave nothing behind; those that can be resumed are not ours (see uploads.ts). */
  async open(): Promise<void> {
    await rm(this.#spoolDir, { recursive: true, force: true });
    await mkdir(this.#spoolDir, { recursive: true, mode: 0o700 });
  }

  /**
   * @param owner - whose it is: the requester's account
   * @throws AppError 'bad-file', 'bad-input', 'non-finite', 'k-too-large', 'not-found' (tensor), 'no-room', 'aborted', and the stream's own.
   */
  async ingest(
    stream: AsyncIterable<Uint8Array>,
    spec: UploadSpec,
    owner: string,
    signal: AbortSignal,
  ): Promise<MadeOperand> {
    const path = join(this.#spoolDir, toHex(this.#rng.bytes(16)));
    try {
      await pipeline(stream, createWriteStream(path, { mode: 0o600 }), { signal }).catch((error: unknown) => {
        if (error instanceof AppError) throw error; // the stream's own
        throw noRoom(error) ?? new AppError('aborted', 'the upload broke off', { cause: error });
      });
      return await this.ingestFile(path, spec, owner, signal);
    } finally {
      await rm(path, { force: true });
    }
  }

  /** As `ingest`, of a file that is there already and stays. */
  async ingestFile(path: string, spec: UploadSpec, owner: string, signal: AbortSignal): Promise<MadeOperand> {
    const beganMs = this.#clock.now();
    const source = await fileSource(path);
    try {
      const layout = await detectLayout(source, { tensor: spec.tensor });
      const { side, as } = spec;
      const put = (hash: string, bytes: Uint8Array): Promise<void> => this.#blocks.put(hash, bytes);
      const made = await ingest(source, { layout, side, as }, put, { signal });
      const operand: NewOperand = {
        id: made.manifestHash,
        dtype: made.manifest.dtype as Dtype,
        rows: made.manifest.rows,
        k: made.manifest.cols,
        maxAbs: made.maxAbs,
        bytes: made.bytes,
        name: spec.name,
        createdMs: this.#clock.now(),
      };
      if (operand.createdMs - beganMs > MAX_UNNAMED_MS)
        throw new AppError(
          'timeout',
          'this file took too long to be taken in; cut it into several, or try again later',
        );
      return await this.#insert(operand, owner);
    } catch (error) {
      throw noRoom(error) ?? error;
    } finally {
      await source.close();
    }
  }

  /** The same request twice is one operand; neither takes any room. */
  async seeded({ manifest, name }: SeededRequest, owner: string): Promise<MadeOperand> {
    const bytes = encodeManifest(manifest);
    const id = toHex(await sha256(bytes));
    await this.#blocks.put(id, bytes);
    const { dtype, rows, cols: k } = manifest;
    const createdMs = this.#clock.now();
    const maxAbs = largestSeeded(manifest);
    return this.#insert({ id, dtype, rows, k, maxAbs, bytes: 0, name, createdMs }, owner);
  }

  /** How a seeded operand is made; undefined for a stored one. */
  async seedOf({ id, bytes }: Operand): Promise<SeededManifest | undefined> {
    const encoded = bytes === 0 ? await this.#blocks.get(id) : undefined;
    const manifest = encoded && decodeManifest(encoded);
    return manifest && isSeeded(manifest) ? manifest : undefined;
  }

  /**
   * @param owner - whose it is to be no longer; undefined: anybody's
   * @throws AppError 'not-found'; 'conflict' naming the jobs that need it
   */
  async delete(id: string, owner: string | undefined): Promise<void> {
    const timeMs = this.#clock.now();
    const outcome = await this.#db.transaction().execute((trx) => deleteOperand(trx, id, owner, timeMs));
    if (outcome.type === 'unknown') throw new AppError('not-found', 'there is no such operand');
    if (outcome.type === 'deleted') return;
    const { jobs } = outcome;
    const named = jobs.slice(0, JOBS_NAMED).join(', ');
    const more = jobs.length > JOBS_NAMED ? ` and ${jobs.length - JOBS_NAMED} more` : '';
    throw new AppError(
      'conflict',
      `running jobs need this operand: ${named}${more}; cancel them, or delete it when they have ended`,
    );
  }

  /** The operand and whose it is are one: whoever deletes it meanwhile comes before both, or after. */
  #insert(operand: NewOperand, owner: string): Promise<MadeOperand> {
    return this.#db.transaction().execute(async (trx) => {
      const created = await insertOperand(trx, operand);
      await addBelonging(trx, owner, operand.id);
      const stored = await getOperand(trx, operand.id);
      if (!stored) throw new AppError('internal', 'an operand is gone that was just inserted');
      return { operand: stored, created };
    });
  }
}

/** The answer for a full disk, in this sentence; undefined for every other failure. */
export function noRoom(error: unknown, sentence = FULL): AppError | undefined {
  return isDiskFull(error) ? new AppError('no-room', sentence, { cause: error }) : undefined;
}
