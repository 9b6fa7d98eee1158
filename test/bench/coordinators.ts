/**
 * Three coordinators against one: `npm run bench -- coordinators [--contributors 24] [--seconds 8] [--json]`.
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
import { generateKey, keyToBytes, peerIdOf } from '../../src/protocol/keys.ts';
import { type TestFleet, startFleet } from '../helpers/fleet.ts';
import { api } from '../helpers/product.ts';
import { Child } from './links/child.ts';
import { submitJob } from './links/operand.ts';
import { recordPast } from './links/past.ts';
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
type Scene = (typeof SCENES)[number];
/** Forward and back: what slows the machine slows all. */
const ROUNDS = [SCENES, SCENES.toReversed()];
/** Of either operand: more cells than a period can use up. */
const STRIPS = 64;
const CROWDS = 2;
/** Everything is compiled, and results flow. */
const WARM_MS = 3000;
const WARM_CELLS_EACH = 4;
const LONGEST_WARM_MS = 20_000;
const CELL_WORK = CELL * CELL * K;
/** The crowd that takes its time asks for so many leases of a cell in a second, all together. */
const PACED_LEASES = 8;
/** The crowd that presses computes sixteen cells in 3 s. */
const PRESSED_RATE = (16 * CELL_WORK) / 3;

export async function benchCoordinators(options: CoordinatorsOptions): Promise<void> {
  const found = new Map<Scene, Measured[]>(SCENES.map((scene) => [scene, []]));
  for (const scene of ROUNDS.flat()) {
    const measured = await measure(scene, options);
    found.get(scene)!.push(measured);
    if (!options.json) console.table([rowOf(scene, [measured])]);
  }
  const rows = Array.from(found, ([scene, measured]) => rowOf(scene, measured));
  if (!options.json) console.table(rows);
  const [, one, three] = rows as [Row, Row, Row];
  const report = {
    bench: 'coordinators',
    contributors: options.contributors,
    cores: availableParallelism(),
    three_vs_one: round2(three.pressed_cells_per_second / one.pressed_cells_per_second),
    rows,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

interface Measured {
  readonly leaseMs: readonly number[];
  /** A second. */
  readonly paced: number;
  readonly pressed: number;
  readonly cells: number;
}

function rowOf({ scene, coordinators }: Scene, rounds: readonly Measured[]): Row {
  const leaseMs = rounds.flatMap((round) => round.leaseMs).sort((x, y) => x - y);
  const mean = (pick: (round: Measured) => number): number =>
    round2(rounds.reduce((sum, round) => sum + pick(round), 0) / rounds.length);
  return {
    scene,
    coordinators,
    lease_p50_ms: round2(leaseMs[Math.floor(leaseMs.length / 2)] ?? NaN),
    lease_p99_ms: round2(leaseMs[Math.floor(leaseMs.length * 0.99)] ?? NaN),
    paced_shards_per_second: mean(({ paced }) => paced),
    pressed_shards_per_second: mean(({ pressed }) => pressed),
    pressed_cells_per_second: mean(({ cells }) => cells),
  };
}

async function measure(
  { coordinators, shared }: Scene,
  { contributors, seconds }: CoordinatorsOptions,
): Promise<Measured> {
  const fleet = await startFleet(coordinators, { shared });
  try {
    const keys = await Promise.all(Array.from({ length: contributors }, () => generateKey()));
    await recordPast(fleet.db, keys.map(peerIdOf));
    // What is made up of the past is not in the ledger.
    const before = (await checkLedger(fleet.db)).length;
    const hexKeys = keys.map((key) => toHex(keyToBytes(key)));
    const operands: string[] = [];
    for (const side of ['a', 'b'] as const) operands.push((await upload(fleet, side)).id);
    const paced = await period(fleet, operands, hexKeys, (PACED_LEASES * CELL_WORK) / contributors, seconds);
    const pressed = await period(fleet, operands, hexKeys, PRESSED_RATE, seconds);
    const broken = await checkLedger(fleet.db);
    if (broken.length > before) throw new Error(`the ledger is broken: ${JSON.stringify(broken.slice(-5))}`);
    return {
      leaseMs: paced.leaseMs,
      paced: paced.shards,
      pressed: pressed.shards,
      cells: pressed.cells,
    };
  } finally {
    await fleet.stop();
  }
}

async function period(
  fleet: TestFleet,
  [a, b]: readonly string[],
  keys: readonly string[],
  rate: number,
  seconds: number,
): Promise<{ leaseMs: readonly number[]; shards: number; cells: number }> {
  const home = fleet.members[0]!;
  const each = Math.ceil(keys.length / CROWDS);
  const crowds = Array.from({ length: CROWDS }, (_, i) => {
    const task = { addresses: fleet.addresses(), keys: keys.slice(i * each, (i + 1) * each), rate };
    return new Child('../load/crowd.ts', task satisfies CrowdTask);
  });
  await Promise.all(crowds.map((crowd) => crowd.told()));
  const job = await submitJob(home, a!, b!);
  const count = async (): Promise<{ shards: number; cells: number }> => ({
    shards: (await api<NetworkView>(home, '/v1/network')).shardsVerified,
    cells: (await api<JobView>(home, `/v1/jobs/${job.id}`)).cellsVerified,
  });
  await delay(WARM_MS);
  for (let waited = 0; waited < LONGEST_WARM_MS; waited += 200) {
    if ((await count()).cells >= WARM_CELLS_EACH * keys.length) break;
    await delay(200);
  }
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

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
