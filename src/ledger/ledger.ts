/**
 * Append-only double entry. An event is a fact; its postings sum to zero (the database refuses others at
 * commit); a balance is a fold of postings. Nothing is ever changed: a mistake is corrected by another event.
 */
import { AppError } from '../core/errors.ts';
import { formatCredit } from '../core/units.ts';
import type { Queries } from '../store/database.ts';
import { MINT, contributorAccount, lockAccounts, reserveAccount } from './accounts.ts';
import { supplyCap } from './credit-settings.ts';
import { minted } from './issuance.ts';

/** A verified shard, paid: from the job's reserve, or minted. */
export const CREDIT = 'credit';

export interface Posting {
  readonly account: string;
  readonly microcredits: bigint;
}

export interface LedgerEvent {
  readonly kind: string;
  /** A shard has at most one event of a kind. */
  readonly shard?: string;
  /** No two events have the same: what must happen once is named so that it cannot happen twice. */
  readonly businessId?: string;
  readonly timeMs: number;
  readonly memo?: string;
  /** One for each account. */
  readonly postings: readonly Posting[];
}

/**
 * Appends an event; accounts that are new are opened.
 * @param trx - a transaction: it cannot commit unless the postings sum to zero
 * @returns the event's id
 * @throws AppError 'no-credit' when an account other than the mint would fall below zero
 */
export async function postEvent(trx: Queries, event: LedgerEvent): Promise<bigint> {
  const accounts = event.postings.map(({ account }) => account);
  const balances = await lockAccounts(trx, accounts, event.timeMs);
  fold(balances, event);
  const [id] = await append(trx, [event]);
  return id!;
}

/** Changes the balances as the event does. @throws AppError 'no-credit' */
function fold(balances: Map<string, bigint>, { postings }: LedgerEvent): void {
  for (const { account, microcredits } of postings) {
    const after = (balances.get(account) ?? 0n) + microcredits;
    if (after < 0n && microcredits < 0n && account !== MINT) throw lacking(account, -after);
    balances.set(account, after);
  }
}

/** @param events - on accounts that this transaction has locked @returns their ids */
async function append(trx: Queries, events: readonly LedgerEvent[]): Promise<bigint[]> {
  const rows = await trx
    .insertInto('events')
    .values(
      events.map(({ kind, shard, businessId, timeMs, memo }) => ({
        kind,
        shard: shard ?? null,
        businessId: businessId ?? null,
        timeMs,
        memo: memo ?? '',
      })),
    )
    .returning('id')
    .execute();
  await trx
    .insertInto('postings')
    .values(
      events.flatMap(({ postings }, i) => postings.map((posting) => ({ event: rows[i]!.id, ...posting }))),
    )
    .execute();
  return rows.map(({ id }) => id);
}

function lacking(account: string, missing: bigint): AppError {
  return new AppError('no-credit', `${account} lacks ${formatCredit(missing)} credit for this`);
}

export interface ShardCredit {
  readonly shard: string;
  readonly job: string;
  /** PeerId. */
  readonly contributor: string;
  /** Microcredits at rate 1. */
  readonly work: bigint;
  readonly timeMs: number;
}

export interface Credited {
  /** All of the work for a paid job; what the curve mints for others, which may be nothing. */
  readonly microcredits: bigint;
  /** The contributor's, after it. */
  readonly balance: bigint;
}

/**
 * Pays for verified shards, one after the other: from what its job has reserved, else from the mint. A second credit
 * for the same shard breaks a unique constraint; credit of nothing is no event.
 */
export async function creditShards(trx: Queries, credits: readonly ShardCredit[]): Promise<Credited[]> {
  const paid = await paidAmong(
    trx,
    credits.map(({ job }) => job),
  );
  const sourceOf = (job: string): string => (paid.has(job) ? reserveAccount(job) : MINT);
  const accounts = new Set(
    credits.flatMap(({ job, contributor }) => [sourceOf(job), contributorAccount(contributor)]),
  );
  const balances = await lockAccounts(trx, Array.from(accounts), credits[0]?.timeMs ?? 0);
  // The mint is locked: so is what the curve says.
  const cap = accounts.has(MINT) ? await supplyCap(trx) : undefined;
  const events: LedgerEvent[] = [];
  const credited = credits.map(({ shard, job, contributor, work, timeMs }): Credited => {
    if (work <= 0n) throw new AppError('bad-input', 'the work of a shard is more than nothing');
    const source = sourceOf(job);
    const account = contributorAccount(contributor);
    const issued = -(balances.get(MINT) ?? 0n);
    const microcredits = source === MINT && cap !== undefined ? minted({ cap, issued }, work) : work;
    if (microcredits > 0n) {
      const postings = [
        { account: source, microcredits: -microcredits },
        { account, microcredits },
      ];
      const event = { kind: CREDIT, shard, timeMs, postings };
      fold(balances, event);
      events.push(event);
    }
    return { microcredits, balance: balances.get(account) ?? 0n };
  });
  if (events.length > 0) await append(trx, events);
  return credited;
}

/** Whether the job has reserved credit. */
export async function isPaid(db: Queries, job: string): Promise<boolean> {
  return (await paidAmong(db, [job])).has(job);
}

/** Those of the jobs that have reserved credit: their account is opened with them, or never. */
async function paidAmong(db: Queries, jobs: readonly string[]): Promise<ReadonlySet<string>> {
  const byAccount = new Map(jobs.map((job) => [reserveAccount(job), job]));
  const found = await db
    .selectFrom('accounts')
    .select('id')
    .where('id', 'in', Array.from(byAccount.keys()))
    .execute();
  return new Set(found.map(({ id }) => byAccount.get(id)!));
}

/** Microcredits; 0 for an account that nobody has used. */
export async function balanceOf(db: Queries, account: string): Promise<bigint> {
  const row = await db
    .selectFrom('accounts')
    .select('balanceMicrocredits')
    .where('id', '=', account)
    .executeTakeFirst();
  return row?.balanceMicrocredits ?? 0n;
}

/** Microcredits that ever left the mint. */
export async function issuedSoFar(db: Queries): Promise<bigint> {
  return -(await balanceOf(db, MINT));
}
