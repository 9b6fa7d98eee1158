/** Runs one case: a coordinator, contributors behind their links, one job, and what all of them counted. */
import { rm } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { JobView, NetworkView } from '../../../src/core/v1.ts';
import { BLOCK_BYTES } from '../../../src/matrix/blocks.ts';
import { type SigningKey, generateKey, keyToBytes, peerIdOf } from '../../../src/protocol/keys.ts';
import { toHex } from '../../../src/core/bytes.ts';
import { freshDataDir } from '../../helpers/databases.ts';
import { api } from '../../helpers/product.ts';
import { type Case, boundOf } from './cases.ts';
import { Child } from './child.ts';
import type { CoordinatorReady, CoordinatorTask, CoordinatorUsage } from './coordinator.ts';
import type { EngineReport, EngineTask } from './engine.ts';
import { leasesOf } from './lease-trace.ts';
import { Meter, SLOT_MS } from './meter.ts';
import { type Api, submitJob, uploadOperand } from './operand.ts';
import { type LinkProxy, linkProxy } from './proxy.ts';
import type { Activity, Run } from './report.ts';

/** A case that takes this many times its bound is given up. */
const PATIENCE = 3;
const POLL_MS = 200;
/** For the last who was greeted to say how many leases it wants. */
const SETTLE_MS = 500;

/** Node measures how late a timer of this length is, and counts the timer in. */
const LAG_RESOLUTION_MS = 5;

/** One contributor of a case and what is kept about it. */
interface Station {
  readonly peer: string;
  readonly link: LinkProxy;
  readonly down: Meter;
  readonly up: Meter;
  readonly engine: Child;
}

export interface RunOptions {
  /** Contributors that the coordinator has never seen: they hold one lease until eight are verified. */
  readonly strangers: boolean;
}

export async function runCase(of: Case, { strangers }: RunOptions): Promise<Run> {
  const dataDir = await freshDataDir();
  const originMs = Date.now();
  const keys = await Promise.all(of.contributors.map(() => generateKey()));
  const known = strangers ? [] : keys.map(peerIdOf);
  const { dilation } = of;
  const coordinator = new Child('./coordinator.ts', {
    dataDir,
    dilation,
    originMs,
    known,
  } satisfies CoordinatorTask);
  const stations: Station[] = [];
  try {
    const home = await coordinator.told<CoordinatorReady>();
    const a = await uploadOperand(home, of.rows, of.k, 1);
    const b = of.job === 'gram' ? a : await uploadOperand(home, of.cols, of.k, 2 ** 31);
    for (const [i, key] of keys.entries()) stations.push(await open(of, i, { home, key, originMs }));
    await until(async () => (await api<NetworkView>(home, '/v1/network')).contributorsNow === keys.length);
    await delay(SETTLE_MS);
    return await measure(of, { home, coordinator, stations, a: a.id, b: b.id, originMs });
  } finally {
    for (const { engine, link } of stations) {
      await engine.stop('stop');
      await link.close();
    }
    await coordinator.stop('close');
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function open(
  { contributors, dilation }: Case,
  at: number,
  { home, key, originMs }: { home: CoordinatorReady; key: SigningKey; originMs: number },
): Promise<Station> {
  const { down, up, delayMs, rate, memoryBytes } = contributors[at]!;
  const meters = { down: new Meter(), up: new Meter() };
  const way = (bytesPerSecond: number): { bytesPerSecond: number; delayMs: number } => ({
    bytesPerSecond: bytesPerSecond / dilation,
    delayMs: delayMs * dilation,
  });
  const [address] = home.peerAddresses;
  const link = await linkProxy({
    port: Number(/\/tcp\/(\d+)\//.exec(address!)![1]),
    down: way(down),
    up: way(up),
    onBytes: (name, bytes, leavesMs) => {
      const perMs = contributors[at]![name] / 1000;
      const to = (performance.timeOrigin + leavesMs - originMs) / dilation;
      meters[name].spread(to - bytes / perMs, to, bytes);
    },
  });
  const engine = new Child('./engine.ts', {
    addresses: home.peerAddresses,
    path: link.path,
    key: toHex(keyToBytes(key)),
    rate,
    memoryBytes,
    dilation,
    originMs,
  } satisfies EngineTask);
  return { peer: peerIdOf(key), link, ...meters, engine };
}

interface Scene {
  readonly home: Api;
  readonly coordinator: Child;
  readonly stations: readonly Station[];
  readonly a: string;
  readonly b: string;
  readonly originMs: number;
}

async function measure(of: Case, { home, coordinator, stations, a, b, originMs }: Scene): Promise<Run> {
  const reports = (): Promise<EngineReport[]> =>
    Promise.all(stations.map(({ engine }) => engine.ask<EngineReport>('report')));
  const usage = async (): Promise<number> => (await coordinator.ask<CoordinatorUsage>('usage')).cpuMs;
  const tcp = (): number => stations.reduce((sum, { link }) => sum + link.bytes.down + link.bytes.up, 0);
  const [before, cpuBefore, tcpBefore] = [await reports(), await usage(), tcp()];
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  lag.enable();
  const made = await submitJob(home, a, b);
  const patienceMs = PATIENCE * boundOf(of, 4).seconds * 1000;
  let job = made;
  await until(async () => {
    job = await api<JobView>(home, `/v1/jobs/${made.id}`);
    const nowMs = originMs + (Date.now() - originMs) / of.dilation;
    return job.state !== 'running' || nowMs - made.createdMs > patienceMs;
  });
  lag.disable();
  const endMs = job.finishedMs ?? made.createdMs + patienceMs;
  const [after, cpuAfter, tcpAfter] = [await reports(), await usage(), tcp()];
  const total = (pick: (report: EngineReport) => number): number =>
    after.reduce((sum, report, i) => sum + pick(report) - pick(before[i]!), 0);
  const up = total((report) => report.up);
  const cBytes =
    (4 * up) /
    Math.max(
      BLOCK_BYTES,
      total((report) => report.unpackedUp),
    );
  const [from, to] = [made.createdMs - originMs, endMs - originMs];
  return {
    case: of,
    bound: boundOf(of, cBytes),
    cBytes,
    seconds: (to - from) / 1000,
    done: job.cellsVerified / job.cellsTotal,
    down: total((report) => report.down),
    up,
    tcpBytes: tcpAfter - tcpBefore,
    leases: await leasesOf(
      home,
      job,
      stations.map(({ peer }) => peer),
    ),
    activity: stations.map((station, i) => activityOf(of, i, station, after[i]!, from, to)),
    cpu: { coordinator: (cpuAfter - cpuBefore) / 1000, engines: total(({ cpuMs }) => cpuMs) / 1000 },
    lagMs: lag.percentile(99) / 1e6 - LAG_RESOLUTION_MS,
  };
}

function activityOf(
  { contributors }: Case,
  at: number,
  { down, up }: Station,
  { busy }: EngineReport,
  from: number,
  to: number,
): Activity {
  const gpu = new Meter();
  for (let i = 0; i + 1 < busy.length; i += 2) gpu.spread(busy[i]!, busy[i + 1]!, busy[i + 1]! - busy[i]!);
  const spec = contributors[at]!;
  const shares = (meter: Meter, perSecond: number): number[] =>
    meter.between(from, to).map((amount) => amount / ((perSecond * SLOT_MS) / 1000));
  return { down: shares(down, spec.down), up: shares(up, spec.up), rate: shares(gpu, 1000) };
}

async function until(fits: () => Promise<boolean>): Promise<void> {
  while (!(await fits())) await delay(POLL_MS);
}
