/** The real coordinator, a process of its own that tells what it costs and, for comparison, does less. */
import { readFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { Batch } from '../../../src/core/batch.ts';
import { type Logger, silentLogger } from '../../../src/core/logger.ts';
import { startCoordinator } from '../../../src/coordinator/coordinator.ts';
import { Dispatcher } from '../../../src/coordinator/dispatcher.ts';
import { Serving } from '../../../src/coordinator/serving.ts';
import { JobSecrets } from '../../../src/coordinator/verify-pool.ts';
import type { SettleInput, Settlement } from '../../../src/ledger/receipts.ts';
import type { Link } from '../../../src/net/link.ts';
import { sealReceipt } from '../../../src/protocol/envelope.ts';
import { keyFromBytes } from '../../../src/protocol/keys.ts';
import type { NewLease } from '../../../src/store/leases.ts';
import { ACCEPTED } from '../../../src/verify/result.ts';
import { addPast } from '../links/past.ts';
import { type Shares, sharesOf } from './shares.ts';
import { type ThreadTimes, threadTimes } from './thread-times.ts';

export interface LoadCoordinatorTask {
  readonly dataDir: string;
  readonly databaseUrl?: string | undefined;
  /** PeerIds that have done well before. */
  readonly known: readonly string[];
}

export interface LoadUsage {
  readonly rssBytes: number;
  readonly threads: ThreadTimes;
  /** Blocks moved over all links since the start, bytes as they travelled. */
  readonly up: number;
  readonly down: number;
}

export type ToLoadCoordinator =
  | 'usage'
  | 'profile'
  | 'shares'
  /** From now on nothing is verified and no database asked, for leases and results; or all as it should be. */
  | 'bare'
  | 'whole'
  | 'close'
  /** These blocks from each of these contributors, nothing checked but their hashes. */
  | FetchTask;

interface FetchTask {
  readonly fetch: readonly string[];
  readonly from: readonly string[];
}

const task = JSON.parse(process.argv[2] ?? '{}') as LoadCoordinatorTask;
const links = new Set<Link>();
const gone = { up: 0, down: 0 };
const onLink: (link: Link, openedMs?: number) => void = Reflect.get(Dispatcher.prototype, 'onLink');
Dispatcher.prototype.onLink = function (link, openedMs) {
  links.add(link);
  void link.closed.then(() => {
    links.delete(link);
    gone.up += link.blocks.bytesDown;
    gone.down += link.blocks.bytesUp;
  });
  onLink.call(this, link, openedMs);
};
const take: Serving['take'] = Reflect.get(Serving.prototype, 'take');
const check: JobSecrets['check'] = Reflect.get(JobSecrets.prototype, 'check');
const run: Batch<unknown, unknown>['run'] = Reflect.get(Batch.prototype, 'run');

await addPast(task.dataDir, task.known);
const say = (fields: object, message: string): void => {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
};
const log: Logger = { ...silentLogger, warn: say, error: say };
const coordinator = await startCoordinator({
  dataDir: task.dataDir,
  port: 0,
  peerPort: 0,
  log,
  ...(task.databaseUrl !== undefined && { databaseUrl: task.databaseUrl }),
});
const key = keyFromBytes(new Uint8Array(await readFile(join(task.dataDir, 'coordinator.key'))));
const session = new Session();
session.connect();

async function answer(message: Exclude<ToLoadCoordinator, 'close'>): Promise<unknown> {
  switch (message) {
    case 'usage': {
      const sum = { ...gone };
      for (const { blocks } of links) {
        sum.up += blocks.bytesDown;
        sum.down += blocks.bytesUp;
      }
      return { rssBytes: process.memoryUsage.rss(), threads: threadTimes(), ...sum } satisfies LoadUsage;
    }
    case 'profile':
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: 1000 });
      await session.post('Profiler.start');
      return 'started';
    case 'shares': {
      const { profile } = await session.post('Profiler.stop');
      return sharesOf(profile) satisfies Shares;
    }
    case 'bare':
      JobSecrets.prototype.check = () => Promise.resolve(ACCEPTED);
      Batch.prototype.run = unrecorded as typeof run;
      return 'bare';
    case 'whole':
      JobSecrets.prototype.check = check;
      Batch.prototype.run = run;
      return 'whole';
    default:
      return fetchBlocks(message);
  }
}

/** A lease that is not written down, or a result: it gets a receipt with a real signature that no log knows. */
async function unrecorded(item: NewLease | SettleInput): Promise<Settlement | undefined> {
  if (!('shard' in item)) return undefined;
  const { id, contributor, job, multiplyAdds, microcredits, missLog2 } = item.shard;
  const { lease: leaseDigest, result: resultDigest } = item.digests;
  const receipt = await sealReceipt(
    {
      leaseDigest,
      resultDigest,
      lease: id,
      contributor,
      job,
      multiplyAdds,
      microcredits,
      balanceMicrocredits: microcredits,
      missLog2,
      timeMs: Date.now(),
      logIndex: 0,
    },
    key,
  );
  return { receipt, balance: microcredits, leaf: 0 };
}

async function fetchBlocks({ fetch, from }: FetchTask): Promise<string> {
  const chosen = new Set(from);
  // What it serves is measured, not rationed.
  Serving.prototype.take = () => true;
  try {
    const sources = Array.from(links).filter(({ peer }) => chosen.has(peer));
    await Promise.all(sources.map(({ blocks }) => Promise.all(fetch.map((hash) => blocks.fetch(hash)))));
  } finally {
    Serving.prototype.take = take;
  }
  return 'fetched';
}

process.on('message', (message: ToLoadCoordinator) => {
  if (message === 'close') {
    void coordinator.close().then(() => process.exit(0));
    return;
  }
  void answer(message).then((reply) => process.send?.(reply));
});
process.once('disconnect', () => process.exit(1));
const { url, token, peerAddresses } = coordinator;
process.send?.({ url, token, peerAddresses });
