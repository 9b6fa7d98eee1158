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
  return append(trx, event, await lockAccounts(trx, accounts, event.timeMs));
}

/** @param balances - of accounts that this transaction has locked */
async function append(
  trx: Queries,
  event: LedgerEvent,
  balances: ReadonlyMap<string, bigint>,
): Promise<bigint> {
  for (const { account, microcredits } of event.postings) {
    const after = (balances.get(account) ?? 0n) + microcredits;
    if (after < 0n && microcredits < 0n && account !== MINT) throw lacking(account, -after);
  }
  const { id } = await trx
    .insertInto('events')
    .values({
      kind: event.kind,
      shard: event.shard ?? null,
      businessId: event.businessId ?? null,
      timeMs: event.timeMs,
      memo: event.memo ?? '',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  // In one order everywhere: the balances are folded one after the other.
  const postings = event.postings.toSorted((a, b) => (a.account < b.account ? -1 : 1));
  await trx
    .insertInto('postings')
    .values(postings.map((posting) => ({ event: id, ...posting })))
    .execute();
  return id;
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
 * Pays for a verified shard: from what its job has reserved, else from the mint. A second credit for the
 * same shard breaks a unique constraint; credit of nothing is no event. The shard's row gets the amount.
 */
export async function creditShard(trx: Queries, credit: ShardCredit): Promise<Credited> {
  const { shard, job, contributor, work, timeMs } = credit;
  if (work <= 0n) throw new AppError('bad-input', 'the work of a shard is more than nothing');
  const account = contributorAccount(contributor);
  const source = (await isPaid(trx, job)) ? reserveAccount(job) : MINT;
  const balances = await lockAccounts(trx, [source, account], timeMs);
  const microcredits = source === MINT ? await mintable(trx, -(balances.get(MINT) ?? 0n), work) : work;
  if (microcredits !== work) {
    await trx.updateTable('shards').set({ microcredits }).where('id', '=', shard).execute();
  }
  if (microcredits > 0n) {
    const postings = [
      { account: source, microcredits: -microcredits },
      { account, microcredits },
    ];
    await append(trx, { kind: CREDIT, shard, timeMs, postings }, balances);
  }
  return { microcredits, balance: (balances.get(account) ?? 0n) + microcredits };
}

/** Whether the job has reserved credit: its account is opened with it, or never. */
export async function isPaid(db: Queries, job: string): Promise<boolean> {
  const found = await db
    .selectFrom('accounts')
    .select('id')
    .where('id', '=', reserveAccount(job))
    .executeTakeFirst();
  return found !== undefined;
}

/** @param issued - read from the mint, which is locked: so is what the curve says */
async function mintable(trx: Queries, issued: bigint, work: bigint): Promise<bigint> {
  const cap = await supplyCap(trx);
  return cap === undefined ? work : minted({ cap, issued }, work);
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
