/** Dials a coordinator once and hands out the far end. Browser-safe. */
import { systemClock } from '../../src/core/clock.ts';
import { cryptoRng } from '../../src/core/rng.ts';
import { ContributorNode } from '../../src/net/contributor-node.ts';
import type { TransportFactory } from '../../src/net/stack.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { FAR_SEED, type FarEnd, farEnd, testBlocks } from './wire-far.ts';

/** Does not connect again when the link has ended. */
export async function dialFar(
  address: string,
  transports?: readonly TransportFactory[],
): Promise<FarEnd & { stopped: Promise<void> }> {
  const { source } = await testBlocks(FAR_SEED);
  const key = await generateKey();
  const node = new ContributorNode({
    key,
    addresses: [address],
    clock: systemClock,
    rng: cryptoRng,
    source,
    ...(transports && { transports }),
  });
  const stop = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<FarEnd>();
  const stopped = node.connectForever({
    signal: stop.signal,
    onState: ({ error }) => {
      if (error) reject(error);
    },
    async onLink(link) {
      resolve(farEnd(link));
      await link.closed;
      stop.abort();
    },
  });
  return { ...(await promise), stopped };
}
