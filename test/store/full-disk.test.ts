/** A disk that is full, that fails, and files whose end a loss of power has torn. */
import fs from 'node:fs';
import { appendFile, cp, mkdtemp, open, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import { openBlockStore } from '../../src/store/blocks.ts';
import { openDataFolder } from '../../src/store/data-folder.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { freshDataDir } from '../helpers/databases.ts';

const real = { writeSync: fs.writeSync, fsyncSync: fs.fsyncSync, writeFile: promises.writeFile };

afterEach(repair);

function failure(code: 'ENOSPC' | 'EIO'): Error {
  return Object.assign(new Error(`${code}: the disk says so`), { code });
}

/** From the nth on, each of the database's writes, or syncs, fails. */
function failFrom(call: 'writeSync' | 'fsyncSync', nth: number): void {
  let calls = 0;
  const falter = (...args: unknown[]): unknown => {
    calls += typeof args[1] === 'string' ? 0 : 1;
    if (calls >= nth) throw failure(call === 'writeSync' ? 'ENOSPC' : 'EIO');
    return (real[call] as (...args: unknown[]) => unknown)(...args);
  };
  Object.assign(fs, { [call]: falter });
  syncBuiltinESMExports();
}

const put = (db: Database, key: string): Promise<unknown> =>
  db
    .insertInto('settings')
    .values({ key, value: key.repeat(1000) })
    .execute();

async function keysIn(dataDir: string): Promise<string[]> {
  const db = await openDatabase({ dataDir });
  const rows = await db.selectFrom('settings').select('key').orderBy('key').execute();
  await db.close();
  return rows.map(({ key }) => key);
}

describe('The embedded database', () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await freshDataDir();
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it.each([
    ['writeSync', 1],
    ['writeSync', 2],
    ['fsyncSync', 1],
  ] as const)(
    'acknowledges nothing from a failing %s (number %i) on, says so, and recovers',
    async (call, nth) => {
      const db = await openDatabase({ dataDir });
      await put(db, 'before');
      failFrom(call, nth);
      const acknowledged: string[] = ['before'];
      let refused = 0;
      for (const key of ['one', 'two', 'three']) {
        await put(db, key).then(
          () => acknowledged.push(key),
          (error: unknown) => {
            refused += 1;
            expect(error).toMatchObject({
              code: 'internal',
              message: expect.stringContaining('could not write'),
            });
          },
        );
      }
      expect(refused).toBeGreaterThan(0);
      repair();
      // There is room again, but what PostgreSQL knows of its disk is not to be trusted any more.
      await expect(put(db, 'after')).rejects.toThrow('start the coordinator again');
      await db.close();
      expect(await keysIn(dataDir)).toEqual(expect.arrayContaining(acknowledged));
    },
  );

  it('recovers from a log whose last write was torn', async () => {
    const db = await openDatabase({ dataDir });
    await put(db, 'before');
    // As after the loss of power: a copy of the files of a running database, and half a record more.
    const copy = `${dataDir}-copy`;
    await cp(dataDir, copy, { recursive: true });
    await db.close();
    const folder = join(copy, 'db/pg_wal');
    const [segment] = (await readdir(folder)).filter((name) => /^[0-9A-F]{24}$/.test(name)).sort();
    const path = join(folder, segment!);
    const bytes = await readFile(path);
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    const file = await open(path, 'r+');
    await file.write(seededRng(1).bytes(600), 0, 600, Math.ceil(end / 8) * 8);
    await file.close();
    expect(await keysIn(copy)).toEqual(['before']);
    await rm(copy, { recursive: true });
  });

  it.each([
    ['global/pg_control cut off', (db: string) => truncate(join(db, 'global/pg_control'), 100)],
    ['no PG_VERSION', (db: string) => rm(join(db, 'PG_VERSION'))],
  ])('says plainly that it is damaged: %s', async (_, damage) => {
    await damage(join(dataDir, 'db'));
    await expect(openDatabase({ dataDir })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('cannot be opened'),
    });
  });
});

describe('The block store', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tilework-full-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('does not have a block that found no room, half of it included, and takes it when there is room', async () => {
    const bytes = seededRng(3).bytes(5000);
    const hash = toHex(await sha256(bytes));
    const store = await openBlockStore(folder);
    promises.writeFile = (async (path: string, data: Uint8Array) => {
      await real.writeFile(path, data.subarray(0, 1000));
      throw failure('ENOSPC');
    }) as typeof promises.writeFile;
    syncBuiltinESMExports();
    await expect(store.put(hash, bytes)).rejects.toThrow('ENOSPC');
    expect(await store.has(hash)).toBe(false);
    expect(await store.get(hash)).toBeUndefined();
    repair();
    await store.put(hash, bytes);
    await store.close();
    const again = await openBlockStore(folder);
    expect(await again.get(hash)).toEqual(bytes);
    await again.close();
  });
});

describe('The data folder', () => {
  it('has no half of a secret, and says of one that was cut off later that it is none', async () => {
    const path = await mkdtemp(join(tmpdir(), 'tilework-full-'));
    const folder = await openDataFolder(path);
    const broken = folder.secret('token', () => Promise.reject(failure('ENOSPC')));
    await expect(broken).rejects.toThrow('ENOSPC');
    await writeFile(join(path, '.token.1234'), 'half');
    await appendFile(join(path, '.token.1234'), ' of it');
    const made = await folder.secret('token', () => Promise.resolve(Uint8Array.of(1, 2, 3)));
    expect(made).toMatchObject({ created: true, bytes: Uint8Array.of(1, 2, 3) });
    await folder.release();
    await rm(path, { recursive: true });
  });
});

function repair(): void {
  Object.assign(fs, { writeSync: real.writeSync, fsyncSync: real.fsyncSync });
  promises.writeFile = real.writeFile;
  syncBuiltinESMExports();
}
