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

/**
 * Appends the receipt of a shard.
 * @param trx - the transaction that settles the shard and has locked the log
 * @param index - what `lockLog` gave, or the one after it
 */
export async function appendLeaf(
  trx: Queries,
  index: number,
  shard: string,
  envelopes: Envelopes,
): Promise<void> {
  const nodes = await completedBy(index, await leafHash(entryOf(envelopes)), readNodes(trx));
  await trx
    .insertInto('logLeaves')
    .values({ index: BigInt(index), shard })
    .execute();
  await trx
    .insertInto('logNodes')
    .values(nodes.map(({ level, index: at, hash }) => ({ level, index: BigInt(at), hash })))
    .execute();
  await trx
    .updateTable('logTree')
    .set({ size: BigInt(index + 1) })
    .execute();
}

/** The leaf itself, and every subtree of which it is the last leaf. */
async function completedBy(
  index: number,
  leaf: Uint8Array,
  read: ReadNodes,
): Promise<(TreeNode & { readonly hash: Uint8Array })[]> {
  const siblings: TreeNode[] = [];
  for (let [level, at] = [0, index]; at % 2 === 1; [level, at] = [level + 1, (at - 1) / 2]) {
    siblings.push({ level, index: at - 1 });
  }
  const lefts = await read(siblings);
  let node = { level: 0, index, hash: leaf };
  const completed = [node];
  for (const left of lefts) {
    node = {
      level: node.level + 1,
      index: (node.index - 1) / 2,
      hash: await nodeHash(left, node.hash),
    };
    completed.push(node);
  }
  return completed;
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
  for (const [at, { id, receiptEnvelope, ...others }] of old.entries()) {
    await appendLeaf(trx, first + at, id, { ...others, receiptEnvelope: receiptEnvelope! });
  }
  if (old.length < ADOPT_AT_ONCE) await trx.updateTable('logTree').set({ adopted: true }).execute();
  return old.length;
}
