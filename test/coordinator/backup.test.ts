/** A backup of a working coordinator, and a life elsewhere that begins with it. */
import { existsSync } from 'node:fs';
import {
  appendFile,
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receiptNotes } from '../../src/cli/backup.ts';
import { TileworkClient } from '../../src/client/client.ts';
import { type BackupReport, backUp } from '../../src/coordinator/backup.ts';
import { restore } from '../../src/coordinator/restore.ts';
import { systemClock } from '../../src/core/clock.ts';
import { checkLedger } from '../../src/ledger/audit.ts';
import { openDatabase } from '../../src/store/database.ts';
import { type TestCoordinator, testContributor, testCoordinator } from '../helpers/network.ts';
import { ended, product, result, submit } from '../helpers/product.ts';

describe('a backup', { timeout: 60_000 }, () => {
  let folder: string;
  let coordinator: TestCoordinator;
  let report: BackupReport;
  let job: string;
  let receiptsBefore = 0;
  let backupDir: string;
  const wanted = product('i8', 1800, 1500, 700);

  const backUpTo = (to: string, postgres = false): Promise<BackupReport> =>
    backUp({
      dataDir: coordinator.dataDir,
      to,
      postgres,
      clock: systemClock,
      async snapshot() {
        const made = await new TileworkClient(coordinator).snapshot();
        return { folder: join(coordinator.dataDir, made.folder), receipts: made.receipts };
      },
    });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tilework-backup-'));
    backupDir = join(folder, 'backup');
    coordinator = await testCoordinator();
    job = (await submit(coordinator, wanted)).id;
    const contributor = await testContributor(coordinator.peerAddresses);
    await contributor.until(({ shardsVerified }) => shardsVerified >= 2);
    report = await backUpTo(backupDir);
    receiptsBefore = contributor.receipts.length;
    await contributor.stop();
  }, 60_000);
  afterAll(async () => {
    await coordinator?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('of a running coordinator holds database, blocks and keys, for its owner only', async () => {
    expect(report).toMatchObject({
      running: true,
      database: 'embedded',
      peerId: coordinator.peerId,
      damaged: [],
    });
    expect(report.receipts).toBeGreaterThanOrEqual(2);
    expect(report.receipts).toBeLessThanOrEqual(receiptsBefore);
    expect((await readdir(backupDir)).toSorted()).toEqual([
      'backup.json',
      'blocks',
      'coordinator.key',
      'db',
      'token',
    ]);
    for (const path of ['', 'coordinator.key', 'token', 'backup.json', 'db/PG_VERSION'])
      expect(((await stat(join(backupDir, path))).mode & 0o077).toString(8)).toBe('0');
    // Nothing is left behind for others to find.
    expect(existsSync(join(coordinator.dataDir, 'snapshot'))).toBe(false);
  });

  it('begins a life elsewhere, in which the job ends and the books are in order', async () => {
    await coordinator.close();
    const dataDir = join(folder, 'elsewhere');
    const restored = await restore(backupDir, dataDir);
    expect(restored).toMatchObject({ missing: [] });
    expect(restored.receipts).toBeGreaterThanOrEqual(report.receipts!);
    const elsewhere = await testCoordinator({ dataDir });
    const contributor = await testContributor(elsewhere.peerAddresses);
    try {
      expect([elsewhere.peerId, elsewhere.token]).toEqual([coordinator.peerId, coordinator.token]);
      expect(await ended(elsewhere, job)).toMatchObject({ state: 'done', cellsVerified: 8 * 6 });
      expect(await result(elsewhere, job)).toEqual(wanted.expected);
    } finally {
      await contributor.stop();
      await elsewhere.close();
    }
    const db = await openDatabase({ dataDir });
    expect(await checkLedger(db)).toEqual([]);
    await db.close();
  });

  it('of a stopped coordinator needs nobody', async () => {
    const to = join(folder, 'stopped');
    expect(await backUpTo(to)).toMatchObject({ running: false, damaged: [] });
    await restore(to, join(folder, 'from-stopped'));
  });

  it('goes into a folder of its own, and out into another', async () => {
    await expect(backUpTo(backupDir)).rejects.toMatchObject({ code: 'conflict' });
    await expect(restore(backupDir, coordinator.dataDir)).rejects.toThrow('is not empty');
    await expect(restore(folder, join(folder, 'x'))).rejects.toThrow(
      'is no backup, or one that was not finished',
    );
    const empty = join(folder, 'empty');
    await mkdir(empty);
    await expect(
      backUp({
        dataDir: empty,
        to: join(folder, 'y'),
        postgres: false,
        clock: systemClock,
        snapshot: () => Promise.reject(new Error('not asked')),
      }),
    ).rejects.toThrow('is no coordinator');
  });

  it.each([
    ['a byte of the database', (at: string) => appendFile(join(at, 'db/PG_VERSION'), 'x'), 'is damaged'],
    ['the key', (at: string) => rm(join(at, 'coordinator.key')), 'is missing'],
    [
      'a block',
      async (at: string) => {
        const path = await someBlock(at);
        await writeFile(
          path,
          (await readFile(path)).map((byte) => byte ^ 1),
        );
      },
      'is damaged',
    ],
    ['a whole block', async (at: string) => rm(await someBlock(at)), 'blocks instead of'],
  ])('that has lost %s is refused, and nothing is written', async (_, damage, message) => {
    const copy = join(folder, 'damaged');
    await cp(backupDir, copy, { recursive: true });
    await chmod(copy, 0o700);
    await damage(copy);
    const to = join(folder, 'never');
    await expect(restore(copy, to)).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining(message),
    });
    expect(existsSync(to)).toBe(false);
    await rm(copy, { recursive: true });
  });

  it('of a PostgreSQL asks for its dump first, and takes it along', async () => {
    const to = join(folder, 'postgres');
    await expect(backUpTo(to, true)).rejects.toThrow('pg_dump --format=custom --file=');
    await writeFile(join(to, 'database.dump'), 'PGDMP');
    const made = await backUpTo(to, true);
    expect(made.files.map(({ path }) => path)).toContain('database.dump');
    expect(await restore(to, join(folder, 'from-postgres'))).toMatchObject({ receipts: undefined });
  });

  it('says what it cannot bring back', () => {
    expect(receiptNotes(7).join(' ')).toContain('Its log of 7 receipts ends with the backup.');
  });
});

async function someBlock(backup: string): Promise<string> {
  const [shelf] = await readdir(join(backup, 'blocks'));
  const [name] = await readdir(join(backup, 'blocks', shelf!));
  return join(backup, 'blocks', shelf!, name!);
}
