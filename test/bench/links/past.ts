/** A past on record: shards that contributors once had verified, so that the window of a new key does not hold them. */
import { randomBytes } from 'node:crypto';
import { type Queries, openDatabase } from '../../../src/store/database.ts';

/** The window doubles after each 8 up to 8 leases (src/coordinator/standing.ts). */
const SHARDS = 24;

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** Into the database of a coordinator that does not run. */
export async function addPast(dataDir: string, contributors: readonly string[]): Promise<void> {
  const db = await openDatabase({ dataDir });
  try {
    await recordPast(db, contributors);
  } finally {
    await db.destroy();
  }
}

/** Before any of them connects. */
export async function recordPast(db: Queries, contributors: readonly string[]): Promise<void> {
  const [operand, job] = [hex(32), hex(16)];
  const shape = { dtype: 'i8', rows: 256, k: 1024 } as const;
  await db
    .insertInto('operands')
    .values({ id: operand, ...shape, bytes: 262_144, maxAbs: 127, name: '', createdMs: 1 })
    .execute();
  await db
    .insertInto('jobs')
    .values({
      id: job,
      state: 'cancelled',
      project: 'earlier work',
      title: '',
      ...shape,
      cols: 256,
      a: operand,
      b: operand,
      priority: 0,
      createdMs: 1,
      finishedMs: 1,
    })
    .execute();
  for (const contributor of contributors) {
    const shards = Array.from({ length: SHARDS }, () => ({
      id: hex(16),
      job,
      contributor,
      rowBlock: 0,
      colBlock: 0,
      rowBlocks: 1,
      colBlocks: 1,
      leaseEnvelope: new Uint8Array(1),
      resultEnvelope: new Uint8Array(1),
      resultDigest: hex(32),
      multiplyAdds: 1n,
      microcredits: 1n,
      missLog2: 72,
      gpuMs: 1,
      bytesDown: 1,
      bytesUp: 1,
      verifiedMs: 1,
    }));
    await db.insertInto('shards').values(shards).execute();
  }
}
