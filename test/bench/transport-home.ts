/**
 * The coordinator's end of the transport measurement, in a process of its own: the bench's own has bundlers and
 * browsers in its memory, which garbage collection would go through for every block.
 */
import { Session } from 'node:inspector/promises';
import { systemClock } from '../../src/core/clock.ts';
import { cryptoRng } from '../../src/core/rng.ts';
import { listen } from '../../src/net/coordinator-node.ts';
import type { Link } from '../../src/net/link.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { BLOCK, fetchAll, randomBlocks } from './transport-far.ts';
import { type Send, startProfile, stopProfile } from './transport-profile.ts';
import { rawServer } from './transport-raw.ts';

/** What is asked of it, each with one answer: hashes of its blocks, milliseconds, or rows of its profile. */
export type HomeCall =
  | 'hashes'
  | 'profile'
  | { readonly rawUp: number }
  | { readonly up: readonly string[] }
  | { readonly profiled: number };

export interface Home {
  readonly address: string;
  readonly rawUrl: string;
}

const [blocks = '0'] = process.argv.slice(2);

const own = await randomBlocks(Number(blocks));
const raw = await rawServer(cryptoRng.bytes(BLOCK));
let link: Link;
const inspector = new Session();
const send: Send = (method, parameters) => inspector.post(method, parameters);
const coordinator = await listen({
  key: await generateKey(),
  listen: ['/ip4/127.0.0.1/tcp/0/ws'],
  clock: systemClock,
  source: async (hash) => own.get(hash),
  onLink: (open) => (link = open),
});

async function answer(call: HomeCall): Promise<unknown> {
  if (call === 'hashes') return Array.from(own.keys());
  if (call === 'profile') {
    inspector.connect();
    return startProfile(send);
  }
  if ('profiled' in call) return stopProfile(send, call.profiled).finally(() => inspector.disconnect());
  if ('up' in call) return fetchAll(link, call.up);
  const start = performance.now();
  await raw.receive(call.rawUp, call.rawUp * BLOCK);
  return performance.now() - start;
}

process.on('message', (call: HomeCall) => {
  void answer(call).then((result) => process.send!(result ?? null));
});
process.on('disconnect', () => process.exit(0));
process.send!({ address: coordinator.addresses[0]!, rawUrl: raw.url } satisfies Home);
