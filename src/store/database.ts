/** Opens the database: PGlite in the data folder, or PostgreSQL by URL. Same SQL, same types, same promises. */
import { join } from 'node:path';
import { CamelCasePlugin, Kysely, type KyselyConfig, PostgresDialect } from 'kysely';
import { Pool, type PoolConfig, TypeOverrides, types } from 'pg';
import { AppError } from '../core/errors.ts';
import { EmbeddedDialect, openEmbedded } from './embedded.ts';
import { migrate } from './migrations.ts';
import type { Schema } from './schema.ts';

/** Anything that runs queries: the database, or the transaction that the caller is in. */
export type Queries = Kysely<Schema>;

export class Database extends Kysely<Schema> {
  close(): Promise<void> {
    return this.destroy();
  }
}

export type DatabasePlace = { readonly dataDir: string } | { readonly url: string };

/** Connections that one coordinator takes of PostgreSQL's usual hundred. */
const POOL_SIZE = 10;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * @param place - `dataDir`: PGlite in `DIR/db`, which only one process may open (see DataFolder);
 *   `url`: a `postgres://` URL, which any number of processes may share
 * @throws AppError 'unreachable' when there is no database at the URL, 'conflict' for one of a newer version, 'internal' when a migration fails
 */
export async function openDatabase(place: DatabasePlace): Promise<Database> {
  const db = await openAsItIs(place);
  try {
    await migrate(db);
    return db;
  } catch (error) {
    await db.close();
    if (!('url' in place) || error instanceof AppError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new AppError('unreachable', `the database at DATABASE_URL does not answer: ${why}`, {
      cause: error,
    });
  }
}

/** Without bringing it up to date, or a look at whether it answers: for a diagnosis. */
export async function openAsItIs(place: DatabasePlace): Promise<Database> {
  const dialect =
    'url' in place ? openPool(place.url) : new EmbeddedDialect(await openEmbedded(join(place.dataDir, 'db')));
  return new Database({ dialect, plugins: [new CamelCasePlugin()] });
}

function openPool(url: string): KyselyConfig['dialect'] {
  const config: PoolConfig = {
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // Or a server that vanished without a word is waited for as long as TCP likes.
    keepAlive: true,
    types: parsers(),
  };
  const pool = new Pool(config);
  // A connection that breaks would end the process, between two queries of a transaction as well as while it is idle;
  // the next query reports it instead.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return new PostgresDialect({ pool });
}

/** The same JavaScript types as PGlite gives: bigint for int8, a plain Uint8Array for bytea. */
function parsers(): TypeOverrides {
  const overrides = new TypeOverrides(types);
  overrides.setTypeParser(types.builtins.INT8, BigInt);
  overrides.setTypeParser(types.builtins.BYTEA, (text: string) => {
    const buffer = Buffer.from(text.slice(2), 'hex'); // PostgreSQL's text form is \x…
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  });
  return overrides;
}
