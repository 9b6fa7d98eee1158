import { describe, expect, it } from 'vitest';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { toAppError } from '../../src/core/errors.ts';
import { BlockExchange } from '../../src/net/block-exchange.ts';
import { type FrameChannel, memoryChannelPair } from '../../src/net/channel.ts';
import {
  type BlockFrame,
  decodeBlockFrame,
  encodeBlock,
  encodeCancel,
  encodeMissing,
  encodeWant,
} from '../../src/protocol/block-frames.ts';
import { BLOCK_DEADLINE_MS } from '../../src/protocol/limits.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const block = (i: number): Uint8Array => new Uint8Array(100).fill(i);
const hashOf = async (i: number): Promise<string> => toHex(await sha256(block(i)));
const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => toAppError(error).code,
  );

interface Consumer {
  readonly clock: FakeClock;
  readonly exchange: BlockExchange;
  readonly bare: FrameChannel;
  readonly ran: Promise<string>;
  readonly next: () => Promise<BlockFrame>;
}

function consumer(window = 2): Consumer {
  const clock = new FakeClock();
  const [own, bare] = memoryChannelPair();
  const exchange = new BlockExchange(own, { clock, window, source: async () => undefined });
  return {
    clock,
    exchange,
    bare,
    ran: code(exchange.run()),
    next: async () => decodeBlockFrame((await bare.receive())!),
  };
}

describe('a consumer', () => {
  it('wants an eighth of its window at once while there is more to want, and the rest as soon as it can', async () => {
    const { exchange, bare, next } = consumer(16);
    const hashes = await Promise.all(Array.from({ length: 20 }, (_, i) => hashOf(i)));
    const fetches = hashes.map((hash) => exchange.fetch(hash));
    expect(await next()).toEqual({ type: 'want', hashes: hashes.slice(0, 16) });
    for (const i of [0, 1, 2, 3, 4]) await bare.send(encodeBlock(hashes[i]!, block(i)));
    expect(await next()).toEqual({ type: 'want', hashes: hashes.slice(16, 18) });
    expect(await next()).toEqual({ type: 'want', hashes: hashes.slice(18, 20) });
    for (const i of hashes.keys()) if (i > 4) await bare.send(encodeBlock(hashes[i]!, block(i)));
    expect(await Promise.all(fetches)).toEqual(Array.from(hashes.keys(), block));
    const last = exchange.fetch(hashes[0]!);
    expect(await next()).toEqual({ type: 'want', hashes: [hashes[0]] });
    await bare.send(encodeBlock(hashes[0]!, block(0)));
    await last;
  });

  it('wants a hash once, however many ask for it', async () => {
    const { exchange, bare, next } = consumer();
    const hash = await hashOf(1);
    const fetches = [exchange.fetch(hash), exchange.fetch(hash)];
    expect(await next()).toEqual({ type: 'want', hashes: [hash] });
    fetches.push(exchange.fetch(hash));
    await bare.send(encodeBlock(hash, block(1)));
    const got = await Promise.all(fetches);
    expect(got).toEqual([block(1), block(1), block(1)]);
    // Each caller may do with its bytes as it likes.
    expect(new Set(got.map(({ buffer }) => buffer)).size).toBe(3);
    expect(exchange.bytesDown).toBe(100);
    // The second time is a new want: nothing is cached here.
    const again = exchange.fetch(hash);
    expect(await next()).toEqual({ type: 'want', hashes: [hash] });
    await bare.send(encodeMissing([hash]));
    expect(await code(again)).toBe('not-found');
  });

  it('keeps a want that one of two callers gave up', async () => {
    const { exchange, bare, next } = consumer();
    const hash = await hashOf(1);
    const stop = new AbortController();
    const first = code(exchange.fetch(hash, stop.signal));
    const second = exchange.fetch(hash);
    await next();
    stop.abort();
    expect(await first).toBe('aborted');
    await bare.send(encodeBlock(hash, block(1)));
    expect(await second).toEqual(block(1));
  });

  it('ignores a cancelled block that still arrives, and only then gives its credit to the next', async () => {
    const { exchange, bare, next, ran } = consumer(1);
    const [one, two] = [await hashOf(1), await hashOf(2)];
    const stop = new AbortController();
    const given = code(exchange.fetch(one, stop.signal));
    expect(await next()).toEqual({ type: 'want', hashes: [one] });
    stop.abort();
    expect(await given).toBe('aborted');
    expect(await next()).toEqual({ type: 'cancel', hashes: [one] });
    const fetch = exchange.fetch(two);
    const want = next();
    await bare.send(encodeBlock(one, block(1)));
    expect(await want).toEqual({ type: 'want', hashes: [two] });
    await bare.send(encodeBlock(two, block(2)));
    expect(await fetch).toEqual(block(2));
    await bare.close();
    expect(await ran).toBe('ok');
  });

  it('asks again for a block that is wanted anew after its Cancel was answered', async () => {
    const { exchange, bare, next } = consumer(1);
    const hash = await hashOf(1);
    const stop = new AbortController();
    const first = code(exchange.fetch(hash, stop.signal));
    await next();
    stop.abort();
    await first;
    await next();
    const second = exchange.fetch(hash);
    await bare.send(encodeMissing([hash]));
    expect(await next()).toEqual({ type: 'want', hashes: [hash] });
    await bare.send(encodeBlock(hash, block(1)));
    expect(await second).toEqual(block(1));
  });

  it('never wants what was aborted while it waited for a credit', async () => {
    const { exchange, bare, next } = consumer(1);
    const [one, two, three] = [await hashOf(1), await hashOf(2), await hashOf(3)];
    const stop = new AbortController();
    const first = exchange.fetch(one);
    const second = code(exchange.fetch(two, stop.signal));
    const third = code(exchange.fetch(three));
    await next();
    stop.abort();
    expect(await second).toBe('aborted');
    await bare.send(encodeBlock(one, block(1)));
    await first;
    expect(await next()).toEqual({ type: 'want', hashes: [three] });
    bare.abort(new Error('done'));
    expect(await third).toBe('closed');
  });

  it('times out when nothing moves, keeps the channel, and uses late answers to go on', async () => {
    const { clock, exchange, bare, next } = consumer(1);
    const [one, two] = [await hashOf(1), await hashOf(2)];
    const fetches = [code(exchange.fetch(one)), code(exchange.fetch(two))];
    await next();
    await clock.advance(BLOCK_DEADLINE_MS);
    expect(await Promise.all(fetches)).toEqual(['timeout', 'timeout']);
    expect(await next()).toEqual({ type: 'cancel', hashes: [one] });
    const late = exchange.fetch(two);
    await bare.send(encodeBlock(one, block(1)));
    expect(await next()).toEqual({ type: 'want', hashes: [two] });
    await bare.send(encodeBlock(two, block(2)));
    expect(await late).toEqual(block(2));
    await clock.advance(10 * BLOCK_DEADLINE_MS);
    expect(clock.pending).toBe(0);
  });

  it('waits as long as anything moves', async () => {
    const { clock, exchange, bare, next } = consumer(1);
    const hash = await hashOf(1);
    const fetch = exchange.fetch(hash);
    await next();
    for (let i = 0; i < 20; i++) {
      await bare.send(encodeWant([hash]));
      await clock.advance(BLOCK_DEADLINE_MS / 2);
    }
    await bare.send(encodeBlock(hash, block(1)));
    expect(await fetch).toEqual(block(1));
  });

  it.each(['a block twice', 'a missing that nobody wanted', 'a block before its want was sent'])(
    'ends the channel for %s',
    async (lie) => {
      const { exchange, bare, next, ran } = consumer(1);
      const [one, two] = [await hashOf(1), await hashOf(2)];
      const fetches = [code(exchange.fetch(one)), code(exchange.fetch(two))];
      await next();
      if (lie === 'a block twice') {
        await bare.send(encodeBlock(one, block(1)));
        await bare.send(encodeBlock(one, block(1)));
      } else if (lie === 'a missing that nobody wanted') await bare.send(encodeMissing([await hashOf(9)]));
      else await bare.send(encodeBlock(two, block(2)));
      expect(await ran).toBe('bad-frame');
      expect((await Promise.all(fetches)).at(-1)).toBe('bad-frame');
      expect(await code(exchange.fetch(one))).toBe('bad-frame');
    },
  );

  it('refuses what is no hash', async () => {
    const { exchange } = consumer();
    expect(await code(exchange.fetch('00'))).toBe('bad-input');
    expect(await code(exchange.fetch('A'.repeat(64)))).toBe('bad-input');
  });
});

describe('a provider', () => {
  it('answers in order, one at a time, and a cancelled want with Missing', async () => {
    const [own, bare] = memoryChannelPair();
    const hashes = [await hashOf(1), await hashOf(2), await hashOf(3)];
    let reading = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    const exchange = new BlockExchange(own, {
      clock: new FakeClock(),
      async source(hash) {
        most = Math.max(most, ++reading);
        await gate.promise;
        reading -= 1;
        return block(hashes.indexOf(hash) + 1);
      },
    });
    void exchange.run();
    await bare.send(encodeWant(hashes));
    await bare.send(encodeCancel([hashes[0]!, hashes[1]!, 'ff'.repeat(32)]));
    await new Promise((resolve) => setImmediate(resolve));
    gate.resolve();
    const answers: BlockFrame[] = [];
    while (answers.length < 3) answers.push(decodeBlockFrame((await bare.receive())!));
    // The first was being read when it was cancelled, so it still comes.
    expect(answers.map((answer) => answer.type)).toEqual(['block', 'missing', 'block']);
    expect(most).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(exchange.bytesUp).toBe(200);
  });

  it('answers Missing when its source fails, and goes on', async () => {
    const [own, bare] = memoryChannelPair();
    const [one, two] = [await hashOf(1), await hashOf(2)];
    const exchange = new BlockExchange(own, {
      clock: new FakeClock(),
      source: async (hash) => {
        if (hash === one) throw new Error('disk');
        return block(2);
      },
    });
    void exchange.run();
    await bare.send(encodeWant([one, two]));
    expect(decodeBlockFrame((await bare.receive())!)).toEqual({ type: 'missing', hashes: [one] });
    expect(decodeBlockFrame((await bare.receive())!).type).toBe('block');
  });

  it('stops reading blocks once the channel has ended', async () => {
    const [own, bare] = memoryChannelPair();
    let reads = 0;
    const exchange = new BlockExchange(own, {
      clock: new FakeClock(),
      source: async () => {
        reads += 1;
        return block(1);
      },
    });
    const ran = code(exchange.run());
    const hash = await hashOf(1);
    await bare.send(encodeWant(Array.from({ length: 500 }, () => hash)));
    bare.abort(new Error('gone'));
    expect(await ran).toBe('closed');
    expect(reads).toBeLessThan(500);
  });
});
