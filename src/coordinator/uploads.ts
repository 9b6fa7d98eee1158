/**
 * Uploads in parts: begun with their length, gone on with from the byte that is missing, also after a restart, and made
 * an operand with the last one. An upload that nobody goes on with expires; together they have a limit on disk.
 */
import type { Clock } from '../core/clock.ts';
import { toHex } from '../core/bytes.ts';
import { AppError, type ErrorCode, toAppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import { formatBytes } from '../core/units.ts';
import type { UploadState, UploadView } from '../core/v1-uploads.ts';
import type { Hash } from '../matrix/manifest.ts';
import { type Operands, type UploadSpec, noRoom } from './operands.ts';
import { appendPieces } from './upload-pieces.ts';
import { type UploadEnd, type UploadRecord, UploadSpool } from './upload-spool.ts';

export interface UploadsContext {
  readonly folder: string;
  readonly operands: Operands;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Bytes for all unfinished uploads together. @default DEFAULT_UPLOAD_ROOM_BYTES */
  readonly roomBytes?: number | undefined;
}

export interface NewUpload {
  readonly owner: string;
  readonly length: number;
  readonly spec: UploadSpec;
  readonly sha256?: Hash | undefined;
}

const DEFAULT_UPLOAD_ROOM_BYTES = 64 * 2 ** 30;
/** Without a byte; what became of one is told as long. */
export const UPLOAD_EXPIRES_MS = 24 * 3_600_000;
/** A record is a small file, and an operand has two sides. */
const MAX_UPLOADS_EACH = 64;
const EXPIRY_CHECK_MS = 10 * 60_000;
/** The disk is for blocks too: so much stays free. */
const DISK_RESERVE_BYTES = 64 * 2 ** 20;

const KEPT =
  'the coordinator’s disk is full; what has arrived is kept, so go on from Upload-Offset when its operator has made room';

/** What went wrong here, not with the file. */
const OURS: ReadonlySet<ErrorCode> = new Set(['internal', 'no-room', 'timeout', 'aborted', 'unreachable']);

interface Upload {
  record: UploadRecord;
  offset: number;
  touchedMs: number;
  /** Who appends now. */
  writing?: { readonly stop: AbortController; readonly done: Promise<unknown> } | undefined;
  /** All bytes are there. */
  ingesting?: Promise<UploadEnd> | undefined;
}

export class Uploads {
  readonly #context: UploadsContext;
  readonly #spool: UploadSpool;
  readonly #uploads = new Map<string, Upload>();
  readonly #closing = new AbortController();
  #cancelTimer: () => void = () => {};

  constructor(context: UploadsContext) {
    this.#context = context;
    this.#spool = new UploadSpool(context.folder);
  }

  /** Takes up what there was before the last stop, however it came. */
  async open(): Promise<void> {
    for (const { record, touchedMs } of await this.#spool.open()) {
      const offset = record.end ? record.length : await this.#spool.size(record.id);
      this.#uploads.set(record.id, { record, offset, touchedMs });
    }
    await this.#expire();
    this.#schedule();
  }

  /** What is under way is given up where it stands; it can be gone on with. */
  async close(): Promise<void> {
    this.#cancelTimer();
    this.#closing.abort();
    const busy: Promise<unknown>[] = [];
    for (const { writing, ingesting } of this.#uploads.values()) {
      if (writing) busy.push(writing.done);
      if (ingesting) busy.push(ingesting);
    }
    await Promise.allSettled(busy);
  }

  /** @throws AppError 'no-room', 'rate-limited' */
  async create({ owner, length, spec, sha256 }: NewUpload): Promise<UploadView> {
    const { clock, rng, roomBytes = DEFAULT_UPLOAD_ROOM_BYTES } = this.#context;
    await this.#expire();
    await this.#forgetEnded(owner);
    const room = await this.#spool.room();
    // From here to the reservation nothing waits: two that come at once share what there is.
    const open = Array.from(this.#uploads.values()).filter(({ record }) => !record.end);
    if (open.filter(({ record }) => record.owner === owner).length >= MAX_UPLOADS_EACH)
      throw new AppError(
        'rate-limited',
        `you have ${MAX_UPLOADS_EACH} unfinished uploads; finish some, or delete those that you do not need`,
      );
    const free = roomBytes - open.reduce((sum, { record }) => sum + record.length, 0);
    if (length > free)
      throw new AppError(
        'no-room',
        `unfinished uploads have ${formatBytes(roomBytes)} on this coordinator, and ${formatBytes(Math.max(0, free))} of it are free; finish or delete some, or try again later`,
      );
    const missing = open.reduce((sum, { record, offset }) => sum + record.length - offset, 0);
    if (missing + length + DISK_RESERVE_BYTES > room)
      throw new AppError('no-room', 'the coordinator’s disk is too full for this file; try again later');
    const id = toHex(rng.bytes(16));
    const createdMs = clock.now();
    const record: UploadRecord = { v: 1, id, owner, length, spec, sha256, createdMs };
    this.#uploads.set(id, { record, offset: 0, touchedMs: createdMs });
    try {
      await this.#spool.create(record);
    } catch (error) {
      this.#uploads.delete(id);
      await this.#spool.remove(id);
      throw noRoom(error) ?? error;
    }
    return this.view(id, owner);
  }

  /** @throws AppError 'not-found', for somebody else's too. */
  view(id: string, owner: string): UploadView {
    const { record, offset, touchedMs, ingesting } = this.#own(id, owner);
    const { length, spec, createdMs, end } = record;
    const failed = end && 'error' in end ? end : undefined;
    const state: UploadState = failed ? 'failed' : end ? 'done' : ingesting ? 'received' : 'open';
    return {
      id,
      state,
      offset,
      length,
      name: spec.name,
      operand: end && 'operand' in end ? end.operand : null,
      error: failed?.error ?? null,
      createdMs,
      expiresMs: touchedMs + UPLOAD_EXPIRES_MS,
    };
  }

  /**
   * Adds bytes from `offset` on; with the last one the file becomes an operand. No bytes at the end of a file that is
   * there do so again, where it could not be done before.
   * @throws AppError 'not-found'; 'conflict' for another offset than is next (see `view`); 'too-large' for more bytes than
   *   were promised, of which none is taken; 'aborted' when a newer request goes on with it; 'no-room'; the stream's own;
   *   and what ingesting throws
   */
  async append(
    id: string,
    owner: string,
    offset: number,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<UploadView> {
    const upload = this.#own(id, owner);
    // A client that lost its connection is back before we have noticed: the newest goes on, the others end.
    while (upload.writing) {
      upload.writing.stop.abort(new AppError('conflict', 'another request goes on with this upload'));
      await upload.writing.done.catch(() => {});
    }
    if (offset !== upload.offset)
      throw new AppError(
        'conflict',
        `the next byte of this upload is ${upload.offset}, not ${offset}; go on from there`,
      );
    try {
      if (!upload.record.end && !upload.ingesting && upload.offset < upload.record.length) {
        const stop = new AbortController();
        const done = this.#write(upload, bytes, AbortSignal.any([stop.signal, signal, this.#closing.signal]));
        upload.writing = { stop, done };
        await done.finally(() => {
          upload.writing = undefined;
        });
      }
      if (upload.offset === upload.record.length) await this.#finish(upload);
    } catch (error) {
      throw noRoom(error, KEPT) ?? error;
    }
    return this.view(id, owner);
  }

  /** @throws AppError 'not-found'; 'conflict' while it is being made an operand */
  async delete(id: string, owner: string): Promise<void> {
    const upload = this.#own(id, owner);
    if (upload.ingesting)
      throw new AppError('conflict', 'this upload is complete and is being made an operand; delete that');
    this.#uploads.delete(id);
    upload.writing?.stop.abort();
    await upload.writing?.done.catch(() => {});
    await this.#spool.remove(id);
  }

  #own(id: string, owner: string): Upload {
    const upload = this.#uploads.get(id);
    if (upload?.record.owner !== owner || this.#isExpired(upload))
      throw new AppError('not-found', 'there is no such upload; it may have expired: begin it again');
    return upload;
  }

  async #write(upload: Upload, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const file = await this.#spool.append(upload.record.id);
    const arrived = (offset: number): void => {
      upload.offset = offset;
    };
    try {
      await appendPieces(file, bytes, { from: upload.offset, to: upload.record.length, arrived, signal });
    } finally {
      try {
        // Before anybody is told the offset: it must outlive the loss of power.
        await file.sync();
      } finally {
        upload.offset = (await file.stat()).size;
        upload.touchedMs = this.#context.clock.now();
        await file.close();
      }
    }
  }

  async #finish(upload: Upload): Promise<void> {
    if (!upload.record.end) {
      upload.ingesting ??= this.#ingest(upload).finally(() => {
        upload.ingesting = undefined;
      });
      await upload.ingesting;
    }
    const { end } = upload.record;
    if (end && 'error' in end) throw new AppError(end.code, end.error);
  }

  /** What is wrong with the file ends the upload; what is wrong here leaves it to be tried again. */
  async #ingest(upload: Upload): Promise<UploadEnd> {
    const { operands, clock } = this.#context;
    const { id, owner, spec, sha256 } = upload.record;
    const path = this.#spool.data(id);
    let end: UploadEnd;
    try {
      const found = sha256 === undefined ? undefined : await this.#spool.sha256(id);
      if (found !== sha256)
        throw new AppError(
          'bad-file',
          `the file that came has the SHA-256 ${found}, not ${sha256}; send it again`,
        );
      const { operand, created } = await operands.ingestFile(path, spec, owner, this.#closing.signal);
      end = { operand: operand.id, created };
    } catch (thrown) {
      const error = toAppError(thrown);
      if (OURS.has(error.code)) throw error;
      end = { code: error.code, error: error.message };
    }
    const record = { ...upload.record, end };
    await this.#spool.save(record);
    await this.#spool.drop(id);
    upload.record = record;
    upload.touchedMs = clock.now();
    return end;
  }

  /** What became of uploads is told for a while, of the latest. */
  async #forgetEnded(owner: string): Promise<void> {
    const ended = Array.from(this.#uploads.values())
      .filter(({ record }) => record.owner === owner && record.end)
      .sort((x, y) => y.touchedMs - x.touchedMs);
    for (const { record } of ended.slice(MAX_UPLOADS_EACH)) {
      this.#uploads.delete(record.id);
      await this.#spool.remove(record.id);
    }
  }

  #isExpired({ writing, ingesting, touchedMs }: Upload): boolean {
    return !writing && !ingesting && this.#context.clock.now() >= touchedMs + UPLOAD_EXPIRES_MS;
  }

  async #expire(): Promise<void> {
    for (const [id, upload] of this.#uploads) {
      if (!this.#isExpired(upload)) continue;
      this.#uploads.delete(id);
      await this.#spool.remove(id);
    }
  }

  #schedule(): void {
    this.#cancelTimer = this.#context.clock.after(EXPIRY_CHECK_MS, () => {
      void this.#expire().catch(() => {});
      this.#schedule();
    });
  }
}
