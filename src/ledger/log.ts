/**
 * The public log in the database: a leaf for every receipt, and the hash of every complete subtree, so that a
 * tile, a proof or the root is read in a few rows. Nothing in it ever changes. What is served of it is in
 * c2sp.org/tlog-tiles; what an entry holds is in src/protocol/README.md.
 */
import { AppError } from '../core/errors.ts';
import { encodeLogEntry } from '../protocol/log-entry.ts';
import { type ReadNodes, type TreeNode, leafHash, nodeHash } from '../protocol/merkle.ts';
import type { Database, Queries } from '../store/database.ts';
import type { Shard } from '../store/schema.ts';

/** What a leaf is made of. */
type Envelopes = Pick<Shard, 'leaseEnvelope' | 'resultEnvelope'> & { readonly receiptEnvelope: Uint8Array };

/**
 * The index of the next leaf. Until the transaction ends nobody else can append: take it last, after every
 * other lock, and append before committing.
 */
export async function lockLog(trx: Queries): Promise<number> {
  const { size } = await trx.selectFrom('logTree').select('size').forUpdate().executeTakeFirstOrThrow();
  return Number(size);
}

/** A shard with what its leaf is made of. */
export interface NewLeaf {
  readonly shard: string;
  readonly envelopes: Envelopes;
}

/**
 * Appends the receipts of shards, one after the other.
 * @param trx - the transaction that settles the shards and has locked the log
 * @param first - what `lockLog` gave
 */
export async function appendLeaves(trx: Queries, first: number, leaves: readonly NewLeaf[]): Promise<void> {
  const hashes = leaves.map(({ envelopes }) => leafHash(entryOf(envelopes)));
  const nodes = await completedBy(first, hashes, readNodes(trx));
  await trx
    .insertInto('logLeaves')
    .values(leaves.map(({ shard }, i) => ({ index: BigInt(first + i), shard })))
    .execute();
  await trx
    .insertInto('logNodes')
    .values(nodes.map(({ level, index, hash }) => ({ level, index: BigInt(index), hash })))
    .execute();
  await trx
    .updateTable('logTree')
    .set({ size: BigInt(first + leaves.length) })
    .execute();
}

/** The leaves themselves, and every subtree whose last leaf is one of them. */
async function completedBy(
  first: number,
  leaves: readonly Uint8Array[],
  read: ReadNodes,
): Promise<(TreeNode & { readonly hash: Uint8Array })[]> {
  const name = ({ level, index }: TreeNode): string => `${level}/${index}`;
  // Complete before: on the left of a subtree that some leaf completes. Others are made here.
  const before = new Map<string, TreeNode>();
  for (let leaf = first; leaf < first + leaves.length; leaf++) {
    for (const left of leftsOf(leaf)) {
      if ((left.index + 1) * 2 ** left.level <= first) before.set(name(left), left);
    }
  }
  const lefts = Array.from(before.values());
  const hashes = await read(lefts);
  const known = new Map(lefts.map((node, i) => [name(node), hashes[i]!]));
  const completed: (TreeNode & { readonly hash: Uint8Array })[] = [];
  const complete = (level: number, index: number, hash: Uint8Array): void => {
    known.set(name({ level, index }), hash);
    completed.push({ level, index, hash });
  };
  for (const [i, leaf] of leaves.entries()) {
    let hash = leaf;
    complete(0, first + i, hash);
    for (const { level, index } of leftsOf(first + i)) {
      hash = nodeHash(known.get(name({ level, index }))!, hash);
      complete(level + 1, index / 2, hash);
    }
  }
  return completed;
}

/** What stands on the left of the subtrees that this leaf completes, from the bottom up. */
function leftsOf(leaf: number): TreeNode[] {
  const lefts: TreeNode[] = [];
  for (let [level, at] = [0, leaf]; at % 2 === 1; [level, at] = [level + 1, (at - 1) / 2]) {
    lefts.push({ level, index: at - 1 });
  }
  return lefts;
}

function entryOf({ receiptEnvelope, resultEnvelope, leaseEnvelope }: Envelopes): Uint8Array {
  return encodeLogEntry({ receipt: receiptEnvelope, result: resultEnvelope, lease: leaseEnvelope });
}

/** Leaves that are committed. */
export async function logSize(db: Queries): Promise<number> {
  const { size } = await db.selectFrom('logTree').select('size').executeTakeFirstOrThrow();
  return Number(size);
}

/** The place of a shard's receipt. @throws when it has none */
export async function leafOf(db: Queries, shard: string): Promise<number> {
  const row = db.selectFrom('logLeaves').select('index').where('shard', '=', shard);
  return Number((await row.executeTakeFirstOrThrow()).index);
}

/** Reads nodes of the log, at most a few hundred at once. @throws (from the reader) AppError 'internal' for one that is not there */
export function readNodes(db: Queries): ReadNodes {
  return async (nodes) => {
    if (nodes.length === 0) return [];
    const rows = await db
      .selectFrom('logNodes')
      .selectAll()
      .where((eb) =>
        eb(
          eb.refTuple('level', 'index'),
          'in',
          nodes.map(({ level, index }) => eb.tuple(level, BigInt(index))),
        ),
      )
      .execute();
    const hashes = new Map(rows.map(({ level, index, hash }) => [`${level}/${index}`, hash]));
    return nodes.map(
      ({ level, index }) => hashes.get(`${level}/${index}`) ?? missing(`node ${level}/${index}`),
    );
  };
}

/** `count` hashes of a level from `first` on. @throws AppError 'internal' when they are not all there */
export async function levelHashes(
  db: Queries,
  level: number,
  first: number,
  count: number,
): Promise<Uint8Array[]> {
  const rows = await db
    .selectFrom('logNodes')
    .select('hash')
    .where('level', '=', level)
    .where('index', '>=', BigInt(first))
    .where('index', '<', BigInt(first + count))
    .orderBy('index')
    .execute();
  if (rows.length !== count) missing(`one of ${count} nodes from ${level}/${first}`);
  return rows.map(({ hash }) => hash);
}

/** `count` entries from leaf `first` on. @throws AppError 'internal' when they are not all there */
export async function logEntries(db: Queries, first: number, count: number): Promise<Uint8Array[]> {
  const rows = await db
    .selectFrom('logLeaves')
    .innerJoin('shards', 'shards.id', 'logLeaves.shard')
    .select(['leaseEnvelope', 'resultEnvelope', 'receiptEnvelope'])
    .where('index', '>=', BigInt(first))
    .where('index', '<', BigInt(first + count))
    .orderBy('index')
    .execute();
  if (rows.length !== count) missing(`one of ${count} leaves from ${first}`);
  return rows.map(({ receiptEnvelope, ...others }) =>
    entryOf({ ...others, receiptEnvelope: receiptEnvelope ?? missing('a receipt') }),
  );
}

function missing(what: string): never {
  throw new AppError('internal', `${what} is missing in the log`);
}

/** Old receipts that go into the log in one transaction: what it holds in memory. */
const ADOPT_AT_ONCE = 256;

/**
 * Appends the receipts that are older than the log, in the order in which they were credited; they stay as
 * they are and name no index. Call it before the first settlement of a process; a second call finds nothing to do.
 * @returns how many
 */
export async function adoptOldReceipts(db: Database): Promise<number> {
  const { adopted } = await db.selectFrom('logTree').select('adopted').executeTakeFirstOrThrow();
  if (adopted) return 0;
  let total = 0;
  for (;;) {
    const count = await db.transaction().execute(adoptSome);
    total += count;
    if (count < ADOPT_AT_ONCE) return total;
  }
}

async function adoptSome(trx: Queries): Promise<number> {
  const first = await lockLog(trx);
  const old = await trx
    .selectFrom('shards')
    .leftJoin('events', (join) =>
      join.onRef('events.shard', '=', 'shards.id').on('events.kind', '=', 'credit'),
    )
    .select(['shards.id', 'leaseEnvelope', 'resultEnvelope', 'receiptEnvelope'])
    .where('receiptEnvelope', 'is not', null)
    .where((eb) =>
      eb.not(
        eb.exists(eb.selectFrom('logLeaves').select('index').whereRef('logLeaves.shard', '=', 'shards.id')),
      ),
    )
    .orderBy('events.id', (order) => order.asc().nullsLast())
    .orderBy('shards.id')
    .limit(ADOPT_AT_ONCE)
    .execute();
  const leaves = old.map(({ id, receiptEnvelope, ...others }) => ({
    shard: id,
    envelopes: { ...others, receiptEnvelope: receiptEnvelope! },
  }));
  if (leaves.length > 0) await appendLeaves(trx, first, leaves);
  if (old.length < ADOPT_AT_ONCE) await trx.updateTable('logTree').set({ adopted: true }).execute();
  return old.length;
}
