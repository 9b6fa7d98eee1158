/** What the operator decided: bans, paused projects, hidden names; and the log of who decided it, which only grows. */
import type { Queries } from './database.ts';
import type { Ban, HiddenKind, HiddenName, OperatorEntry, Pause } from './schema.ts';

export interface Decisions {
  readonly bans: readonly Ban[];
  readonly pauses: readonly Pause[];
  readonly hidden: readonly HiddenName[];
}

/** All that stand, the newest first. */
export async function decisions(db: Queries): Promise<Decisions> {
  return {
    bans: await db.selectFrom('bans').selectAll().orderBy('sinceMs', 'desc').orderBy('contributor').execute(),
    pauses: await db.selectFrom('pauses').selectAll().orderBy('sinceMs', 'desc').orderBy('project').execute(),
    hidden: await db
      .selectFrom('hiddenNames')
      .selectAll()
      .orderBy('sinceMs', 'desc')
      .orderBy('subject')
      .execute(),
  };
}

/** Each of these returns false when it was so already, and then nothing changes. */
export async function addBan(db: Queries, ban: Ban): Promise<boolean> {
  const done = await db
    .insertInto('bans')
    .values(ban)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return done.numInsertedOrUpdatedRows === 1n;
}

export async function removeBan(db: Queries, contributor: string): Promise<boolean> {
  const done = await db.deleteFrom('bans').where('contributor', '=', contributor).executeTakeFirst();
  return done.numDeletedRows === 1n;
}

export async function addPause(db: Queries, pause: Pause): Promise<boolean> {
  const done = await db
    .insertInto('pauses')
    .values(pause)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return done.numInsertedOrUpdatedRows === 1n;
}

export async function removePause(db: Queries, project: string): Promise<boolean> {
  const done = await db.deleteFrom('pauses').where('project', '=', project).executeTakeFirst();
  return done.numDeletedRows === 1n;
}

export async function hideName(db: Queries, name: HiddenName): Promise<boolean> {
  const done = await db
    .insertInto('hiddenNames')
    .values(name)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return done.numInsertedOrUpdatedRows === 1n;
}

export async function showName(db: Queries, kind: HiddenKind, subject: string): Promise<boolean> {
  const done = await db
    .deleteFrom('hiddenNames')
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .executeTakeFirst();
  return done.numDeletedRows === 1n;
}

export async function logAction(db: Queries, entry: Omit<OperatorEntry, 'id'>): Promise<void> {
  await db.insertInto('operatorLog').values(entry).execute();
}

export interface OperatorEntryPage {
  readonly limit: number;
  /** Only what is older than the entry with this id. */
  readonly before?: bigint | undefined;
}

/** Newest first. */
export function operatorLog(db: Queries, { limit, before }: OperatorEntryPage): Promise<OperatorEntry[]> {
  let query = db.selectFrom('operatorLog').selectAll();
  if (before !== undefined) query = query.where('id', '<', before);
  return query.orderBy('id', 'desc').limit(limit).execute();
}
