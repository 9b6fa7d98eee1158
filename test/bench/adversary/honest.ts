/**
 * Honest contributors, a process of their own: the program that visitors run, on the CPU, made as slow as a
 * GPU with something to do. What it is paced by is its "GPU", one shard after the other, as in a browser.
 */
import { Semaphore } from '../../../src/core/async.ts';
import { sleep, systemClock } from '../../../src/core/clock.ts';
import type { Backend } from '../../../src/gpu/backend.ts';
import { withBackend } from '../../contributor/with-backend.ts';
import { type TestContributor, testContributor } from '../../helpers/network.ts';

export interface HonestOptions {
  readonly peerAddresses: readonly string[];
  readonly contributors: number;
  /** How long the "GPU" is busy with a shard. */
  readonly shardMs: number;
}

export type ToHonest = { readonly count: true } | { readonly stop: true };

export interface FromHonest {
  /** Receipts so far, of each contributor. */
  readonly receipts: readonly number[];
  readonly peerIds: readonly string[];
}

/** Room for the C of one cell in each of two leases. */
const RESULT_BYTES = 2 * 256 * 1024;

const { peerAddresses, contributors, shardMs } = JSON.parse(process.argv[2] ?? '{}') as HonestOptions;

function paced(inner: Backend): Backend {
  const gpu = new Semaphore(1);
  return withBackend(inner, {
    resultBytes: RESULT_BYTES,
    async accumulate(shard, range, signal) {
      const release = await gpu.acquire(1, signal);
      try {
        const started = performance.now();
        await inner.accumulate(shard, range, signal);
        await sleep(systemClock, Math.max(0, shardMs - (performance.now() - started)), signal);
        return shardMs;
      } finally {
        release();
      }
    },
  });
}

const all: TestContributor[] = [];
for (let i = 0; i < contributors; i++) all.push(await testContributor(peerAddresses, { wrap: paced }));
const tell = (): void => {
  const message: FromHonest = {
    receipts: all.map(({ receipts }) => receipts.length),
    peerIds: all.map(({ peerId }) => peerId),
  };
  process.send?.(message);
};
process.on('message', (message: ToHonest) => {
  if ('count' in message) tell();
  else void Promise.all(all.map((each) => each.stop())).then(() => process.exit(0));
});
process.once('disconnect', () => process.exit(1));
tell();
