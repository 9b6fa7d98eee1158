/**
 * The coordinator's end of the transport measurement, in a process of its own: the bench's own has bundlers and
 * browsers in its memory, which garbage collection would go through for every block.
 */
import { systemClock } from '../../src/core/clock.ts';
import { cryptoRng } from '../../src/core/rng.ts';
import { listen } from '../../src/net/coordinator-node.ts';
import type { Link } from '../../src/net/link.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { BLOCK, fetchAll, randomBlocks } from './transport-far.ts';
import { rawServer } from './transport-raw.ts';

/** What is asked of it, each with one answer: hashes of its blocks, or milliseconds. */
export type HomeCall = 'hashes' | { readonly rawUp: number } | { readonly up: readonly string[] };

export interface Home {
  readonly address: string;
  readonly rawUrl: string;
}

const [blocks = '0'] = process.argv.slice(2);

const own = await randomBlocks(Number(blocks));
const raw = await rawServer(cryptoRng.bytes(BLOCK));
let link: Link;
const coordinator = await listen({
  key: await generateKey(),
  listen: ['/ip4/127.0.0.1/tcp/0/ws'],
  clock: systemClock,
  source: async (hash) => own.get(hash),
  onLink: (open) => (link = open),
});

async function answer(call: HomeCall): Promise<unknown> {
  if (call === 'hashes') return Array.from(own.keys());
  if ('up' in call) return fetchAll(link, call.up);
  const start = performance.now();
  await raw.receive(call.rawUp, call.rawUp * BLOCK);
  return performance.now() - start;
}

process.on('message', (call: HomeCall) => {
  void answer(call).then((result) => process.send!(result));
});
process.on('disconnect', () => process.exit(0));
process.send!({ address: coordinator.addresses[0]!, rawUrl: raw.url } satisfies Home);
