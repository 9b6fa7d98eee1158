/**
 * Paid jobs: the price of the whole job is set aside with the job itself, every verified shard is paid from it
 * (creditShards), and what is left goes back in the transaction that ends the job. Each step is an event that
 * the database takes once.
 */
import { sql } from 'kysely';
import { AppError } from '../core/errors.ts';
import { formatCredit } from '../core/units.ts';
import type { Queries } from '../store/database.ts';
import { lockAccounts, reserveAccount } from './accounts.ts';
import { creditMode } from './credit-settings.ts';
import { postEvent } from './ledger.ts';

export const RESERVE = 'reserve';
export const REFUND = 'refund';

/** A job that is retried reserves again: `reserve:JOB`, `reserve:JOB:2`, … */
const eventId = (kind: string, job: string, turn: number): string =>
  turn === 1 ? `${kind}:${job}` : `${kind}:${job}:${turn}`;

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
  await setAside(trx, reservation, 1);
}

/**
 * Sets the price of the rest of a job that is retried aside, from whom it was before. A job that was open stays so,
 * and one that was paid: who pays for its shards is decided once.
 * @param trx - the transaction that lets the job run again
 * @throws AppError 'no-credit' as `reserve`; then the job must not run
 */
export async function reserveRest(trx: Queries, rest: Omit<Reservation, 'requester'>): Promise<void> {
  const requester = await requesterOf(trx, rest.job);
  if (requester === undefined || rest.microcredits === 0n) return;
  await setAside(trx, { ...rest, requester }, 1 + (await reservationsOf(trx, rest.job)));
}

async function setAside(trx: Queries, reservation: Reservation, turn: number): Promise<void> {
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
    businessId: eventId(RESERVE, job, turn),
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
    businessId: eventId(REFUND, job, await reservationsOf(trx, job)),
    timeMs,
    memo: `job ${job}`,
    postings: [
      { account, microcredits: -rest },
      { account: requester, microcredits: rest },
    ],
  });
  return rest;
}

async function reservationsOf(db: Queries, job: string): Promise<number> {
  const { count } = await db
    .selectFrom('postings')
    .select(sql<number>`count(*)::integer`.as('count'))
    .where('account', '=', reserveAccount(job))
    .where('microcredits', '>', 0n)
    .executeTakeFirstOrThrow();
  return count;
}

/** The account that reserved for the job. */
export async function requesterOf(db: Queries, job: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('postings')
    .innerJoin('events', 'events.id', 'postings.event')
    .select('account')
    .where('businessId', '=', eventId(RESERVE, job, 1))
    .where('microcredits', '<', 0n)
    .executeTakeFirst();
  return row?.account;
}
