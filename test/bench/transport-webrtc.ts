/** Blocks between a Chromium page and Node over webrtc-direct, in turns with the bare WebSocket. */
import type { Browser } from 'puppeteer-core';
import { systemClock } from '../../src/core/clock.ts';
import { listen } from '../../src/net/coordinator-node.ts';
import type { Link } from '../../src/net/link.ts';
import { webRtcDirect } from '../../src/net/webrtc.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { serveModule } from '../helpers/page-bundle.ts';
import { speedup } from './statistics.ts';
import { BLOCK, fetchAll, randomBlocks } from './transport-far.ts';

/** Slow, so fewer than of WebSocket; 8 MiB a leg. */
const ROUNDS = 5;
const BLOCKS = 32;

type Ratio = ReturnType<typeof speedup>;

export interface WebRtcOptions {
  readonly browser: Browser;
  /** Milliseconds that the bare WebSocket takes for so many messages of a block's size. */
  readonly rawDown: (messages: number) => Promise<number>;
  readonly rawUp: (messages: number) => Promise<number>;
}

/** Rates as shares of the bare WebSocket's, per round, and the rate itself in MB/s. */
export async function webRtcVsRaw(
  options: WebRtcOptions,
): Promise<{ down: Ratio; up: Ratio; downMs: number[]; upMs: number[]; megabytes: number }> {
  const { browser, rawDown, rawUp } = options;
  const own = await randomBlocks(BLOCKS);
  const linked = Promise.withResolvers<Link>();
  const coordinator = await listen({
    key: await generateKey(),
    listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'],
    transports: [webRtcDirect()],
    clock: systemClock,
    source: async (hash) => own.get(hash),
    onLink: linked.resolve,
  });
  const served = await serveModule('test/bench/transport-webrtc-page.ts');
  try {
    const page = await browser.newPage();
    await page.goto(served.url);
    const call = (name: 'connect' | 'down', ...args: unknown[]): Promise<unknown> =>
      page.evaluate(
        async (name, args) => {
          const { ready } = globalThis as unknown as {
            ready: Promise<Record<string, (...args: unknown[]) => Promise<unknown>>>;
          };
          return (await ready)[name]!(...args);
        },
        name,
        args,
      );
    const farHashes = (await call('connect', coordinator.addresses[0], BLOCKS)) as string[];
    const link = await linked.promise;
    const nearHashes = Array.from(own.keys()).slice(0, BLOCKS);
    const times = {
      rawDown: [] as number[],
      down: [] as number[],
      rawUp: [] as number[],
      up: [] as number[],
    };
    for (let round = -1; round < ROUNDS; round++) {
      const ms = {
        rawDown: await rawDown(BLOCKS),
        down: (await call('down', nearHashes)) as number,
        rawUp: await rawUp(BLOCKS),
        up: await fetchAll(link, farHashes),
      };
      if (round < 0) continue;
      for (const name of Object.keys(times) as (keyof typeof times)[]) times[name].push(ms[name]);
    }
    return {
      down: speedup(times.down, times.rawDown),
      up: speedup(times.up, times.rawUp),
      downMs: times.down,
      upMs: times.up,
      megabytes: (BLOCKS * BLOCK) / 1e6,
    };
  } finally {
    await coordinator.close();
    await served.close();
  }
}
