/**
 * The audit of a log: everything that it says is computed again from its entries and compared. One bundle
 * of entries is in memory at a time, and the next one on its way.
 */
import { type Bytes, bytesEqual, toHex } from '../core/bytes.ts';
import { isAppError, throwIfAborted } from '../core/errors.ts';
import { MAX_NOTE_BYTES, TILE_WIDTH } from '../protocol/limits.ts';
import { leafHash } from '../protocol/merkle.ts';
import { type Tile, tileAt } from '../protocol/tiles.ts';
import type { AuditedBlocks } from './blocks.ts';
import { Books } from './books.ts';
import { EarlierCheckpoints, type KeptCheckpoint, type SignedCheckpoint, openSigned } from './checkpoints.ts';
import { Contradiction } from './contradiction.ts';
import { type AuditedEntry, openEntry } from './entry.ts';
import { LogFiles } from './log-files.ts';
import { type Asked, askedBy } from './product.ts';
import { CHECKPOINT_PATH, type Source } from './source.ts';
import { TileTree } from './tile-tree.ts';

export interface LogAudit {
  readonly source: Source;
  readonly blocks: AuditedBlocks;
  /** PeerId whose log it must be; without it, the checkpoint's. */
  readonly coordinator?: string | undefined;
  /** Checkpoints of this log that were signed before. */
  readonly earlier?: readonly KeptCheckpoint[];
  /** Microcredits; where it is given, a credit may be less than its work. */
  readonly supplyCap?: bigint | undefined;
  /** Whether the operands' manifests may be missing: then their shapes stay unchecked, and are counted. */
  readonly withoutOperands?: boolean;
  readonly onEntry?: (entry: AuditedEntry) => Promise<void> | void;
  readonly onProgress?: (done: number, size: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface AuditedLog {
  readonly checkpoint: SignedCheckpoint;
  /** The signed note, as it was served. */
  readonly note: Uint8Array;
  readonly tiles: number;
  readonly bundles: number;
  readonly earlier: number;
  readonly books: Books;
}

/** @throws Contradiction at the first thing that does not hold; AppError where it cannot be read. */
export async function auditLog(audit: LogAudit): Promise<AuditedLog> {
  const { source, coordinator, onProgress, signal } = audit;
  const note = await readCheckpoint(source);
  const checkpoint = await openSigned(note, coordinator);
  const earlier = await EarlierCheckpoints.open(audit.earlier ?? [], checkpoint);
  const files = new LogFiles(source);
  const books = new Books(audit.supplyCap);
  let tiles = 0;
  const tree = new TileTree(async (tile, hashes) => {
    await files.compare(tile, hashes);
    tiles += 1;
  });
  const met: [size: number, root: Bytes][] = [[0, await tree.root()]];
  let bundles = 0;
  let indexed = false;
  for await (const { tile, entries } of bundlesOf(checkpoint.size, files)) {
    throwIfAborted(signal);
    for (const leaf of entries.map(leafHash)) {
      await tree.append(leaf);
      if (earlier.has(tree.size)) met.push([tree.size, await tree.root()]);
    }
    // Files that do not fit together are named as such, before what follows from them is.
    if (tree.size === checkpoint.size) await tree.finish();
    for (const [size, root] of met.splice(0)) earlier.meet(size, root);
    if (tree.size === checkpoint.size) assertRoot(await tree.root(), checkpoint);
    for (const outcome of await openAll(entries, tile, checkpoint.coordinator)) {
      const entry = outcome();
      indexed = assertIndexed(entry, indexed);
      books.credit(entry, await shapeOf(entry, audit));
      await audit.onEntry?.(entry);
    }
    bundles += 1;
    onProgress?.(tree.size, checkpoint.size);
  }
  if (checkpoint.size === 0) {
    for (const [size, root] of met) earlier.meet(size, root);
    assertRoot(await tree.root(), checkpoint);
  }
  return { checkpoint, note, tiles, bundles, earlier: earlier.count, books };
}

async function readCheckpoint(source: Source): Promise<Uint8Array> {
  const subject = 'the checkpoint';
  const note = await source.read(CHECKPOINT_PATH, MAX_NOTE_BYTES).catch((error: unknown) => {
    if (!isAppError(error, 'too-large')) throw error;
    const [expected, found] = [`at most ${MAX_NOTE_BYTES} bytes`, 'more'];
    throw new Contradiction('checkpoint-form', subject, { expected, found });
  });
  if (note) return note;
  throw new Contradiction('checkpoint-missing', subject, { expected: CHECKPOINT_PATH, found: 'nothing' });
}

function assertRoot(root: Bytes, checkpoint: SignedCheckpoint): void {
  if (bytesEqual(root, checkpoint.root)) return;
  throw new Contradiction('root-mismatch', `the root of ${checkpoint.size} entries`, {
    expected: toHex(checkpoint.root),
    found: toHex(root),
  });
}

interface Bundle {
  readonly tile: Tile;
  readonly entries: readonly Uint8Array[];
}

async function* bundlesOf(size: number, files: LogFiles): AsyncGenerator<Bundle, void, undefined> {
  const read = (index: number): Promise<Bundle> | undefined => {
    const tile = tileAt('entries', index, size);
    const bundle = tile && files.entries(tile).then((entries) => ({ tile, entries }));
    bundle?.catch(() => {}); // it is awaited in its turn, unless the audit has ended before
    return bundle;
  };
  let next = read(0);
  for (let index = 1; next; index++) {
    const bundle = await next;
    next = read(index);
    yield bundle;
  }
}

/** Signatures are checked side by side; what they came to is looked at in the order of the log. */
function openAll(
  entries: readonly Uint8Array[],
  tile: Tile,
  coordinator: string,
): Promise<(() => AuditedEntry)[]> {
  return Promise.all(
    entries.map((bytes, i) =>
      openEntry(bytes, tile.index * TILE_WIDTH + i, coordinator).then(
        (entry) => () => entry,
        (error: unknown) => () => {
          throw error;
        },
      ),
    ),
  );
}

/** Receipts older than the log name no place in it. Once one does, all do. */
function assertIndexed({ index, receipt }: AuditedEntry, indexed: boolean): boolean {
  if (receipt.value.logIndex !== undefined) return true;
  if (!indexed) return false;
  throw new Contradiction('log-index', 'the place that the receipt names', {
    index,
    expected: index,
    found: 'none',
  });
}

async function shapeOf(entry: AuditedEntry, audit: LogAudit): Promise<Asked | undefined> {
  try {
    return await askedBy(entry.lease.value.work, audit.blocks, entry.index);
  } catch (error) {
    const missing = error instanceof Contradiction && error.kind === 'operand-missing';
    if (missing && audit.withoutOperands) return undefined;
    throw error;
  }
}
