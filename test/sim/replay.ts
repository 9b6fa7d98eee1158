/**
 * The real ledger, asked what the model was asked: the journal of a simulation is carried out in SQL, step by step,
 * and every answer must be the model's. Seeds share one database, each with jobs, leases and contributors of its own.
 */
import { PGlite, types } from '@electric-sql/pglite';
import { CamelCasePlugin } from 'kysely';
import { checkLedger } from '../../src/ledger/audit.ts';
import { contributorAccount } from '../../src/ledger/accounts.ts';
import { balanceOf } from '../../src/ledger/ledger.ts';
import { logSize, readNodes } from '../../src/ledger/log.ts';
import { type SettleInput, settleShard } from '../../src/ledger/receipts.ts';
import { openReceipt } from '../../src/protocol/envelope.ts';
import { type SigningKey, generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { consistencyProof, rootAt, verifyConsistency } from '../../src/protocol/merkle.ts';
import { Database } from '../../src/store/database.ts';
import { EmbeddedDialect } from '../../src/store/embedded.ts';
import { cellsOf, createJob, finishJob, setJobState } from '../../src/store/jobs.ts';
import { endLeases, expireOpenLeases, getLease, recordLeases } from '../../src/store/leases.ts';
import { migrate } from '../../src/store/migrations.ts';
import { insertOperand } from '../../src/store/operands.ts';
import { pastRecord } from '../../src/store/standing.ts';
import type { JobSpec } from '../../src/coordinator/work.ts';
import { digestOf, hexOf, operandRecord, settleInput } from '../helpers/records.ts';
import type { Entry, Journal, LeaseRow, RecordModel } from './record.ts';
import type { Simulation } from './simulation.ts';

/** Settlements between two looks at the log. */
const LOOK_EVERY = 5;

export class Replay {
  readonly #db: Database;
  readonly #key: SigningKey;
  readonly #broken: SigningKey;
  readonly #roots: { readonly size: number; readonly root: Uint8Array }[] = [];
  #names = new Map<string, string>();
  /** Leaves of earlier seeds. */
  #base = 0;
  settled = 0;
  steps = 0;

  private constructor(db: Database, key: SigningKey) {
    this.#db = db;
    this.#key = key;
    const sign = (): Promise<never> => Promise.reject(new Error('died here'));
    this.#broken = { ...key, type: 'Ed25519', publicKey: key.publicKey, sign } as unknown as SigningKey;
  }

  /** A database in memory: what is compared are its rules, not its disk. */
  static async open(): Promise<Replay> {
    const pglite = await PGlite.create({ parsers: { [types.INT8]: BigInt } });
    const db = new Database({ dialect: new EmbeddedDialect(pglite), plugins: [new CamelCasePlugin()] });
    await migrate(db);
    return new Replay(db, await generateKey());
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  /** @throws Error where the database answers otherwise than the model did */
  async run({ record, contributors }: Simulation): Promise<void> {
    this.#base = await logSize(this.#db);
    this.#names = new Map();
    for (const { name } of contributors) this.#names.set(name, peerIdOf(await generateKey()));
    for (const [at, entry] of (record.journal as Journal).entries()) {
      this.steps += 1;
      const [got, wanted] = await this.#carryOut(entry, entry.now);
      if (show(got) !== show(wanted))
        throw new Error(`step ${at}, ${entry.op}: SQL says ${show(got)}, the model ${show(wanted)}`);
    }
    await this.#compareEnd(record);
  }

  /** At the very end: every rule of the ledger, and each root that the log ever had is a prefix of its last. */
  async finish(): Promise<void> {
    const contradictions = await checkLedger(this.#db);
    if (contradictions.length > 0) throw new Error(`the ledger contradicts itself: ${show(contradictions)}`);
    const read = readNodes(this.#db);
    const second = await logSize(this.#db);
    const secondRoot = await rootAt(second, read);
    for (const { size: first, root: firstRoot } of this.#roots) {
      const proof = await consistencyProof(first, second, read);
      if (!(await verifyConsistency({ first, second, firstRoot, secondRoot, proof })))
        throw new Error(`the log of ${first} leaves is no prefix of the one of ${second}`);
    }
  }

  async #carryOut(entry: Entry, now: number): Promise<[unknown, unknown]> {
    const db = this.#db;
    switch (entry.op) {
      case 'job':
        await this.#createJob(entry.spec);
        return [0, 0];
      case 'lease':
        await recordLeases(db, [
          {
            ...this.#shardOf(entry.lease),
            envelope: new TextEncoder().encode(`lease ${entry.lease.id}`),
            deadlineMs: entry.lease.deadlineMs,
            createdMs: entry.lease.issuedMs,
          },
        ]);
        return [0, 0];
      case 'end-lease':
        return [(await endLeases(db, [entry.id], entry.state, now)) === 1, entry.changed];
      case 'expire-open':
        await expireOpenLeases(db, now);
        return [0, 0];
      case 'settle':
        return [await this.#settle(entry.lease, now), this.#expected(entry)];
      case 'settle-aborted': {
        const before = await logSize(db);
        // Where it is settled already, or stale, nothing is signed, and nothing changes either.
        await this.#settle(entry.lease, now, this.#broken).catch(() => {});
        return [await logSize(db), before];
      }
      case 'end-job': {
        const { id, state } = entry;
        const changed =
          state === 'done'
            ? await finishJob(db, id, hexOf(1, 64), now)
            : await setJobState(db, id, state as 'cancelled', { timeMs: now });
        return [changed, entry.changed];
      }
      case 'past':
      default:
        return [await pastRecord(db, this.#names.get(entry.contributor)!, entry.sinceMs), entry.past];
    }
  }

  async #createJob({ id, dtype, rows, cols, k, project, priority, createdMs, a, b }: JobSpec): Promise<void> {
    await insertOperand(this.#db, operandRecord(1, { id: a, rows, k }));
    await insertOperand(this.#db, operandRecord(2, { id: b, rows: cols, k }));
    await createJob(this.#db, { id, a, b, dtype, rows, cols, k, project, title: '', priority, createdMs });
  }

  async #settle(lease: LeaseRow, now: number, key = this.#key): Promise<unknown> {
    const { id, job, contributor, rowBlock, colBlock, rowBlocks, colBlocks } = this.#shardOf(lease);
    const place = { rowBlock, colBlock, rowBlocks, colBlocks };
    const plain = settleInput(this.settled + 1, job, contributor, place);
    const leaseEnvelope = new TextEncoder().encode(`lease ${id}`);
    const resultEnvelope = new TextEncoder().encode(`result ${id}`);
    const input: SettleInput = {
      cells: plain.cells,
      digests: { lease: digestOf(leaseEnvelope), result: digestOf(resultEnvelope) },
      shard: {
        ...plain.shard,
        id,
        leaseEnvelope,
        resultEnvelope,
        microcredits: lease.microcredits,
      },
    };
    const clock = { now: () => now, after: () => () => {} };
    const settled = await settleShard(this.#db, key, clock, input);
    if (!settled) return undefined;
    this.settled += 1;
    if (this.settled % LOOK_EVERY === 0) {
      const size = await logSize(this.#db);
      this.#roots.push({ size, root: await rootAt(size, readNodes(this.#db)) });
    }
    const { value } = await openReceipt(settled.receipt);
    return {
      lease: value.lease,
      contributor: value.contributor,
      microcredits: value.microcredits,
      balance: value.balanceMicrocredits,
      index: (value.logIndex ?? 0) - this.#base,
    };
  }

  #expected({ settled }: Entry & { op: 'settle' }): unknown {
    if (!settled) return undefined;
    const { lease, microcredits, balance, index } = settled;
    return { lease: lease.id, contributor: this.#names.get(lease.contributor), microcredits, balance, index };
  }

  #shardOf({ id, job, contributor, rect }: LeaseRow): {
    id: string;
    job: string;
    contributor: string;
    rowBlock: number;
    colBlock: number;
    rowBlocks: number;
    colBlocks: number;
  } {
    return {
      id,
      job,
      contributor: this.#names.get(contributor)!,
      rowBlock: rect.row,
      colBlock: rect.col,
      rowBlocks: rect.rows,
      colBlocks: rect.cols,
    };
  }

  async #compareEnd(record: RecordModel): Promise<void> {
    const db = this.#db;
    for (const [id, job] of record.jobs) {
      const cells = await cellsOf(db, id);
      const sql = cells.map(({ rowBlock, colBlock, shard }) => `${rowBlock * job.cols + colBlock} ${shard}`);
      const model = Array.from(job.cells, ([cell, shard]) => `${cell} ${shard}`);
      if (show(sql.sort()) !== show(model.sort())) throw new Error(`other cells of ${id} in SQL`);
    }
    for (const { id, state } of record.leases.values()) {
      const row = await getLease(db, id);
      if (row?.state !== state) throw new Error(`lease ${id} is ${row?.state} in SQL, ${state} in the model`);
    }
    for (const [name, balance] of record.balances) {
      const sql = await balanceOf(db, contributorAccount(this.#names.get(name)!));
      if (sql !== balance) throw new Error(`${name} has ${sql} in SQL, ${balance} in the model`);
    }
  }
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each)) ?? 'nothing'
  );
}
