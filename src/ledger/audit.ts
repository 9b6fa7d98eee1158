/** Recomputes the ledger from its log: what must hold at every commit, each as a query for what breaks it. */
import { type RawBuilder, sql } from 'kysely';
import type { Queries } from '../store/database.ts';
import { brokenCheckpoints } from './checkpoints.ts';
import { LOG_RULES, type LogRule } from './log-audit.ts';

export type Rule =
  | LogRule
  | 'checkpoint-is-of-the-log'
  | 'event-sums-to-zero'
  | 'event-has-postings'
  | 'all-sums-to-zero'
  | 'balance-is-fold'
  | 'shard-credited-once'
  | 'credit-to-contributor'
  | 'shard-has-receipt'
  | 'shard-has-its-cells'
  | 'nobody-overdrawn'
  | 'supply-within-cap'
  | 'kind-moves-its-accounts'
  | 'event-has-its-name'
  | 'refund-to-requester'
  | 'ended-job-holds-nothing';

export interface Contradiction {
  readonly rule: Rule;
  /** The event, account or shard. */
  readonly subject: string;
}

const BROKEN: Record<Exclude<Rule, 'checkpoint-is-of-the-log'>, RawBuilder<{ subject: string }>> = {
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
    WHERE (SELECT count(*) FROM events WHERE shard = shards.id AND kind = 'credit')
      <> CASE WHEN microcredits > 0 THEN 1 ELSE 0 END`,
  'credit-to-contributor': sql`
    SELECT shards.id AS subject FROM shards JOIN events ON events.shard = shards.id AND events.kind = 'credit'
    WHERE (
      SELECT jsonb_object_agg(account, microcredits) FROM postings WHERE event = events.id
    ) IS DISTINCT FROM jsonb_build_object(
      'contributor:' || shards.contributor, shards.microcredits,
      CASE WHEN EXISTS (SELECT FROM accounts WHERE id = 'reserve:' || shards.job)
        THEN 'reserve:' || shards.job ELSE 'treasury:mint' END, -shards.microcredits
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
  'nobody-overdrawn': sql`
    SELECT id AS subject FROM accounts WHERE balance_microcredits < 0 AND id <> 'treasury:mint'`,
  'supply-within-cap': sql`
    SELECT accounts.id AS subject FROM accounts, settings
    WHERE accounts.id = 'treasury:mint' AND settings.key = 'supply-cap'
      AND -(SELECT coalesce(sum(microcredits), 0) FROM postings WHERE account = accounts.id) > value::bigint`,
  // Contributors are paid for shards and by nothing else; credit comes into being by credit and grants alone.
  'kind-moves-its-accounts': sql`
    SELECT DISTINCT events.id::text AS subject
    FROM events JOIN postings ON postings.event = events.id JOIN accounts ON accounts.id = postings.account
    WHERE CASE
      WHEN accounts.kind = 'contributor' THEN events.kind <> 'credit' OR microcredits < 0
      WHEN accounts.id = 'treasury:mint' THEN events.kind NOT IN ('credit', 'grant') OR microcredits > 0
      WHEN accounts.kind = 'reserve' THEN
        events.kind NOT IN ('reserve', 'credit', 'refund') OR (events.kind = 'reserve') <> (microcredits > 0)
      WHEN accounts.kind = 'requester' THEN events.kind NOT IN ('reserve', 'refund', 'grant', 'transfer')
      ELSE false
    END`,
  'event-has-its-name': sql`
    SELECT id::text AS subject FROM events
    WHERE CASE
      WHEN kind = 'credit' THEN shard IS NULL OR business_id IS NOT NULL
      WHEN kind IN ('reserve', 'refund', 'grant', 'transfer') THEN
        shard IS NOT NULL OR NOT starts_with(coalesce(business_id, ''), kind || ':')
        OR (SELECT count(*) FROM postings WHERE event = events.id) <> 2
      ELSE false
    END`,
  // A reservation moves credit from one requester to its job's reserve, a refund the rest of it back.
  'refund-to-requester': sql`
    SELECT moved.id::text AS subject FROM events AS moved JOIN postings AS held ON held.event = moved.id
    WHERE moved.kind IN ('reserve', 'refund') AND starts_with(held.account, 'reserve:') AND (
      moved.business_id IS NULL
      OR split_part(moved.business_id, ':', 1) || ':' || split_part(moved.business_id, ':', 2)
        <> moved.kind || ':' || substr(held.account, 9)
      OR NOT EXISTS (SELECT FROM jobs WHERE 'reserve:' || id = held.account)
      OR (SELECT account FROM postings WHERE event = moved.id AND account <> held.account)
        IS DISTINCT FROM (
          SELECT account FROM events JOIN postings ON postings.event = events.id
          WHERE business_id = 'reserve:' || substr(held.account, 9) AND microcredits < 0
        )
    )`,
  'ended-job-holds-nothing': sql`
    SELECT jobs.id AS subject FROM jobs JOIN accounts ON accounts.id = 'reserve:' || jobs.id
    WHERE jobs.state <> 'running' AND balance_microcredits <> 0`,
  ...LOG_RULES,
};

/** Every contradiction in the ledger and between it and the shards; none in a sound one. */
export async function checkLedger(db: Queries): Promise<Contradiction[]> {
  const found: Contradiction[] = [];
  for (const [rule, query] of Object.entries(BROKEN) as [Rule, RawBuilder<{ subject: string }>][]) {
    const { rows } = await query.execute(db);
    for (const { subject } of rows) found.push({ rule, subject });
  }
  for (const subject of await brokenCheckpoints(db))
    found.push({ rule: 'checkpoint-is-of-the-log', subject });
  return found;
}
