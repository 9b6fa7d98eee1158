/**
 * Append-only double entry. An event is a fact; its postings sum to zero (the database refuses others at
 * commit); a balance is a fold of postings. Nothing is ever changed: a mistake is corrected by another event.
 */
import { AppError } from '../core/errors.ts';
import type { Queries } from '../store/database.ts';
import type { AccountKind } from '../store/schema.ts';

/** Where credit comes from: its balance is minus everything ever credited. */
export const MINT = 'treasury:mint';
export const CREDIT = 'credit';

export const contributorAccount = (peerId: string): string => `contributor:${peerId}`;

export interface Posting {
  readonly account: string;
  readonly microcredits: bigint;
}

export interface LedgerEvent {
  readonly kind: string;
  /** A shard has at most one event of a kind. */
  readonly shard?: string;
  readonly timeMs: number;
  readonly memo?: string;
  readonly postings: readonly Posting[];
}

/**
 * Appends an event; accounts that are new are opened.
 * @param trx - a transaction: it cannot commit unless the postings sum to zero
 * @returns the event's id
 */
export async function postEvent(trx: Queries, event: LedgerEvent): Promise<bigint> {
  // In one order everywhere, so that two events never wait for each other's accounts.
  const postings = event.postings.toSorted((a, b) => (a.account < b.account ? -1 : 1));
  await trx
    .insertInto('accounts')
    .values(postings.map(({ account }) => ({ id: account, kind: kindOf(account), createdMs: event.timeMs })))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  const { id } = await trx
    .insertInto('events')
    .values({ kind: event.kind, shard: event.shard ?? null, timeMs: event.timeMs, memo: event.memo ?? '' })
    .returning('id')
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('postings')
    .values(postings.map((posting) => ({ event: id, ...posting })))
    .execute();
  return id;
}

function kindOf(account: string): AccountKind {
  return account.slice(0, account.indexOf(':')) as AccountKind; // the database checks it
}

export interface ShardCredit {
  readonly shard: string;
  /** PeerId. */
  readonly contributor: string;
  readonly microcredits: bigint;
  readonly timeMs: number;
}

/**
 * Mints the credit for a verified shard. A second credit for the same shard breaks a unique constraint.
 * @returns the event, and the contributor's balance after it
 */
export async function creditShard(
  trx: Queries,
  credit: ShardCredit,
): Promise<{ event: bigint; balance: bigint }> {
  const { shard, contributor, microcredits, timeMs } = credit;
  if (microcredits <= 0n) throw new AppError('bad-input', 'the credit for a shard is more than nothing');
  const account = contributorAccount(contributor);
  const event = await postEvent(trx, {
    kind: CREDIT,
    shard,
    timeMs,
    postings: [
      { account: MINT, microcredits: -microcredits },
      { account, microcredits },
    ],
  });
  return { event, balance: await balanceOf(trx, account) };
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

export interface StatementLine {
  readonly event: bigint;
  readonly kind: string;
  readonly shard: string | null;
  readonly timeMs: number;
  readonly memo: string;
  readonly microcredits: bigint;
}

export interface StatementPage {
  /** @default 100 */
  readonly limit?: number;
  /** Continue below this event, the last of the page before. */
  readonly before?: bigint;
}

/** The account's postings, newest first. */
export function statement(db: Queries, account: string, page: StatementPage = {}): Promise<StatementLine[]> {
  let query = db
    .selectFrom('postings')
    .innerJoin('events', 'events.id', 'postings.event')
    .select(['event', 'events.kind', 'shard', 'timeMs', 'memo', 'microcredits'])
    .where('account', '=', account);
  if (page.before !== undefined) query = query.where('event', '<', page.before);
  return query
    .orderBy('event', 'desc')
    .limit(page.limit ?? 100)
    .execute();
}
