import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import { eventually } from '../helpers/eventually.ts';
import { type SlowProxy, slowProxy } from '../helpers/slow-proxy.ts';
import { type TestContributor, type TestCoordinator, startContributor, startCoordinator } from './wire-up.ts';

const RATE = 256 * 1024;
const SECONDS = 32;

let home: TestCoordinator;
let proxy: SlowProxy;
let guest: TestContributor;
const blocks = new Map<string, Uint8Array>();

beforeAll(async () => {
  for (let i = 0; i < SECONDS; i++) {
    const block = seededRng(i).bytes(RATE);
    blocks.set(toHex(await sha256(block)), block);
  }
  home = await startCoordinator();
  proxy = await slowProxy({ port: home.port, upBytesPerSecond: RATE });
  guest = await startContributor(home.addressVia(proxy.port), { source: async (hash) => blocks.get(hash) });
});
afterAll(async () => {
  await guest.node.stop();
  await home.close();
  await proxy.close();
});

describe('an uplink of 256 KiB/s', () => {
  it('carries results for more than half a minute without losing the connection, and control meanwhile', async () => {
    const own = await guest.linked();
    await eventually(() => expect(home.arrived).toHaveLength(1));
    const link = home.arrived[0]!;
    const started = performance.now();
    const delays: number[] = [];
    const uploaded = new AbortController();
    const progress = (async () => {
      while (!uploaded.signal.aborted) {
        const at = performance.now();
        await own.control.send(Uint8Array.of(1));
        await link.control.receive();
        delays.push(performance.now() - at);
      }
    })();
    await Promise.all(Array.from(blocks.keys(), (hash) => link.blocks.fetch(hash)));
    uploaded.abort();
    await progress;
    expect(performance.now() - started).toBeGreaterThan(30_000);
    expect(guest.states.map((state) => state.state)).toEqual(['connecting', 'connected']);
    expect(home.links()).toEqual([link]);
    // A Progress message must not wait behind a whole lease.
    expect(Math.max(...delays)).toBeLessThan(15_000);
  }, 60_000);
});
