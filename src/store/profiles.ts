/** What contributors want to be called: one row each, of their newest statement. */
import type { Queries } from './database.ts';
import type { ShownProfilesTable, StoredProfile } from './schema.ts';

/**
 * Keeps the statement if it is newer than the one there is, or the same one again.
 * @returns false when it is older, and then nothing changes
 */
export async function keepProfile(db: Queries, profile: StoredProfile): Promise<boolean> {
  const { contributor, name, team, issuedMs, envelope } = profile;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('profiles')
    .values(profile)
    .onConflict((conflict) =>
      conflict
        .column('contributor')
        .doUpdateSet({ name, team, issuedMs, envelope })
        .where('profiles.issuedMs', '<', issuedMs),
    )
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 1n) return true;
  const kept = await profileOf(db, contributor);
  return kept?.issuedMs === issuedMs && kept.name === name && kept.team === team;
}

export function profileOf(db: Queries, contributor: string): Promise<StoredProfile | undefined> {
  return db.selectFrom('profiles').selectAll().where('contributor', '=', contributor).executeTakeFirst();
}

/** As everybody may see it: without what the operator hides. */
export function shownProfileOf(db: Queries, contributor: string): Promise<ShownProfilesTable | undefined> {
  return db.selectFrom('shownProfiles').selectAll().where('contributor', '=', contributor).executeTakeFirst();
}

/** Names of these contributors, hidden or not. */
export async function namesOf(
  db: Queries,
  contributors: readonly string[],
): Promise<ReadonlyMap<string, Pick<StoredProfile, 'name' | 'team'>>> {
  if (contributors.length === 0) return new Map();
  const rows = await db
    .selectFrom('profiles')
    .select(['contributor', 'name', 'team'])
    .where('contributor', 'in', contributors)
    .execute();
  return new Map(rows.map(({ contributor, name, team }) => [contributor, { name, team }]));
}
