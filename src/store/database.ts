/** Opens the database: PGlite in the data folder, or PostgreSQL by URL. Same SQL, same types, same promises. */
import { join } from 'node:path';
import { CamelCasePlugin, Kysely, type KyselyConfig, PostgresDialect, sql } from 'kysely';
import { Pool, type PoolConfig, TypeOverrides, types } from 'pg';
import { AppError } from '../core/errors.ts';
import { EmbeddedDialect, openEmbedded } from './embedded.ts';
import { GroupCommit } from './group-commit.ts';
import { migrate } from './migrations.ts';
import type { Schema } from './schema.ts';

/** Anything that runs queries: the database, or the transaction that the caller is in. */
export type Queries = Kysely<Schema>;

export class Database extends Kysely<Schema> {
  readonly #group: GroupCommit;

  /** @param isShared - other processes write to it as well */
  constructor(config: KyselyConfig, isShared = false) {
    super(config);
    this.#group = new GroupCommit((work) =>
      this.transaction().execute(async (trx) => {
        if (isShared) await sql`SELECT pg_advisory_xact_lock(${GROUP_LOCK})`.execute(trx);
        return work(trx);
      }),
    );
  }

  /** A transaction that may share its commit with others: see GroupCommit. For what is written often. */
  together<T>(work: (trx: Queries) => Promise<T>): Promise<T> {
    return this.#group.run(work);
  }

  close(): Promise<void> {
    return this.destroy();
  }
}

export type DatabasePlace = { readonly dataDir: string } | { readonly url: string };

/**
 * Whoever commits for a group holds this: each settlement locks its job first and the log last, so two groups of
 * several jobs would wait for each other. They would take turns for the log in any case. Any number; ours alone.
 */
const GROUP_LOCK = 7_433_161;
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
  return new Database({ dialect, plugins: [new CamelCasePlugin()] }, 'url' in place);
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
