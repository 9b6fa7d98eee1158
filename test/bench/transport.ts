/**
 * Blocks between a Chromium worker and Node, against a bare WebSocket in the same run:
 * `npm run bench -- transport [--json] [--profile]`.
 *
 * Both ends are the real ones: ContributorNode in the worker, the coordinator's listener in Node, blocks by
 * hash, checked. Raw and ours take turns, so that whatever slows the machine slows both; ratios are per round.
 */
import { sha256, toHex } from '../../src/core/bytes.ts';
import { systemClock } from '../../src/core/clock.ts';
import { cryptoRng } from '../../src/core/rng.ts';
import { type Listening, listen } from '../../src/net/coordinator-node.ts';
import type { Link } from '../../src/net/link.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { serveModule } from '../helpers/page-bundle.ts';
import { rounded, speedup, spread } from './statistics.ts';
import { profileOf } from './transport-profile.ts';
import { type RawServer, rawServer } from './transport-raw.ts';
import { webRtcVsRaw } from './transport-webrtc.ts';
import { type WorkerThread, workerThread } from './transport-threads.ts';
import type { TransportCall } from './transport-worker.ts';

const ROUNDS = 9;
/** Compiles everything, and lets the windows grow. */
const WARM_ROUNDS = 2;
const BLOCK = 256 * 1024;
/** 32 MiB a leg. */
const BLOCKS = 128;
const MEGABYTES = (BLOCKS * BLOCK) / 1e6;

/** Milliseconds and, where the kernel tells, processor time of the worker and of its process. */
interface Leg {
  readonly ms: number;
  readonly workerMs: number;
  readonly processMs: number;
}

type LegName = 'raw down' | 'ours down' | 'raw up' | 'ours up';
type Legs = Record<LegName, Leg[]>;

interface Bench {
  readonly raw: RawServer;
  readonly link: Link;
  /** Blocks of the coordinator, and of the worker. */
  readonly nearHashes: readonly string[];
  readonly farHashes: readonly string[];
  readonly call: (method: TransportCall['method'], ...args: unknown[]) => Promise<unknown>;
}

export async function benchTransport({ json, profile }: { json: boolean; profile: boolean }): Promise<void> {
  const served = await serveModule('test/bench/transport-page.ts');
  const browser = await launchBrowser('chromium');
  const own = new Map<string, Uint8Array>();
  for (let i = 0; i < BLOCKS; i++) {
    const bytes = cryptoRng.bytes(BLOCK);
    own.set(toHex(await sha256(bytes)), bytes);
  }
  const raw = await rawServer(own.values().next().value!);
  const { coordinator, link } = await coordinatorOf(own);
  try {
    const page = await browser.newPage();
    await page.goto(served.url);
    const call: Bench['call'] = (method, ...args) =>
      page.evaluate(
        async (method, args) => {
          const { ready } = globalThis as unknown as { ready: Promise<typeof import('./transport-page.ts')> };
          return (await ready).call(method, args);
        },
        method,
        args,
      );
    const farHashes = (await call('connect', coordinator.addresses[0], raw.url, BLOCKS)) as string[];
    const bench: Bench = { raw, link: await link, nearHashes: Array.from(own.keys()), farHashes, call };
    const thread = workerThread(browser.process()!.pid!);
    const legs = await measure(bench, thread);
    if (profile) {
      for (const name of ['ours down', 'ours up'] as const) {
        const rows = await profileOf(page.workers()[0]!.client, () => LEGS[name](bench), MEGABYTES);
        process.stdout.write(`\n${name}: the worker's time by function\n`);
        console.table(rows);
      }
    }
    const webRtc = await webRtcVsRaw({
      browser,
      own,
      rawDown: (messages) => rawDown(bench, messages),
      rawUp: (messages) => rawUp(bench, messages),
    });
    report(legs, webRtc, json);
  } finally {
    await browser.close();
    await coordinator.close();
    raw.close();
    await served.close();
  }
}

async function coordinatorOf(
  blocks: ReadonlyMap<string, Uint8Array>,
): Promise<{ coordinator: Listening; link: Promise<Link> }> {
  const { promise, resolve } = Promise.withResolvers<Link>();
  const coordinator = await listen({
    key: await generateKey(),
    listen: ['/ip4/127.0.0.1/tcp/0/ws'],
    clock: systemClock,
    source: async (hash) => blocks.get(hash),
    onLink: resolve,
  });
  return { coordinator, link: promise };
}

async function rawDown({ call }: Bench, messages: number): Promise<number> {
  return (await call('rawDown', messages)) as number;
}

async function rawUp({ call, raw }: Bench, messages: number): Promise<number> {
  const start = performance.now();
  const all = raw.received(messages * BLOCK);
  await call('rawUp', messages);
  await all;
  return performance.now() - start;
}

/** Milliseconds of one leg, taken where the bytes arrive. */
const LEGS: Readonly<Record<LegName, (bench: Bench) => Promise<number>>> = {
  'raw down': (bench) => rawDown(bench, BLOCKS),
  'ours down': async ({ call, nearHashes }) => (await call('down', nearHashes)) as number,
  'raw up': (bench) => rawUp(bench, BLOCKS),
  async 'ours up'({ link, farHashes }) {
    const start = performance.now();
    await Promise.all(farHashes.map(async (hash) => void (await link.blocks.fetch(hash))));
    return performance.now() - start;
  },
};

async function measure(bench: Bench, thread: WorkerThread | undefined): Promise<Legs> {
  const legs: Legs = { 'raw down': [], 'ours down': [], 'raw up': [], 'ours up': [] };
  const names = Object.keys(legs) as LegName[];
  for (let round = -WARM_ROUNDS; round < ROUNDS; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const workerBefore = thread?.workerMs() ?? Number.NaN;
      const processBefore = thread?.processMs() ?? Number.NaN;
      const ms = await LEGS[name](bench);
      const workerMs = (thread?.workerMs() ?? Number.NaN) - workerBefore;
      const processMs = (thread?.processMs() ?? Number.NaN) - processBefore;
      if (round >= 0) legs[name].push({ ms, workerMs, processMs });
    }
  }
  return legs;
}

function report(legs: Legs, webRtc: Awaited<ReturnType<typeof webRtcVsRaw>>, json: boolean): void {
  const times = (name: LegName): number[] => legs[name].map(({ ms }) => ms);
  const perMegabyte = (name: LegName, of: 'workerMs' | 'processMs'): number =>
    spread(legs[name].map((leg) => leg[of] / MEGABYTES)).median;
  const down = speedup(times('ours down'), times('raw down'));
  const up = speedup(times('ours up'), times('raw up'));
  if (!json) {
    const row = (name: LegName, ratio?: { median: number; low: number; high: number }): object => ({
      '': name,
      'MB/s': (MEGABYTES / (spread(times(name)).median / 1000)).toFixed(0),
      'of raw (quartiles)': ratio
        ? `${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)})`
        : '',
      'worker ms/MB': perMegabyte(name, 'workerMs').toFixed(2),
      'its process ms/MB': perMegabyte(name, 'processMs').toFixed(2),
    });
    console.table([row('raw down'), row('ours down', down), row('raw up'), row('ours up', up)]);
    const { megabytes, downMs, upMs } = webRtc;
    const rate = (ms: number[]): string => (megabytes / (spread(ms).median / 1000)).toFixed(0);
    console.table([
      { '': 'webrtc-direct down', 'MB/s': rate(downMs), 'of raw': webRtc.down.median.toFixed(2) },
      { '': 'webrtc-direct up', 'MB/s': rate(upMs), 'of raw': webRtc.up.median.toFixed(2) },
    ]);
  }
  const cpu = Math.max(perMegabyte('ours down', 'workerMs'), perMegabyte('ours up', 'workerMs'));
  const summary = {
    bench: 'transport',
    down_vs_raw: rounded(down.median),
    up_vs_raw: rounded(up.median),
    webrtc_direct_vs_raw: rounded(Math.min(webRtc.down.median, webRtc.up.median)),
    cpu_ms_per_mb: rounded(cpu),
  };
  process.stdout.write(`${JSON.stringify(summary)}\n`);
}
