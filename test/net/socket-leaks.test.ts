import { connect } from 'node:net';
import { multiaddr } from '@multiformats/multiaddr';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createNode } from '../../src/net/stack.ts';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { eventually } from '../helpers/eventually.ts';
import { type SlowProxy, slowProxy } from '../helpers/slow-proxy.ts';
import { type TestContributor, type TestCoordinator, startContributor, startCoordinator } from './wire-up.ts';

/** The proxy in between sees what neither end can lie about: whether the TCP connection is there. */
interface Route {
  readonly home: TestCoordinator;
  readonly proxy: SlowProxy;
  readonly address: string;
}

const closers: (() => Promise<void>)[] = [];

async function route(options = {}): Promise<Route> {
  const home = await startCoordinator(options);
  const proxy = await slowProxy({ port: home.port });
  closers.push(
    () => proxy.close(),
    () => home.close(),
  );
  return { home, proxy, address: home.addressVia(proxy.port) };
}

async function guest(address: string): Promise<TestContributor> {
  const made = await startContributor(address);
  closers.unshift(() => made.node.stop());
  return made;
}

const gone = (proxy: SlowProxy): Promise<void> => eventually(() => expect(proxy.open).toBe(0));

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describe('no TCP connection is left', () => {
  it('after the contributor closes its link', async () => {
    const { proxy, address } = await route();
    const one = await guest(address);
    const link = await one.linked();
    expect(proxy.open).toBe(1);
    one.abort();
    await link.close();
    await one.done;
    await gone(proxy);
  });

  it('after the coordinator closes a link, and both ends know', async () => {
    const { home, proxy, address } = await route();
    const one = await guest(address);
    const link = await one.linked();
    await eventually(() => expect(home.arrived).toHaveLength(1));
    void one.state((state) => state.state === 'waiting').then(() => one.abort());
    await home.arrived[0]!.close();
    await link.closed;
    await one.done;
    await gone(proxy);
    expect(home.links()).toEqual([]);
  });

  it.each(['coordinator', 'contributor'])('after the %s aborts, and both ends know', async (who) => {
    const { home, proxy, address } = await route();
    const one = await guest(address);
    const link = await one.linked();
    await eventually(() => expect(home.arrived).toHaveLength(1));
    void one.state((state) => state.state === 'waiting').then(() => one.abort());
    const aborter = who === 'coordinator' ? home.arrived[0]! : link;
    aborter.control.abort(new Error('broken protocol'));
    await Promise.all([link.closed, home.arrived[0]!.closed, one.done]);
    await gone(proxy);
  });

  it('after libp2p itself aborts a connection, which without the repair stays open for ever', async () => {
    const { proxy, address } = await route();
    const key = await generateKey();
    const node = await createNode({ key, role: 'contributor', maxConnections: 5, gater: {} });
    await node.start();
    const connection = await node.dial(multiaddr(address));
    expect(proxy.open).toBe(1);
    connection.abort(new Error('monitor'));
    await gone(proxy);
    await node.stop();
  });

  it('after a handshake with the wrong PeerId', async () => {
    const { proxy } = await route();
    const other = peerIdOf(await generateKey());
    const one = await guest(`/ip4/127.0.0.1/tcp/${proxy.port}/ws/p2p/${other}`);
    await one.state((state) => state.error?.code === 'wrong-peer');
    await gone(proxy);
  });

  it('after a peer on the list was refused', async () => {
    const { proxy, address } = await route({ deny: () => true });
    const one = await guest(address);
    await one.state((state) => state.state === 'waiting');
    one.abort();
    await one.done;
    await gone(proxy);
  });

  it.each(['stop', 'abort'] as const)(
    'after %s in the middle of a dial, with no state after it',
    async (how) => {
      const { home, proxy, address } = await route();
      const one = await guest(address);
      await vi.waitFor(() => expect(proxy.accepted).toBe(1), { timeout: 10_000, interval: 1 });
      if (how === 'stop') await one.node.stop();
      else one.abort();
      await one.done;
      const states = one.states.length;
      await gone(proxy);
      await eventually(() => expect(home.links()).toEqual([]));
      expect(one.states).toHaveLength(states);
    },
  );

  it('after stop() while connected, and the coordinator knows', async () => {
    const { home, proxy, address } = await route();
    const one = await guest(address);
    await one.linked();
    await eventually(() => expect(home.links()).toHaveLength(1));
    await one.node.stop();
    await gone(proxy);
    await eventually(() => expect(home.links()).toEqual([]));
  });

  it('after the network was cut, twice, while the contributor connects again', async () => {
    const { home, proxy, address } = await route();
    const one = await guest(address);
    for (let cut = 1; cut <= 2; cut++) {
      const link = await one.linked();
      proxy.cut();
      await link.closed;
      const waits = (): number => one.states.filter((state) => state.state === 'waiting').length;
      await eventually(() => expect(waits()).toBeGreaterThanOrEqual(cut));
      one.node.wake();
      await eventually(() => expect(one.links).toHaveLength(cut + 1));
    }
    await eventually(() => expect(proxy.open).toBe(1));
    await eventually(() => expect(home.links()).toHaveLength(1));
  });

  it('after the coordinator stops, and its port is free at once', async () => {
    const { home, proxy, address } = await route();
    const one = await guest(address);
    await one.linked();
    const silent = connect(home.port, '127.0.0.1').on('error', () => {});
    await new Promise((resolve) => silent.once('connect', resolve));
    const gone = new Promise((resolve) => silent.once('close', resolve));
    silent.write('G');
    await home.close();
    await gone;
    one.abort();
    await eventually(() => expect(proxy.open).toBe(0));
    const again = await startCoordinator({ key: home.key, listen: [`/ip4/127.0.0.1/tcp/${home.port}/ws`] });
    await again.close();
  });
});
