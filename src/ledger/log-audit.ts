/** What must hold of the public log at every commit, each as a query for what breaks it. For checkLedger. */
import { type RawBuilder, sql } from 'kysely';

export type LogRule =
  | 'receipt-has-leaf'
  | 'log-without-gaps'
  | 'leaf-is-its-envelopes'
  | 'node-is-its-children'
  | 'nodes-are-complete';

/** A length of less than 2¹⁴ as a protobuf varint. */
const varint = (length: RawBuilder<number>): RawBuilder<Uint8Array> => sql`
  CASE WHEN ${length} < 128 THEN set_byte('\\x00'::bytea, 0, ${length})
    ELSE set_byte(set_byte('\\x0000'::bytea, 0, ${length} % 128 + 128), 1, ${length} / 128) END`;

/** A field of bytes; written here a second time, so that the encoder in protocol does not check itself. */
const field = (number: number, column: string): RawBuilder<Uint8Array> => sql`
  set_byte('\\x00'::bytea, 0, ${sql.lit(8 * number + 2)}) || ${varint(sql`length(${sql.ref(column)})`)} || ${sql.ref(column)}`;

export const LOG_RULES: Record<LogRule, RawBuilder<{ subject: string }>> = {
  'receipt-has-leaf': sql`
    SELECT id AS subject FROM shards
    WHERE receipt_envelope IS NOT NULL AND NOT EXISTS (SELECT FROM log_leaves WHERE shard = shards.id)`,
  'log-without-gaps': sql`
    SELECT index::text AS subject FROM (
      SELECT index, row_number() OVER (ORDER BY index) - 1 AS place FROM log_leaves
    ) AS leaves WHERE index <> place
    UNION ALL
    SELECT 'size' WHERE (SELECT size FROM log_tree) IS DISTINCT FROM (SELECT count(*) FROM log_leaves)`,
  'leaf-is-its-envelopes': sql`
    SELECT log_leaves.index::text AS subject FROM log_leaves
    LEFT JOIN shards ON shards.id = log_leaves.shard
    LEFT JOIN log_nodes ON level = 0 AND log_nodes.index = log_leaves.index
    WHERE hash IS DISTINCT FROM sha256('\\x00'::bytea || ${field(1, 'receipt_envelope')}
      || ${field(2, 'result_envelope')} || ${field(3, 'lease_envelope')})
    ORDER BY log_leaves.index`,
  'node-is-its-children': sql`
    SELECT node.level || '/' || node.index AS subject FROM log_nodes AS node
    LEFT JOIN log_nodes AS a ON a.level = node.level - 1 AND a.index = 2 * node.index
    LEFT JOIN log_nodes AS b ON b.level = node.level - 1 AND b.index = 2 * node.index + 1
    WHERE node.level > 0 AND node.hash IS DISTINCT FROM sha256('\\x01'::bytea || a.hash || b.hash)
    ORDER BY node.level, node.index`,
  // At every level as many as are complete, and none beyond them.
  'nodes-are-complete': sql`
    SELECT levels.level::text AS subject FROM generate_series(0, 62) AS levels(level), log_tree
    WHERE size >> levels.level <> (
      SELECT count(*) FROM log_nodes WHERE level = levels.level AND index < size >> levels.level
    ) OR EXISTS (SELECT FROM log_nodes WHERE level = levels.level AND index >= size >> levels.level)
    ORDER BY levels.level`,
};
