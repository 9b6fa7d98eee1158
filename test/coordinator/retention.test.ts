/** The sweep over a real folder and database, against uploads of the very blocks that it is taking. */
import { readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { cryptoRng } from '../../src/core/rng.ts';
import { createMetrics } from '../../src/coordinator/metrics.ts';
import { Operands } from '../../src/coordinator/operands.ts';
import { Retention } from '../../src/coordinator/retention.ts';
import { decodeManifest } from '../../src/matrix/manifest.ts';
import { loadOperand } from '../../src/matrix/read.ts';
import { type BlockStore, fetchFrom, openBlockStore } from '../../src/store/blocks.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { npyOf } from './http-client.ts';

const DAY_S = 24 * 3600;
const OWNER = 'requester:race';
const metrics = createMetrics();
let dataDir: string;
let folder: string;
let db: Database;
let blocks: BlockStore;
let operands: Operands;
let retention: Retention;

beforeAll(async () => {
  dataDir = await freshDataDir();
  folder = join(dataDir, 'blocks');
  db = await openDatabase({ dataDir });
  blocks = await openBlockStore(folder);
  operands = new Operands(db, blocks, join(dataDir, 'spool'), systemClock, cryptoRng);
  await operands.open();
  retention = new Retention({
    db,
    blocks,
    clock: systemClock,
    rng: cryptoRng,
    log: silentLogger,
    metrics,
    keep: {},
  });
});
afterAll(async () => {
  await retention.close();
  await blocks.close();
  await db.close();
  metrics.close();
  await rm(dataDir, { recursive: true, force: true });
});

const files = async (): Promise<string[]> =>
  (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.data'));

/** As if all of it had happened days ago. */
async function age(): Promise<void> {
  const then = Date.now() / 1000 - 2 * DAY_S;
  for (const name of await files()) await utimes(join(folder, name), then, then);
  await db.updateTable('operands').set({ removedMs: 1 }).where('removedMs', 'is not', null).execute();
}

const values = Int8Array.from({ length: 700 * 3000 }, (_, i) => (i * 7 + (i >> 9)) & 127);
const ingest = () =>
  operands.ingest(
    Readable.from([npyOf('i8', 700, 3000, values)]),
    { side: 'rows', name: 'raced' },
    OWNER,
    new AbortController().signal,
  );

describe('A sweep of a folder', () => {
  it('never takes a block of an upload that comes at the same moment, round after round', async () => {
    let removed = 0;
    for (let round = 0; round < 8; round++) {
      const { operand } = await ingest();
      await operands.delete(operand.id, OWNER);
      await age();
      // The store that reads afterwards has nothing in memory.
      const [swept, again] = await Promise.all([
        retention.sweep(),
        round % 2 === 0 ? ingest() : pauseThenIngest(),
      ]);
      removed += swept!.removedBlocks;
      expect(again.operand.removedMs).toBeNull();
      const fresh = await openBlockStore(folder);
      const fetch = fetchFrom(fresh);
      const manifest = decodeManifest(await fetch(operand.id));
      expect(
        Buffer.from((await loadOperand(manifest, fetch)).buffer).equals(Buffer.from(values.buffer)),
      ).toBe(true);
      await fresh.close();
      await operands.delete(operand.id, OWNER);
    }
    expect(removed).toBeGreaterThan(0);
  });

  it('ends with nothing but manifests when nothing is kept, and says so to Prometheus', async () => {
    await age();
    const swept = await retention.sweep();
    expect(await files()).toHaveLength(1);
    expect(swept).toMatchObject({ blocks: 1, bytes: 48 });
    const text = await metrics.registry.metrics();
    expect(Number(/^tilework_blocks_removed_total (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(9);
  });

  it('looks at a block’s age again before it goes: one that was just put stays', async () => {
    const { operand } = await ingest();
    expect(await blocks.removeOlder(operand.id, Date.now() - 60_000)).toBe(false);
    expect((await files()).length).toBeGreaterThan(1);
    expect(await blocks.removeOlder('0'.repeat(64), Date.now())).toBe(false);
    await operands.delete(operand.id, OWNER);
  });

  it('brings back what a crash left half removed', async () => {
    const { operand } = await ingest();
    const [name] = await files();
    const { rename } = await import('node:fs/promises');
    await rename(join(folder, name!), join(folder, `${name}.gone`));
    // eslint-disable-next-line no-empty -- listing is what repairs
    for await (const _ of blocks.list()) {
    }
    expect(await files()).toContain(name);
    await operands.delete(operand.id, OWNER);
  });
});

async function pauseThenIngest() {
  await new Promise((resolve) => setImmediate(resolve));
  return ingest();
}
