/**
 * Paid jobs: the price of the whole job is set aside with the job itself, every verified shard is paid from it
 * (creditShard), and what is left goes back in the transaction that ends the job. Each step is an event that
 * the database takes once.
 */
import { AppError } from '../core/errors.ts';
import { formatCredit } from '../core/units.ts';
import type { Queries } from '../store/database.ts';
import { lockAccounts, reserveAccount } from './accounts.ts';
import { creditMode } from './credit-settings.ts';
import { postEvent } from './ledger.ts';

export const RESERVE = 'reserve';
export const REFUND = 'refund';

const reserveId = (job: string): string => `${RESERVE}:${job}`;
const refundId = (job: string): string => `${REFUND}:${job}`;

export interface Reservation {
  readonly job: string;
  /** The account that pays. */
  readonly requester: string;
  /** The most that the job can cost. */
  readonly microcredits: bigint;
  readonly timeMs: number;
}

/**
 * Sets the price of a new job aside where requesters pay; where they do not, nothing happens.
 * @param trx - the transaction that creates the job
 * @throws AppError 'no-credit' that says how much is missing; then there must be no job
 */
export async function reserve(trx: Queries, reservation: Reservation): Promise<void> {
  if ((await creditMode(trx)) === 'open') return;
  const { job, requester, microcredits, timeMs } = reservation;
  const account = reserveAccount(job);
  const held = (await lockAccounts(trx, [requester, account], timeMs)).get(requester) ?? 0n;
  if (held < microcredits) {
    throw new AppError(
      'no-credit',
      `this job reserves ${formatCredit(microcredits)} credit and ${requester} has ${formatCredit(held)}: ` +
        `${formatCredit(microcredits - held)} is missing; the operator can grant it`,
    );
  }
  await postEvent(trx, {
    kind: RESERVE,
    businessId: reserveId(job),
    timeMs,
    memo: `job ${job}`,
    postings: [
      { account: requester, microcredits: -microcredits },
      { account, microcredits },
    ],
  });
}

/**
 * Gives what an ended job did not use back to whoever reserved it; nothing for a job that reserved nothing.
 * @param trx - the transaction that ends the job: after it no shard of the job can be settled
 * @returns microcredits
 */
export async function refundRest(trx: Queries, job: string, timeMs: number): Promise<bigint> {
  const account = reserveAccount(job);
  const requester = await requesterOf(trx, job);
  if (requester === undefined) return 0n;
  const rest = (await lockAccounts(trx, [requester, account], timeMs)).get(account) ?? 0n;
  if (rest === 0n) return 0n;
  await postEvent(trx, {
    kind: REFUND,
    businessId: refundId(job),
    timeMs,
    memo: `job ${job}`,
    postings: [
      { account, microcredits: -rest },
      { account: requester, microcredits: rest },
    ],
  });
  return rest;
}

/** The account that reserved for the job. */
export async function requesterOf(db: Queries, job: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('postings')
    .innerJoin('events', 'events.id', 'postings.event')
    .select('account')
    .where('businessId', '=', reserveId(job))
    .where('microcredits', '<', 0n)
    .executeTakeFirst();
  return row?.account;
}
