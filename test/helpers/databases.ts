/** The same suite on both databases that we promise: PGlite always, PostgreSQL where it is installed. */
import { createHash } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe } from 'vitest';
import { type Database, type DatabasePlace, openDatabase } from '../../src/store/database.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import { findPostgres, startPostgres } from './postgres.ts';

export interface Place {
  readonly place: DatabasePlace;
  remove(): Promise<void>;
}

export interface TestDatabase {
  /** One open database for the suite. */
  readonly db: Database;
  /** Where it is, to open it again. */
  readonly place: DatabasePlace;
}

/**
 * Declares `suite` once for each database. Call the getter inside tests only: the database opens before the first.
 * Tests share it, so each makes its own jobs and contributors.
 */
export function onEachDatabase(title: string, suite: (get: () => TestDatabase) => void): void {
  const missing = findPostgres() === undefined;
  describe(`${title}, on PGlite`, () => {
    suite(opened(pglitePlace));
  });
  const where = missing ? 'PostgreSQL (not installed on this machine)' : 'PostgreSQL';
  // Where it must not be missing, starting it fails with what to install.
  describe.skipIf(missing && process.env['CI'] !== 'true')(`${title}, on ${where}`, () => {
    suite(opened(postgresPlace));
  });
}

function opened(make: () => Promise<Place>): () => TestDatabase {
  let made: Place | undefined;
  let test: TestDatabase | undefined;
  beforeAll(async () => {
    made = await make();
    test = { place: made.place, db: await openDatabase(made.place) };
  });
  afterAll(async () => {
    await test?.db.close();
    await made?.remove();
  });
  return () => test!;
}

async function pglitePlace(): Promise<Place> {
  const dataDir = await freshDataDir();
  return { place: { dataDir }, remove: () => rm(dataDir, { recursive: true, force: true }) };
}

async function postgresPlace(): Promise<Place> {
  const server = await startPostgres();
  return { place: { url: server.url }, remove: () => server.stop() };
}

const MODULES = new URL('../../node_modules/', import.meta.url);
const STORE = new URL('../../src/store/', import.meta.url);

/** A new data folder with an empty database in it that is up to date. */
export function freshDataDir(): Promise<string> {
  return copyOf('fresh', async (dataDir) => {
    const database = await openDatabase({ dataDir });
    // PostgreSQL's own templates are two of three files to copy, and nobody makes another database from them.
    await sql`UPDATE pg_database SET datistemplate = false`.execute(database);
    for (const name of ['template0', 'template1']) await sql`DROP DATABASE ${sql.id(name)}`.execute(database);
    await sql`CHECKPOINT`.execute(database);
    await database.close();
  });
}

/** As `freshDataDir`, before the first migration. */
export function unmigratedDataDir(): Promise<string> {
  return copyOf('unmigrated', async (dataDir) => (await openEmbedded(join(dataDir, 'db'))).close());
}

/**
 * A new data folder, copied from one that is made once for each version of PGlite, of our migrations and of this file,
 * since to make one takes seconds in WebAssembly.
 */
async function copyOf(kind: string, make: (dataDir: string) => Promise<void>): Promise<string> {
  const manifest = await readFile(new URL('@electric-sql/pglite/package.json', MODULES), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const name = `${kind}-${version}-${await digestOfMakers()}`;
  const template = fileURLToPath(new URL(`.cache/tilework/${name}`, MODULES));
  if (!existsSync(template)) await makeTemplate(template, make);
  const dataDir = await mkdtemp(join(tmpdir(), 'tilework-db-'));
  await cp(template, join(dataDir, 'db'), { recursive: true, mode: constants.COPYFILE_FICLONE });
  return dataDir;
}

async function digestOfMakers(): Promise<string> {
  const files = (await readdir(STORE)).filter((file) => file.startsWith('migrations')).toSorted();
  const digest = createHash('sha256').update(await readFile(new URL(import.meta.url)));
  for (const file of files) digest.update(await readFile(new URL(file, STORE)));
  return digest.digest('hex').slice(0, 16);
}

async function makeTemplate(template: string, make: (dataDir: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(template), { recursive: true });
  const draft = await mkdtemp(`${template}-`);
  await make(draft);
  // Another test file may have been faster; then its template is as good.
  await rename(join(draft, 'db'), template).catch(() => {});
  await rm(draft, { recursive: true, force: true });
}
