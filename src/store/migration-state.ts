/** What of our history a database has been through: kysely_migration, the migrator's own table. */
import { type Kysely, sql } from 'kysely';
import { AppError } from '../core/errors.ts';

export interface MigrationState {
  /** Known here and not applied there. */
  readonly pending: readonly string[];
  /** Applied there and not known here. */
  readonly unknown: readonly string[];
}

/** @param names - all of ours */
export async function migrationState(db: Kysely<never>, names: readonly string[]): Promise<MigrationState> {
  const tables = await sql<{ found: string | null }>`
    SELECT to_regclass('kysely_migration')::text AS found`.execute(db);
  if (!tables.rows[0]?.found) return { pending: names, unknown: [] };
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(db);
  const applied = new Set(rows.map(({ name }) => name));
  return {
    pending: names.filter((name) => !applied.has(name)),
    unknown: Array.from(applied).filter((name) => !names.includes(name)),
  };
}

/** @throws AppError 'conflict' for a database that a later version of this program has changed */
export function assertKnown({ unknown }: MigrationState): void {
  const [first] = unknown;
  if (first === undefined) return;
  throw new AppError(
    'conflict',
    `this database belongs to a newer version of Tilework (it has the migration ${first}, which this one does not know): start that version, or restore a backup from before the upgrade`,
  );
}
