/** Results that travel packed, and what the exchange counts of them. */
import { describe, expect, it } from 'vitest';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { type ErrorCode, toAppError } from '../../src/core/errors.ts';
import { BlockExchange } from '../../src/net/block-exchange.ts';
import type { BlockSource } from '../../src/net/block-provider.ts';
import { type FrameChannel, memoryChannelPair } from '../../src/net/channel.ts';
import {
  decodeBlockFrame,
  encodeBlock,
  encodeMissing,
  encodePacked,
  encodeWant,
} from '../../src/protocol/block-frames.ts';
import { packBlock } from '../../src/protocol/pack.ts';
import { eventually } from '../helpers/eventually.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { bytesOf, normalFloats, normalInts } from '../protocol/pack-samples.ts';
import { startContributor, startCoordinator } from './wire-up.ts';

const nameOf = async (bytes: Uint8Array): Promise<string> => toHex(await sha256(bytes));
const codeOf = (work: Promise<unknown>): Promise<ErrorCode | 'ok'> =>
  work.then(
    () => 'ok',
    (error: unknown) => toAppError(error).code,
  );

const RESULT = bytesOf(normalInts(65_536, 500_000));
const PACKED = packBlock(RESULT)!;

interface Half {
  readonly clock: FakeClock;
  readonly exchange: BlockExchange;
  readonly bare: FrameChannel;
  readonly ran: Promise<ErrorCode | 'ok'>;
}

function half(source: BlockSource = async () => undefined, pack = false): Half {
  const clock = new FakeClock();
  const [own, bare] = memoryChannelPair();
  const exchange = new BlockExchange(own, { clock, source, pack });
  return { clock, exchange, bare, ran: codeOf(exchange.run()) };
}

/** Two exchanges over one channel, of which the first has results. */
async function joined(blocks: readonly Uint8Array[]): Promise<{ from: BlockExchange; to: BlockExchange }> {
  const byName = new Map<string, Uint8Array>();
  for (const bytes of blocks) byName.set(await nameOf(bytes), bytes);
  const [a, b] = memoryChannelPair();
  const clock = new FakeClock();
  const from = new BlockExchange(a, { clock, pack: true, source: async (hash) => byName.get(hash) });
  const to = new BlockExchange(b, { clock, source: async () => undefined });
  void from.run();
  void to.run();
  return { from, to };
}

describe('an exchange that packs', () => {
  it('delivers blocks under the hash of what was packed, and counts both sizes', async () => {
    const floats = bytesOf(normalFloats(65_536));
    const { from, to } = await joined([RESULT, floats]);
    for (const bytes of [RESULT, floats]) expect(await to.fetch(await nameOf(bytes))).toEqual(bytes);
    await new Promise((resolve) => setImmediate(resolve));
    const sent = PACKED.length + packBlock(floats)!.length;
    expect([from.bytesUp, to.bytesDown]).toEqual([sent, sent]);
    expect([from.unpackedUp, to.unpackedDown]).toEqual([524_288, 524_288]);
    expect([from.bytesDown, from.unpackedDown, to.bytesUp, to.unpackedUp]).toEqual([0, 0, 0, 0]);
  });

  it('sends as they are manifests, lists, and whatever else does not become smaller', async () => {
    const list = new Uint8Array(await sha256(RESULT));
    const blocks = [list, Uint8Array.of(1, 2, 3), Uint8Array.of(0), new Uint8Array(48).fill(9, 16)];
    const { from, to } = await joined(blocks);
    for (const bytes of blocks) expect(await to.fetch(await nameOf(bytes))).toEqual(bytes);
    expect(from.unpackedUp).toBe(84);
    expect(from.bytesUp).toBeGreaterThan(40);
  });

  it('packs only where it was told to', async () => {
    for (const [pack, type] of [
      [false, 'block'],
      [true, 'packed'],
    ] as const) {
      const { bare } = half(async () => RESULT, pack);
      await bare.send(encodeWant([await nameOf(RESULT)]));
      expect(decodeBlockFrame((await bare.receive())!).type).toBe(type);
    }
  });
});

it('between a contributor and its coordinator packs what goes up, and not what comes down', async () => {
  const hash = await nameOf(RESULT);
  const source: BlockSource = async () => RESULT;
  const home = await startCoordinator({ source });
  const contributor = await startContributor(home.addresses[0]!, { source });
  try {
    const { blocks } = await contributor.linked();
    await eventually(() => expect(home.arrived).toHaveLength(1));
    expect(await home.arrived[0]!.blocks.fetch(hash)).toEqual(RESULT);
    expect(home.arrived[0]!.blocks.bytesDown).toBe(PACKED.length);
    expect(await blocks.fetch(hash)).toEqual(RESULT);
    expect(blocks.bytesDown).toBe(RESULT.length);
  } finally {
    await contributor.node.stop();
    await home.close();
  }
});

describe('a consumer of packed blocks', () => {
  const asked = async (bytes: Uint8Array) => {
    const end = half();
    const hash = await nameOf(bytes);
    const fetch = end.exchange.fetch(hash);
    const outcome = codeOf(fetch);
    await end.bare.receive();
    return { ...end, hash, fetch, outcome };
  };

  it('takes a block either way, packed or not, the second time as the first', async () => {
    const { bare, exchange, hash, fetch } = await asked(RESULT);
    await bare.send(encodePacked(hash, PACKED));
    expect(await fetch).toEqual(RESULT);
    const again = exchange.fetch(hash);
    await bare.receive();
    await bare.send(encodeBlock(hash, RESULT));
    expect(await again).toEqual(RESULT);
    expect([exchange.bytesDown, exchange.unpackedDown]).toEqual([PACKED.length + 262_144, 524_288]);
  });

  it.each<[string, Uint8Array]>([
    ['does not unpack', Uint8Array.of(1, 2, 3)],
    ['unpacks to something else', packBlock(bytesOf(normalInts(65_536, 500_000, 2)))!],
    ['is the block itself', RESULT],
    ['is very small and claims to be a block', Uint8Array.of(1, 255, 255, 0, 0, 0, 0, 0)],
  ])('ends the channel for one that %s', async (_, packed) => {
    const { bare, exchange, ran, hash, outcome } = await asked(RESULT);
    await bare.send(encodePacked(hash, packed));
    expect(await ran).toBe('bad-frame');
    expect(await outcome).toBe('bad-frame');
    expect([exchange.bytesDown, exchange.unpackedDown]).toEqual([0, 0]);
  });

  it('ends the channel for one that nobody wanted', async () => {
    const { bare, ran, outcome } = await asked(RESULT);
    await bare.send(encodePacked('ab'.repeat(32), PACKED));
    expect(await ran).toBe('bad-frame');
    expect(await outcome).toBe('bad-frame');
  });

  it('does not unpack what was cancelled, and goes on', async () => {
    const { bare, exchange, ran } = half();
    const hash = await nameOf(RESULT);
    const stop = new AbortController();
    const given = codeOf(exchange.fetch(hash, stop.signal));
    await bare.receive();
    stop.abort();
    expect(await given).toBe('aborted');
    await bare.send(encodePacked(hash, Uint8Array.of(99)));
    const next = exchange.fetch('ab'.repeat(32));
    await bare.receive();
    await bare.send(encodeMissing(['ab'.repeat(32)]));
    expect(await codeOf(next)).toBe('not-found');
    await bare.close();
    expect(await ran).toBe('ok');
  });
});

describe('busy times', () => {
  const HASHES = ['aa'.repeat(32), 'bb'.repeat(32)];

  it('of a consumer are those with a want that has no answer', async () => {
    const { clock, exchange, bare } = half();
    await clock.advance(1000);
    const fetches = HASHES.map((hash) => codeOf(exchange.fetch(hash)));
    await clock.advance(100);
    expect(exchange.downBusyMs).toBe(100);
    await bare.send(encodeMissing(HASHES.slice(0, 1)));
    await clock.advance(10);
    await bare.send(encodeMissing(HASHES.slice(1)));
    expect(await Promise.all(fetches)).toEqual(['not-found', 'not-found']);
    await clock.advance(1000);
    expect(exchange.downBusyMs).toBe(110);
    const again = codeOf(exchange.fetch(HASHES[0]!));
    await clock.advance(1);
    bare.abort(new Error('gone'));
    expect(await again).toBe('closed');
    await clock.advance(1000);
    expect([exchange.downBusyMs, exchange.upBusyMs]).toEqual([111, 0]);
  });

  it('of a cancelled want last until its answer, which still comes', async () => {
    const { clock, exchange, bare } = half();
    const stop = new AbortController();
    const fetch = codeOf(exchange.fetch(HASHES[0]!, stop.signal));
    await clock.advance(5);
    stop.abort();
    expect(await fetch).toBe('aborted');
    await clock.advance(5);
    await bare.send(encodeMissing(HASHES.slice(0, 1)));
    await clock.advance(100);
    expect(exchange.downBusyMs).toBe(10);
  });

  it('of a provider are those with a want in its queue, or an answer that finds no room', async () => {
    const reads: ((bytes: Uint8Array) => void)[] = [];
    const { clock, exchange, bare } = half(() => new Promise((resolve) => reads.push(resolve)));
    await clock.advance(1000);
    await bare.send(encodeWant(HASHES));
    await clock.advance(50);
    reads.shift()!(new Uint8Array(100_000));
    await clock.advance(7);
    reads.shift()!(new Uint8Array(100_000));
    // The first fills the channel, so that the second waits until it is read.
    await clock.advance(300);
    expect([exchange.upBusyMs, exchange.bytesUp]).toEqual([357, 100_000]);
    await bare.receive();
    await clock.advance(1000);
    expect([exchange.upBusyMs, exchange.bytesUp, exchange.downBusyMs]).toEqual([357, 200_000, 0]);
  });

  it('never shrink when the clock is set back', async () => {
    class Unsteady extends FakeClock {
      offset = 0;
      override now(): number {
        return super.now() + this.offset;
      }
    }
    const clock = new Unsteady();
    const [own, bare] = memoryChannelPair();
    const exchange = new BlockExchange(own, { clock, source: async () => undefined });
    void exchange.run();
    void codeOf(exchange.fetch(HASHES[0]!));
    await clock.advance(20);
    await bare.send(encodeMissing(HASHES.slice(0, 1)));
    await clock.advance(1);
    void codeOf(exchange.fetch(HASHES[1]!));
    await clock.advance(5);
    clock.offset = -3_600_000;
    expect(exchange.downBusyMs).toBe(20);
    await bare.send(encodeMissing(HASHES.slice(1)));
    await clock.advance(1);
    expect(exchange.downBusyMs).toBe(20);
  });
});
