/** Operands from files and products into files, streamed: neither is ever whole in memory. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { AppError, isAppError } from '../core/errors.ts';
import type { OperandView } from '../core/v1.ts';
import { fileSource } from '../matrix/file.node.ts';
import { detectLayout } from '../matrix/ingest.ts';
import type { SourceDtype } from '../matrix/source.ts';
import type { TileworkClient } from './client.ts';
import { type DownloadOptions, downloadResult } from './download.ts';
import type { UploadOptions } from './options.ts';

export type { SourceDtype } from '../matrix/source.ts';

const PIECE_BYTES = 1024 * 1024;

/** The matrix that a file holds, as it lies there. */
export interface FileMatrix {
  readonly dtype: SourceDtype;
  readonly shape: readonly [number, number];
  /** Bytes of the whole file. */
  readonly size: number;
}

/**
 * What an upload of this file would be, from its first bytes and its length.
 * @throws AppError 'not-found' (no such file or tensor), 'bad-file'.
 */
export async function inspectFile(path: string, tensor?: string): Promise<FileMatrix> {
  try {
    const source = await fileSource(path);
    try {
      const { dtype, shape } = await detectLayout(source, { tensor });
      return { dtype, shape, size: source.size };
    } finally {
      await source.close();
    }
  } catch (error) {
    throw named(path, error);
  }
}

/** `onProgress` gets bytes sent, of how many. @throws as `inspectFile` and `uploadOperand`. */
export async function uploadFile(
  client: TileworkClient,
  path: string,
  options: Omit<UploadOptions, 'onProgress' | 'size'> & {
    readonly onProgress?: ((sent: number, size: number) => void) | undefined;
  },
): Promise<OperandView> {
  const { onProgress, ...upload } = options;
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw fileProblem(path, error);
  }
  try {
    const { size } = await file.stat();
    return await client.uploadOperand(streamOf(file, path), {
      name: basename(path),
      ...upload,
      size,
      onProgress: (sent) => onProgress?.(sent, size),
    });
  } catch (error) {
    throw isAppError(error, 'bad-file', 'non-finite', 'k-too-large') ? named(path, error) : error;
  } finally {
    await file.close();
  }
}

/** A piece is read when it is asked for, and not before. */
function streamOf(file: FileHandle, path: string): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES);
          if (bytesRead === 0) controller.close();
          else controller.enqueue(buffer.subarray(0, bytesRead));
        } catch (error) {
          controller.error(fileProblem(path, error));
        }
      },
    },
    { highWaterMark: 0 },
  );
}

/** That a product can be written there, so that nobody waits for one in vain. @throws AppError 'bad-input'. */
export async function assertWritable(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const there = await stat(folder).catch(() => undefined);
  if (!there?.isDirectory())
    throw new AppError('bad-input', `there is no folder ${folder} to write ${basename(path)} to`);
  const target = await stat(path).catch(() => undefined);
  if (target?.isDirectory()) throw new AppError('bad-input', `${path} is a folder; name a file in it`);
  const probe = partOf(path);
  try {
    await (await open(probe, 'wx')).close();
  } catch (error) {
    throw fileProblem(path, error);
  } finally {
    await rm(probe, { force: true });
  }
}

/**
 * Writes a job's product, or part of it. The file appears whole, or not at all; a connection that breaks is
 * taken up again where it broke.
 * @returns bytes written
 * @throws AppError 'conflict' while the job is not done, 'closed' when the connection stays broken, 'aborted'.
 */
export async function saveResult(
  client: TileworkClient,
  job: string,
  path: string,
  options: DownloadOptions = {},
): Promise<number> {
  const pieces = downloadResult(client, job, options);
  // The first bytes come before there is a file: a job that is not done leaves nothing behind.
  const first = await pieces.next();
  const part = partOf(path);
  const file = await open(part, 'wx').catch((error: unknown) => {
    throw fileProblem(path, error);
  });
  try {
    let bytes = 0;
    for (let piece = first; !piece.done; piece = await pieces.next()) {
      await file.appendFile(piece.value);
      bytes += piece.value.byteLength;
    }
    await file.sync();
    await file.close();
    await rename(part, path);
    return bytes;
  } catch (error) {
    await pieces.return();
    await file.close().catch(() => {});
    await rm(part, { force: true });
    throw client.failure(fileProblem(path, error), options.signal);
  }
}

/** In the same folder, so that the rename is atomic. */
function partOf(path: string): string {
  return `${path}.${randomBytes(4).toString('hex')}.part`;
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
};

/** With the file's name in front, where the file is the reason. */
function named(path: string, error: unknown): unknown {
  if (!isAppError(error)) return fileProblem(path, error);
  return new AppError(error.code, `${path}: ${error.message}`, { cause: error });
}

/** A sentence about what the file system refused; anything else as it is. */
function fileProblem(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const problem =
    typeof code === 'string' && Object.hasOwn(FILE_PROBLEMS, code) ? FILE_PROBLEMS[code] : undefined;
  if (!problem) return error;
  return new AppError(code === 'ENOENT' ? 'not-found' : 'bad-input', `${path}: ${problem}`, { cause: error });
}
