import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bytes, bytesEqual, toHex } from '../../src/core/bytes.ts';
import { checkLedger } from '../../src/ledger/audit.ts';
import { type Checkpoint, openCheckpoint } from '../../src/protocol/checkpoint.ts';
import { openReceipt } from '../../src/protocol/envelope.ts';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { decodeLogEntry, openLogEntry } from '../../src/protocol/log-entry.ts';
import {
  EMPTY_ROOT,
  type ReadNodes,
  consistencyProof,
  inclusionProof,
  leafHash,
  rootAt,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../src/protocol/merkle.ts';
import {
  decodeEntries,
  decodeTile,
  tileAt,
  tilePath,
  tileReader,
  tilesOf,
} from '../../src/protocol/tiles.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { type TestCoordinator, testContributor, testCoordinator } from '../helpers/network.ts';
import { insertOldReceipts } from '../helpers/old-receipts.ts';
import { ended, product, submit } from '../helpers/product.ts';
import { problem } from './http-client.ts';

/** One full tile, and four leaves more. */
const OLD = 260;

let dataDir: string;
let old: Uint8Array[];
let coordinator: TestCoordinator;

async function inDatabase<T>(work: (db: Database) => Promise<T>): Promise<T> {
  const db = await openDatabase({ dataDir });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

const start = async (): Promise<void> => {
  coordinator = await testCoordinator({ dataDir });
};

beforeAll(async () => {
  dataDir = await freshDataDir();
  const key = await generateKey();
  old = await inDatabase((db) => insertOldReceipts(db, key, peerIdOf(key), OLD));
  await start();
});
afterAll(() => coordinator.remove());

async function get(path: string): Promise<{ bytes: Bytes; headers: Headers }> {
  const response = await fetch(`${coordinator.url}/log/${path}`);
  expect(response.status).toBe(200);
  return { bytes: new Uint8Array(await response.arrayBuffer()), headers: response.headers };
}
const checkpoint = async (): Promise<Checkpoint> =>
  openCheckpoint((await get('checkpoint')).bytes, coordinator.peerId);
const reader = (size: number): ReadNodes => tileReader(size, async (path) => (await get(path)).bytes);
const log = (path: string) => problem(coordinator, `/log/${path}`);

describe('the public log', () => {
  it('of a data folder that is older than it holds the old receipts from its first start on', async () => {
    const { size, root } = await checkpoint();
    expect(size).toBe(OLD);
    const entries: Uint8Array[] = [];
    for (const tile of tilesOf(size)) {
      const { bytes } = await get(tilePath(tile));
      if (tile.level === 'entries') entries.push(...decodeEntries(bytes, tile.width));
      else expect(decodeTile(bytes, tile.width)).toHaveLength(tile.width);
    }
    expect(entries.map((entry) => toHex(decodeLogEntry(entry).receipt))).toEqual(old.map(toHex));
    expect(rootOf(entries.map(leafHash))).toEqual(root);
    expect(await rootAt(size, reader(size))).toEqual(root);
  });

  it('proves a receipt of today to whoever holds it, and that it has only grown', async () => {
    const before = await checkpoint();
    const contributor = await testContributor(coordinator.peerAddresses);
    const job = await submit(coordinator, product('i8', 300, 300, 256));
    expect(await ended(coordinator, job.id)).toMatchObject({ state: 'done' });
    await contributor.until(({ shardsVerified }) => shardsVerified > 0);
    await contributor.stop();

    const { size, root } = await checkpoint();
    expect(size).toBeGreaterThan(OLD);
    const read = reader(size);
    for (const envelope of contributor.receipts) {
      const index = (await openReceipt(envelope, coordinator.peerId)).value.logIndex!;
      const tile = tileAt('entries', Math.floor(index / 256), size)!;
      const bundle = decodeEntries((await get(tilePath(tile))).bytes, tile.width);
      const entry = bundle[index % 256]!;
      const opened = await openLogEntry(entry, coordinator.peerId, index);
      expect(bytesEqual(decodeLogEntry(entry).receipt, envelope)).toBe(true);
      expect(opened.receipt.value.contributor).toBe(contributor.peerId);
      const claim = { leaf: leafHash(entry), index, size, root };
      expect(await verifyInclusion({ ...claim, proof: await inclusionProof(index, size, read) })).toBe(true);
    }
    const proof = await consistencyProof(before.size, size, read);
    const grown = { first: before.size, second: size, firstRoot: before.root, secondRoot: root, proof };
    expect(await verifyConsistency(grown)).toBe(true);
  });

  it('lets tiles be kept for ever, and its checkpoint never', async () => {
    const note = await get('checkpoint');
    expect(note.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(note.headers.get('cache-control')).toBe('no-store');
    for (const path of ['tile/0/000', 'tile/entries/000', 'tile/1/000.p/1', 'tile/0/001.p/2']) {
      const { headers } = await get(path);
      expect(headers.get('content-type')).toBe('application/octet-stream');
      expect(headers.get('cache-control')).toMatch(/immutable/);
    }
  });

  it('serves a full tile in part as well, and every part is the beginning of it', async () => {
    const { bytes: full } = await get('tile/0/000');
    expect(full).toHaveLength(256 * 32);
    for (const width of [1, 17, 255]) {
      expect((await get(`tile/0/000.p/${width}`)).bytes).toEqual(full.slice(0, width * 32));
    }
    const { bytes: bundle } = await get('tile/entries/000');
    expect(bundle.slice(0, 1000)).toEqual((await get('tile/entries/000.p/255')).bytes.slice(0, 1000));
  });

  it.each([
    'tile/0/001',
    'tile/0/001.p/200',
    'tile/0/002.p/1',
    'tile/1/000',
    'tile/1/000.p/2',
    'tile/2/000.p/1',
    'tile/entries/001',
    'tile/0/x999/x999/x999/x999/999',
    'tile/6/000',
  ])('says that %s is not there yet', async (path) => {
    const answer = await log(path);
    expect(answer).toMatchObject({ status: 404, code: 'not-found' });
    expect(answer.detail).toMatch(/not that long/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    'tile/0/0',
    'tile/0/000.p/256',
    'tile/7/000',
    'tile/0/..%2f..%2fcoordinator.key',
    'tile/entries/%2e%2e/token',
    'tile/data/000',
    'tile/0/000%0a',
    'tile/0/000.json',
    'tile/',
    'tile',
    '',
    'entries/000',
    `tile/0/${'x000/'.repeat(500)}000`,
  ])('has nothing at %s', async (path) => {
    expect(await log(path)).toMatchObject({ status: 404, code: 'not-found' });
  });

  it('goes on after a second start where it was, with the same checkpoint', async () => {
    const { bytes } = await get('checkpoint');
    await coordinator.close();
    expect(await inDatabase(checkLedger)).toEqual([]);
    await start();
    expect((await get('checkpoint')).bytes).toEqual(bytes);
  });

  it('that contradicts what was signed is not served again', async () => {
    await coordinator.close();
    const { root } = await inDatabase(async (db) => {
      const signed = await db.selectFrom('logCheckpoints').select('root').executeTakeFirstOrThrow();
      await db.updateTable('logCheckpoints').set({ root: EMPTY_ROOT }).execute();
      return signed;
    });
    await expect(start()).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringMatching(/contradicts/),
    });
    await inDatabase((db) => sql`UPDATE log_checkpoints SET root = ${root}`.execute(db));
    await start();
    expect((await checkpoint()).root).toEqual(root);
  });
});
