/** The HTTP side without its listener: requests come from whatever address a test says. */
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll } from 'vitest';
import { cryptoRng } from '../../src/core/rng.ts';
import { sql } from 'kysely';
import { DatabaseWatch } from '../../src/coordinator/database-watch.ts';
import type { DoorOptions } from '../../src/coordinator/doors.ts';
import { createHttp } from '../../src/coordinator/http.ts';
import type { HttpContext } from '../../src/coordinator/http-context.ts';
import { Intake } from '../../src/coordinator/intake.ts';
import { createMetrics } from '../../src/coordinator/metrics.ts';
import { Readiness } from '../../src/coordinator/readiness.ts';
import { Tokens } from '../../src/coordinator/tokens.ts';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { BlockStore } from '../../src/store/blocks.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { rm } from 'node:fs/promises';

export const OPERATOR = 'the-token-of-the-data-folder';

export interface Doorway {
  readonly app: FastifyInstance;
  readonly tokens: Tokens;
  readonly clock: FakeClock;
  readonly database: DatabaseWatch;
  readonly intake: Intake;
  readonly blocks: BlockStore & { full: boolean };
  /** @param from - the address at the other end of the socket */
  readonly knock: (
    from: string,
    path: string,
    options?: Omit<InjectOptions, 'path'>,
  ) => Promise<LightMyRequestResponse>;
}

/** One database for a file; call at its top. */
export function databaseForFile(): { readonly db: Database; readonly dataDir: string } {
  const made = { db: undefined as unknown as Database, dataDir: '' };
  beforeAll(async () => {
    made.dataDir = await freshDataDir();
    made.db = await openDatabase({ dataDir: made.dataDir });
  });
  afterAll(async () => {
    await made.db.close();
    await rm(made.dataDir, { recursive: true, force: true });
  });
  return made;
}

/** Routes that need more than a database and tokens are declared, and fail when they are reached. */
export async function doorway(db: Database, doors: DoorOptions = {}): Promise<Doorway> {
  const clock = new FakeClock();
  const tokens = new Tokens(db, OPERATOR, clock, cryptoRng);
  const metrics = createMetrics();
  const key = await generateKey();
  const peerId = peerIdOf(key);
  const log = silentLogger;
  const database = new DatabaseWatch({ ask: () => sql`SELECT 1`.execute(db), clock, log });
  const intake = new Intake();
  const blocks = memoryBlocks();
  const readiness = new Readiness({ database, blocks, intake, isListening: () => true, clock, log });
  const parts: Partial<HttpContext> = {
    db,
    clock,
    tokens,
    doors,
    metrics,
    key,
    peerId,
    log,
    blocks,
    database,
    intake,
    readiness,
  };
  const app = await createHttp({
    ...parts,
    peerAddresses: [],
    embed: [],
    pageDir: undefined,
  } as unknown as HttpContext);
  await app.ready();
  const knock: Doorway['knock'] = (from, path, options = {}) =>
    app.inject({ remoteAddress: from, path, ...options, headers: { host: 'localhost', ...options.headers } });
  return { app, tokens, clock, knock, database, intake, blocks };
}

/** Blocks in memory. Set `full` and it takes no more. */
function memoryBlocks(): BlockStore & { full: boolean } {
  const kept = new Map<string, Uint8Array>();
  return {
    full: false,
    put(hash, bytes) {
      if (this.full) return Promise.reject(new Error('ENOSPC: no space left on device, write'));
      kept.set(hash, bytes);
      return Promise.resolve();
    },
    get: (hash) => Promise.resolve(kept.get(hash)),
    has: (hash) => Promise.resolve(kept.has(hash)),
    delete: (hash) => Promise.resolve(void kept.delete(hash)),
    removeOlder: () => Promise.resolve(false),
    async *list() {},
    close: () => Promise.resolve(),
  };
}
