/**
 * What is on disk of an upload in parts: its bytes so far, and beside them what it is to become. The number of bytes is
 * the file's own size, so there is no second account of it that a crash could leave wrong.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { ErrorCode } from '../core/errors.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { UploadSpec } from './operands.ts';

export interface UploadRecord {
  readonly v: 1;
  readonly id: string;
  /** Account of whose it is. */
  readonly owner: string;
  readonly length: number;
  readonly spec: UploadSpec;
  /** What the whole file must hash to, if its sender said so. */
  readonly sha256?: Hash | undefined;
  readonly createdMs: number;
  readonly end?: UploadEnd | undefined;
}

export type UploadEnd =
  | { readonly operand: Hash; readonly created: boolean }
  | { readonly code: ErrorCode; readonly error: string };

const RECORD = /^([0-9a-f]{32})\.json$/;

export class UploadSpool {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Everything that can be gone on with; what makes no sense is removed. */
  async open(): Promise<{ record: UploadRecord; touchedMs: number }[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const found: { record: UploadRecord; touchedMs: number }[] = [];
    const names = await readdir(this.#folder);
    for (const id of names.flatMap((name) => RECORD.exec(name)?.[1] ?? [])) {
      const record = await this.#read(id);
      const file = await stat(record?.end ? this.#record(id) : this.data(id)).catch(() => undefined);
      if (record && file) found.push({ record, touchedMs: file.mtimeMs });
    }
    const kept = new Set(found.flatMap(({ record: { id } }) => [id, `${id}.json`]));
    await Promise.all(
      names.filter((name) => !kept.has(name)).map((name) => rm(join(this.#folder, name), { force: true })),
    );
    return found;
  }

  /** The bytes of an upload. */
  data(id: string): string {
    return join(this.#folder, id);
  }

  async create(record: UploadRecord): Promise<void> {
    await (await open(this.data(record.id), 'wx', 0o600)).close();
    await this.save(record);
  }

  /** Whole or not at all. */
  async save(record: UploadRecord): Promise<void> {
    const path = this.#record(record.id);
    const handle = await open(`${path}.new`, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(record));
      await handle.sync();
    } catch (error) {
      await rm(`${path}.new`, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    await rename(`${path}.new`, path);
  }

  /** Bytes that have arrived; 0 where there is no such file. */
  async size(id: string): Promise<number> {
    return (await stat(this.data(id)).catch(() => undefined))?.size ?? 0;
  }

  append(id: string): Promise<FileHandle> {
    return open(this.data(id), 'a', 0o600);
  }

  async sha256(id: string): Promise<Hash> {
    const hash = createHash('sha256');
    for await (const piece of createReadStream(this.data(id))) hash.update(piece as Uint8Array);
    return hash.digest('hex');
  }

  /** The bytes alone: how it ended is told until it expires. */
  async drop(id: string): Promise<void> {
    await rm(this.data(id), { force: true });
  }

  async remove(id: string): Promise<void> {
    await rm(this.#record(id), { force: true });
    await this.drop(id);
  }

  /** Bytes that the disk has left. */
  async room(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#folder);
    return bavail * bsize;
  }

  #record(id: string): string {
    return join(this.#folder, `${id}.json`);
  }

  async #read(id: string): Promise<UploadRecord | undefined> {
    try {
      const record = JSON.parse(await readFile(this.#record(id), 'utf8')) as UploadRecord;
      return record.v === 1 && record.id === id ? record : undefined;
    } catch {
      return undefined;
    }
  }
}
