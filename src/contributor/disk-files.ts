/**
 * The files of the block disk, in the origin's private file system (OPFS). Workers open them, one tab at a time: an
 * access handle is exclusive, so a second tab goes without. The page may measure and remove them while no worker has
 * them. Where a page may keep nothing (private windows of some browsers), there is no disk.
 */
import { type Clock, sleep } from '../core/clock.ts';
import { BlockDisk, type DiskFile } from './block-disk.ts';

const FOLDER = 'tilework-blocks';
const DATA = 'data';
const INDEX = 'index';
/** Of what the browser would let this origin store. */
const QUOTA_SHARE = 0.5;
/** The worker of a page that was reloaded may hold the files for a moment. */
const OPEN_TRIES = 4;
const TRY_AGAIN_MS = 250;

/** Only workers have the method, and TypeScript's types of it are for workers only. */
interface WorkerFile {
  createSyncAccessHandle(): Promise<DiskFile>;
}

/** Undefined where nothing may be kept, and in a second tab. Never rejects. */
export async function openBlockDisk(budgetBytes: number, clock: Clock): Promise<BlockDisk | undefined> {
  for (let tries = 1; tries <= OPEN_TRIES; tries++) {
    if (tries > 1) await sleep(clock, TRY_AGAIN_MS);
    const opened: DiskFile[] = [];
    try {
      const folder = await openFolder({ create: true });
      for (const name of [DATA, INDEX]) {
        const file: unknown = await folder.getFileHandle(name, { create: true });
        opened.push(await (file as WorkerFile).createSyncAccessHandle());
      }
      const [data, index] = opened;
      const within = await withinQuota(budgetBytes, data!.getSize());
      return new BlockDisk({ data: data!, index: index!, budgetBytes: within, clock });
    } catch (error) {
      for (const file of opened) file.close();
      if (!isTaken(error)) return undefined;
    }
  }
  return undefined;
}

/** A visitor's wish, as far as the browser allows. */
export async function withinQuota(budgetBytes: number, ownBytes: number): Promise<number> {
  const { quota, usage } = await navigator.storage.estimate();
  if (quota === undefined) return budgetBytes;
  return Math.max(0, Math.min(budgetBytes, QUOTA_SHARE * (quota - (usage ?? 0) + ownBytes)));
}

/** Bytes of the data file; 0 when there is none, or none can be seen from here. */
export async function measureDisk(): Promise<number> {
  try {
    const folder = await openFolder({ create: false });
    return (await (await folder.getFileHandle(DATA)).getFile()).size;
  } catch {
    return 0;
  }
}

/** Removes the files, unless a worker has them. Never rejects. */
export async function removeDisk(): Promise<void> {
  try {
    await (await navigator.storage.getDirectory()).removeEntry(FOLDER, { recursive: true });
  } catch {
    // nothing there, or in use
  }
}

async function openFolder(options: FileSystemGetDirectoryOptions): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, options);
}

const isTaken = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'NoModificationAllowedError';
