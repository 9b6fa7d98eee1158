/** What a coordinator has on record, at one moment: for comparing with what others were told. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { checkLedger } from '../../src/ledger/audit.ts';
import type { Database } from '../../src/store/database.ts';
import type { JobState, RectangleColumns } from '../../src/store/schema.ts';

export interface ShardOnRecord extends RectangleColumns {
  readonly id: string;
  readonly job: string;
  readonly contributor: string;
  readonly microcredits: string;
  readonly multiplyAdds: string;
  /** SHA-256 of the receipt's envelope. */
  readonly receipt: string;
}

export interface JobOnRecord {
  readonly id: string;
  readonly state: JobState;
  readonly a: string;
  readonly b: string;
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  readonly cells: number;
  readonly error: string | null;
}

export interface Inspection {
  /** From checkLedger. */
  readonly contradictions: readonly string[];
  readonly shards: readonly ShardOnRecord[];
  readonly jobs: readonly JobOnRecord[];
  /** Credit events of all shards. */
  readonly credits: number;
  /** The balance of each contributor. */
  readonly balances: Readonly<Record<string, string>>;
}

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export function inspect(db: Database): Promise<Inspection> {
  return db.transaction().execute(async (trx) => {
    const shards = await trx.selectFrom('shards').selectAll().execute();
    const jobs = await trx
      .selectFrom('jobs')
      .selectAll()
      .select(sql<number>`(SELECT count(*)::integer FROM cells WHERE cells.job = jobs.id)`.as('cells'))
      .execute();
    const { credits } = await trx
      .selectFrom('events')
      .select(sql<number>`count(*)::integer`.as('credits'))
      .where('kind', '=', 'credit')
      .executeTakeFirstOrThrow();
    const accounts = await trx.selectFrom('accounts').selectAll().where('kind', '=', 'contributor').execute();
    return {
      contradictions: (await checkLedger(trx)).map(({ rule, subject }) => `${rule}: ${subject}`),
      shards: shards.map((shard) => ({
        id: shard.id,
        job: shard.job,
        contributor: shard.contributor,
        rowBlock: shard.rowBlock,
        colBlock: shard.colBlock,
        rowBlocks: shard.rowBlocks,
        colBlocks: shard.colBlocks,
        microcredits: String(shard.microcredits),
        multiplyAdds: String(shard.multiplyAdds),
        receipt: digestOf(shard.receiptEnvelope ?? new Uint8Array()),
      })),
      jobs: jobs.map(({ id, state, a, b, rows, cols, k, cells, error }) => ({
        id,
        state,
        a,
        b,
        rows,
        cols,
        k,
        cells,
        error,
      })),
      credits,
      balances: Object.fromEntries(
        accounts.map(({ id, balanceMicrocredits }) => [
          id.slice('contributor:'.length),
          String(balanceMicrocredits),
        ]),
      ),
    };
  });
}
