/** Retention: what is let go, and that a sweep never takes what something needs, whatever happens meanwhile. */
import fc from 'fast-check';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { CELL } from '../../src/matrix/blocks.ts';
import { putMatrix } from '../../src/matrix/build.ts';
import { type FetchBytes, type Hash, decodeManifest } from '../../src/matrix/manifest.ts';
import { stripHashes } from '../../src/matrix/read.ts';
import { addBelonging } from '../../src/store/belongings.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createJob, finishJob, getJob, setJobState } from '../../src/store/jobs.ts';
import { Marks } from '../../src/store/marks.ts';
import { deleteOperand, getOperand, insertOperand } from '../../src/store/operands.ts';
import { GRACE_MS, MAX_UNNAMED_MS, RETRY_MS, letGo } from '../../src/store/removal.ts';
import { type ShardCell, acceptShards, blocksOfShard, isShardKept } from '../../src/store/shards.ts';
import { sweep } from '../../src/store/sweep.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { hexOf, settleInput } from '../helpers/records.ts';

const HOUR = 3_600_000;
const OWNER = 'requester:sweep';
let db: Database;
let dataDir: string;
beforeAll(async () => {
  dataDir = await freshDataDir();
  db = await openDatabase({ dataDir });
});
afterAll(async () => {
  await db.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Blocks as any medium keeps them, on a clock of the test's. */
class MemoryBlocks {
  now = 1_000 * HOUR;
  /** Called before each block that is listed: what comes in between. */
  between: () => Promise<void> = async () => {};
  readonly kept = new Map<Hash, { bytes: Uint8Array; modifiedMs: number }>();
  put = async (hash: Hash, bytes: Uint8Array): Promise<void> => {
    await Promise.resolve();
    this.kept.set(hash, { bytes, modifiedMs: this.now });
  };
  get = async (hash: Hash): Promise<Uint8Array | undefined> => {
    await Promise.resolve();
    return this.kept.get(hash)?.bytes;
  };
  async *list() {
    for (const [hash, { bytes, modifiedMs }] of Array.from(this.kept)) {
      await this.between();
      yield { hash, bytes: bytes.length, modifiedMs };
    }
  }
  removeOlder = async (hash: Hash, beforeMs: number): Promise<boolean> => {
    await Promise.resolve();
    const found = this.kept.get(hash);
    return found !== undefined && found.modifiedMs < beforeMs && this.kept.delete(hash);
  };
}

let unique = 0;
const bytesOf = (seed: number): Uint8Array => new Uint8Array(64).fill(seed & 255).fill(seed >> 8, 0, 8);

/** Everything under a manifest is there. */
async function assertWhole(blocks: MemoryBlocks, hash: Hash): Promise<void> {
  const fetch: FetchBytes = async (node) => {
    const bytes = await blocks.get(node);
    if (!bytes) throw new Error(`${node} was taken, which ${hash} needs`);
    return bytes;
  };
  const manifest = decodeManifest(await fetch(hash));
  for (let strip = 0; strip * CELL < manifest.rows; strip++)
    for (const block of await stripHashes(manifest, strip, fetch)) await fetch(block);
}

/** Two strips of two blocks; equal seeds are equal blocks. Returns what would be inserted. */
async function putOperand(blocks: MemoryBlocks, seeds: readonly number[]) {
  const hashes: Uint8Array[] = [];
  for (const seed of seeds) {
    const bytes = bytesOf(seed);
    const hash = await sha256(bytes);
    hashes.push(hash);
    await blocks.put(toHex(hash), bytes);
  }
  const shape = { dtype: 'i8', rows: 512, cols: 2048 } as const;
  const strips = [hashes.slice(0, 2), hashes.slice(2)];
  const { manifestHash: id } = await putMatrix(shape, strips, blocks.put);
  return {
    id,
    dtype: 'i8',
    rows: 512,
    k: 2048,
    maxAbs: 1,
    bytes: 256,
    name: '',
    createdMs: blocks.now,
  } as const;
}

const insert = (operand: Awaited<ReturnType<typeof putOperand>>, nowMs: number): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const fresh = await insertOperand(trx, { ...operand, createdMs: nowMs });
    await addBelonging(trx, OWNER, operand.id);
    return fresh;
  });

async function startJob(operand: Hash, nowMs: number): Promise<string> {
  unique += 1;
  const id = hexOf(unique, 32);
  const shape = { dtype: 'i8', rows: 512, cols: 512, k: 2048 } as const;
  const job = {
    id,
    a: operand,
    b: operand,
    ...shape,
    project: 'p',
    title: '',
    priority: 0,
    createdMs: nowMs,
  };
  await createJob(db, job);
  return id;
}

/** One verified row of C's cells, put and then named. */
async function verify(blocks: MemoryBlocks, job: string, row: number, seed: number): Promise<void> {
  unique += 1;
  const rectangle = { rowBlock: row, colBlock: 0, rowBlocks: 1, colBlocks: 2 };
  const { shard, cells } = settleInput(unique, job, 'peer', rectangle);
  const named: ShardCell[] = [];
  for (const [at, cell] of cells.entries()) {
    const bytes = bytesOf(seed + at);
    const block = toHex(await sha256(bytes));
    await blocks.put(block, bytes);
    named.push({ ...cell, block });
  }
  const full = { ...shard, resultDigest: hexOf(unique, 64), verifiedMs: blocks.now, site: null };
  await db.transaction().execute((trx) => acceptShards(trx, [{ shard: full, cells: named }]));
}

async function finish(blocks: MemoryBlocks, job: string): Promise<void> {
  const cells = await db
    .selectFrom('cells')
    .selectAll()
    .where('job', '=', job)
    .orderBy('rowBlock')
    .orderBy('colBlock')
    .execute();
  if (cells.length < 4) return;
  const hashes = cells.map(({ block }) => Uint8Array.from(Buffer.from(block, 'hex')));
  const shape = { dtype: 'i32', rows: 512, cols: 512 } as const;
  const { manifestHash } = await putMatrix(shape, [hashes.slice(0, 2), hashes.slice(2)], blocks.put);
  await finishJob(db, job, manifestHash, blocks.now);
}

const run = (blocks: MemoryBlocks, pause?: () => Promise<void>) =>
  sweep({ db, blocks, nowMs: blocks.now, salt: unique, ...(pause && { pause }) });

/** Whatever a row that is kept needs, is there. */
async function assertNothingTaken(blocks: MemoryBlocks): Promise<void> {
  for (const { id, removedMs } of await db.selectFrom('operands').selectAll().execute()) {
    if (removedMs === null) await assertWhole(blocks, id);
    else expect(blocks.kept.has(id)).toBe(true);
  }
  for (const { id, resultManifest } of await db
    .selectFrom('jobs')
    .selectAll()
    .where('removedMs', 'is', null)
    .execute()) {
    const cells = await db.selectFrom('cells').select('block').where('job', '=', id).execute();
    expect(cells.filter(({ block }) => !blocks.kept.has(block))).toEqual([]);
    if (resultManifest !== null) await assertWhole(blocks, resultManifest);
  }
}

async function forgetAll(): Promise<void> {
  for (const table of ['cells', 'shards', 'jobs', 'belongings', 'operands'] as const)
    await db.deleteFrom(table).execute();
}

describe('A sweep', () => {
  it('takes the blocks of an upload that broke off, of a deleted operand and of a cancelled job, and nothing else', async () => {
    await forgetAll();
    const blocks = new MemoryBlocks();
    const kept = await putOperand(blocks, [1, 2, 3, 4]);
    await insert(kept, blocks.now);
    const deleted = await putOperand(blocks, [3, 4, 5, 6]);
    await insert(deleted, blocks.now);
    await putOperand(blocks, [7, 8, 9, 10]);
    const done = await startJob(kept.id, blocks.now);
    await verify(blocks, done, 0, 100);
    await verify(blocks, done, 1, 102);
    await finish(blocks, done);
    const cancelled = await startJob(kept.id, blocks.now);
    await verify(blocks, cancelled, 0, 200);
    await setJobState(db, cancelled, 'cancelled', { timeMs: blocks.now });
    const broken = await db.transaction().execute((trx) => deleteOperand(trx, deleted.id, OWNER, blocks.now));
    expect(broken).toEqual({ type: 'deleted' });
    // Too early for all of them.
    expect((await run(blocks)).removedBlocks).toBe(0);
    blocks.now += GRACE_MS + 1;
    await letGo(db, {}, blocks.now);
    // What broke off: 4 blocks and 4 nodes. What was deleted: 2 blocks that are not shared, a strip's list and the root.
    const before = blocks.kept.size;
    const first = await run(blocks);
    expect(first.removedBlocks).toBe(before - blocks.kept.size);
    expect(first.blocks).toBe(blocks.kept.size);
    for (const seed of [5, 6, 7, 8, 9, 10])
      expect(blocks.kept.has(toHex(await sha256(bytesOf(seed))))).toBe(false);
    for (const seed of [1, 2, 3, 4, 100, 101, 102, 103, 200, 201])
      expect(blocks.kept.has(toHex(await sha256(bytesOf(seed))))).toBe(true);
    expect(blocks.kept.has(deleted.id)).toBe(true); // the manifest, by which credits are audited
    blocks.now += RETRY_MS;
    await letGo(db, {}, blocks.now);
    blocks.now += GRACE_MS + 1;
    expect((await run(blocks)).removedBlocks).toBe(2);
    expect((await getJob(db, cancelled))?.removedMs).not.toBeNull();
    await assertNothingTaken(blocks);
  });

  it('lets results and operands go by age, where the operator says so, and leaves who reads them time to end', async () => {
    await forgetAll();
    const blocks = new MemoryBlocks();
    const operand = await putOperand(blocks, [20, 21, 22, 23]);
    await insert(operand, blocks.now);
    const job = await startJob(operand.id, blocks.now);
    await verify(blocks, job, 0, 300);
    await verify(blocks, job, 1, 302);
    const [shard] = await db.selectFrom('shards').select('id').where('job', '=', job).execute();
    blocks.now += 100 * HOUR;
    // It runs: nothing of it goes, however old.
    await letGo(db, { resultsMs: HOUR, operandsMs: HOUR }, blocks.now);
    await run(blocks);
    await assertNothingTaken(blocks);
    await finish(blocks, job);
    expect(await isShardKept(db, shard!.id)).toBe(true);
    blocks.now += 2 * HOUR;
    await letGo(db, {}, blocks.now);
    expect(await isShardKept(db, shard!.id)).toBe(true);
    await letGo(db, { resultsMs: HOUR, operandsMs: HOUR }, blocks.now);
    expect((await getOperand(db, operand.id))?.removedMs).toBe(blocks.now);
    expect(await isShardKept(db, shard!.id)).toBe(false);
    blocks.now += GRACE_MS - 1;
    await run(blocks);
    await assertWhole(blocks, operand.id);
    await assertWhole(blocks, (await getJob(db, job))!.resultManifest!);
    blocks.now += HOUR;
    await run(blocks);
    expect([...blocks.kept.keys()]).toEqual([operand.id]);
    // What the public log needs to be told apart from a lie stays.
    expect(await blocksOfShard(db, shard!.id)).toHaveLength(2);
    // The same again is an operand again.
    expect(await insert(await putOperand(blocks, [20, 21, 22, 23]), blocks.now)).toBe(true);
    await run(blocks);
    await assertNothingTaken(blocks);
  });

  it('removes nothing at all while a part of what is needed cannot be read, and says what', async () => {
    await forgetAll();
    const blocks = new MemoryBlocks();
    const operand = await putOperand(blocks, [30, 31, 32, 33]);
    await insert(operand, blocks.now);
    await putOperand(blocks, [40, 41, 42, 43]);
    blocks.kept.delete(operand.id);
    blocks.now += 2 * GRACE_MS;
    const before = blocks.kept.size;
    await expect(run(blocks)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining(operand.id),
    });
    expect(blocks.kept.size).toBe(before);
  });

  it('cannot meet a job that runs over what was let go: the database refuses both ways', async () => {
    await forgetAll();
    const blocks = new MemoryBlocks();
    const operand = await putOperand(blocks, [50, 51, 52, 53]);
    await insert(operand, blocks.now);
    const job = await startJob(operand.id, blocks.now);
    await expect(
      db.updateTable('jobs').set({ removedMs: 1 }).where('id', '=', job).execute(),
    ).rejects.toThrow(/kept/);
    await setJobState(db, job, 'cancelled', { timeMs: blocks.now });
    await db.transaction().execute((trx) => deleteOperand(trx, operand.id, undefined, blocks.now));
    await expect(startJob(operand.id, blocks.now)).rejects.toMatchObject({ code: 'gone' });
    const again = db.updateTable('jobs').set({ state: 'running', finishedMs: null }).where('id', '=', job);
    await expect(again.execute()).rejects.toThrow(/deleted/);
  });

  it('takes nothing that anything needs, in any order of uploads, deletions, jobs, results and time', async () => {
    const Step = fc.oneof(
      // Begun now, and named by a row some steps later.
      fc.record({
        do: fc.constant('upload' as const),
        seeds: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 }),
      }),
      fc.record({
        do: fc.constantFrom(
          'insert' as const,
          'delete' as const,
          'job' as const,
          'cancel' as const,
          'finish' as const,
        ),
        pick: fc.nat(),
      }),
      fc.record({
        do: fc.constant('verify' as const),
        pick: fc.nat(),
        row: fc.integer({ min: 0, max: 1 }),
        seed: fc.integer({ min: 0, max: 12 }),
      }),
      fc.record({
        do: fc.constant('wait' as const),
        ms: fc.constantFrom(HOUR / 2, MAX_UNNAMED_MS - 1, GRACE_MS + 1, RETRY_MS + 1),
      }),
      fc.record({ do: fc.constant('letGo' as const) }),
      fc.record({ do: fc.constant('sweep' as const), during: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(Step, { minLength: 10, maxLength: 40 }), async (steps) => {
        await forgetAll();
        const blocks = new MemoryBlocks();
        const begun: Awaited<ReturnType<typeof putOperand>>[] = [];
        const operands: Hash[] = [];
        const jobs: string[] = [];
        const act = async (step: (typeof steps)[number]): Promise<void> => {
          const of = <T>(list: readonly T[]): T | undefined =>
            'pick' in step ? list[step.pick % list.length] : undefined;
          const operand = of(operands);
          const job = of(jobs);
          if (step.do === 'upload') begun.push(await putOperand(blocks, step.seeds));
          else if (step.do === 'wait') blocks.now += step.ms;
          else if (step.do === 'letGo')
            await letGo(db, { resultsMs: 30 * HOUR, operandsMs: 40 * HOUR }, blocks.now);
          else if (step.do === 'insert') {
            const made = begun.pop();
            // As Operands.ingestFile does: whoever took too long gives up.
            if (!made || blocks.now - made.createdMs > MAX_UNNAMED_MS) return;
            await insert(made, blocks.now);
            operands.push(made.id);
          } else if (step.do === 'delete' && operand)
            await db.transaction().execute((trx) => deleteOperand(trx, operand, OWNER, blocks.now));
          else if (step.do === 'job' && operand)
            await startJob(operand, blocks.now).then(
              (id) => jobs.push(id),
              () => {},
            );
          else if (step.do === 'verify' && job) await verify(blocks, job, step.row, step.seed);
          else if (step.do === 'cancel' && job)
            await setJobState(db, job, 'cancelled', { timeMs: blocks.now });
          else if (step.do === 'finish' && job) await finish(blocks, job);
        };
        for (const [at, step] of steps.entries()) {
          if (step.do !== 'sweep') {
            await act(step);
            continue;
          }
          // The steps that follow happen in the middle of it as well, between any two of its own.
          const meanwhile = steps
            .slice(at + 1, at + 4)
            .filter((next) => next.do !== 'sweep' && next.do !== 'wait');
          let left = step.during % 7;
          const pause = async (): Promise<void> => {
            if (left-- === 0) for (const next of meanwhile) await act(next);
          };
          blocks.between = pause;
          await run(blocks, pause);
          blocks.between = async () => {};
          await assertNothingTaken(blocks);
        }
        blocks.now += RETRY_MS + 1;
        await letGo(db, {}, blocks.now);
        blocks.now += GRACE_MS + 1;
        await run(blocks);
        await assertNothingTaken(blocks);
      }),
      { numRuns: 25 },
    );
  });
});

describe('Marks', () => {
  it('never deny what was marked, and rarely claim what was not', async () => {
    const marks = new Marks(2000, 12345);
    const hashes = await Promise.all(
      Array.from({ length: 4000 }, async (_, i) => toHex(await sha256(bytesOf(i)))),
    );
    for (const hash of hashes.slice(0, 2000)) marks.add(hash);
    expect(hashes.slice(0, 2000).every((hash) => marks.has(hash))).toBe(true);
    expect(hashes.slice(2000).filter((hash) => marks.has(hash)).length).toBeLessThan(20);
  });
});
