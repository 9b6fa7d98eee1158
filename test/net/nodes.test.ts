import { readFile, readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { multiaddr } from '@multiformats/multiaddr';
import { afterEach, describe, expect, it } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import { ContributorNode } from '../../src/net/contributor-node.ts';
import type { ConnectionState } from '../../src/net/reconnect.ts';
import { createNode } from '../../src/net/stack.ts';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { CONTROL_PROTOCOL, HELLO_DEADLINE_MS, MAX_STREAMS } from '../../src/protocol/limits.ts';
import { eventually } from '../helpers/eventually.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import {
  LOOPBACK,
  type TestContributor,
  type TestCoordinator,
  noBlocks,
  startContributor,
  startCoordinator,
} from './wire-up.ts';

const open: { close(): Promise<void> }[] = [];
const keep = async <T extends { close(): Promise<void> }>(making: Promise<T>): Promise<T> => {
  const made = await making;
  open.push(made);
  return made;
};
const coordinator = (options = {}): Promise<TestCoordinator> => keep(startCoordinator(options));
const contributor = async (address: string, options = {}): Promise<TestContributor> => {
  const made = await startContributor(address, options);
  open.push({ close: () => made.node.stop() });
  return made;
};
const gate = { denyDialMultiaddr: () => false };
const bareNode = async (key = generateKey()): Promise<Awaited<ReturnType<typeof createNode>>> => {
  const node = await createNode({ key: await key, role: 'contributor', maxConnections: 10, gater: gate });
  await node.start();
  open.push({ close: async () => node.stop() });
  return node;
};

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

describe('a coordinator', () => {
  it('welcomes 12 contributors that dial at once from one address', async () => {
    const home = await coordinator();
    const many = await Promise.all(Array.from({ length: 12 }, () => contributor(home.addresses[0]!)));
    const links = await Promise.all(many.map((one) => one.linked()));
    expect(links).toHaveLength(12);
    await eventually(() => expect(home.links()).toHaveLength(12));
    expect(new Set(home.links().map((link) => link.peer))).toEqual(
      new Set(many.map((one) => peerIdOf(one.key))),
    );
    expect(many.every((one) => one.states.every((state) => state.state !== 'waiting'))).toBe(true);
    await Promise.all(links.slice(0, 5).map((link) => link.close()));
    await eventually(() => expect(new Set(home.links()).size).toBeGreaterThanOrEqual(7));
  });

  it('gives two connections of one key a link each, and one ends without the other', async () => {
    const home = await coordinator();
    const key = await generateKey();
    const first = await contributor(home.addresses[0]!, { key });
    await first.linked();
    const second = await contributor(home.addresses[0]!, { key });
    await second.linked();
    await eventually(() => expect(home.links()).toHaveLength(2));
    await first.node.stop();
    await eventually(() => expect(home.links()).toHaveLength(1));
    const [last] = home.links();
    await last!.control.send(Uint8Array.of(1));
    expect(await second.links[0]!.control.receive()).toEqual(Uint8Array.of(1));
  });

  it('says which address is in use, and listens on none', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as { port: number };
    const taken = `/ip4/127.0.0.1/tcp/${port}/ws`;
    for (const listen of [[taken], [LOOPBACK, taken]]) {
      await expect(startCoordinator({ listen })).rejects.toMatchObject({
        code: 'port-in-use',
        message: expect.stringContaining(taken),
      });
    }
    await new Promise((resolve) => blocker.close(resolve));
    await coordinator({ listen: [taken] });
  });

  it.each(['/ip4/127.0.0.1/tcp/0', 'localhost:80', '/ip4/203.0.113.7/tcp/1/ws'])(
    'says that it cannot listen on %s',
    async (address) => {
      await expect(startCoordinator({ listen: [address] })).rejects.toMatchObject({ code: 'bad-input' });
    },
  );

  it('announces what it is told to, with its PeerId', async () => {
    const home = await coordinator({ announce: ['/dns4/coord.example.org/tcp/443/tls/ws'] });
    expect(home.addresses).toEqual([`/dns4/coord.example.org/tcp/443/tls/ws/p2p/${home.peerId}`]);
  });

  it('closes a connection that opens no streams at the deadline, and not one that did', async () => {
    const clock = new FakeClock();
    const home = await coordinator({ clock });
    const good = await contributor(home.addresses[0]!, { clock });
    await good.linked();
    const loris = await bareNode();
    const idle = await loris.dial(multiaddr(home.addresses[0]));
    const half = await bareNode();
    const onlyControl = await half.dial(multiaddr(home.addresses[0]));
    await onlyControl.newStream([CONTROL_PROTOCOL]);
    await eventually(() => expect(clock.pending).toBeGreaterThanOrEqual(3));
    await clock.advance(HELLO_DEADLINE_MS - 1);
    expect([idle.status, onlyControl.status]).toEqual(['open', 'open']);
    await clock.advance(2);
    await eventually(() => expect([idle.status, onlyControl.status]).not.toContain('open'));
    expect(home.links()).toHaveLength(1);
    expect(good.states.at(-1)?.state).toBe('connected');
  });

  it('resets a second control stream on a connection and keeps the link', async () => {
    const home = await coordinator();
    const guest = await contributor(home.addresses[0]!);
    await guest.linked();
    const twice = await bareNode();
    const connection = await twice.dial(multiaddr(home.addresses[0]));
    await connection.newStream([CONTROL_PROTOCOL]);
    const second = await connection.newStream([CONTROL_PROTOCOL]);
    await eventually(() => expect(second.status).not.toBe('open'));
    expect(home.arrived).toHaveLength(1);
  });

  it('lets no connection open more streams than the limit', async () => {
    const home = await coordinator();
    const greedy = await bareNode();
    const connection = await greedy.dial(multiaddr(home.addresses[0]));
    const opening = Array.from({ length: 3 * MAX_STREAMS }, () => connection.newStream(['/ipfs/ping/1.0.0']));
    const opened = (await Promise.allSettled(opening)).filter(({ status }) => status === 'fulfilled');
    expect(opened.length).toBeLessThanOrEqual(MAX_STREAMS);
    const guest = await contributor(home.addresses[0]!);
    await guest.linked();
  });

  it('calls back once for every connection, the fourth as the first: no middleware is used', async () => {
    const home = await coordinator();
    for (let i = 1; i <= 4; i++) {
      const guest = await contributor(home.addresses[0]!);
      await guest.linked();
      await eventually(() => expect(home.arrived).toHaveLength(i));
    }
    const folder = new URL('../../src/net/', import.meta.url);
    for (const file of await readdir(folder)) {
      expect(await readFile(new URL(file, folder), 'utf8')).not.toMatch(/\.use\(\w|\.onDrain\(\)[^ ]/);
    }
  });

  it('refuses a peer on its list, and keys that are not Ed25519', async () => {
    const bad = await generateKey();
    const home = await coordinator({ deny: (peer: string) => peer === peerIdOf(bad) });
    const denied = await contributor(home.addresses[0]!, { key: bad });
    expect(await denied.state((state) => state.state === 'waiting')).toMatchObject({
      error: { code: 'unreachable' },
    });
    const other = await bareNode(generateKeyPair('secp256k1'));
    const connection = await other.dial(multiaddr(home.addresses[0])).catch(() => undefined);
    await eventually(() => expect(connection?.status).not.toBe('open'));
    expect(home.arrived).toEqual([]);
  });

  it('refuses who comes when it is full', async () => {
    const home = await coordinator({ maxConnections: 1 });
    const first = await contributor(home.addresses[0]!);
    await first.linked();
    const second = await contributor(home.addresses[0]!);
    expect(await second.state((state) => state.state === 'waiting')).toMatchObject({
      error: { code: 'unreachable' },
    });
    expect(first.states.at(-1)?.state).toBe('connected');
  });
});

describe('a contributor', () => {
  it('refuses a coordinator with another PeerId, says so, and tries again slowly', async () => {
    const home = await coordinator();
    const clock = new FakeClock();
    const expected = peerIdOf(await generateKey());
    const guest = await contributor(`/ip4/127.0.0.1/tcp/${home.port}/ws/p2p/${expected}`, { clock });
    const wait = await guest.state((state) => state.state === 'waiting');
    expect(wait.error?.code).toBe('wrong-peer');
    expect(wait.retryInMs).toBeGreaterThanOrEqual(30_000);
    await clock.advance(60_000);
    await guest.state((state) => state.state === 'waiting' && state.attempt === 2);
    expect(home.arrived).toEqual([]);
    expect(guest.links).toEqual([]);
  });

  it('says that a coordinator is of another version, which speaks none of its protocols', async () => {
    const key = await generateKey();
    const other = await createNode({
      key,
      role: 'coordinator',
      maxConnections: 10,
      gater: {},
      listen: [LOOPBACK],
    });
    await other.start();
    open.push({ close: async () => other.stop() });
    const guest = await contributor(String(other.getMultiaddrs()[0]), { clock: new FakeClock() });
    const wait = await guest.state((state) => state.state === 'waiting');
    expect(wait.error?.code).toBe('not-found');
    expect(guest.links).toEqual([]);
  });

  it('says in a sentence that nobody listens, and finds the coordinator once it is there', async () => {
    const home = await startCoordinator();
    await home.close();
    const clock = new FakeClock();
    const guest = await contributor(home.addresses[0]!, { clock });
    for (let attempt = 1; attempt <= 4; attempt++) {
      const wait = await guest.state((state) => state.state === 'waiting' && state.attempt === attempt);
      expect(wait.error).toMatchObject({
        code: 'unreachable',
        message: expect.stringContaining(home.addresses[0]!),
      });
      expect(wait.error?.message).not.toMatch(/undefined|\[object/);
      if (attempt < 4) await clock.advance(wait.retryInMs!);
    }
    await coordinator({ key: home.key, listen: [`/ip4/127.0.0.1/tcp/${home.port}/ws`] });
    guest.node.wake();
    await guest.linked();
  });

  it('comes back after a coordinator that was gone for minutes', async () => {
    const home = await startCoordinator();
    const clock = new FakeClock();
    const guest = await contributor(home.addresses[0]!, { clock });
    await guest.linked();
    await clock.advance(60_000);
    await home.close();
    await guest.links[0]!.closed;
    const waits = (): ConnectionState[] => guest.states.filter((state) => state.state === 'waiting');
    let outage = 0;
    for (let i = 0; outage < 180_000; i++) {
      const wait = await guest.state((state) => waits().indexOf(state) === i);
      expect(wait.error?.code).toBe(i === 0 ? 'closed' : 'unreachable');
      outage += Math.max(1, wait.retryInMs!);
      if (outage < 180_000) await clock.advance(wait.retryInMs!);
    }
    const again = await coordinator({ key: home.key, listen: [`/ip4/127.0.0.1/tcp/${home.port}/ws`] });
    await clock.advance(60_000);
    const link = await guest.linked();
    expect(guest.links).toHaveLength(2);
    expect(link.peer).toBe(again.peerId);
  });

  it('tries the next address of the same coordinator', async () => {
    const home = await coordinator();
    const nobody = await startCoordinator();
    await nobody.close();
    const guest = await startContributor([home.addressVia(nobody.port), home.addresses[0]!]);
    open.push({ close: () => guest.node.stop() });
    expect((await guest.linked()).peer).toBe(home.peerId);
    expect(guest.states.map((state) => state.state)).toEqual(['connecting', 'connected']);
  });

  it.each([[[]], [['/ip4/127.0.0.1/tcp/1/ws']], [['coordinator']]])(
    'refuses addresses that pin nobody: %j',
    async (addresses) => {
      const key = await generateKey();
      const make = (): ContributorNode =>
        new ContributorNode({ key, addresses, clock: new FakeClock(), rng: seededRng(1), source: noBlocks });
      expect(make).toThrow(expect.objectContaining({ code: 'bad-input' }));
    },
  );

  it('refuses to run twice at a time, and runs again after a stop', async () => {
    const home = await coordinator();
    const guest = await contributor(home.addresses[0]!);
    await guest.linked();
    const again = (signal: AbortSignal, onState = (): void => {}): Promise<void> =>
      guest.node.connectForever({ signal, onLink: (link) => link.closed, onState });
    await expect(again(new AbortController().signal)).rejects.toMatchObject({ code: 'conflict' });
    await guest.node.stop();
    await guest.node.stop();
    await guest.done;
    await again(AbortSignal.abort());
    const stop = new AbortController();
    let states = 0;
    const second = again(stop.signal, () => {
      states += 1;
      if (states === 2) stop.abort();
    });
    await second;
    expect(states).toBe(2);
  });
});
