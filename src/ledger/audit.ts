/** Recomputes the ledger from its log: what must hold at every commit, each as a query for what breaks it. */
import { type RawBuilder, sql } from 'kysely';
import type { Queries } from '../store/database.ts';

export type Rule =
  | 'event-sums-to-zero'
  | 'event-has-postings'
  | 'all-sums-to-zero'
  | 'balance-is-fold'
  | 'shard-credited-once'
  | 'credit-to-contributor'
  | 'shard-has-receipt'
  | 'shard-has-its-cells';

export interface Contradiction {
  readonly rule: Rule;
  /** The event, account or shard. */
  readonly subject: string;
}

const BROKEN: Record<Rule, RawBuilder<{ subject: string }>> = {
  'event-sums-to-zero': sql`
    SELECT event::text AS subject FROM postings GROUP BY event HAVING sum(microcredits) <> 0`,
  'event-has-postings': sql`
    SELECT id::text AS subject FROM events WHERE NOT EXISTS (SELECT FROM postings WHERE event = events.id)`,
  'all-sums-to-zero': sql`
    SELECT sum(balance_microcredits)::text AS subject FROM accounts HAVING sum(balance_microcredits) <> 0`,
  'balance-is-fold': sql`
    SELECT id AS subject FROM accounts
    WHERE balance_microcredits <> (SELECT coalesce(sum(microcredits), 0) FROM postings WHERE account = accounts.id)`,
  'shard-credited-once': sql`
    SELECT id AS subject FROM shards
    WHERE (SELECT count(*) FROM events WHERE shard = shards.id AND kind = 'credit') <> 1`,
  'credit-to-contributor': sql`
    SELECT shards.id AS subject FROM shards JOIN events ON events.shard = shards.id AND events.kind = 'credit'
    WHERE (
      SELECT jsonb_object_agg(account, microcredits) FROM postings WHERE event = events.id
    ) IS DISTINCT FROM jsonb_build_object(
      'contributor:' || shards.contributor, shards.microcredits, 'treasury:mint', -shards.microcredits
    )`,
  'shard-has-receipt': sql`
    SELECT id AS subject FROM shards WHERE receipt_envelope IS NULL`,
  'shard-has-its-cells': sql`
    SELECT id AS subject FROM shards
    WHERE (
      SELECT count(*) FROM cells WHERE shard = shards.id AND job = shards.job
        AND cells.row_block BETWEEN shards.row_block AND shards.row_block + row_blocks - 1
        AND cells.col_block BETWEEN shards.col_block AND shards.col_block + col_blocks - 1
    ) <> row_blocks * col_blocks`,
};

/** Every contradiction in the ledger and between it and the shards; none in a sound one. */
export async function checkLedger(db: Queries): Promise<Contradiction[]> {
  const found: Contradiction[] = [];
  for (const [rule, query] of Object.entries(BROKEN) as [Rule, RawBuilder<{ subject: string }>][]) {
    const { rows } = await query.execute(db);
    for (const { subject } of rows) found.push({ rule, subject });
  }
  return found;
}
