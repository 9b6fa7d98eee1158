/** What every connection must do, whatever carries it: in one process, over TCP, or into a browser. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { toAppError } from '../../src/core/errors.ts';
import type { FrameChannel } from '../../src/net/channel.ts';
import type { Link } from '../../src/net/link.ts';
import { decodeBlockFrame, encodeBlock, encodeWant } from '../../src/protocol/block-frames.ts';
import { MAX_CONTROL_BYTES, SOCKET_WANT_WINDOW } from '../../src/protocol/limits.ts';
import {
  FAR_SEED,
  type FarEnd,
  NEAR_SEED,
  type TestBlocks,
  numberOf,
  numbered,
  testBlocks,
} from './wire-far.ts';

export interface LinkEnds {
  readonly near: Link;
  readonly far: FarEnd;
}

/** A connection whose near end is bare frames, to misbehave with. */
export interface BareEnds {
  readonly control: FrameChannel;
  readonly blocks: FrameChannel;
  readonly far: FarEnd;
}

export interface WireFixture {
  /** A further connection; the near end answers wants from `source`. */
  open(source: (hash: string) => Promise<Uint8Array | undefined>): Promise<LinkEnds>;
  openBare(): Promise<BareEnds>;
  close(): Promise<void>;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => toAppError(error).code,
  );

export interface WireTraits {
  /** What becomes of a sender whose reader does not read. @default 'waits' */
  readonly slowReader?: 'waits' | 'ends';
  /** Wants that the far end has open at a time. @default SOCKET_WANT_WINDOW */
  readonly window?: number;
}

export function describeWire(
  name: string,
  make: () => Promise<WireFixture>,
  { slowReader = 'waits', window = SOCKET_WANT_WINDOW }: WireTraits = {},
): void {
  describe(`the wire over ${name}`, { timeout: 60_000 }, () => {
    let wire: WireFixture;
    let near: TestBlocks;
    let far: TestBlocks;
    beforeAll(async () => {
      near = await testBlocks(NEAR_SEED);
      far = await testBlocks(FAR_SEED);
      wire = await make();
    }, 90_000);
    afterAll(() => wire?.close(), 60_000);

    it('carries many blocks both ways at once', async () => {
      const ends = await wire.open(near.source);
      const [down, up] = await Promise.all([
        ends.far.fetchAll(near.hashes),
        Promise.all(far.hashes.map(async (hash) => toHex(await sha256(await ends.near.blocks.fetch(hash))))),
      ]);
      expect(down).toEqual(near.hashes.map(() => 'ok'));
      expect(up).toEqual(far.hashes);
      expect(ends.near.blocks.bytesDown).toBeGreaterThan(39 * 96 * 1024);
      await ends.far.close();
      await ends.near.closed;
    });

    it('keeps control frames in order, in a burst of 1,000 each way while blocks move', async () => {
      const ends = await wire.open(near.source);
      const numbers = Array.from({ length: 1000 }, (_, i) => i);
      const received: number[] = [];
      const [, , heard, fetched] = await Promise.all([
        Promise.all(numbers.map((number) => ends.near.control.send(numbered(number, 100)))),
        ends.far.sendNumbers(1000, 100),
        ends.far.receiveNumbers(1000),
        ends.far.fetchAll(near.hashes),
        (async () => {
          while (received.length < 1000) received.push(numberOf(await ends.near.control.receive()));
        })(),
      ]);
      expect(heard).toEqual(numbers);
      expect(received).toEqual(numbers);
      expect(new Set(fetched)).toEqual(new Set(['ok']));
      await ends.near.close();
    });

    if (slowReader === 'ends') {
      it('ends the connection of a reader that does not read', async () => {
        const ends = await wire.open(near.source);
        let sent = 0;
        const sending = codeOf(
          (async () => {
            for (; sent < 320; sent++) await ends.near.control.send(numbered(sent, MAX_CONTROL_BYTES));
          })(),
        );
        expect(await ends.far.closed()).toBe('closed');
        expect(await sending).toBe('closed');
        await ends.near.closed;
        expect(sent).toBeLessThan(200);
      });
    } else {
      it('makes the sender wait for a slow reader, and loses nothing', async () => {
        const ends = await wire.open(near.source);
        let sent = 0;
        const frames = 320; // 20 MiB, far over what any buffer on the way may hold
        const sending = (async () => {
          for (; sent < frames; sent++) await ends.near.control.send(numbered(sent, MAX_CONTROL_BYTES));
        })();
        await ends.far.fetchAll(near.hashes); // time passes, and blocks are not held up
        await ends.far.fetchAll(near.hashes);
        expect(sent).toBeLessThan(200);
        const numbers = await ends.far.receiveNumbers(frames);
        await sending;
        expect(numbers).toEqual(Array.from({ length: frames }, (_, i) => i));
        await ends.near.close();
      });
    }

    it('says that a block is missing', async () => {
      const ends = await wire.open(near.source);
      const absent = '00'.repeat(32);
      expect(await ends.far.fetchAll([absent, near.hashes[0]!, absent])).toEqual([
        'not-found',
        'ok',
        'not-found',
      ]);
      expect(await codeOf(ends.near.blocks.fetch(absent))).toBe('not-found');
      await ends.near.close();
    });

    it('returns every credit of cancelled wants, first and second time', async () => {
      const gate = Promise.withResolvers<void>();
      const ends = await wire.open(async (hash) => {
        await gate.promise;
        return near.source(hash);
      });
      for (let round = 0; round < 2; round++) {
        const fetches = await Promise.all(
          near.hashes.slice(0, window + 3).map((hash) => ends.far.beginFetch(hash)),
        );
        await Promise.all(fetches.map((fetch) => ends.far.abortFetch(fetch)));
        const outcomes = await Promise.all(fetches.map((fetch) => ends.far.outcome(fetch)));
        expect(new Set(outcomes)).toEqual(new Set(['aborted']));
      }
      gate.resolve();
      expect(new Set(await ends.far.fetchAll(near.hashes))).toEqual(new Set(['ok']));
      await ends.near.close();
    });

    it('ends the connection for a block that is not what was wanted', async () => {
      const ends = await wire.open(async () => new Uint8Array(1000));
      expect(await ends.far.fetchAll([near.hashes[0]!])).toEqual(['bad-frame']);
      expect(await ends.far.closed()).toBe('closed');
      await ends.near.closed;
    });

    it('ends the connection for a block that nobody wanted', async () => {
      const ends = await wire.openBare();
      const hash = near.hashes[0]!;
      await ends.blocks.send(encodeBlock(hash, (await near.source(hash))!));
      expect(await ends.far.closed()).toBe('closed');
      expect(await codeOf(ends.blocks.receive())).toBe('closed');
    });

    it('ends the connection for bytes that are no frame, and for an endless queue of wants', async () => {
      const bad = await wire.openBare();
      await bad.blocks.send(Uint8Array.of(99, 1, 2, 3));
      expect(await bad.far.closed()).toBe('closed');
      const flood = await wire.openBare();
      const wants = encodeWant(Array.from({ length: 400 }, () => far.hashes[0]!));
      for (let i = 0; i < 5; i++) await flood.blocks.send(wants).catch(() => {});
      expect(await flood.far.closed()).toBe('closed');
    });

    it('asks for at most a window of blocks at a time, in the order of the fetches', async () => {
      const ends = await wire.openBare();
      const fetches = await Promise.all(near.hashes.map((hash) => ends.far.beginFetch(hash)));
      const wanted: string[] = [];
      while (wanted.length < window) {
        const frame = decodeBlockFrame((await ends.blocks.receive())!);
        if (frame.type === 'want') wanted.push(...frame.hashes);
      }
      expect(wanted).toEqual(near.hashes.slice(0, window));
      const eighth = Math.ceil(window / 8);
      for (const hash of wanted.slice(0, eighth))
        await ends.blocks.send(encodeBlock(hash, (await near.source(hash))!));
      const next = decodeBlockFrame((await ends.blocks.receive())!);
      expect(next).toEqual({ type: 'want', hashes: near.hashes.slice(window, window + eighth) });
      ends.blocks.abort(new Error('enough'));
      expect(await ends.far.outcome(fetches.at(-1)!)).toBe('closed');
    });

    it('fails what is under way when the other end goes, and lets the next connection live', async () => {
      const ends = await wire.open(() => new Promise(() => {}));
      const second = await wire.open(near.source);
      const fetch = await ends.far.beginFetch(near.hashes[0]!);
      const receiving = codeOf(ends.near.control.receive());
      ends.near.control.abort(new Error('test'));
      expect(await ends.far.outcome(fetch)).toBe('closed');
      expect(await ends.far.closed()).toBe('closed');
      await ends.near.closed;
      expect(await receiving).not.toBe('ok');
      expect(await codeOf(ends.near.control.send(numbered(1, 4)))).toBe('closed');
      expect(await codeOf(ends.near.blocks.fetch(far.hashes[0]!))).toBe('closed');
      expect(await second.far.fetchAll([near.hashes[1]!])).toEqual(['ok']);
      await second.near.close();
      await second.near.close();
      expect(await second.far.closed()).toBe('closed');
    });

    it('delivers what was sent before an orderly close', async () => {
      const ends = await wire.open(near.source);
      for (let i = 0; i < 50; i++) await ends.near.control.send(numbered(i, 1000));
      const numbers = ends.far.receiveNumbers(51);
      await ends.near.close();
      expect(await numbers).toEqual([...Array.from({ length: 50 }, (_, i) => i), -1]);
    });
  });
}
