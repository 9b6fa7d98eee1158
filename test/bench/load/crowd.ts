/** Many contributors in one process: real engines and real sockets, over GPUs that know their answers. */
import { setTimeout as delay } from 'node:timers/promises';
import { fromHex, sha256, toHex } from '../../../src/core/bytes.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { cryptoRng, seededRng } from '../../../src/core/rng.ts';
import { Engine } from '../../../src/contributor/engine.ts';
import { Outbox } from '../../../src/contributor/outbox.ts';
import { ContributorNode } from '../../../src/net/contributor-node.ts';
import type { Link } from '../../../src/net/link.ts';
import { keyFromBytes, peerIdOf } from '../../../src/protocol/keys.ts';
import { StubBackend } from '../links/stub-backend.ts';
import { knownAnswers } from './known-answers.ts';
import { blockOf, tagOf } from './known-product.ts';
import { timed } from './lease-latency.ts';

export interface CrowdTask {
  readonly addresses: readonly string[];
  /** One a contributor, hexadecimal. */
  readonly keys: readonly string[];
  /** Multiply-adds a second, of each on average. */
  readonly rate: number;
}

export interface CrowdReport {
  /** Milliseconds from asking for a lease to having it, since the last report. */
  readonly leaseMs: readonly number[];
  readonly failed: readonly string[];
}

/** 'fetch': each contributor fetches these blocks, all of them at once. */
export type ToCrowd = 'report' | 'spare' | 'stop' | { readonly fetch: readonly string[] };

/** What a laptop visitor lets it have is more; a crowd in one process needs little. */
const MEMORY_BYTES = 64 * 1024 * 1024;
/** Handshakes at once: the kernel queues a few hundred connections that nobody has accepted. */
const ARRIVALS = 20;
/** Blocks for the measurement of bare transport. */
const SPARE_BLOCKS = 32;

const task = JSON.parse(process.argv[2] ?? '{}') as CrowdTask;
let leaseMs: number[] = [];
const failed: string[] = [];
const links = new Set<Link>();
/** Blocks like those of results, for the coordinator to fetch over any link when nothing is computed. */
const spare = new Map<string, Uint8Array>();
for (let i = 0; i < SPARE_BLOCKS; i++) {
  const block = blockOf(tagOf('a', i), tagOf('b', i));
  spare.set(toHex(await sha256(block)), block);
}

/** The mean of 2^(2u − 1) over u in 0…1. */
const MEAN_SPREAD = 1.5 / (2 * Math.LN2);
/** Who starts together does not stay together: some are up to four times as quick as others. */
const rng = seededRng(task.keys.length);
const rateOfOne = (): number => (task.rate * 2 ** (2 * rng.float() - 1)) / MEAN_SPREAD;

function contributor(hexKey: string): { engine: Engine; connected: Promise<void>; ended: Promise<void> } {
  const key = keyFromBytes(fromHex(hexKey));
  const outbox = new Outbox();
  const { promise: connected, resolve } = Promise.withResolvers<void>();
  const node = new ContributorNode({
    key,
    addresses: task.addresses,
    clock: systemClock,
    rng: cryptoRng,
    source: async (hash) => spare.get(hash) ?? outbox.source(hash),
  });
  const engine = new Engine({
    key,
    peerId: peerIdOf(key),
    node: {
      connectForever: (options) =>
        node.connectForever({
          ...options,
          async onLink(link) {
            links.add(link);
            resolve();
            await options.onLink(timed(link, (ms) => leaseMs.push(ms))).finally(() => links.delete(link));
          },
        }),
      wake: () => node.wake(),
      stop: () => node.stop(),
    },
    outbox,
    openBackend: () =>
      Promise.resolve(
        new StubBackend({
          rate: rateOfOne(),
          memoryBytes: MEMORY_BYTES,
          clock: systemClock,
          answers: knownAnswers(),
        }),
      ),
    clock: systemClock,
    onStatus: ({ stage, detail }) => {
      if (stage === 'failed') failed.push(detail);
    },
  });
  return { engine, connected, ended: engine.run() };
}

const crowd: ReturnType<typeof contributor>[] = [];
for (const key of task.keys) {
  crowd.push(contributor(key));
  if (crowd.length % ARRIVALS === 0) await Promise.all(crowd.map(({ connected }) => connected));
}
await Promise.all(crowd.map(({ connected }) => connected));

process.on('message', (message: ToCrowd) => {
  void answer(message).then((reply) => process.send?.(reply));
});
process.once('disconnect', () => process.exit(1));
process.send?.('ready');

async function answer(message: ToCrowd): Promise<unknown> {
  if (message === 'spare') return [...spare.keys()];
  if (message === 'report') {
    const report: CrowdReport = { leaseMs, failed };
    leaseMs = [];
    return report;
  }
  if (message === 'stop') {
    for (const { engine } of crowd) engine.stop();
    await Promise.race([Promise.all(crowd.map(({ ended }) => ended)), delay(5_000)]);
    process.exit(0);
  }
  await Promise.all(
    Array.from(links, (link) => Promise.all(message.fetch.map((hash) => link.blocks.fetch(hash)))),
  );
  return 'fetched';
}
