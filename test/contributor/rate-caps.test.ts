import { afterEach, describe, expect, it } from 'vitest';
import { LEAST_RATE_CAP } from '../../src/contributor/api.ts';
import { FetchQueue, type Lane } from '../../src/contributor/fetch-queue.ts';
import { Wishes } from '../../src/contributor/wishes.ts';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { sleep } from '../../src/core/clock.ts';
import { TokenBucket } from '../../src/core/token-bucket.ts';
import { BLOCK_BYTES } from '../../src/matrix/blocks.ts';
import { BlockExchange } from '../../src/net/block-exchange.ts';
import { memoryChannelPair } from '../../src/net/channel.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { type RigContributor, ScriptedCoordinator, startContributor } from './rig.ts';
import { storedProduct } from './stored.ts';

const MIB = 1024 * 1024;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`);

const take = (lane: Lane, hash: string): void =>
  void lane.fetch(hash).then(
    () => lane.done(hash),
    () => {},
  );

function capped(rate: number) {
  const clock = new FakeClock();
  const pace = new TokenBucket(clock);
  pace.rate = rate;
  return { clock, pace };
}

describe('a cap on what is fetched', () => {
  it('holds to within a tenth over ten seconds, and is used, on a link that is faster', async () => {
    for (const rate of [MIB, 5 * MIB]) {
      const { clock, pace } = capped(rate);
      let bytes = 0;
      const fetch = async (): Promise<Uint8Array> => {
        await sleep(clock, 30);
        bytes += BLOCK_BYTES;
        return new Uint8Array(BLOCK_BYTES);
      };
      const lane = new FetchQueue({ fetch, pace }).lane();
      for (const hash of names(1000)) take(lane, hash);
      for (let window = 0; window < 3; window++) {
        const before = bytes;
        await clock.advance(10_000);
        expect(bytes - before).toBeLessThanOrEqual(1.1 * 10 * rate);
        expect(bytes - before).toBeGreaterThan(0.9 * 10 * rate);
      }
      lane.end();
    }
  });

  it('counts small blocks as what they are', async () => {
    const { clock, pace } = capped(LEAST_RATE_CAP);
    const asked: string[] = [];
    const fetch = async (hash: string): Promise<Uint8Array> => {
      asked.push(hash);
      return new Uint8Array(1024);
    };
    const lane = new FetchQueue({ fetch, pace }).lane();
    for (const hash of names(500)) take(lane, hash);
    await clock.advance(3000); // two of them for the first block to be allowed, whatever its size
    expect(asked.length).toBeGreaterThan(115);
    expect(asked.length).toBeLessThanOrEqual(128);
    lane.end();
  });

  it('leaves the order to the queue: an older lease goes first, whoever has waited', async () => {
    const { clock, pace } = capped(BLOCK_BYTES);
    const asked: string[] = [];
    const fetch = async (hash: string): Promise<Uint8Array> => {
      asked.push(hash);
      return new Uint8Array(BLOCK_BYTES);
    };
    const queue = new FetchQueue({ fetch, pace });
    const [older, younger] = [queue.lane(), queue.lane()];
    void younger.fetch('young');
    void older.fetch('old');
    await clock.advance(1000);
    expect(asked).toEqual(['old']);
    await clock.advance(1000);
    expect(asked).toEqual(['old', 'young']);
  });

  it('does not hold for what the disk has, and costs nothing for what is wanted no more', async () => {
    const { clock, pace } = capped(BLOCK_BYTES);
    const disk = {
      has: (hash: string) => hash === 'kept',
      get: async () => new Uint8Array(4),
      put: () => {},
    };
    const queue = new FetchQueue({ fetch: async () => new Uint8Array(BLOCK_BYTES), pace, disk });
    const [lane, other] = [queue.lane(), queue.lane()];
    lane.fetch('given up').catch(() => {});
    expect(await lane.fetch('kept')).toHaveLength(4);
    lane.end();
    await clock.advance(1000);
    let came = false;
    void other.fetch('later').then(() => (came = true));
    await settle();
    expect(came).toBe(true);
  });
});

describe('a cap on what is served', () => {
  it('holds to within a tenth over ten seconds, and shows as the speed of the link at both ends', async () => {
    const rate = MIB;
    const { clock, pace } = capped(rate);
    const blocks = new Map<string, Uint8Array>();
    for (let i = 0; i < 140; i++) {
      const bytes = new Uint8Array(BLOCK_BYTES).fill(i);
      blocks.set(toHex(await sha256(bytes)), bytes);
    }
    const [near, far] = memoryChannelPair();
    const contributor = new BlockExchange(near, {
      source: async (hash) => blocks.get(hash),
      clock,
      pace: (bytes) => pace.take(bytes),
    });
    const coordinator = new BlockExchange(far, { source: async () => undefined, clock });
    contributor.run().catch(() => {});
    coordinator.run().catch(() => {});
    for (const hash of blocks.keys()) coordinator.fetch(hash).catch(() => {});
    for (let window = 0; window < 3; window++) {
      const before = contributor.bytesUp;
      for (let ms = 0; ms < 10_000; ms += 250) {
        await clock.advance(250);
        // Blocks are hashed on other threads, which know nothing of this clock: ours comes after theirs.
        for (let turn = 0; turn < 2; turn++) await sha256(new Uint8Array(BLOCK_BYTES));
      }
      expect(contributor.bytesUp - before).toBeLessThanOrEqual(1.1 * 10 * rate);
      expect(contributor.bytesUp - before).toBeGreaterThan(0.9 * 10 * rate);
    }
    for (const measured of [
      (1000 * contributor.bytesUp) / contributor.upBusyMs,
      (1000 * coordinator.bytesDown) / coordinator.downBusyMs,
    ]) {
      expect(measured / rate).toBeGreaterThan(0.9);
      expect(measured / rate).toBeLessThan(1.1);
    }
    near.abort(new Error('over'));
  });
});

describe('caps that are wished for', () => {
  let coordinator: ScriptedCoordinator | undefined;
  let me: RigContributor | undefined;
  afterEach(async () => {
    await me?.stop();
    await coordinator?.close();
  });

  it('are refused where no coordinator would wait for them', () => {
    const wishes = new Wishes(new FakeClock());
    for (const cap of [0, LEAST_RATE_CAP - 1, -1, NaN, Infinity]) {
      expect(() => (wishes.caps = { down: cap })).toThrow('bytes a second');
      expect(() => (wishes.caps = { up: cap })).toThrow('bytes a second');
    }
    expect(wishes.caps).toEqual({});
    wishes.caps = { down: LEAST_RATE_CAP };
    wishes.caps = {};
    expect([wishes.down.rate, wishes.up.rate]).toEqual([undefined, undefined]);
  });

  it('hold for a whole lease, both ways, and can be lifted at any time', async () => {
    coordinator = await ScriptedCoordinator.start();
    const product = await storedProduct('i8', 256, 256, 3000, coordinator.store);
    const clock = new FakeClock();
    me = await startContributor(coordinator.addresses, { clock });
    const talk = await coordinator.connection(0);
    await talk.greet();
    me.engine.setRateCaps({ down: LEAST_RATE_CAP, up: LEAST_RATE_CAP });
    await talk.grant(product.work);
    const start = clock.now();
    const { asked, bytes } = coordinator.store;
    const blocks = (): number => asked.filter((hash) => bytes.get(hash)!.length > BLOCK_BYTES / 2).length;
    // A real socket: it may take any number of turns.
    while (blocks() < 3) {
      await clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(clock.now() - start).toBeGreaterThanOrEqual((1000 * (3 * BLOCK_BYTES)) / LEAST_RATE_CAP - 500);
    expect(await talk.next('ready')).toMatchObject({ downBytesPerSecond: LEAST_RATE_CAP });
    me.engine.setRateCaps({ up: LEAST_RATE_CAP });
    const { result } = await talk.committed();
    let read: ArrayLike<number> | undefined;
    const reading = talk.values(result.manifest).then((values) => (read = values));
    await settle();
    expect(read).toBeUndefined();
    me.engine.setRateCaps({});
    expect(Array.from(await reading)).toEqual(Array.from(product.expected));
  });
});
