/** PostgreSQL inside the process: PGlite in a folder of its own, one connection, every commit on disk. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PGlite, type PGliteOptions, types } from '@electric-sql/pglite';
import { type DatabaseConnection, type Driver, PGliteDialect, PGliteDriver } from 'kysely';
import { Semaphore } from '../core/async.ts';
import { AppError, toAppError } from '../core/errors.ts';
import { DurableNodeFS, durableStartParams, syncPath } from './durable-fs.ts';
import { stopAtPanic } from './panic.ts';

const PARSERS: NonNullable<PGliteOptions['parsers']> = { [types.INT8]: BigInt };

/**
 * Opens the database in `folder`, and makes it first where there is none. What a crash or the loss of power left
 * unfinished is recovered.
 * @throws AppError 'internal' when it is damaged beyond that
 */
export async function openEmbedded(folder: string): Promise<PGlite> {
  if (!existsSync(folder)) {
    // initdb is not atomic: it works beside, so that dying in the middle leaves nothing half made.
    const fresh = `${folder}.new`;
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true, mode: 0o700 });
    await (await start(fresh)).close();
    for (const entry of await readdir(fresh, { recursive: true })) syncPath(join(fresh, entry));
    await rename(fresh, folder);
    syncPath(dirname(folder));
  }
  // Without it PGlite would take the folder for an empty one, and make a new database over the old.
  if (!existsSync(join(folder, 'PG_VERSION'))) throw damaged(folder, 'PG_VERSION is missing');
  try {
    return await start(folder);
  } catch (error) {
    throw damaged(folder, toAppError(error).message, error);
  }
}

function damaged(folder: string, why: string, cause?: unknown): AppError {
  return new AppError(
    'internal',
    `the database in ${folder} cannot be opened (${why}): see that its disk has room and is sound; if it is, the database is damaged, and the data folder has to come back from a copy`,
    { cause },
  );
}

async function start(folder: string): Promise<PGlite> {
  const pglite = await PGlite.create({
    fs: new DurableNodeFS(folder),
    startParams: durableStartParams(PGlite.defaultStartParams),
    parsers: PARSERS,
  });
  stopAtPanic(pglite);
  return pglite;
}

/**
 * Kysely's dialect hands its only connection to everybody at once, so a query from elsewhere would run
 * inside whatever transaction is open, and a second transaction would never end (seen with Kysely 0.29.9).
 * Here callers take turns. Inside a transaction, query through it: through the database it waits for itself.
 */
class OneAtATimeDriver extends PGliteDriver {
  readonly #turns = new Semaphore(1);
  #release: () => void = () => {};

  override async acquireConnection(): Promise<DatabaseConnection> {
    const release = await this.#turns.acquire();
    try {
      const connection = await super.acquireConnection();
      this.#release = release;
      return connection;
    } catch (error) {
      release();
      throw error;
    }
  }

  override releaseConnection(): Promise<void> {
    this.#release();
    return Promise.resolve();
  }
}

export class EmbeddedDialect extends PGliteDialect {
  readonly #pglite: PGlite;

  constructor(pglite: PGlite) {
    super({ pglite });
    this.#pglite = pglite;
  }

  override createDriver(): Driver {
    return new OneAtATimeDriver({ pglite: this.#pglite });
  }
}
