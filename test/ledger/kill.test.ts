import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type Rng, randomInt, seededRng } from '../../src/core/rng.ts';
import { reserveAccount } from '../../src/ledger/accounts.ts';
import { checkLedger } from '../../src/ledger/audit.ts';
import { balanceOf } from '../../src/ledger/ledger.ts';
import { type Database, type DatabasePlace, openDatabase } from '../../src/store/database.ts';
import { findPostgres, startPostgres } from '../helpers/postgres.ts';
import type { Line } from './settler.ts';

const SETTLER = fileURLToPath(new URL('settler.ts', import.meta.url));

interface Death {
  readonly acknowledged: readonly string[];
  /** What it had found when it started; undefined when it died before. */
  readonly found: readonly string[] | undefined;
}

/** Runs a settler and kills it: `starting` at some moment of its start, else after some settlements and a little. */
async function runAndKill(place: DatabasePlace, seed: number, rng: Rng, starting: boolean): Promise<Death> {
  const child = spawn(process.execPath, [SETTLER, JSON.stringify(place), String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = (): unknown => child.kill('SIGKILL');
  const enough = 1 + randomInt(rng, 20);
  const pauseMs = 6 * rng.float();
  if (starting) setTimeout(kill, 300 + 1700 * rng.float());
  const acknowledged: string[] = [];
  let found: readonly string[] | undefined;
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (text) => {
    const line = JSON.parse(text) as Line;
    if ('found' in line) {
      found = line.found;
      expect(line.contradictions).toBe(0);
    } else {
      acknowledged.push(line.settled);
      // Busy with the next ones by then: the delay only moves the point of death within a settlement.
      if (acknowledged.length === enough) setTimeout(kill, pauseMs);
    }
  });
  await Promise.all([once(child, 'exit'), once(lines, 'close')]);
  expect(child.signalCode).toBe('SIGKILL');
  return { acknowledged, found };
}

async function killAgainAndAgain(place: DatabasePlace, rounds: number, dyingStarts: number): Promise<void> {
  const rng = seededRng(20_260_101);
  const acknowledged: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const death = await runAndKill(place, round + 1, rng, round < dyingStarts);
    if (death.found) expect(death.found).toEqual(expect.arrayContaining(acknowledged));
    acknowledged.push(...death.acknowledged);
  }
  expect(acknowledged.length).toBeGreaterThan(rounds - dyingStarts);
  const db = await openDatabase(place);
  await expectSound(db, acknowledged);
  await db.close();
}

/** Nothing lost, nothing twice, all sums zero. */
async function expectSound(db: Database, acknowledged: readonly string[]): Promise<void> {
  const shards = await db.selectFrom('shards').select(['id', 'receiptEnvelope', 'microcredits']).execute();
  expect(shards.map(({ id }) => id)).toEqual(expect.arrayContaining([...acknowledged]));
  expect(new Set(acknowledged).size).toBe(acknowledged.length);
  expect(await checkLedger(db)).toEqual([]);
  const credit = shards.reduce((sum, { microcredits }) => sum + microcredits, 0n);
  const balances = await db.selectFrom('accounts').select(['kind', 'balanceMicrocredits']).execute();
  const held = balances.filter(({ kind }) => kind === 'contributor');
  expect(held.reduce((sum, { balanceMicrocredits }) => sum + balanceMicrocredits, 0n)).toBe(credit);
  // What the paid job's shards were paid is what its reserve lacks; the grant happened once.
  const paid = await db
    .selectFrom('shards')
    .select('microcredits')
    .where('job', '=', 'the paid job')
    .execute();
  const reserved = await balanceOf(db, reserveAccount('the paid job'));
  expect(reserved + paid.reduce((sum, { microcredits }) => sum + microcredits, 0n)).toBe(1_000_000n);
}

it('loses no acknowledged settlement and makes none twice, over 4 deaths by kill -9, on PGlite', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tilework-kill-'));
  // The first two die while the database is being made.
  await killAgainAndAgain({ dataDir }, 4, 2);
  await rm(dataDir, { recursive: true });
}, 120_000);

it.skipIf(findPostgres() === undefined && process.env['CI'] !== 'true')(
  'loses no acknowledged settlement and makes none twice, over 3 deaths by kill -9, on PostgreSQL (where installed)',
  async () => {
    const server = await startPostgres();
    await killAgainAndAgain({ url: server.url }, 3, 1);
    await server.stop();
  },
  60_000,
);
