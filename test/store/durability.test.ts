import fs from 'node:fs';
import { rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { sql } from 'kysely';
import { afterEach, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { freshDataDir } from '../helpers/databases.ts';

const realFsync = fs.fsyncSync;

afterEach(() => {
  fs.fsyncSync = realFsync;
  syncBuiltinESMExports();
});

/** Calls `seen` for each fsync in this process, which is carried out as well. */
function watchFsync(seen: (path: string) => void): void {
  fs.fsyncSync = (fd) => {
    seen(fs.readlinkSync(`/proc/self/fd/${fd}`));
    realFsync(fd);
  };
  syncBuiltinESMExports();
}

it.skipIf(process.platform !== 'linux')(
  'syncs the log at every commit of PGlite, and its tables at a checkpoint',
  async () => {
    const dataDir = await freshDataDir();
    const db = await openDatabase({ dataDir });
    const synced: string[] = [];
    watchFsync((path) => synced.push(path.slice(dataDir.length)));
    for (let n = 0; n < 5; n++) {
      const before = synced.length;
      await db
        .insertInto('settings')
        .values({ key: `commit ${n}`, value: '' })
        .execute();
      expect(synced.slice(before).some((path) => path.startsWith('/db/pg_wal/'))).toBe(true);
    }
    await sql`CHECKPOINT`.execute(db);
    expect(synced.some((path) => path.startsWith('/db/base/'))).toBe(true);
    await db.close();
    await rm(dataDir, { recursive: true });
  },
);
