import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type Rng, randomInt, seededRng } from '../../src/core/rng.ts';
import type { JobView } from '../../src/core/v1.ts';
import { checkLedger } from '../../src/ledger/audit.ts';
import { openReceipt } from '../../src/protocol/envelope.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { ChildReady } from '../helpers/coordinator-child.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { type TestContributor, testContributor } from '../helpers/network.ts';
import { api, ended, product, result, submit } from '../helpers/product.ts';

const CHILD = fileURLToPath(new URL('../helpers/coordinator-child.ts', import.meta.url));
const KILLS = 5;
const ROWS = 256 * 9 - 40;
const COLS = 256 * 8 - 7;
const K = 96;

interface Running extends ChildReady {
  readonly process: ChildProcess;
}

async function start(dataDir: string, ports: { port: number; peerPort: number }): Promise<Running> {
  const options = JSON.stringify({ dataDir, threads: 1, ...ports });
  const child = spawn(process.execPath, [CHILD, options], { stdio: ['pipe', 'pipe', 'inherit'] });
  const died = once(child, 'exit').then(() => Promise.reject(new Error('the coordinator did not start')));
  died.catch(() => {});
  const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), died])) as [
    string,
  ];
  return { ...(JSON.parse(line) as ChildReady), process: child };
}

async function stop({ process: child }: Running, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

const portsOf = ({ url, peerAddresses }: ChildReady): { port: number; peerPort: number } => ({
  port: Number(new URL(url).port),
  peerPort: Number(/\/tcp\/(\d+)\//.exec(peerAddresses[0]!)![1]),
});

/** Something at a moment in the middle of things: a status, counted, and then a few milliseconds. */
async function someMoment(contributors: readonly TestContributor[], rng: Rng): Promise<void> {
  const [from, pauseMs] = [1 + randomInt(rng, 2), Math.floor(12 * rng.float())];
  const before = contributors.map((each) => each.receipts.length);
  const enough = (contributor: TestContributor, i: number): Promise<unknown> =>
    contributor.until(() => contributor.receipts.length >= before[i]! + from);
  await Promise.race(contributors.map(enough));
  // Busy with the next ones by then: this only moves the point of death within a shard.
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}

it(`ends a job right although its coordinator is killed ${KILLS} times (kill -9)`, async () => {
  const rng = seededRng(20_260_202);
  const dataDir = await freshDataDir();
  const wanted = product('i8', ROWS, COLS, K);
  let coordinator = await start(dataDir, { port: 0, peerPort: 0 });
  const ports = portsOf(coordinator);
  const job = await submit(coordinator, wanted);

  const contributors = await Promise.all([1, 2, 3].map(() => testContributor(coordinator.peerAddresses)));
  const verified: number[] = [];
  let up = true;
  for (const each of contributors) {
    // No waiting for the backoff: as soon as the coordinator is there, a contributor that waits is woken.
    void each.until(({ problem }) => {
      if (up && problem?.code === 'unreachable') setImmediate(() => each.engine.wake());
      return false;
    });
  }
  for (let kill = 0; kill < KILLS; kill++) {
    await someMoment(contributors, rng);
    up = false;
    await stop(coordinator, 'SIGKILL');
    coordinator = await start(dataDir, ports);
    up = true;
    for (const { engine } of contributors) engine.wake();
    const { state, cellsVerified } = await api<JobView>(coordinator, `/v1/jobs/${job.id}`);
    verified.push(cellsVerified);
    expect(state).toBe('running');
  }
  // Never fewer than before, and each death came with work done since the one before.
  expect(verified).toEqual(verified.toSorted((x, y) => x - y));
  expect(new Set(verified).size).toBeGreaterThan(KILLS / 2);

  const done = await ended(coordinator, job.id);
  expect(done).toMatchObject({ state: 'done', cellsVerified: 72, multiplyAddsVerified: ROWS * COLS * K });
  expect(await result(coordinator, job.id)).toEqual(wanted.expected);
  // Every receipt arrives, also those of results that were verified just before a kill.
  for (const each of contributors) {
    const own = done.contributions.find((one) => one.contributor === each.peerId)?.shards ?? 0;
    await each.until(() => each.receipts.length >= own);
  }
  await Promise.all(contributors.map((each) => each.stop()));
  await stop(coordinator, 'SIGTERM');

  const db = await openDatabase({ dataDir });
  try {
    expect(await checkLedger(db)).toEqual([]);
    const shards = await db.selectFrom('shards').selectAll().execute();
    expect(shards).toHaveLength(done.shards);
    expect(shards.reduce((sum, shard) => sum + shard.multiplyAdds, 0n)).toBe(
      BigInt(ROWS) * BigInt(COLS) * BigInt(K),
    );
    const onRecord = new Map(
      shards.map((shard) => [shard.id, Buffer.from(shard.receiptEnvelope!).toString('hex')]),
    );
    for (const { receipts } of contributors) {
      for (const envelope of receipts) {
        const { value } = await openReceipt(envelope, coordinator.peerId);
        expect(onRecord.get(value.lease)).toBe(Buffer.from(envelope).toString('hex'));
      }
    }
    const cells = await db.selectFrom('cells').select('shard').execute();
    expect(cells).toHaveLength(72);
    const open = await db.selectFrom('leases').select('id').where('state', '=', 'open').execute();
    expect(open).toEqual([]);
  } finally {
    await db.close();
    await rm(dataDir, { recursive: true });
  }
}, 120_000); // half a minute where nothing else runs
