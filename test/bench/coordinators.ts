/**
 * Three coordinators against one: `npm run bench -- coordinators [--contributors 60] [--seconds 10] [--json]`.
 *
 * Real coordinators in processes of their own over one real PostgreSQL, real engines over real WebSockets, every
 * result verified, settled and credited; only the GPUs know their answers (test/bench/load). In one run: one
 * coordinator that shares with nobody, one that holds plots, and three; each with a crowd that takes its time (how
 * long a lease takes to come) and with one that wants more than there is (how much is verified). All processes share
 * this machine's cores, so three can be no quicker here than one: what it shows is what sharing costs.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { toHex } from '../../src/core/bytes.ts';
import type { JobView, NetworkView, OperandView } from '../../src/core/v1.ts';
import { CELL } from '../../src/matrix/blocks.ts';
import { checkLedger } from '../../src/ledger/audit.ts';
import { generateKey, keyToBytes } from '../../src/protocol/keys.ts';
import { type TestFleet, startFleet } from '../helpers/fleet.ts';
import { api } from '../helpers/product.ts';
import { Child } from './links/child.ts';
import { submitJob } from './links/operand.ts';
import type { CrowdReport, CrowdTask } from './load/crowd.ts';
import { K, type Side, npyOf } from './load/known-product.ts';

export interface CoordinatorsOptions {
  readonly contributors: number;
  /** Of each measured period. */
  readonly seconds: number;
  readonly json: boolean;
}

interface Row {
  readonly scene: string;
  readonly coordinators: number;
  readonly lease_p50_ms: number;
  readonly lease_p99_ms: number;
  readonly paced_shards_per_second: number;
  readonly pressed_shards_per_second: number;
  readonly pressed_cells_per_second: number;
}

const SCENES = [
  { scene: 'one, without plots', coordinators: 1, shared: false },
  { scene: 'one', coordinators: 1, shared: true },
  { scene: 'three', coordinators: 3, shared: true },
] as const;
/** Of either operand: more cells than a period can use up. */
const STRIPS = 64;
const CROWDS = 2;
const WARM_MS = 4000;
const CELL_WORK = CELL * CELL * K;
/** The crowd that takes its time asks for so many leases of a cell in a second, all together. */
const PACED_LEASES = 20;
/** The crowd that presses computes sixteen cells in 3 s. */
const PRESSED_RATE = (16 * CELL_WORK) / 3;

export async function benchCoordinators(options: CoordinatorsOptions): Promise<void> {
  const rows: Row[] = [];
  for (const { scene, coordinators, shared } of SCENES) {
    rows.push({ scene, coordinators, ...(await measure(coordinators, shared, options)) });
    if (!options.json) console.table(rows.slice(-1));
  }
  const [, one, three] = rows as [Row, Row, Row];
  const report = {
    bench: 'coordinators',
    contributors: options.contributors,
    cores: availableParallelism(),
    three_vs_one: round(three.pressed_cells_per_second / one.pressed_cells_per_second),
    rows,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

async function measure(
  coordinators: number,
  shared: boolean,
  { contributors, seconds }: CoordinatorsOptions,
): Promise<Omit<Row, 'scene' | 'coordinators'>> {
  const fleet = await startFleet(coordinators, { shared });
  try {
    const operands: string[] = [];
    for (const side of ['a', 'b'] as const) operands.push((await upload(fleet, side)).id);
    const paced = await period(
      fleet,
      operands,
      contributors,
      (PACED_LEASES * CELL_WORK) / contributors,
      seconds,
    );
    const pressed = await period(fleet, operands, contributors, PRESSED_RATE, seconds);
    const broken = await checkLedger(fleet.db);
    if (broken.length > 0) throw new Error(`the ledger is broken: ${JSON.stringify(broken)}`);
    const leaseMs = paced.leaseMs.toSorted((x, y) => x - y);
    return {
      lease_p50_ms: round(leaseMs[Math.floor(leaseMs.length / 2)] ?? NaN),
      lease_p99_ms: round(leaseMs[Math.floor(leaseMs.length * 0.99)] ?? NaN),
      paced_shards_per_second: round(paced.shards),
      pressed_shards_per_second: round(pressed.shards),
      pressed_cells_per_second: round(pressed.cells),
    };
  } finally {
    await fleet.stop();
  }
}

async function period(
  fleet: TestFleet,
  [a, b]: readonly string[],
  contributors: number,
  rate: number,
  seconds: number,
): Promise<{ leaseMs: readonly number[]; shards: number; cells: number }> {
  const home = fleet.members[0]!;
  const keys = await Promise.all(
    Array.from({ length: contributors }, async () => toHex(keyToBytes(await generateKey()))),
  );
  const each = Math.ceil(contributors / CROWDS);
  const crowds = Array.from({ length: CROWDS }, (_, i) => {
    const task = { addresses: fleet.addresses(), keys: keys.slice(i * each, (i + 1) * each), rate };
    return new Child('../load/crowd.ts', task satisfies CrowdTask);
  });
  await Promise.all(crowds.map((crowd) => crowd.told()));
  const job = await submitJob(home, a!, b!);
  await delay(WARM_MS);
  const count = async (): Promise<{ shards: number; cells: number }> => ({
    shards: (await api<NetworkView>(home, '/v1/network')).shardsVerified,
    cells: (await api<JobView>(home, `/v1/jobs/${job.id}`)).cellsVerified,
  });
  await Promise.all(crowds.map((crowd) => crowd.ask<CrowdReport>('report')));
  const before = await count();
  const start = performance.now();
  await delay(seconds * 1000);
  const after = await count();
  const took = (performance.now() - start) / 1000;
  const reports = await Promise.all(crowds.map((crowd) => crowd.ask<CrowdReport>('report')));
  await api(home, `/v1/jobs/${job.id}`, { method: 'DELETE' });
  await Promise.all(crowds.map((crowd) => crowd.stop('stop')));
  return {
    leaseMs: reports.flatMap(({ leaseMs }) => leaseMs),
    shards: (after.shards - before.shards) / took,
    cells: (after.cells - before.cells) / took,
  };
}

function upload({ members: [home] }: TestFleet, side: Side): Promise<OperandView> {
  return api<OperandView>(home!, '/v1/operands', {
    method: 'POST',
    // Node's fetch takes iterables; a body that streams must say "half" (fetch.spec.whatwg.org). lib.dom knows neither.
    body: npyOf(side, STRIPS) as unknown as ReadableStream,
    duplex: 'half',
    headers: { 'content-type': 'application/octet-stream' },
  } as RequestInit);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
