/**
 * An audit from beginning to end: the log, then a sample of results by public coin. It shares no code with
 * what writes the log; all that it knows is the wire, the matrix format and how products are checked.
 */
import type { Clock } from '../core/clock.ts';
import { throwIfAborted } from '../core/errors.ts';
import type { Hash } from '../matrix/manifest.ts';
import { seededRng } from '../core/rng.ts';
import { toHex } from '../core/bytes.ts';
import { AuditedBlocks } from './blocks.ts';
import type { KeptCheckpoint } from './checkpoints.ts';
import { Contradiction, type ContradictionKind } from './contradiction.ts';
import { type AuditedEntry, SIGNATURES_PER_ENTRY } from './entry.ts';
import { auditLog } from './log.ts';
import { type CreditedShard, recheck, wasLetGo } from './recheck.ts';
import { Reservoir } from './sample.ts';
import type { Source } from './source.ts';

export interface AuditOptions {
  readonly source: Source;
  readonly clock: Clock;
  /** PeerId whose log it must be; without it, the checkpoint's. */
  readonly coordinator?: string | undefined;
  readonly earlier?: readonly KeptCheckpoint[];
  readonly supplyCap?: bigint | undefined;
  /** Results to be checked again. */
  readonly sample: number | 'all';
  /** Which ones: the same seed chooses the same results of the same log. */
  readonly seed: number;
  /** Only results of this job. */
  readonly job?: string | undefined;
  /** Whether operands and results may be missing, as in a mirror of the log alone: they are counted. */
  readonly partial?: boolean;
  readonly onProgress?: (phase: 'log' | 'results', done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface AuditReport {
  readonly ok: true;
  /** PeerId of whose log it is. */
  readonly coordinator: string;
  readonly origin: string;
  readonly size: number;
  /** In hexadecimal. */
  readonly root: Hash;
  readonly tiles: number;
  readonly bundles: number;
  readonly earlierCheckpoints: number;
  /** The checkpoint's, and three for each entry. */
  readonly signatures: number;
  readonly contributors: number;
  readonly jobs: number;
  readonly leases: number;
  readonly cells: number;
  /** Credits compared with the shapes of the operands themselves; `size` unless some are missing. */
  readonly shapes: number;
  readonly multiplyAdds: bigint;
  readonly microcredits: bigint;
  readonly rechecked: RecheckTotals;
  readonly seed: number;
  readonly logMs: number;
  readonly recheckMs: number;
  /** Microcredits by PeerId, the largest first. */
  readonly balances: readonly (readonly [string, bigint])[];
}

export interface RecheckTotals {
  readonly results: number;
  /** Results that the sample was drawn from. */
  readonly of: number;
  /** Chosen, but not in this mirror. */
  readonly missing: number;
  /** Chosen, and let go by the coordinator's own word: neither right nor wrong. */
  readonly notKept: number;
  readonly multiplyAdds: bigint;
  /** A wrong result passes with probability at most 2^this; undefined when nothing was checked by coin. */
  readonly missLog2: number | undefined;
  /** Results of floats: they are within the bound, not exact. */
  readonly floats: number;
}

/** @throws Contradiction at the first thing that does not hold; AppError where something cannot be read. */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const { source, clock, sample, seed, job, signal, onProgress, partial = false } = options;
  const blocks = new AuditedBlocks(source);
  const chosen = new Reservoir<CreditedShard>(sample === 'all' ? 0 : sample, seededRng(seed));
  const results = new Rechecks(source, blocks, partial);
  const startedMs = clock.now();
  let recheckMs = 0;
  let of = 0;
  const log = await auditLog({
    source,
    blocks,
    coordinator: options.coordinator,
    earlier: options.earlier ?? [],
    supplyCap: options.supplyCap,
    withoutOperands: partial,
    signal,
    onProgress: (done, size) => onProgress?.('log', done, size),
    onEntry: async (entry) => {
      if (job !== undefined && entry.lease.value.job !== job) return;
      of += 1;
      if (sample !== 'all') {
        chosen.offer(creditedShard(entry));
        return;
      }
      // All of them would not fit in memory: each is checked when its entry is read.
      const fromMs = clock.now();
      await results.check(creditedShard(entry));
      recheckMs += clock.now() - fromMs;
    },
  });
  const logMs = clock.now() - startedMs - recheckMs;
  const sampled = chosen.items().toSorted((x, y) => x.index - y.index);
  const fromMs = clock.now();
  for (const [done, shard] of sampled.entries()) {
    throwIfAborted(signal);
    onProgress?.('results', done, sampled.length);
    await results.check(shard);
  }
  recheckMs += clock.now() - fromMs;
  const { checkpoint, books, tiles, bundles, earlier } = log;
  if (!books.sumHolds) {
    throw new Contradiction('balance', 'all balances together', {
      expected: books.totals.microcredits,
      found: 'another sum',
    });
  }
  return {
    ok: true,
    coordinator: checkpoint.coordinator,
    origin: checkpoint.origin,
    size: checkpoint.size,
    root: toHex(checkpoint.root),
    tiles,
    bundles,
    earlierCheckpoints: earlier,
    signatures: 1 + earlier + SIGNATURES_PER_ENTRY * checkpoint.size,
    ...books.totals,
    rechecked: { ...results.totals, of },
    seed,
    logMs,
    recheckMs,
    balances: books.balances(),
  };
}

function creditedShard({ index, receipt, lease, result }: AuditedEntry): CreditedShard {
  const { id, work } = lease.value;
  return { index, lease: id, work, manifest: result.value.manifest, receipt: receipt.digest };
}

/** What a mirror of the log alone lacks. */
const LACKING: readonly ContradictionKind[] = ['operand-missing', 'result-missing', 'block-missing'];

class Rechecks {
  readonly #source: Source;
  readonly #blocks: AuditedBlocks;
  readonly #partial: boolean;
  #totals = {
    results: 0,
    missing: 0,
    notKept: 0,
    multiplyAdds: 0n,
    missLog2: undefined as number | undefined,
    floats: 0,
  };

  constructor(source: Source, blocks: AuditedBlocks, partial: boolean) {
    this.#source = source;
    this.#blocks = blocks;
    this.#partial = partial;
  }

  get totals(): Omit<RecheckTotals, 'of'> {
    return this.#totals;
  }

  async check(shard: CreditedShard): Promise<void> {
    const totals = this.#totals;
    try {
      const { rows, cols, k, dtype, missLog2 } = await recheck(shard, this.#source, this.#blocks);
      totals.results += 1;
      totals.multiplyAdds += BigInt(rows) * BigInt(cols) * BigInt(k);
      if (dtype !== 'i8') totals.floats += 1;
      if (Number.isFinite(missLog2)) totals.missLog2 = Math.max(totals.missLog2 ?? -Infinity, missLog2);
    } catch (error) {
      const lacking = error instanceof Contradiction && LACKING.includes(error.kind);
      if (!lacking) throw error;
      // After the failure, not before: it may have been let go in between.
      if (await wasLetGo(shard.lease, this.#source)) totals.notKept += 1;
      else if (this.#partial) totals.missing += 1;
      else throw error;
    }
  }
}
