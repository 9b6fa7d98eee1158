/** The books as the log tells them: who was credited what, each piece of work once, and what it comes to. */
import { fromHex } from '../core/bytes.ts';
import { MULTIPLY_ADDS_PER_MICROCREDIT, microcreditsFor } from '../core/units.ts';
import { BLOCK_ROWS } from '../matrix/blocks.ts';
import { EXACT_MISS_LOG2, FLOAT_MISS_LOG2 } from '../verify/params.ts';
import { CellSet } from './cell-set.ts';
import { Contradiction } from './contradiction.ts';
import type { AuditedEntry } from './entry.ts';
import { IdSet } from './id-set.ts';
import type { Asked } from './product.ts';

interface JobBook {
  readonly a: string;
  readonly b: string;
  readonly cells: CellSet;
}

export class Books {
  /** Microcredits that are not passed; undefined where work mints at rate 1 for ever. */
  readonly #supplyCap: bigint | undefined;
  readonly #balances = new Map<string, bigint>();
  readonly #leases = new IdSet();
  readonly #jobs = new Map<string, JobBook>();
  #microcredits = 0n;
  #multiplyAdds = 0n;
  #cells = 0;
  #shapes = 0;

  constructor(supplyCap?: bigint) {
    this.#supplyCap = supplyCap;
  }

  get totals(): BookTotals {
    return {
      contributors: this.#balances.size,
      jobs: this.#jobs.size,
      leases: this.#leases.size,
      cells: this.#cells,
      shapes: this.#shapes,
      multiplyAdds: this.#multiplyAdds,
      microcredits: this.#microcredits,
    };
  }

  /** Microcredits by PeerId, the largest first. */
  balances(): [string, bigint][] {
    return [...this.#balances].sort(([, a], [, b]) => (a < b ? 1 : a > b ? -1 : 0));
  }

  /** Whether all balances come to what was credited. Only an error of ours could make it false. */
  get sumHolds(): boolean {
    let sum = 0n;
    for (const balance of this.#balances.values()) sum += balance;
    return sum === this.#microcredits;
  }

  /**
   * Enters a credit. @param asked - from the operands' manifests; undefined where they cannot be had
   * @throws Contradiction 'lease-credited-twice', 'job-operands', 'cell-credited-twice', 'multiply-adds',
   * 'microcredits', 'weak-check' or 'balance'
   */
  credit(entry: AuditedEntry, asked: Asked | undefined): void {
    this.#once(entry);
    this.#arithmetic(entry, asked);
    this.#balance(entry);
  }

  #once({ index, lease }: AuditedEntry): void {
    const { id, job, work } = lease.value;
    if (!this.#leases.add(fromHex(id))) {
      const [expected, found] = ['one credit', 'a second one'];
      throw new Contradiction('lease-credited-twice', `lease ${id}`, { index, expected, found });
    }
    let book = this.#jobs.get(job);
    if (!book) this.#jobs.set(job, (book = { a: work.a, b: work.b, cells: new CellSet() }));
    if (book.a !== work.a || book.b !== work.b) {
      throw new Contradiction('job-operands', `the operands of job ${job}`, {
        index,
        expected: `${book.a} and ${book.b}`,
        found: `${work.a} and ${work.b}`,
      });
    }
    const twice = book.cells.add(work);
    if (twice) {
      const subject = `cell (${twice.row}, ${twice.col}) of job ${job}`;
      throw new Contradiction('cell-credited-twice', subject, {
        index,
        expected: 'one credit',
        found: 'a second one',
      });
    }
    this.#cells += work.rowBlocks * work.colBlocks;
  }

  #arithmetic({ index, lease, receipt }: AuditedEntry, asked: Asked | undefined): void {
    const { multiplyAdds, microcredits, missLog2 } = receipt.value;
    const { work } = lease.value;
    if (asked) {
      const { rows, cols, k, a } = asked;
      const expected = BigInt(rows) * BigInt(cols) * BigInt(k);
      if (multiplyAdds !== expected) {
        const subject = `the work of ${rows} × ${cols} over K = ${k}`;
        throw new Contradiction('multiply-adds', subject, { index, expected, found: multiplyAdds });
      }
      const promised = -(a.dtype === 'i8' ? EXACT_MISS_LOG2 : FLOAT_MISS_LOG2);
      if (missLog2 < promised) {
        throw new Contradiction('weak-check', `the chance of a miss for ${a.dtype}`, {
          index,
          expected: `at most 2^-${promised}`,
          found: `2^-${missLog2}`,
        });
      }
      this.#shapes += 1;
    } else {
      // What the log alone tells: not more than full cells over the largest K.
      const most = BigInt(work.rowBlocks * work.colBlocks) * BigInt(BLOCK_ROWS ** 2) * 0x7fffffffn;
      if (multiplyAdds < 1n || multiplyAdds > most) {
        const expected = `1 to ${most}`;
        const subject = `the work of ${work.rowBlocks} × ${work.colBlocks} cells`;
        throw new Contradiction('multiply-adds', subject, { index, expected, found: multiplyAdds });
      }
    }
    const full = asked
      ? microcreditsFor(asked.rows, asked.cols, asked.k)
      : (multiplyAdds + MULTIPLY_ADDS_PER_MICROCREDIT - 1n) / MULTIPLY_ADDS_PER_MICROCREDIT;
    const capped = this.#supplyCap !== undefined;
    if (capped ? microcredits > full : microcredits !== full) {
      const hint = !capped && microcredits < full ? ' (--supply-cap, where the supply has one)' : '';
      throw new Contradiction('microcredits', `the credit for ${multiplyAdds} multiply-adds`, {
        index,
        expected: capped ? `at most ${full}` : full,
        found: `${microcredits}${hint}`,
      });
    }
    this.#multiplyAdds += multiplyAdds;
  }

  #balance({ index, receipt }: AuditedEntry): void {
    const { contributor, microcredits, balanceMicrocredits } = receipt.value;
    const balance = (this.#balances.get(contributor) ?? 0n) + microcredits;
    if (balance !== balanceMicrocredits) {
      throw new Contradiction('balance', `the balance of ${contributor}`, {
        index,
        expected: balance,
        found: balanceMicrocredits,
      });
    }
    this.#balances.set(contributor, balance);
    this.#microcredits += microcredits;
    if (this.#supplyCap !== undefined && this.#microcredits > this.#supplyCap) {
      throw new Contradiction('microcredits', 'all credit together', {
        index,
        expected: `at most the supply cap of ${this.#supplyCap}`,
        found: this.#microcredits,
      });
    }
  }
}

export interface BookTotals {
  readonly contributors: number;
  readonly jobs: number;
  readonly leases: number;
  readonly cells: number;
  /** Credits whose work was counted from the operands' own manifests. */
  readonly shapes: number;
  readonly multiplyAdds: bigint;
  readonly microcredits: bigint;
}
