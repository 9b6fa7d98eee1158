import { describe, expect, it } from 'vitest';
import { contributionsTo } from '../../src/store/contributions.ts';
import { cellsOf, createJob, finishJob, getJob, listJobs, setJobState } from '../../src/store/jobs.ts';
import { endLeases, getLease, openLeases, recordLeases } from '../../src/store/leases.ts';
import { addBelonging } from '../../src/store/belongings.ts';
import { type Page, newestJobs, newestOperands } from '../../src/store/pages.ts';
import { getOperand, insertOperand } from '../../src/store/operands.ts';
import { acceptShards, getShard, receiptsOf } from '../../src/store/shards.ts';
import type { Queries } from '../../src/store/database.ts';
import { pastRecord } from '../../src/store/standing.ts';
import type { RectangleColumns } from '../../src/store/schema.ts';
import { onEachDatabase } from '../helpers/databases.ts';
import { hexOf, insertJob, operandRecord, settleInput } from '../helpers/records.ts';

const cell = (rowBlock: number, colBlock: number): RectangleColumns => ({
  rowBlock,
  colBlock,
  rowBlocks: 1,
  colBlocks: 1,
});

async function accept(
  db: Queries,
  lease: number,
  job: string,
  rectangle: RectangleColumns,
  contributor = 'ada',
): Promise<boolean> {
  const { shard, cells } = settleInput(lease, job, contributor, rectangle);
  const row = {
    ...shard,
    resultDigest: hexOf(lease, 64),
    verifiedMs: 1_800_000_000_000 + Math.floor(lease / 2),
  };
  const [accepted] = await db.transaction().execute((trx) => acceptShards(trx, [{ shard: row, cells }]));
  return accepted!;
}

onEachDatabase('Records', (get) => {
  describe('of operands', () => {
    it('are kept once, under their first name', async () => {
      const { db } = get();
      const operand = operandRecord(1, { dtype: 'f32', maxAbs: 0.1 + 0.2, bytes: 2 ** 53 - 1 });
      expect(await insertOperand(db, operand)).toBe(true);
      expect(await insertOperand(db, { ...operand, name: 'another' })).toBe(false);
      expect(await getOperand(db, operand.id)).toEqual({
        ...operand,
        uploadedMs: operand.createdMs,
        removedMs: null,
      });
      expect(await getOperand(db, hexOf(99, 64))).toBeUndefined();
      await insertOperand(db, operandRecord(2));
      const names = async (page: Page): Promise<string[]> =>
        (await newestOperands(db, page)).map(({ name }) => name);
      expect(await names({ limit: 9 })).toEqual(['operand 2', 'operand 1']);
      expect(await names({ limit: 1 })).toEqual(['operand 2']);
      expect(await names({ limit: 9, requester: 'ada' })).toEqual([]);
      await addBelonging(db, 'ada', operand.id);
      expect(await names({ limit: 9, requester: 'ada' })).toEqual(['operand 1']);
    });
  });

  describe('of jobs', () => {
    it('start running, and are listed by priority and age', async () => {
      const { db } = get();
      const job = await insertJob(db, 'first');
      expect(job).toMatchObject({ state: 'running', finishedMs: null, resultManifest: null, error: null });
      await insertJob(db, 'second', 8, { createdMs: job.createdMs + 1 });
      await insertJob(db, 'urgent', 8, { createdMs: job.createdMs + 2, priority: 5 });
      expect((await listJobs(db, 'running')).map(({ id }) => id)).toEqual(['urgent', 'first', 'second']);
      expect(await listJobs(db, 'failed')).toEqual([]);
      expect(await getJob(db, 'first')).toEqual(job);
      expect(await getJob(db, 'none')).toBeUndefined();
    });

    it('are listed page by page, newest first, also where several were made at once', async () => {
      const { db } = get();
      const createdMs = 2_000_000_000_000; // after those of the other tests
      for (const id of ['b', 'a', 'c']) await insertJob(db, id, 8, { createdMs });
      await insertJob(db, 'old', 8, { createdMs: createdMs - 1 });
      const ids = async (before?: string, limit = 2): Promise<string[]> =>
        (await newestJobs(db, { limit, before })).map(({ id }) => id);
      expect(await ids()).toEqual(['c', 'b']);
      expect(await ids('b')).toEqual(['a', 'old']);
      expect(await ids('none')).toEqual([]);
      expect(await ids(undefined, 4)).toEqual(['c', 'b', 'a', 'old']);
    });

    it('end once', async () => {
      const { db } = get();
      await insertJob(db, 'ending');
      expect(await setJobState(db, 'ending', 'failed', { timeMs: 7, error: 'a block is lost' })).toBe(true);
      expect(await setJobState(db, 'ending', 'cancelled', { timeMs: 8 })).toBe(false);
      expect(await finishJob(db, 'ending', hexOf(1, 64), 9)).toBe(false);
      expect(await setJobState(db, 'none', 'cancelled', { timeMs: 8 })).toBe(false);
      expect(await getJob(db, 'ending')).toMatchObject({
        state: 'failed',
        finishedMs: 7,
        error: 'a block is lost',
      });
    });

    it('are done only when every cell is verified, and then list their blocks in order', async () => {
      const { db } = get();
      const job = await insertJob(db, 'cells', 2, { rows: 257, cols: 300 });
      for (const [n, [row, col]] of [
        [1, 1],
        [0, 1],
        [1, 0],
      ].entries()) {
        expect(await accept(db, 100 + n, job.id, cell(row!, col!))).toBe(true);
      }
      expect(await finishJob(db, job.id, hexOf(5, 64), 9)).toBe(false);
      expect(await accept(db, 103, job.id, cell(0, 0))).toBe(true);
      const bound = { startedMs: 2, seconds: 0.5, bytes: 1e6 };
      expect(await finishJob(db, job.id, hexOf(5, 64), 9, bound)).toBe(true);
      expect(await getJob(db, job.id)).toMatchObject({
        state: 'done',
        resultManifest: hexOf(5, 64),
        finishedMs: 9,
        startedMs: 2,
        boundSeconds: 0.5,
        boundBytes: 1e6,
      });
      const cells = await cellsOf(db, job.id);
      expect(cells.map(({ rowBlock, colBlock }) => [rowBlock, colBlock])).toEqual([
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ]);
      expect(cells[0]).toMatchObject({ shard: hexOf(103, 32), block: hexOf(103_000_000, 64) });
    });

    it('refuse a name that is used, and operands that nobody gave', async () => {
      const { db } = get();
      const job = await insertJob(db, 'used');
      await expect(insertJob(db, 'used')).rejects.toMatchObject({ code: '23505' });
      const { state, finishedMs, resultManifest, error, ...fields } = job;
      await expect(createJob(db, { ...fields, id: 'orphan', a: hexOf(404, 64) })).rejects.toMatchObject({
        code: '23503',
      });
      expect([state, finishedMs, resultManifest, error]).toEqual(['running', null, null, null]);
    });
  });

  describe('of leases', () => {
    it('are open until they end, and end once', async () => {
      const { db } = get();
      const job = await insertJob(db, 'leased');
      const lease = {
        id: hexOf(1, 32),
        job: job.id,
        contributor: 'ada',
        ...cell(0, 0),
        envelope: Uint8Array.of(1, 2, 3),
        deadlineMs: 2000,
        createdMs: 1000,
        coordinator: null,
      };
      await recordLeases(db, [lease]);
      await recordLeases(db, [{ ...lease, id: hexOf(2, 32), createdMs: 900 }]);
      expect((await openLeases(db, job.id)).map(({ id }) => id)).toEqual([hexOf(2, 32), hexOf(1, 32)]);
      expect(await openLeases(db, 'another')).toEqual([]);
      expect(await openLeases(db)).toHaveLength(2);

      expect(await endLeases(db, [lease.id], 'expired', 2001)).toBe(1);
      expect(await endLeases(db, [lease.id], 'cancelled', 2002)).toBe(0);
      expect(await getLease(db, lease.id)).toEqual({
        ...lease,
        state: 'expired',
        endedMs: 2001,
        reason: null,
      });
      expect(await endLeases(db, [lease.id], 'done', 2003)).toBe(1);
      expect(await endLeases(db, [lease.id], 'done', 2004)).toBe(0);

      expect(await endLeases(db, [hexOf(2, 32)], 'rejected', 2005)).toBe(1);
      expect(await endLeases(db, [hexOf(2, 32)], 'done', 2006)).toBe(0);
      expect(await openLeases(db)).toEqual([]);
    });

    it.each(['expired', 'declined'] as const)(
      'that are %s keep a late wrong result on record',
      async (state) => {
        const { db } = get();
        const job = await insertJob(db, `late-${state}`);
        const id = hexOf(state === 'expired' ? 11 : 12, 32);
        const times = { deadlineMs: 2000, createdMs: 1000 };
        const lease = {
          id,
          job: job.id,
          contributor: 'liar',
          ...cell(0, 0),
          envelope: Uint8Array.of(1),
          ...times,
        };
        await recordLeases(db, [lease]);
        await endLeases(db, [id], state, 2001);
        expect(await endLeases(db, [id], 'rejected', 2002)).toBe(1);
        expect(await endLeases(db, [id], 'done', 2003)).toBe(0);
        const { rejections } = await pastRecord(db, 'liar', 0);
        expect(rejections).toContain(2002);
      },
    );
  });

  describe('of shards', () => {
    it('are accepted only where all their cells are open', async () => {
      const { db } = get();
      const job = await insertJob(db, 'overlap');
      expect(await accept(db, 1, job.id, { rowBlock: 0, colBlock: 0, rowBlocks: 2, colBlocks: 3 })).toBe(
        true,
      );
      expect(await accept(db, 2, job.id, { rowBlock: 1, colBlock: 2, rowBlocks: 2, colBlocks: 2 })).toBe(
        false,
      );
      expect(await accept(db, 3, job.id, { rowBlock: 2, colBlock: 0, rowBlocks: 1, colBlocks: 3 })).toBe(
        true,
      );
      expect(await accept(db, 4, job.id, { rowBlock: 0, colBlock: 3, rowBlocks: 3, colBlocks: 1 })).toBe(
        true,
      );
      expect(await getShard(db, hexOf(2, 32))).toBeUndefined();
      expect(await cellsOf(db, job.id)).toHaveLength(12);
    });

    it('hold as many cells as a lease may have', async () => {
      const { db } = get();
      const job = await insertJob(db, 'large', 32);
      expect(await accept(db, 10, job.id, { rowBlock: 0, colBlock: 0, rowBlocks: 32, colBlocks: 32 })).toBe(
        true,
      );
      expect(await cellsOf(db, job.id)).toHaveLength(1024);
    });

    it('are refused when the job has ended or never was', async () => {
      const { db } = get();
      const job = await insertJob(db, 'over');
      await setJobState(db, job.id, 'cancelled', { timeMs: 1 });
      expect(await accept(db, 20, job.id, cell(0, 0))).toBe(false);
      expect(await accept(db, 21, 'no such job', cell(0, 0))).toBe(false);
    });

    it('need exactly the cells of their rectangle', async () => {
      const { db } = get();
      const job = await insertJob(db, 'covered');
      const { shard, cells } = settleInput(30, job.id, 'ada', {
        rowBlock: 1,
        colBlock: 1,
        rowBlocks: 2,
        colBlocks: 2,
      });
      const row = { ...shard, resultDigest: hexOf(30, 64), verifiedMs: 1 };
      const outside = { ...cells[3]!, colBlock: 3 };
      for (const wrong of [[], cells.slice(1), [...cells, cells[0]!], [...cells.slice(0, 3), outside]]) {
        await expect(acceptShards(db, [{ shard: row, cells: wrong }])).rejects.toMatchObject({
          code: 'bad-input',
        });
      }
      expect(await cellsOf(db, job.id)).toEqual([]);
    });

    it('are listed page by page, newest first, though several are of the same millisecond', async () => {
      const { db } = get();
      const job = await insertJob(db, 'pages');
      for (let n = 0; n < 7; n++) await accept(db, 40 + n, job.id, cell(0, n), 'grace');
      await accept(db, 60, job.id, cell(1, 0), 'somebody else');
      const listed: string[] = [];
      let page = await receiptsOf(db, 'grace', { limit: 3 });
      while (page.length > 0) {
        listed.push(...page.map(({ id }) => id));
        page = await receiptsOf(db, 'grace', { limit: 3, before: page.at(-1)! });
      }
      expect(listed).toEqual(Array.from({ length: 7 }, (_, n) => hexOf(46 - n, 32)));
      expect(await receiptsOf(db, 'nobody', { limit: 3 })).toEqual([]);
    });
  });

  describe('of who did what', () => {
    it('adds up one job by contributor', async () => {
      const { db } = get();
      const job = await insertJob(db, 'shares');
      await accept(db, 80, job.id, { rowBlock: 0, colBlock: 0, rowBlocks: 1, colBlocks: 2 }, 'mary');
      await accept(db, 81, job.id, cell(1, 0), 'alan');
      await accept(db, 82, job.id, cell(1, 1), 'mary');
      const work = 256n * 256n * 1024n;
      expect(await contributionsTo(db, job.id)).toMatchObject([
        {
          contributor: 'mary',
          shards: 2,
          multiplyAdds: 3n * work,
          microcredits: 203n,
          bytesUp: 3 * 256 * 1024,
        },
        { contributor: 'alan', shards: 1, multiplyAdds: work, microcredits: 68n, bytesUp: 256 * 1024 },
      ]);
    });

    it('recalls rejections since a time, and what was verified after the last', async () => {
      const { db } = get();
      const job = await insertJob(db, 'standing');
      const lease = { job: job.id, contributor: 'joan', ...cell(0, 0), envelope: Uint8Array.of(1) };
      for (const [n, endedMs] of [1_800_000_000_000, 1_800_000_000_046].entries()) {
        const id = hexOf(500 + n, 32);
        await recordLeases(db, [{ ...lease, id, deadlineMs: endedMs, createdMs: 1 }]);
        await endLeases(db, [id], 'rejected', endedMs);
      }
      await accept(db, 90, job.id, cell(0, 0), 'joan');
      await accept(db, 94, job.id, cell(0, 1), 'joan');
      expect(await pastRecord(db, 'joan', 0)).toEqual({
        rejections: [1_800_000_000_000, 1_800_000_000_046],
        verifiedInARow: 1,
      });
      expect(await pastRecord(db, 'nobody', 0)).toEqual({ rejections: [], verifiedInARow: 0 });
    });
  });
});
