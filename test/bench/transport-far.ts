/** The contributor's end of the transport measurement, wherever it runs. Browser-safe. */
import { sha256, toHex } from '../../src/core/bytes.ts';
import { systemClock } from '../../src/core/clock.ts';
import { cryptoRng } from '../../src/core/rng.ts';
import { ContributorNode } from '../../src/net/contributor-node.ts';
import type { Link } from '../../src/net/link.ts';
import type { TransportFactory } from '../../src/net/stack.ts';
import { generateKey } from '../../src/protocol/keys.ts';

export const BLOCK = 256 * 1024;

/** By their hashes. Their length is no multiple of four, so they are no results: packing is another measurement. */
export async function randomBlocks(count: number): Promise<Map<string, Uint8Array>> {
  const blocks = new Map<string, Uint8Array>();
  for (let i = 0; i < count; i++) {
    const bytes = cryptoRng.bytes(BLOCK - 1);
    blocks.set(toHex(await sha256(bytes)), bytes);
  }
  return blocks;
}

/** Connects; the hashes are of blocks that the coordinator may ask for. */
export async function farEnd(
  address: string,
  blocks: number,
  transports?: readonly TransportFactory[],
): Promise<{ link: Link; hashes: string[] }> {
  const own = await randomBlocks(blocks);
  return { link: await linked(address, own, transports), hashes: Array.from(own.keys()) };
}

/** Milliseconds from the first want to the last checked block. */
export async function fetchAll(link: Link, hashes: readonly string[]): Promise<number> {
  const start = performance.now();
  await Promise.all(hashes.map(async (hash) => void (await link.blocks.fetch(hash))));
  return performance.now() - start;
}

async function linked(
  address: string,
  own: ReadonlyMap<string, Uint8Array>,
  transports: readonly TransportFactory[] | undefined,
): Promise<Link> {
  const node = new ContributorNode({
    key: await generateKey(),
    addresses: [address],
    clock: systemClock,
    rng: cryptoRng,
    source: async (hash) => own.get(hash),
    ...(transports && { transports }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<Link>();
  const forever = node.connectForever({
    signal: new AbortController().signal,
    onState: ({ error }) => {
      if (error) reject(error);
    },
    async onLink(open) {
      resolve(open);
      await open.closed;
    },
  });
  forever.catch(reject);
  return promise;
}
