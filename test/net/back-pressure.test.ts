import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { multiaddr } from '@multiformats/multiaddr';
import type { Libp2p } from '@libp2p/interface';
import { StreamChannel } from '../../src/net/stream-channel.ts';
import { createNode } from '../../src/net/stack.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { LOOPBACK } from './wire-up.ts';

const PROTOCOL = '/tilework/test/1.0.0';
const FRAME = 256 * 1024;
const FRAMES = 200; // 50 MiB
/** A window of 8 MiB in the paused stream, one just read, a socket's buffer (up to 4 MiB), and the kernel's. */
const MOST_UNREAD = 24 * 1024 * 1024;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let home: Libp2p;
let guest: Libp2p;
let arrived = Promise.withResolvers<StreamChannel>();

async function pair(): Promise<{ home: StreamChannel; guest: StreamChannel }> {
  arrived = Promise.withResolvers();
  const stream = await guest.dialProtocol(multiaddr(home.getMultiaddrs()[0]), PROTOCOL);
  return { guest: new StreamChannel(stream, FRAME), home: await arrived.promise };
}

beforeAll(async () => {
  const common = { maxConnections: 10, gater: {} };
  home = await createNode({ ...common, key: await generateKey(), role: 'coordinator', listen: [LOOPBACK] });
  await home.handle(PROTOCOL, (stream) => arrived.resolve(new StreamChannel(stream, FRAME)));
  await home.start();
  guest = await createNode({ ...common, key: await generateKey(), role: 'contributor' });
  await guest.start();
});
afterAll(async () => {
  await guest.stop();
  await home.stop();
});

describe('50 MiB to a reader that is slower than the network', () => {
  it.each(['guest', 'home'] as const)(
    'never pile up when the %s sends, beyond the first drain',
    async (from) => {
      const both = await pair();
      const sender = both[from];
      const reader = both[from === 'guest' ? 'home' : 'guest'];
      const frame = new Uint8Array(FRAME);
      let most = 0;
      let read = 0;
      const sending = (async () => {
        for (let i = 0; i < FRAMES; i++) {
          await sender.send(frame);
          most = Math.max(most, sender.bytesOut - read);
        }
      })();
      for (let i = 0; i < FRAMES; i++) {
        for (let rest = 0; rest < 20; rest++) await turn();
        read += (await reader.receive())!.length;
      }
      await sending;
      expect(read).toBe(FRAMES * FRAME);
      expect(most).toBeLessThan(MOST_UNREAD);
    },
  );

  it('stop a sender that does not wait for its sends, without a reset', async () => {
    const both = await pair();
    const sends = Promise.all(Array.from({ length: FRAMES }, () => both.home.send(new Uint8Array(FRAME))));
    for (let i = 0; i < 200; i++) await turn();
    expect(both.home.bytesOut).toBeLessThan(MOST_UNREAD);
    expect(both.guest.bytesIn).toBeLessThan(MOST_UNREAD);
    let read = 0;
    while (read < FRAMES * FRAME) read += (await both.guest.receive())!.length;
    await sends;
    // The second time, on the stream that has been through it.
    await both.home.send(new Uint8Array(10));
    expect((await both.guest.receive())?.length).toBe(10);
  });
});
