/**
 * Credit by the ledger's own arithmetic, kept in memory: double entry that must sum to zero at every event, and at
 * most one credit a shard. Every second job is paid from a reserve of its price, the others are minted.
 */
import { microcreditsFor } from '../../../src/core/units.ts';
import { MINT, contributorAccount, reserveAccount } from '../../../src/ledger/accounts.ts';
import type { Rect } from '../../../src/coordinator/grid.ts';
import { priceOf } from '../../../src/coordinator/price.ts';
import { type ActiveLease, type JobSpec, rectWork } from '../../../src/coordinator/work.ts';

interface Posting {
  readonly account: string;
  readonly microcredits: bigint;
}

const REQUESTER = 'requester:sim';

export class Books {
  readonly #balances = new Map<string, bigint>();
  readonly #shards = new Set<string>();
  /** By job: which cells are credited. */
  readonly #cells = new Map<string, { readonly credited: Uint8Array; readonly width: number }>();
  readonly #paid = new Set<string>();
  /** Of the shards that were credited. */
  multiplyAdds = 0;
  shards = 0;

  open(job: JobSpec, paid: boolean): void {
    const [height, width] = [Math.ceil(job.rows / 256), Math.ceil(job.cols / 256)];
    this.#cells.set(job.id, { credited: new Uint8Array(height * width), width });
    if (!paid) return;
    this.#paid.add(job.id);
    const price = priceOf(job);
    this.#post([
      { account: MINT, microcredits: -price },
      { account: REQUESTER, microcredits: price },
    ]);
    this.#post([
      { account: REQUESTER, microcredits: -price },
      { account: reserveAccount(job.id), microcredits: price },
    ]);
  }

  /** @throws Error where a shard or a cell is credited twice, or an account is overdrawn. */
  credit({ id, job, peer, rect }: Pick<ActiveLease, 'id' | 'job' | 'peer' | 'rect'>): void {
    if (this.#shards.has(id)) throw new Error(`shard ${id} is credited twice`);
    this.#shards.add(id);
    this.#mark(job, rect);
    const { rows, cols } = rectWork(job, rect);
    const microcredits = microcreditsFor(rows, cols, job.k);
    this.#post([
      { account: this.#paid.has(job.id) ? reserveAccount(job.id) : MINT, microcredits: -microcredits },
      { account: contributorAccount(peer), microcredits },
    ]);
    this.multiplyAdds += rows * cols * job.k;
    this.shards += 1;
  }

  /** What a job did not use goes back. */
  close(job: JobSpec): void {
    const account = reserveAccount(job.id);
    const left = this.#balances.get(account) ?? 0n;
    if (left === 0n) return;
    this.#post([
      { account, microcredits: -left },
      { account: REQUESTER, microcredits: left },
    ]);
  }

  /** @throws Error unless every cell of every job is credited, all accounts sum to zero and reserves are empty. */
  check(): void {
    let sum = 0n;
    for (const [account, balance] of this.#balances) {
      sum += balance;
      if (account.startsWith('reserve:') && balance !== 0n) throw new Error(`${account} is left with credit`);
    }
    if (sum !== 0n) throw new Error(`the books are ${sum} microcredits out`);
    for (const [job, { credited }] of this.#cells) {
      if (credited.includes(0)) throw new Error(`${job} has cells that nobody was credited for`);
    }
  }

  #mark(job: JobSpec, { row, col, rows, cols }: Rect): void {
    const { credited, width } = this.#cells.get(job.id)!;
    for (let r = row; r < row + rows; r++) {
      for (let c = col; c < col + cols; c++) {
        if (credited[r * width + c] !== 0) throw new Error(`cell ${r},${c} of ${job.id} is credited twice`);
        credited[r * width + c] = 1;
      }
    }
  }

  #post(postings: readonly Posting[]): void {
    const sum = postings.reduce((total, { microcredits }) => total + microcredits, 0n);
    if (sum !== 0n) throw new Error('an event does not sum to zero');
    for (const { account, microcredits } of postings) {
      const balance = (this.#balances.get(account) ?? 0n) + microcredits;
      if (balance < 0n && account !== MINT) throw new Error(`${account} is overdrawn`);
      this.#balances.set(account, balance);
    }
  }
}
