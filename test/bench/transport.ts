/**
 * Blocks between a Chromium worker and Node, against a bare WebSocket in the same run:
 * `npm run bench -- transport [--json] [--profile]`.
 *
 * Both ends are the real ones: ContributorNode in the worker, the coordinator's listener in Node, blocks by
 * hash, checked. Raw and ours take turns, so that whatever slows the machine slows both; ratios are per round.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { launchBrowser } from '../helpers/browser.ts';
import { serveModule } from '../helpers/page-bundle.ts';
import { rounded, speedup, spread } from './statistics.ts';
import type { Home, HomeCall } from './transport-home.ts';
import { BLOCK } from './transport-far.ts';
import { type Send, startProfile, stopProfile } from './transport-profile.ts';
import { type RunTimes, runTimes } from './transport-threads.ts';
import { webRtcVsRaw } from './transport-webrtc.ts';
import type { TransportCall } from './transport-worker.ts';

/** With the browser to itself, and with DevTools looking on. */
const ROUNDS = { alone: 9, watched: 5 };
/** Compiles everything, and lets the windows grow. */
const WARM_ROUNDS = 2;
/** 32 MiB a leg. */
const BLOCKS = 128;
const MEGABYTES = (BLOCKS * BLOCK) / 1e6;

/** Milliseconds, and where the kernel tells, processor time of the worker, the whole browser, and the coordinator. */
interface Leg extends RunTimes {
  readonly ms: number;
}

type LegName = 'raw down' | 'ours down' | 'raw up' | 'ours up';
type Legs = Record<LegName, Leg[]>;

interface Ends {
  /** Blocks of the coordinator, and of the worker. */
  readonly homeHashes: readonly string[];
  readonly workerHashes: readonly string[];
  readonly home: (call: HomeCall) => Promise<unknown>;
  readonly worker: (method: TransportCall['method'], ...args: unknown[]) => Promise<unknown>;
}

export async function benchTransport({ json, profile }: { json: boolean; profile: boolean }): Promise<void> {
  const served = await serveModule('test/bench/transport-page.ts');
  const browser = await launchBrowser('chromium');
  const child = fork(join(import.meta.dirname, 'transport-home.ts'), [`${BLOCKS}`]);
  try {
    const { address, rawUrl } = (await messageOf(child)) as Home;
    const page = await browser.newPage();
    await page.goto(served.url);
    const ends = await connected(page, child, address, rawUrl);
    const times = (): RunTimes => runTimes(browser.process()!.pid!, child.pid!);
    const watched = await measure(ends, times, ROUNDS.watched);
    await muteNetworkEvents(page);
    const alone = await measure(ends, times, ROUNDS.alone);
    if (profile) await printProfiles(page, ends);
    const webRtc = await webRtcVsRaw({
      browser,
      rawDown: async (messages) => Number(await ends.worker('rawDown', messages)),
      rawUp: async (messages) => Number(await ends.home({ rawUp: messages })),
    });
    if (!json) {
      printTable('with DevTools looking on', watched);
      printTable('with the browser to itself', alone);
      printWebRtc(webRtc);
    }
    const report = {
      bench: 'transport',
      ...figures(alone),
      webrtc_direct_vs_raw: rounded(Math.min(webRtc.down.median, webRtc.up.median)),
      watched: figures(watched),
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } finally {
    child.disconnect();
    await browser.close();
    await served.close();
  }
}

async function connected(page: Page, child: ChildProcess, address: string, rawUrl: string): Promise<Ends> {
  const worker: Ends['worker'] = (method, ...args) =>
    page.evaluate(
      async (method, args) => {
        const { ready } = globalThis as unknown as { ready: Promise<typeof import('./transport-page.ts')> };
        return (await ready).call(method, args);
      },
      method,
      args,
    );
  const home: Ends['home'] = (call) => {
    child.send(call);
    return messageOf(child);
  };
  const workerHashes = (await worker('connect', address, rawUrl, BLOCKS)) as string[];
  return { worker, home, workerHashes, homeHashes: (await home('hashes')) as string[] };
}

function messageOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`the coordinator ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });
}

/**
 * Puppeteer has every WebSocket message of a worker reported to it, as base64. That costs the worker far more than
 * the message does: a bare socket seems five times slower than it is, and what is built on it much nearer to it.
 */
async function muteNetworkEvents(page: Page): Promise<void> {
  await page.workers()[0]!.client.send('Network.disable');
}

/** Milliseconds of one leg, taken where the bytes arrive. */
const LEGS: Readonly<Record<LegName, (ends: Ends) => Promise<unknown>>> = {
  'raw down': ({ worker }) => worker('rawDown', BLOCKS),
  'ours down': ({ worker, homeHashes }) => worker('down', homeHashes),
  'raw up': ({ home }) => home({ rawUp: BLOCKS }),
  'ours up': ({ home, workerHashes }) => home({ up: workerHashes }),
};

async function measure(ends: Ends, times: () => RunTimes, rounds: number): Promise<Legs> {
  const legs: Legs = { 'raw down': [], 'ours down': [], 'raw up': [], 'ours up': [] };
  const names = Object.keys(legs) as LegName[];
  for (let round = -WARM_ROUNDS; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const before = times();
      const ms = Number(await LEGS[name](ends));
      const after = times();
      if (round < 0) continue;
      legs[name].push({
        ms,
        workerMs: after.workerMs - before.workerMs,
        browserMs: after.browserMs - before.browserMs,
        homeMs: after.homeMs - before.homeMs,
      });
    }
  }
  return legs;
}

async function printProfiles(page: Page, ends: Ends): Promise<void> {
  const { client } = page.workers()[0]!;
  const send = client.send.bind(client) as Send;
  for (const name of ['ours down', 'ours up'] as const) {
    await startProfile(send);
    await LEGS[name](ends);
    process.stdout.write(`\n${name}: the worker's time by function\n`);
    console.table(await stopProfile(send, MEGABYTES));
    await ends.home('profile');
    await LEGS[name](ends);
    process.stdout.write(`\n${name}: the coordinator's\n`);
    console.table(await ends.home({ profiled: MEGABYTES }));
  }
}

function printWebRtc({ megabytes, down, downMs, up, upMs }: Awaited<ReturnType<typeof webRtcVsRaw>>): void {
  const rate = (ms: number[]): string => (megabytes / (spread(ms).median / 1000)).toFixed(0);
  console.table([
    { '': 'webrtc-direct down', 'MB/s': rate(downMs), 'of raw': down.median.toFixed(2) },
    { '': 'webrtc-direct up', 'MB/s': rate(upMs), 'of raw': up.median.toFixed(2) },
  ]);
}

const msOf = (legs: readonly Leg[]): number[] => legs.map(({ ms }) => ms);
const perMegabyte = (legs: readonly Leg[], of: keyof RunTimes): number =>
  spread(legs.map((leg) => leg[of] / MEGABYTES)).median;

/** Ours of raw, and milliseconds of the worker's thread for a megabyte, in the worse direction. */
function figures(legs: Legs): Record<string, number | null> {
  const cpu = [legs['ours down'], legs['ours up']].map((leg) => perMegabyte(leg, 'workerMs'));
  return {
    down_vs_raw: rounded(speedup(msOf(legs['ours down']), msOf(legs['raw down'])).median),
    up_vs_raw: rounded(speedup(msOf(legs['ours up']), msOf(legs['raw up'])).median),
    cpu_ms_per_mb: rounded(Math.max(...cpu)),
    down_mb_per_s: rounded(MEGABYTES / (spread(msOf(legs['ours down'])).median / 1000)),
    up_mb_per_s: rounded(MEGABYTES / (spread(msOf(legs['ours up'])).median / 1000)),
  };
}

function printTable(title: string, legs: Legs): void {
  const row = (name: LegName, raw?: LegName): object => {
    const ratio = raw && speedup(msOf(legs[name]), msOf(legs[raw]));
    return {
      '': name,
      'MB/s': (MEGABYTES / (spread(msOf(legs[name])).median / 1000)).toFixed(0),
      'of raw (quartiles)': ratio
        ? `${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)})`
        : '',
      'worker ms/MB': perMegabyte(legs[name], 'workerMs').toFixed(2),
      'browser ms/MB': perMegabyte(legs[name], 'browserMs').toFixed(2),
      'coordinator ms/MB': perMegabyte(legs[name], 'homeMs').toFixed(2),
    };
  };
  process.stdout.write(`\n${title}\n`);
  console.table([row('raw down'), row('ours down', 'raw down'), row('raw up'), row('ours up', 'raw up')]);
}
