/**
 * Public re-checking: a result is fetched and checked again by somebody who need not trust who checked it
 * first, with r from a public coin (src/verify/public-coin.ts). Memory: one chunk of projections, one strip
 * of A and of C.
 */
import { mapLimit } from '../core/async.ts';
import { fromHex, utf8 } from '../core/bytes.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { rowsIn } from '../matrix/blocks.ts';
import { putMatrix } from '../matrix/build.ts';
import { type Dtype, RESULT_DTYPE } from '../matrix/dtype.ts';
import type { FetchBytes, Hash } from '../matrix/manifest.ts';
import { stripHashes } from '../matrix/read.ts';
import type { Product } from '../protocol/signed.ts';
import { PUBLIC_MISS_LOG2, type VerifyParams, narrow } from '../verify/params.ts';
import { drawPublicColumn } from '../verify/public-coin.ts';
import { type RecomputeColumn, recomputeStrip } from '../verify/recompute.ts';
import type { Verdict } from '../verify/result.ts';
import { type StripColumn, checkStrip, paramsFor, projectColumn } from '../verify/strip.ts';
import type { AuditedBlocks } from './blocks.ts';
import { Contradiction } from './contradiction.ts';
import { type Asked, askedBy } from './product.ts';
import { type Source, shardPath } from './source.ts';

/** A credited shard, as its log entry describes it. */
export interface CreditedShard {
  readonly index: number;
  readonly lease: string;
  readonly work: Product;
  /** Manifest hash of the shard's C, signed by the contributor. */
  readonly manifest: Hash;
  /** SHA-256 of the receipt's envelope. */
  readonly receipt: Hash;
}

export interface Recheck {
  readonly dtype: Dtype;
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  /** A wrong result of this shard passes with probability at most 2^missLog2; −∞ where all was recomputed. */
  readonly missLog2: number;
}

/** Of projections, at once: as the coordinator's own checks (src/coordinator/rectangle.ts). */
const PROJECTION_BYTES = 128 * 1024 * 1024;
/** Column blocks at once: of C they are 16 MiB a strip. */
const MAX_COLUMNS = 64;
/** A strip over more K than this would not fit beside them; no coordinator leases one. */
const MAX_K = 2 ** 17;
/** 1,024 cells and their names. */
const MAX_SHARD_BYTES = 256 * 1024;
const READS_AT_ONCE = 4;

/**
 * @throws Contradiction 'operand-missing', 'operand-form', 'outside-product', 'job-operands', 'result-missing',
 * 'result-manifest', 'block-missing', 'block-hash' or 'result-wrong'
 * @throws AppError 'too-large' for a shard that is larger than coordinators lease
 */
export async function recheck(shard: CreditedShard, source: Source, blocks: AuditedBlocks): Promise<Recheck> {
  const { index, work } = shard;
  const asked = await askedBy(work, blocks, index);
  const { a, k, rows, cols } = asked;
  if (k > MAX_K) throw new AppError('too-large', `entry ${index}: K = ${k} is too large to be checked again`);
  const claimed = await claimedBlocks(shard, asked, source);
  const params = paramsFor(a.dtype, k, cols, PUBLIC_MISS_LOG2);
  const fetch = blocks.fetchFor(index);
  const check: Check = {
    shard,
    asked,
    params: narrow(cols, params.rounds) ? undefined : params,
    fetch,
    nodes: remembering(fetch),
  };
  const projection = (params.rounds + 2) * k * 8;
  const perChunk = Math.max(1, Math.min(MAX_COLUMNS, Math.floor(PROJECTION_BYTES / projection)));
  try {
    for (let first = 0; first < work.colBlocks; first += perChunk) {
      const count = Math.min(perChunk, work.colBlocks - first);
      const columns = Array.from({ length: count }, (_, i) => first + i);
      await checkColumns(check, columns, claimed);
    }
  } catch (error) {
    // Blocks that have their hashes, and still are not those of a matrix of the manifest's shape.
    if (!isAppError(error, 'bad-frame', 'shape-mismatch')) throw error;
    throw new Contradiction('operand-form', 'the operands', {
      index,
      expected: `blocks of ${a.dtype} values over K = ${k}`,
      found: error.message,
    });
  }
  return { dtype: a.dtype, rows, cols, k, missLog2: check.params?.missLog2 ?? -Infinity };
}

interface Check {
  readonly shard: CreditedShard;
  readonly asked: Asked;
  /** Undefined where computing the strips again costs less than checking them. */
  readonly params: VerifyParams | undefined;
  readonly fetch: FetchBytes;
  /** As fetch, for what is read again: nodes of manifests, never blocks. */
  readonly nodes: FetchBytes;
}

/** Every strip of some column blocks of the shard. */
async function checkColumns(check: Check, at: readonly number[], claimed: readonly Hash[][]): Promise<void> {
  const { shard, asked, params, fetch, nodes } = check;
  const { a, b, k } = asked;
  const { work } = shard;
  const sizes = at.map((j) => rowsIn(b, work.colBlock + j));
  const projected = params && (await projections(check, params, at, sizes));
  for (let strip = 0; strip < work.rowBlocks; strip++) {
    const row = work.rowBlock + strip;
    const aBlocks = await load(await stripHashes(a, row, nodes), fetch);
    const hashes = at.map((j) => claimed[strip]![j]!);
    const cBlocks = await load(hashes, fetch);
    const common = { dtype: a.dtype, rows: rowsIn(a, row), k, aBlocks };
    if (projected) {
      const columns = projected.map((column, i) => ({ ...column, cBlock: cBlocks[i]! }));
      assertRight(checkStrip({ ...common, params, columns }), shard, strip);
      continue;
    }
    const columns: RecomputeColumn[] = [];
    for (const [i, j] of at.entries()) {
      const bBlocks = await load(await stripHashes(b, work.colBlock + j, nodes), fetch);
      columns.push({ cols: sizes[i]!, cBlock: cBlocks[i]!, bBlocks });
    }
    assertRight(recomputeStrip({ ...common, columns }), shard, strip);
  }
}

/** r and Bᵀr of these column blocks of the shard. */
async function projections(
  { shard, asked, fetch, nodes }: Check,
  params: VerifyParams,
  at: readonly number[],
  sizes: readonly number[],
): Promise<Omit<StripColumn, 'cBlock'>[]> {
  const { a, b, k } = asked;
  const { work, manifest, receipt } = shard;
  const commitments = { a: work.a, b: work.b, c: manifest, receipt };
  const columns: Omit<StripColumn, 'cBlock'>[] = [];
  for (const [i, j] of at.entries()) {
    const cols = sizes[i]!;
    const r = await drawPublicColumn(a.dtype, commitments, j, cols, params);
    const bBlocks = await load(await stripHashes(b, work.colBlock + j, nodes), fetch);
    columns.push({ cols, r, ...projectColumn({ dtype: a.dtype, cols, k, params, bBlocks, r }) });
  }
  return columns;
}

/** Hashes of the shard's blocks, strip by strip, known to be those that the contributor signed. */
async function claimedBlocks(shard: CreditedShard, asked: Asked, source: Source): Promise<Hash[][]> {
  const { index, lease, work, manifest } = shard;
  const bytes = await source.read(shardPath(lease), MAX_SHARD_BYTES);
  const subject = `the blocks of the result of lease ${lease}`;
  if (!bytes) {
    throw new Contradiction('result-missing', subject, { index, expected: 'their hashes', found: 'nothing' });
  }
  const hashes = hashesOf(bytes);
  const cells = work.rowBlocks * work.colBlocks;
  if (hashes?.length !== cells) {
    throw new Contradiction('result-manifest', subject, {
      index,
      expected: `${cells} hashes`,
      found: hashes ? `${hashes.length}` : 'something else',
    });
  }
  const strips = Array.from({ length: work.rowBlocks }, (_, strip) =>
    hashes.slice(strip * work.colBlocks, (strip + 1) * work.colBlocks),
  );
  const { manifestHash } = await putMatrix(
    { dtype: RESULT_DTYPE[asked.a.dtype], rows: asked.rows, cols: asked.cols },
    strips.map((strip) => strip.map(fromHex)),
    () => Promise.resolve(),
  );
  if (manifestHash !== manifest) {
    throw new Contradiction('result-manifest', subject, { index, expected: manifest, found: manifestHash });
  }
  return strips;
}

/** Whether the coordinator says that it keeps the blocks of this result, or of its operands, no longer. */
export async function wasLetGo(lease: string, source: Source): Promise<boolean> {
  const bytes = await source.read(shardPath(lease), MAX_SHARD_BYTES);
  try {
    return bytes !== undefined && (JSON.parse(utf8.decode(bytes)) as { kept?: unknown }).kept === false;
  } catch {
    return false;
  }
}

function hashesOf(bytes: Uint8Array): Hash[] | undefined {
  try {
    const { blocks } = JSON.parse(utf8.decode(bytes)) as { blocks?: unknown };
    const isHash = (value: unknown): value is Hash =>
      typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
    return Array.isArray(blocks) && blocks.every(isHash) ? blocks : undefined;
  } catch {
    return undefined;
  }
}

function assertRight(verdict: Verdict, { index, lease }: CreditedShard, strip: number): void {
  if (verdict.ok) return;
  throw new Contradiction('result-wrong', `the result of lease ${lease}`, {
    index,
    expected: 'A·Bᵀ',
    found: `another value (${verdict.reason}) in row ${256 * strip + verdict.row} of the shard`,
  });
}

function load(hashes: readonly Hash[], fetch: FetchBytes): Promise<Uint8Array[]> {
  return mapLimit(hashes, READS_AT_ONCE, (hash) => fetch(hash));
}

/** Nodes of manifests are asked for once for every strip; they are read once for a shard. */
function remembering(fetch: FetchBytes): FetchBytes {
  const known = new Map<Hash, Promise<Uint8Array>>();
  return (hash) => {
    const pending = known.get(hash) ?? fetch(hash);
    known.set(hash, pending);
    return pending;
  };
}
