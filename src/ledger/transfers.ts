/**
 * Moving credit by order: transfers between accounts, and grants from the mint. Each has an id that its giver
 * chose; the same order again changes nothing.
 */
import { AppError } from '../core/errors.ts';
import { formatCredit } from '../core/units.ts';
import type { Database, Queries } from '../store/database.ts';
import type { AccountKind } from '../store/schema.ts';
import { MINT, assertAccount, lockAccounts } from './accounts.ts';
import { MAX_SUPPLY, supplyCap } from './credit-settings.ts';
import { postEvent } from './ledger.ts';

export const TRANSFER = 'transfer';
export const GRANT = 'grant';

export interface Transfer {
  /** Chosen by whoever orders it, 1 to 100 letters, digits, dots, dashes or underscores. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly microcredits: bigint;
  /** One line. */
  readonly memo?: string;
  readonly timeMs: number;
}

export type Grant = Omit<Transfer, 'from'>;

/** An order that was carried out, now or before. */
export interface Order {
  readonly event: bigint;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly microcredits: bigint;
  readonly memo: string;
  readonly timeMs: number;
  /** False when it had been carried out before. */
  readonly fresh: boolean;
}

const ID = /^[A-Za-z0-9._-]{1,100}$/;
const MAX_MEMO_CHARS = 200;

/**
 * Who may take part in what by order. A contributor's balance is the sum of its receipts and nothing else, so
 * that everybody can check it from the log; a job's reserve is the job's.
 */
const GIVERS: readonly AccountKind[] = ['requester', 'site', 'team', 'project', 'treasury'];
const TAKERS: readonly AccountKind[] = ['requester', 'site', 'team', 'project', 'treasury', 'burn'];
const GRANTED: readonly AccountKind[] = ['requester', 'site', 'team', 'project'];

/**
 * @returns the event; for an id that was used before, the first one
 * @throws AppError 'bad-input', 'no-credit', or 'conflict' when the id names another transfer
 */
export async function transfer(db: Database, order: Transfer): Promise<Order> {
  assertParty(order.from, GIVERS, 'cannot be ordered to give');
  assertParty(order.to, TAKERS, 'cannot be given credit by order');
  return carryOut(db, TRANSFER, order);
}

/**
 * Mints credit for somebody who has not computed for it. It counts as issued: a cap holds for grants too.
 * @returns as `transfer`
 * @throws AppError as `transfer`, and 'conflict' for more than there is left to issue
 */
export async function grant(db: Database, order: Grant): Promise<Order> {
  assertParty(order.to, GRANTED, 'cannot be granted credit');
  return carryOut(db, GRANT, { ...order, from: MINT });
}

async function carryOut(db: Database, kind: string, order: Transfer): Promise<Order> {
  assertOrder(order);
  const businessId = `${kind}:${order.id}`;
  try {
    return await db.transaction().execute(async (trx) => {
      const { from, to, microcredits, timeMs, memo = '' } = order;
      // Locked before the look: the same order, at once, waits here and then finds the first.
      const balances = await lockAccounts(trx, [from, to], timeMs);
      const before = await orderOf(trx, businessId);
      if (before) return sameOrder(before, order);
      if (kind === GRANT) await assertIssuable(trx, -(balances.get(MINT) ?? 0n), microcredits);
      const postings = [
        { account: from, microcredits: -microcredits },
        { account: to, microcredits },
      ];
      const event = await postEvent(trx, { kind, businessId, timeMs, memo, postings });
      return { event, kind, from, to, microcredits, memo, timeMs, fresh: true };
    });
  } catch (error) {
    // Another order with this id, from another account, at once.
    if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error;
    const before = await orderOf(db, businessId);
    if (!before) throw error;
    return sameOrder(before, order);
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNIQUE_VIOLATION = '23505';

async function orderOf(db: Queries, businessId: string): Promise<Order | undefined> {
  const rows = await db
    .selectFrom('events')
    .innerJoin('postings', 'postings.event', 'events.id')
    .select(['event', 'kind', 'account', 'microcredits', 'memo', 'timeMs'])
    .where('businessId', '=', businessId)
    .orderBy('microcredits')
    .execute();
  const [from, to] = rows;
  if (!from || !to) return undefined;
  const { event, kind, memo, timeMs } = from;
  const { account, microcredits } = to;
  return { event, kind, from: from.account, to: account, microcredits, memo, timeMs, fresh: false };
}

function sameOrder(before: Order, order: Transfer): Order {
  const { from, to, microcredits } = before;
  if (from !== order.from || to !== order.to || microcredits !== order.microcredits) {
    throw new AppError(
      'conflict',
      `the id ${order.id} was used for ${formatCredit(microcredits)} credit from ${from} to ${to}; choose another`,
    );
  }
  return before;
}

/** A sentence before the database says so; there a trigger holds the cap, whoever mints. */
async function assertIssuable(trx: Queries, issued: bigint, microcredits: bigint): Promise<void> {
  const left = ((await supplyCap(trx)) ?? MAX_SUPPLY) - issued;
  if (microcredits > left) {
    throw new AppError('conflict', `only ${formatCredit(left)} credit is left to issue`);
  }
}

function assertParty(account: string, kinds: readonly AccountKind[], cannot: string): void {
  const kind = assertAccount(account);
  if (account === MINT || !kinds.includes(kind)) {
    throw new AppError('bad-input', `${account} ${cannot}; that is for ${kinds.join(', ')} accounts`);
  }
}

function assertOrder({ id, from, to, microcredits, memo = '' }: Transfer): void {
  if (!ID.test(id))
    throw new AppError('bad-input', 'an id has 1 to 100 letters, digits, dots, dashes or underscores');
  if (from === to) throw new AppError('bad-input', 'an account cannot give to itself');
  if (microcredits <= 0n || microcredits > MAX_SUPPLY)
    throw new AppError('bad-input', `an amount is 1 to ${MAX_SUPPLY} microcredits`);
  if (memo.length > MAX_MEMO_CHARS || /\p{Cc}|\p{Cs}/u.test(memo))
    throw new AppError('bad-input', `a memo is one line of at most ${MAX_MEMO_CHARS} characters`);
}
