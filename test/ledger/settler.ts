/**
 * A process that settles shards until it is killed: node settler.ts PLACE SEED, PLACE as JSON.
 * It prints what it found, then the id of every shard whose settlement was acknowledged to it.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '../../src/core/clock.ts';
import { randomInt, seededRng } from '../../src/core/rng.ts';
import { checkLedger } from '../../src/ledger/audit.ts';
import { storeCreditSettings } from '../../src/ledger/credit-settings.ts';
import { settleShard } from '../../src/ledger/receipts.ts';
import { reserve } from '../../src/ledger/reservations.ts';
import { grant } from '../../src/ledger/transfers.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { type DatabasePlace, openDatabase } from '../../src/store/database.ts';
import { getJob } from '../../src/store/jobs.ts';
import { insertJob, settleInput } from '../helpers/records.ts';

export type Line =
  | { readonly found: readonly string[]; readonly contradictions: number }
  | { readonly settled: string };

const JOB = 'the job';
const PAID_JOB = 'the paid job';
const BLOCKS = 64;
/** More than the paid job can cost. */
const PRICE = 1_000_000n;
/** Settlements under way at once. */
const LANES = 3;

// Written at once: what a killed process had only buffered would count as never acknowledged.
const say = (line: Line): unknown => writeSync(1, `${JSON.stringify(line)}\n`);

const [place, seed] = process.argv.slice(2);
const rng = seededRng(Number(seed));
const db = await openDatabase(JSON.parse(place!) as DatabasePlace);
if (!(await getJob(db, JOB))) await insertJob(db, JOB, BLOCKS);
if (!(await getJob(db, PAID_JOB))) await createPaid();
const shards = await db.selectFrom('shards').select('id').execute();
say({ found: shards.map(({ id }) => id), contradictions: (await checkLedger(db)).length });

const key = await generateKey();
let lease = Number(seed) * 100_000;

/** As a coordinator does it, dying anywhere in between: the order has an id, the job and its reserve are one. */
async function createPaid(): Promise<void> {
  const requester = 'requester:default';
  const timeMs = systemClock.now();
  await storeCreditSettings(db, { mode: 'paid' }, timeMs);
  await grant(db, { id: 'once', to: requester, microcredits: PRICE, timeMs });
  await db.transaction().execute(async (trx) => {
    await insertJob(trx, PAID_JOB, BLOCKS);
    await reserve(trx, { job: PAID_JOB, requester, microcredits: PRICE, timeMs });
  });
}

async function settleForever(): Promise<never> {
  for (;;) {
    const rectangle = {
      rowBlock: randomInt(rng, BLOCKS - 2),
      colBlock: randomInt(rng, BLOCKS - 2),
      rowBlocks: 1 + randomInt(rng, 2),
      colBlocks: 1 + randomInt(rng, 2),
    };
    lease += 1;
    const job = rng.float() < 0.5 ? JOB : PAID_JOB;
    const input = settleInput(lease, job, key.publicKey.toString(), rectangle);
    const settled = await settleShard(db, key, systemClock, input);
    if (settled) say({ settled: input.shard.id });
  }
}

await Promise.all(Array.from({ length: LANES }, settleForever));
