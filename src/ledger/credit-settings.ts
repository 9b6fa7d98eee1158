/** What the operator has decided about credit. It stands in the database, so that it outlives a restart. */
import { AppError } from '../core/errors.ts';
import { formatCredit } from '../core/units.ts';
import type { Database, Queries } from '../store/database.ts';
import { MINT, lockAccounts } from './accounts.ts';

/** 'open': verified work mints credit, requesters pay nothing. 'paid': requesters pay for verified shards. */
export type CreditMode = 'open' | 'paid';

export interface CreditSettings {
  readonly mode: CreditMode;
  /** Microcredits; undefined without a cap. */
  readonly supplyCap: bigint | undefined;
}

const MODE = 'credit-mode';
const CAP = 'supply-cap';

/** Receipts state balances below 2⁵³ (the wire's limit), and no balance may pass what is issued. */
export const MAX_SUPPLY = 2n ** 53n - 1n;

/** The mode of jobs to come. */
export async function creditMode(db: Queries): Promise<CreditMode> {
  return (await setting(db, MODE)) === 'paid' ? 'paid' : 'open';
}

/** Microcredits; undefined without a cap. */
export async function supplyCap(db: Queries): Promise<bigint | undefined> {
  const value = await setting(db, CAP);
  return value === undefined ? undefined : BigInt(value);
}

export async function creditSettings(db: Queries): Promise<CreditSettings> {
  return { mode: await creditMode(db), supplyCap: await supplyCap(db) };
}

/**
 * Sets what is given and leaves the rest as it is. The mode counts for jobs created from now on. A cap that
 * stands cannot be moved: that is what makes it one; the database refuses it too.
 * @throws AppError 'bad-input' (no such cap), 'conflict' (another cap stands, or more is issued already)
 */
export async function storeCreditSettings(
  db: Database,
  given: { readonly mode?: CreditMode | undefined; readonly supplyCap?: bigint | undefined },
  timeMs: number,
): Promise<CreditSettings> {
  return db.transaction().execute(async (trx) => {
    if (given.mode !== undefined) await store(trx, MODE, given.mode);
    if (given.supplyCap !== undefined) await cap(trx, given.supplyCap, timeMs);
    return creditSettings(trx);
  });
}

async function cap(trx: Queries, wanted: bigint, timeMs: number): Promise<void> {
  if (wanted <= 0n || wanted > MAX_SUPPLY) {
    throw new AppError('bad-input', `a supply cap is 1 to ${MAX_SUPPLY} microcredits`);
  }
  // Nothing is minted between the look at what is issued and the cap.
  const issued = -((await lockAccounts(trx, [MINT], timeMs)).get(MINT) ?? 0n);
  const standing = await supplyCap(trx);
  if (standing === wanted) return;
  if (standing !== undefined) {
    throw new AppError(
      'conflict',
      `the supply is capped at ${formatCredit(standing)} credit for good; start without another --supply-cap`,
    );
  }
  if (issued > wanted) {
    throw new AppError(
      'conflict',
      `${formatCredit(issued)} credit is issued already, more than a cap of ${formatCredit(wanted)}`,
    );
  }
  await store(trx, CAP, wanted.toString());
}

async function setting(db: Queries, key: string): Promise<string | undefined> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  return row?.value;
}

async function store(trx: Queries, key: string, value: string): Promise<void> {
  await trx
    .insertInto('settings')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}
