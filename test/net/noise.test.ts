import type { Libp2p } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import { StreamChannel } from '../../src/net/stream-channel.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { LOOPBACK } from './wire-up.ts';

const PROTOCOL = '/tilework/test/1.0.0';
const FRAME = 256 * 1024;

type Role = 'contributor' | 'coordinator';

/** With the cipher of the Noise package, as where a page's policy forbids WebAssembly, or with ours. */
async function node(role: Role, webAssembly: boolean): Promise<Libp2p> {
  vi.resetModules();
  const { createNode } = await import('../../src/net/stack.ts');
  const listen = role === 'coordinator' ? [LOOPBACK] : [];
  const key = await generateKey();
  if (!webAssembly) vi.stubGlobal('WebAssembly', undefined);
  try {
    return await createNode({ key, role, listen, maxConnections: 10, gater: {} });
  } finally {
    vi.unstubAllGlobals();
  }
}

describe('an encrypted connection', () => {
  const nodes: Libp2p[] = [];
  afterEach(async () => {
    for (const one of nodes.splice(0)) await one.stop();
  });

  it.each([
    ['ours', 'ours', true, true],
    ['ours', "the package's", true, false],
    ["the package's", 'ours', false, true],
  ])('carries frames both ways between %s and %s', async (_guest, _home, quickGuest, quickHome) => {
    const home = await node('coordinator', quickHome);
    const guest = await node('contributor', quickGuest);
    nodes.push(guest, home);
    const arrived = Promise.withResolvers<StreamChannel>();
    await home.handle(PROTOCOL, (stream) => arrived.resolve(new StreamChannel(stream, FRAME)));
    await home.start();
    await guest.start();
    const stream = await guest.dialProtocol(multiaddr(home.getMultiaddrs()[0]!.toString()), PROTOCOL);
    const near = new StreamChannel(stream, FRAME);
    const far = await arrived.promise;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      for (const length of [1, 65_519, FRAME]) {
        const frame = seededRng(length).bytes(length);
        await from.send(frame);
        expect(Buffer.compare((await to.receive())!, frame)).toBe(0);
      }
    }
  });
});
