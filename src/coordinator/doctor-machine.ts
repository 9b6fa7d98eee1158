/** The doctor's look at this machine: ports, data folder, disk, database. */
import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { sql } from 'kysely';
import { type Clock, stopwatch, withDeadline } from '../core/clock.ts';
import { isAppError } from '../core/errors.ts';
import { formatBytes } from '../core/units.ts';
import { isBlockUrl } from '../store/blocks.ts';
import { openDataFolder } from '../store/data-folder.ts';
import { type Database, type DatabasePlace, openAsItIs } from '../store/database.ts';
import { migrationState } from '../store/migration-state.ts';
import { MIGRATION_NAMES } from '../store/migrations.ts';
import { blockFiles } from '../store/snapshot.ts';
import { SECRETS, hashFile } from './backup-files.ts';
import { type Finding, attempt, clockFinding, ok, problem, warning } from './doctor.ts';

export interface MachineOptions {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly peerPort: number;
  readonly databaseUrl?: string | undefined;
  /** Where blocks lie, if not in the data folder. */
  readonly blocks?: string | undefined;
  readonly clock: Clock;
}

const SPACE_PROBLEM_BYTES = 2 ** 30;
const SPACE_WARNING_BYTES = 10 * 2 ** 30;
/** A settled shard waits for a handful of syncs. */
const SYNC_WARNING_MS = 50;
const SYNCS = 10;
/** Blocks whose bytes are compared with their name. */
const SAMPLE = 64;
const DATABASE_MS = 10_000;

export async function examineMachine(options: MachineOptions): Promise<readonly Finding[]> {
  const { dataDir } = options;
  const held = await lockOf(dataDir);
  try {
    return [
      ...(await attempt('data folder', 'see that this user may read it', () =>
        folderFindings(dataDir, held.by),
      )),
      ...(await attempt('ports', 'name another with --port or --peer-port', () =>
        portFindings(options, held.by),
      )),
      ...(await attempt('disk', 'see that the disk is sound and may be written to', () =>
        diskFindings(dataDir),
      )),
      ...(await attempt('blocks', 'see that this user may read them', () =>
        blockFindings(options.blocks ?? join(dataDir, 'blocks')),
      )),
      ...(await attempt('database', 'see that DATABASE_URL is right and the server runs', () =>
        databaseFindings(options, held.by),
      )),
    ];
  } finally {
    await held.release();
  }
}

/** The folder's lock while we look, or who has it. */
async function lockOf(dataDir: string): Promise<{ by?: string; release: () => Promise<void> }> {
  const none = { release: () => Promise.resolve() };
  if (!existsSync(dataDir)) return none;
  try {
    const folder = await openDataFolder(dataDir);
    return { release: () => folder.release() };
  } catch (error) {
    if (!isAppError(error, 'locked')) return none;
    return { ...none, by: /process \d+/.exec(error.message)?.[0] ?? 'another process' };
  }
}

async function folderFindings(dataDir: string, lockedBy: string | undefined): Promise<Finding[]> {
  const check = 'data folder';
  if (!existsSync(dataDir)) return [ok(check, `${dataDir} does not exist yet; the first start makes it`)];
  const open: string[] = [];
  for (const path of [dataDir, ...SECRETS.map((name) => join(dataDir, name))]) {
    const mode = (await stat(path).catch(() => undefined))?.mode;
    if (mode !== undefined && (mode & 0o077) !== 0) open.push(path);
  }
  return [
    open.length === 0
      ? ok(check, `${dataDir}: only its owner may read it`)
      : problem(check, `others may read ${open.join(', ')}`, `chmod go= ${open.join(' ')}`),
    ok(
      'lock',
      lockedBy === undefined
        ? 'no coordinator is running on it'
        : `held by ${lockedBy}, a running coordinator`,
    ),
  ];
}

function portFindings(
  { host, port, peerPort }: MachineOptions,
  lockedBy: string | undefined,
): Promise<Finding[]> {
  const look = async (each: number, flag: string): Promise<Finding> => {
    if (each === 0) return ok('ports', `${flag} 0 takes a free one at each start`);
    const failure = await bind(host, each);
    if (failure === undefined) {
      return lockedBy === undefined
        ? ok('ports', `${host}:${each} is free`)
        : warning(
            'ports',
            `nobody listens on ${host}:${each} although a coordinator runs`,
            `see which ${flag} it was started with`,
          );
    }
    if (failure !== 'EADDRINUSE') {
      const advice =
        failure === 'EACCES'
          ? 'take a port from 1024 up, and put a proxy in front'
          : 'name an address of this machine with --host';
      return problem('ports', `${host}:${each} cannot be listened on (${failure})`, advice);
    }
    return lockedBy === undefined
      ? problem(
          'ports',
          `${host}:${each} is in use by another program`,
          `stop that, or name another with ${flag}`,
        )
      : ok('ports', `${host}:${each} is listened on, as it should be`);
  };
  return Promise.all([look(port, '--port'), look(peerPort, '--peer-port')]);
}

/** @returns the error's code, or undefined when it could be bound */
function bind(host: string, port: number): Promise<string | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => done(code ?? 'unknown'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)));
  });
}

async function diskFindings(dataDir: string): Promise<Finding[]> {
  let at = resolve(dataDir);
  while (!existsSync(at)) at = dirname(at);
  const { bavail, bsize } = await statfs(at);
  const free = bavail * bsize;
  const text = `${formatBytes(free)} free at ${at}`;
  const advice =
    'make room: operands and results are kept on this disk, and a full one stops the coordinator';
  const space =
    free < SPACE_PROBLEM_BYTES
      ? problem('disk', text, advice)
      : free < SPACE_WARNING_BYTES
        ? warning('disk', text, advice)
        : ok('disk', text);
  const ms = await syncMs(at);
  const sync = `a sync takes ${ms.toFixed(1)} ms`;
  return [
    space,
    ms > SYNC_WARNING_MS
      ? warning('disk', sync, 'every verified shard waits for several: use a local SSD for the data folder')
      : ok('disk', sync),
  ];
}

/** The median of a few. */
async function syncMs(folder: string): Promise<number> {
  const own = await mkdtemp(join(folder, '.doctor-'));
  try {
    const file = await open(join(own, 'sync'), 'w');
    const times: number[] = [];
    try {
      for (let i = 0; i < SYNCS; i++) {
        const startMs = stopwatch.now();
        await file.write(new Uint8Array(8192), 0, 8192, 8192 * i);
        await file.sync();
        times.push(stopwatch.now() - startMs);
      }
    } finally {
      await file.close();
    }
    return times.toSorted((a, b) => a - b)[SYNCS >> 1]!;
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

async function blockFindings(folder: string): Promise<Finding[]> {
  if (isBlockUrl(folder)) return [ok('blocks', `in ${folder}: see /readyz of a running coordinator`)];
  if (!existsSync(folder)) return [ok('blocks', 'none yet')];
  const shelves = await readdir(folder);
  let looked = 0;
  const damaged: string[] = [];
  for await (const { path, hash } of blockFiles(folder)) {
    if (looked === SAMPLE) break;
    looked += 1;
    if ((await hashFile(join(folder, path))) !== hash) damaged.push(hash);
  }
  if (damaged.length > 0) {
    return [
      problem(
        'blocks',
        `${damaged.length} of ${looked} are damaged, such as ${damaged[0]}`,
        'check the disk (smartctl), then upload the operands again; jobs that need them have failed and say so',
      ),
    ];
  }
  return [
    ok('blocks', `${looked} in ${shelves.length} folders were looked at, and are what their names say`),
  ];
}

async function databaseFindings(
  options: MachineOptions,
  lockedBy: string | undefined,
): Promise<readonly Finding[]> {
  const { dataDir, databaseUrl } = options;
  if (databaseUrl !== undefined) return askDatabase({ url: databaseUrl }, 'PostgreSQL', options.clock);
  if (!existsSync(join(dataDir, 'db'))) return [ok('database', 'none yet; the first start makes it')];
  // It has one process at a time.
  if (lockedBy !== undefined) return [ok('database', 'in use by the running coordinator: see its /readyz')];
  const found = await askDatabase({ dataDir }, 'the embedded database', options.clock);
  return found.filter(({ check }) => check !== 'clock');
}

async function askDatabase(place: DatabasePlace, name: string, clock: Clock): Promise<readonly Finding[]> {
  const db = await openAsItIs(place);
  try {
    return await withDeadline(clock, DATABASE_MS, name, questions(db, name, clock));
  } finally {
    await db.close();
  }
}

async function questions(db: Database, name: string, clock: Clock): Promise<Finding[]> {
  const beforeMs = clock.now();
  const { rows } = await sql<{ ms: number }>`
    SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms`.execute(db);
  const tookMs = clock.now() - beforeMs;
  const { pending, unknown } = await migrationState(db as never, MIGRATION_NAMES);
  const schema =
    unknown.length > 0
      ? problem(
          'database',
          `${name} was used by a newer version (${unknown[0]})`,
          'start that version of Tilework',
        )
      : pending.length > 0
        ? ok('database', `${name} answers; the next start applies ${pending.length} migrations`)
        : ok('database', `${name} answers, and is up to date`);
  return [schema, clockFinding('the database', beforeMs + tookMs / 2 - rows[0]!.ms, tookMs)];
}
