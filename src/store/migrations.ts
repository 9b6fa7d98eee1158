/**
 * The database's history, in code. The same SQL runs on PGlite and on PostgreSQL.
 * A migration that has been released is never edited: add the next one.
 */
import { type Kysely, sql } from 'kysely';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import { AppError, toAppError } from '../core/errors.ts';
import { assertKnown, migrationState } from './migration-state.ts';
import { FIRST_MIGRATIONS } from './migrations-first.ts';
import { NEXT_MIGRATIONS } from './migrations-next.ts';
import type { Schema } from './schema.ts';

/** Statements are run one by one: a prepared statement holds only one. */
function migration(statements: readonly string[]): Migration {
  return {
    async up(db) {
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  };
}

const MIGRATIONS: Record<string, Migration> = Object.fromEntries(
  Object.entries({ ...FIRST_MIGRATIONS, ...NEXT_MIGRATIONS }).map(([name, list]) => [name, migration(list)]),
);

/** In their order. */
export const MIGRATION_NAMES: readonly string[] = Object.keys(MIGRATIONS);

const provider: MigrationProvider = { getMigrations: () => Promise.resolve(MIGRATIONS) };

/**
 * Brings the schema up to date. Several coordinators may do so at once: PostgreSQL's migrator takes a lock.
 * @throws AppError 'unreachable' when there is no database, 'conflict' when a newer version has used it, 'internal'
 *   when a migration fails
 */
export async function migrate(db: Kysely<Schema>): Promise<void> {
  assertKnown(await migrationState(db as unknown as Kysely<never>, MIGRATION_NAMES));
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find((result) => result.status === 'Error');
  if (failed) {
    const why = toAppError(error).message;
    throw new AppError('internal', `migration ${failed.migrationName} failed: ${why}`, { cause: error });
  }
  throw error;
}
