/** Shards as they were settled, by whichever coordinator: the public log is the order in which they were. */
import type { Queries } from './database.ts';
import type { RectangleColumns } from './schema.ts';

export interface SettledShard extends RectangleColumns {
  /** Its leaf in the log. */
  readonly leaf: number;
  readonly shard: string;
  readonly job: string;
  readonly contributor: string;
  readonly multiplyAdds: number;
  readonly verifiedMs: number;
}

/** Leaves from `first` to before `end` that this process has not settled itself. */
export async function settledElsewhere(
  db: Queries,
  coordinator: string,
  first: number,
  end: number,
): Promise<SettledShard[]> {
  const rows = await db
    .selectFrom('logLeaves')
    .innerJoin('shards', 'shards.id', 'logLeaves.shard')
    .select(['index', 'shard', 'job', 'contributor', 'multiplyAdds', 'verifiedMs'])
    .select(['rowBlock', 'colBlock', 'rowBlocks', 'colBlocks'])
    .where('index', '>=', BigInt(first))
    .where('index', '<', BigInt(end))
    .where('coordinator', 'is distinct from', coordinator)
    .orderBy('index')
    .execute();
  return rows.map(asSettled);
}

/** Some shards, with the process that settled each; null where there is only one. */
export async function settledShards(
  db: Queries,
  ids: readonly string[],
): Promise<(SettledShard & { readonly by: string | null })[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('logLeaves')
    .innerJoin('shards', 'shards.id', 'logLeaves.shard')
    .select(['index', 'shard', 'job', 'contributor', 'multiplyAdds', 'verifiedMs', 'coordinator as by'])
    .select(['rowBlock', 'colBlock', 'rowBlocks', 'colBlocks'])
    .where('shard', 'in', ids)
    .orderBy('index')
    .execute();
  return rows.map(asSettled);
}

function asSettled<Row extends { readonly index: bigint; readonly multiplyAdds: bigint }>({
  index,
  multiplyAdds,
  ...row
}: Row): Omit<Row, 'index' | 'multiplyAdds'> & { readonly leaf: number; readonly multiplyAdds: number } {
  return { ...row, leaf: Number(index), multiplyAdds: Number(multiplyAdds) };
}
