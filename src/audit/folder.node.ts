/** A mirror: a folder laid out as the coordinator's URLs are, made by `audit --mirror` or by `wget -m`. */
import { mkdir, open, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Bytes, bytesEqual } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import type { Hash } from '../matrix/manifest.ts';
import { MAX_NOTE_BYTES } from '../protocol/limits.ts';
import type { KeptCheckpoint } from './checkpoints.ts';
import { CHECKPOINT_PATH, type Source } from './source.ts';

/** Where every checkpoint is kept that was once found true. */
const KEPT = 'checkpoints';
/** Checkpoints under which something did not hold: beside a kept one, they prove what was signed. */
const REFUSED = 'refused-checkpoints';

/** @throws AppError 'not-found' unless the folder is there */
export async function folderSource(folder: string): Promise<Source> {
  const there = await stat(folder).catch(() => undefined);
  if (!there?.isDirectory()) throw new AppError('not-found', `there is no folder ${folder}`);
  return { read: (path, maxBytes) => readUpTo(join(folder, path), maxBytes) };
}

/** Checkpoints of earlier audits of this mirror; none for a folder that was not made by `audit --mirror`. */
export async function keptCheckpoints(folder: string): Promise<KeptCheckpoint[]> {
  const names = await readdir(join(folder, KEPT)).catch(() => []);
  return Promise.all(
    names
      .filter((name) => /^\d+-[0-9a-f]+$/.test(name))
      .sort()
      .map(async (name) => ({ name, note: await readFile(join(folder, KEPT, name)) })),
  );
}

/** As keptCheckpoints, and the one that the folder holds, which `wget -m` keeps nowhere else. */
export async function earlierCheckpoints(folder: string): Promise<KeptCheckpoint[]> {
  const kept = await keptCheckpoints(folder);
  const note = await readUpTo(join(folder, CHECKPOINT_PATH), MAX_NOTE_BYTES);
  if (!note || kept.some((checkpoint) => bytesEqual(checkpoint.note, note))) return kept;
  return [...kept, { name: CHECKPOINT_PATH, note }];
}

/** Reads through to a coordinator: what never changes is downloaded once, and stays. */
export class Mirror implements Source {
  readonly #folder: string;
  readonly #remote: Source;
  #note: Bytes | undefined;
  /** Files that were there, and files that came from the coordinator. */
  readonly files = { kept: 0, downloaded: 0 };

  private constructor(folder: string, remote: Source) {
    this.#folder = folder;
    this.#remote = remote;
  }

  static async open(folder: string, remote: Source): Promise<Mirror> {
    await mkdir(folder, { recursive: true });
    return new Mirror(folder, remote);
  }

  async read(path: string, maxBytes: number): Promise<Bytes | undefined> {
    const file = join(this.#folder, path);
    const moves = !IMMUTABLE.test(path);
    const kept = moves ? undefined : await readUpTo(file, maxBytes);
    if (kept) {
      this.files.kept += 1;
      return kept;
    }
    const bytes = await this.#remote.read(path, maxBytes);
    if (!bytes) return undefined;
    this.files.downloaded += 1;
    // The checkpoint takes the place of the one before only once it has been found to hold.
    if (path === CHECKPOINT_PATH) this.#note = bytes;
    else await replaceFile(file, bytes);
    return bytes;
  }

  /** The audit found nothing wrong: its checkpoint is what later ones must extend. */
  async accept({ size, root }: { readonly size: number; readonly root: Hash }): Promise<void> {
    if (!this.#note) return;
    await replaceFile(join(this.#folder, KEPT, `${size}-${root.slice(0, 16)}`), this.#note);
    await replaceFile(join(this.#folder, CHECKPOINT_PATH), this.#note);
  }

  /** Keeps the note under which something did not hold. @returns where; undefined when there is none */
  async refuse(timeMs: number): Promise<string | undefined> {
    if (!this.#note) return undefined;
    const known = await readUpTo(join(this.#folder, CHECKPOINT_PATH), this.#note.length);
    if (known && bytesEqual(known, this.#note)) return undefined;
    const path = join(this.#folder, REFUSED, String(timeMs));
    await replaceFile(path, this.#note);
    return path;
  }
}

/** Tiles and bundles, whose content follows from the log up to them; blocks; and the blocks of results. */
const IMMUTABLE = /^(log\/tile|v1\/blocks|v1\/shards)\//;

async function readUpTo(file: string, maxBytes: number): Promise<Bytes | undefined> {
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      if (size > maxBytes) throw new AppError('too-large', `${file} has more than ${maxBytes} bytes`);
      return new Uint8Array(await handle.readFile());
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code } = error as { code?: unknown };
    // A page that `wget -m` has saved for a folder is no file of ours either.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
}

/** The file appears whole or not at all. */
async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.tmp`;
  await writeFile(temporary, bytes);
  await rename(temporary, file);
}
