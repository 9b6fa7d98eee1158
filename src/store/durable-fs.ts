/**
 * PGlite's file system with a working fsync, so that a commit survives the loss of power and not only
 * the death of the process. Emscripten's NODEFS has none: PostgreSQL's calls succeed and do nothing
 * (seen with PGlite 0.5.16). Delete this file when PGlite syncs by itself.
 */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/** PGlite's own parameters without `-F` (fsync off); Emscripten stubs fdatasync, the default, but not fsync. */
export function durableStartParams(defaults: readonly string[]): string[] {
  return [...defaults.filter((param) => param !== '-F'), '-c', 'wal_sync_method=fsync'];
}

interface OpenFile {
  /** Node's file descriptor; directories have none. */
  readonly nfd?: number;
  readonly node: unknown;
}

/** What we use of Emscripten's module, which PGlite's types leave out. */
interface EmscriptenModule {
  readonly FS: { readonly ErrnoError: new (errno: number) => Error };
  readonly NODEFS: {
    realPath(node: unknown): string;
    readonly stream_ops: { fsync?: (file: OpenFile) => number };
  };
}

/** WASI's errno for EIO. PostgreSQL panics on it, as it should: the kernel has dropped the pages. */
const EIO = 29;

export class DurableNodeFS extends NodeFS {
  override async init(...[pg, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options);
    const preRun = [
      ...(emscriptenOpts.preRun ?? []),
      (module: object) => installFsync(module as EmscriptenModule),
    ];
    return { emscriptenOpts: { ...emscriptenOpts, preRun } };
  }
}

function installFsync({ FS, NODEFS }: EmscriptenModule): void {
  NODEFS.stream_ops.fsync = (file) => {
    try {
      if (file.nfd === undefined) syncPath(NODEFS.realPath(file.node));
      else fsyncSync(file.nfd);
    } catch {
      throw new FS.ErrnoError(EIO);
    }
    return 0;
  };
}

/** Makes what a file or a directory holds survive the loss of power. */
export function syncPath(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
