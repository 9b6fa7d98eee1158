/** Accounts: what they are called, and how a transaction takes hold of them. */
import { type SqlBool, sql } from 'kysely';
import { AppError } from '../core/errors.ts';
import type { Queries } from '../store/database.ts';
import type { AccountKind } from '../store/schema.ts';

/** Where credit comes from: its balance is minus everything ever issued. No other account may be below zero. */
export const MINT = 'treasury:mint';

/** Whose credit a job uses up when its token names nobody else. */
export const DEFAULT_REQUESTER = 'requester:default';

const KINDS: Readonly<Record<AccountKind, true>> = {
  contributor: true,
  site: true,
  team: true,
  project: true,
  requester: true,
  reserve: true,
  treasury: true,
  burn: true,
};

/** `kind:name`; a name has no spaces and no colons, so that an account is one word everywhere. */
const ACCOUNT = /^([a-z]+):[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const contributorAccount = (peerId: string): string => `contributor:${peerId}`;

/**
 * What a site is given by order: `site:example.org`, `site:example.org_8443`, `site:http_localhost_3000`. No host has
 * an underscore, so that no two sites share one.
 */
export const siteAccount = (origin: string): string =>
  `site:${origin.replace('https://', '').replace('http://', 'http_').replace(':', '_')}`;

/** What a paid job has set aside: it is opened with the job, and empty once the job has ended. */
export const reserveAccount = (job: string): string => `reserve:${job}`;

/** The part before the colon; the database checks it. */
export function kindOf(account: string): AccountKind {
  return account.slice(0, account.indexOf(':')) as AccountKind;
}

/** Whether it is `kind:name` of a kind that there is. */
export function isAccount(account: string): boolean {
  return Object.hasOwn(KINDS, ACCOUNT.exec(account)?.[1] ?? '');
}

/**
 * The kind of an account that somebody typed.
 * @throws AppError 'bad-input' unless it is `kind:name`
 */
export function assertAccount(account: string): AccountKind {
  if (!isAccount(account)) {
    throw new AppError(
      'bad-input',
      `${JSON.stringify(account.slice(0, 80))} is no account; accounts are called like project:digits or requester:default`,
    );
  }
  return kindOf(account);
}

/**
 * Opens what is new and keeps every account from other transactions until this one ends, so that a
 * balance that was read is true at commit, and the events of an account are numbered in the order of their
 * commits. Everybody locks in this order (jobs, then the mint, then by name): nobody waits in a circle.
 * @returns the balances, in microcredits
 */
export async function lockAccounts(
  trx: Queries,
  accounts: readonly string[],
  timeMs: number,
): Promise<Map<string, bigint>> {
  const ids = accounts.toSorted();
  await trx
    .insertInto('accounts')
    .values(ids.map((id) => ({ id, kind: kindOf(id), createdMs: timeMs })))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  const rows = await trx
    .selectFrom('accounts')
    .select(['id', 'balanceMicrocredits'])
    .where('id', 'in', ids)
    .orderBy(sql<SqlBool>`id <> ${MINT}`)
    .orderBy('id')
    .forUpdate()
    .execute();
  return new Map(rows.map(({ id, balanceMicrocredits }) => [id, balanceMicrocredits]));
}
