/** Logs as a coordinator writes them, with real keys, and every way to write them wrong. */
import { type Bytes, concatBytes, fromHex, toHex, utf8 } from '../../src/core/bytes.ts';
import { systemClock } from '../../src/core/clock.ts';
import { seededRng } from '../../src/core/rng.ts';
import { microcreditsFor } from '../../src/core/units.ts';
import { type AuditOptions, type AuditReport, audit } from '../../src/audit/audit.ts';
import { Contradiction } from '../../src/audit/contradiction.ts';
import { type Source, shardPath } from '../../src/audit/source.ts';
import { BLOCK_ROWS } from '../../src/matrix/blocks.ts';
import { putMatrix } from '../../src/matrix/build.ts';
import { RESULT_DTYPE } from '../../src/matrix/dtype.ts';
import type { Hash } from '../../src/matrix/manifest.ts';
import { signCheckpoint } from '../../src/protocol/checkpoint.ts';
import {
  type Lease,
  type Receipt,
  type Result,
  envelopeDigest,
  sealLease,
  sealReceipt,
  sealResult,
} from '../../src/protocol/envelope.ts';
import { type SigningKey, generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { encodeLogEntry } from '../../src/protocol/log-entry.ts';
import { leafHash, rootOf } from '../../src/protocol/merkle.ts';
import { encodeEntries, levelSize, tilePath, tilesOf } from '../../src/protocol/tiles.ts';
import { cutRowBlock } from '../verify/helpers.ts';
import { type Files, type Matrices, putBlocks } from './product-files.ts';

/** Serves files from memory. */
export function filesSource(files: Files): Source {
  return { read: (path) => Promise.resolve(files.get(path)) };
}

export interface Keys {
  readonly coordinator: SigningKey;
  readonly contributors: readonly SigningKey[];
}

/** What one entry is made of; a test may change any of it before it is sealed. */
export interface Draft {
  lease: Lease;
  result: Result;
  receipt: Receipt;
  leaseKey: SigningKey;
  resultKey: SigningKey;
  receiptKey: SigningKey;
}

/** `seal` seals the statements that follow from the draft as it is then. */
export type Change = (draft: Draft, entry: number) => void;

/** Where in the making of an entry a change comes: what follows is made to fit it. */
export interface Changes {
  /** Before the lease is sealed. */
  readonly lease?: Change;
  /** After the lease is sealed and its digest stands in the result. */
  readonly result?: Change;
  /** After both are sealed and their digests stand in the receipt. */
  readonly receipt?: Change;
  /** The sealed envelopes. */
  readonly sealed?: (envelopes: { receipt: Bytes; result: Bytes; lease: Bytes }, entry: number) => void;
}

export interface Rect {
  readonly rowBlock: number;
  readonly colBlock: number;
  readonly rowBlocks: number;
  readonly colBlocks: number;
}

/** Builds a log entry by entry, and the files that a coordinator would serve. */
export class LogBuilder {
  readonly keys: Keys;
  readonly files: Files = new Map();
  readonly entries: Bytes[] = [];
  readonly #balances = new Map<string, bigint>();
  readonly #rng = seededRng(5);

  constructor(keys: Keys) {
    this.keys = keys;
  }

  static async open(contributors = 2): Promise<LogBuilder> {
    const coordinator = await generateKey();
    return new LogBuilder({
      coordinator,
      contributors: await Promise.all(Array.from({ length: contributors }, () => generateKey())),
    });
  }

  /** Appends the credit for a rectangle of a product to one of the contributors. `c` is what it returns. */
  async credit(
    of: Matrices,
    rect: Rect,
    { who = 0, job = 'job', c = of.c }: { who?: number; job?: string; c?: Float64Array } = {},
    changes: Changes = {},
  ): Promise<void> {
    for (const [path, bytes] of of.blocks) this.files.set(path, bytes);
    const { coordinator, contributors } = this.keys;
    const contributor = peerIdOf(contributors[who]!);
    const [firstRow, firstCol] = [rect.rowBlock * BLOCK_ROWS, rect.colBlock * BLOCK_ROWS];
    const rows = Math.min(of.rows - firstRow, rect.rowBlocks * BLOCK_ROWS);
    const cols = Math.min(of.cols - firstCol, rect.colBlocks * BLOCK_ROWS);
    const microcredits = microcreditsFor(rows, cols, of.k);
    const index = this.entries.length;
    const id = toHex(this.#rng.bytes(16));
    const balance = (this.#balances.get(contributor) ?? 0n) + microcredits;
    this.#balances.set(contributor, balance);
    const manifest = await this.#putResult(of, c, { firstRow, firstCol, rows, cols }, id);
    const draft: Draft = {
      leaseKey: coordinator,
      resultKey: contributors[who]!,
      receiptKey: coordinator,
      lease: {
        id,
        contributor,
        job,
        project: 'a test',
        issuedMs: 1000,
        deadlineMs: 2000,
        microcredits,
        work: { kind: 'product', a: of.a, b: of.b, ...rect },
      },
      result: { leaseDigest: '', manifest, gpuMs: 1, client: 'test' },
      receipt: {
        leaseDigest: '',
        resultDigest: '',
        lease: id,
        contributor,
        job,
        multiplyAdds: BigInt(rows) * BigInt(cols) * BigInt(of.k),
        microcredits,
        balanceMicrocredits: balance,
        missLog2: of.dtype === 'i8' ? 72 : 64,
        timeMs: 1500,
        logIndex: index,
      },
    };
    changes.lease?.(draft, index);
    const lease = await sealLease(draft.lease, draft.leaseKey);
    const leaseDigest = await envelopeDigest(lease);
    draft.result = { ...draft.result, leaseDigest };
    changes.result?.(draft, index);
    const result = await sealResult(draft.result, draft.resultKey);
    draft.receipt = { ...draft.receipt, leaseDigest, resultDigest: await envelopeDigest(result) };
    changes.receipt?.(draft, index);
    const receipt = await sealReceipt(draft.receipt, draft.receiptKey);
    const envelopes = { receipt, result, lease };
    changes.sealed?.(envelopes, index);
    this.entries.push(encodeLogEntry(envelopes));
  }

  async #putResult(
    of: Matrices,
    c: Float64Array,
    at: { firstRow: number; firstCol: number; rows: number; cols: number },
    lease: string,
  ): Promise<Hash> {
    const { firstRow, firstCol, rows, cols } = at;
    const dtype = RESULT_DTYPE[of.dtype];
    const strips: Bytes[][] = [];
    for (let row = 0; row < rows; row += BLOCK_ROWS) {
      const height = Math.min(BLOCK_ROWS, rows - row);
      const values = new Float64Array(height * cols);
      for (let i = 0; i < height; i++) {
        const from = (firstRow + row + i) * of.cols + firstCol;
        values.set(c.subarray(from, from + cols), i * cols);
      }
      strips.push(await putBlocks(cutRowBlock({ dtype, rows: height, cols }, values), this.files));
    }
    this.files.set(
      shardPath(lease),
      utf8.encode(JSON.stringify({ lease, blocks: strips.flat().map(toHex) })),
    );
    // The nodes of a result's manifest are not stored anywhere; who knows the blocks can make them.
    return (await putMatrix({ dtype, rows, cols }, strips, () => Promise.resolve())).manifestHash;
  }

  /** Writes checkpoint, tiles and bundles of the first `size` entries; those of other sizes stay. */
  async publish(size = this.entries.length, key = this.keys.coordinator): Promise<Files> {
    const entries = this.entries.slice(0, size);
    const leaves = entries.map(leafHash);
    const levels: Bytes[][] = [leaves];
    for (let level = 1; levelSize(level, size) > 0; level++) {
      const below = levels[level - 1]!;
      levels.push(
        Array.from({ length: levelSize(level, size) }, (_, i) => rootOf(below.slice(i * 256, (i + 1) * 256))),
      );
    }
    for (const tile of tilesOf(size)) {
      const [from, to] = [tile.index * 256, tile.index * 256 + tile.width];
      const bytes =
        tile.level === 'entries'
          ? encodeEntries(entries.slice(from, to))
          : concatBytes(levels[tile.level]!.slice(from, to));
      this.files.set(`log/${tilePath(tile)}`, bytes);
    }
    const note = await signCheckpoint(size, rootOf(leaves), key);
    this.files.set('log/checkpoint', utf8.encode(note));
    return this.files;
  }

  get coordinator(): string {
    return peerIdOf(this.keys.coordinator);
  }
}

export function auditFiles(files: Files, options: Partial<AuditOptions> = {}): Promise<AuditReport> {
  return audit({ source: filesSource(files), clock: systemClock, sample: 'all', seed: 1, ...options });
}

/** The contradiction that the audit ends with. */
export async function contradictionOf(
  files: Files,
  options: Partial<AuditOptions> = {},
): Promise<Contradiction> {
  try {
    await auditFiles(files, options);
  } catch (error) {
    if (error instanceof Contradiction) return error;
    throw error;
  }
  throw new Error('the audit found nothing');
}

/** Another hash than this one. */
export function otherHash(hash: Hash): Hash {
  const bytes = fromHex(hash);
  bytes[0] = bytes[0]! ^ 1;
  return toHex(bytes);
}
