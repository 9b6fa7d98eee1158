import { streamPair } from '@libp2p/utils';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError, toAppError } from '../../src/core/errors.ts';
import { type FrameChannel, memoryChannelPair } from '../../src/net/channel.ts';
import { FrameBuffer, encodeLength } from '../../src/net/length-prefix.ts';
import { StreamChannel } from '../../src/net/stream-channel.ts';

const LIMIT = 1000;
const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => toAppError(error).code,
  );
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

const kinds: [string, () => Promise<[FrameChannel, FrameChannel]>][] = [
  ['memory', async () => memoryChannelPair({ maxFrameBytes: LIMIT, bufferBytes: 2000 })],
  [
    'a libp2p stream',
    async () => {
      const [a, b] = await streamPair();
      return [new StreamChannel(a, LIMIT), new StreamChannel(b, LIMIT)];
    },
  ],
];

describe.each(kinds)('a channel over %s', (_, open) => {
  it('delivers frames in order and ends after the last', async () => {
    const [a, b] = await open();
    await a.send(bytes(1));
    await a.send(bytes(2, 2));
    await a.close();
    await a.close();
    expect([await b.receive(), await b.receive(), await b.receive(), await b.receive()]).toEqual([
      bytes(1),
      bytes(2, 2),
      undefined,
      undefined,
    ]);
    expect(await code(a.send(bytes(3)))).toBe('closed');
    await b.send(bytes(4));
    expect(await a.receive()).toEqual(bytes(4));
  });

  it('delivers a frame that was sent in pieces as one', async () => {
    const [a, b] = await open();
    await a.send([bytes(1), bytes(2, 3), bytes()]);
    await a.send([bytes(4)]);
    expect([await b.receive(), await b.receive()]).toEqual([bytes(1, 2, 3), bytes(4)]);
    expect(b.bytesIn).toBe(a.bytesOut);
  });

  it('serves several receivers in the order in which they asked', async () => {
    const [a, b] = await open();
    const both = Promise.all([b.receive(), b.receive()]);
    await a.send(bytes(1));
    await a.send(bytes(2));
    expect(await both).toEqual([bytes(1), bytes(2)]);
  });

  it('counts a heartbeat and does not deliver it', async () => {
    const [a, b] = await open();
    await a.send(new Uint8Array(0));
    await a.send(bytes(9));
    expect(await b.receive()).toEqual(bytes(9));
    expect(b.bytesIn).toBe(a.bytesOut);
  });

  it('loses no frame to an aborted receive', async () => {
    const [a, b] = await open();
    const stop = new AbortController();
    const waiting = code(b.receive(stop.signal));
    stop.abort();
    expect(await waiting).toBe('aborted');
    expect(await code(b.receive(stop.signal))).toBe('aborted');
    await a.send(bytes(5));
    expect(await b.receive()).toEqual(bytes(5));
  });

  it('refuses a frame over the limit, and ends', async () => {
    const [a, b] = await open();
    const received = code(b.receive());
    await a.send(new Uint8Array(LIMIT + 1));
    expect(await received).toBe('bad-frame');
    expect(await code(b.receive())).toBe('bad-frame');
    expect(await code(a.receive())).toBe('closed');
    expect(await code(b.send(bytes(1)))).toBe('closed');
  });

  it('ends both directions on abort, as often as it is called', async () => {
    const [a, b] = await open();
    const waiting = [code(a.receive()), code(b.receive())];
    a.abort(new AppError('timeout', 'test'));
    a.abort(new AppError('internal', 'again'));
    b.abort(new Error('too'));
    expect(await Promise.all(waiting)).toEqual(['timeout', 'closed']);
    expect(await code(a.send(bytes(1)))).toBe('closed');
    expect(await code(b.send(bytes(1)))).toBe('closed');
    await a.close();
  });
});

describe('a full memory channel', () => {
  it('holds the sender until a frame is taken, and an aborted send sends nothing', async () => {
    const [a, b] = memoryChannelPair({ bufferBytes: 10 });
    await a.send(new Uint8Array(10).fill(1));
    const stop = new AbortController();
    const aborted = code(a.send(bytes(2), stop.signal));
    let sent = false;
    const sending = a.send(bytes(3)).then(() => (sent = true));
    stop.abort();
    expect(await aborted).toBe('aborted');
    await Promise.resolve();
    expect(sent).toBe(false);
    await b.receive();
    await sending;
    expect(await b.receive()).toEqual(bytes(3));
  });

  it('rejects a held sender when the other end aborts', async () => {
    const [a, b] = memoryChannelPair({ bufferBytes: 1 });
    await a.send(bytes(1));
    const held = code(a.send(bytes(2)));
    b.abort(new Error('gone'));
    expect(await held).toBe('closed');
  });
});

describe('length prefixes', () => {
  it('come back out of any chunking', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 })),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
        (frames, cuts) => {
          const wire = frames.flatMap((frame) => [...encodeLength(frame.length), ...frame, 0]);
          const buffer = new FrameBuffer(LIMIT);
          const out: Uint8Array[] = [];
          for (let at = 0, i = 0; at < wire.length; i++) {
            const size = cuts[i % cuts.length]!;
            buffer.push(Uint8Array.from(wire.slice(at, at + size)));
            at += size;
            for (let frame = buffer.next(); frame; frame = buffer.next()) out.push(frame);
          }
          expect(out).toEqual(frames);
          expect(buffer.byteLength).toBe(0);
        },
      ),
    );
  });

  it('leave a frame where it is when its chunks lie one behind the other, and join it where they do not', () => {
    const wire = Uint8Array.from([...encodeLength(200), ...new Uint8Array(200).fill(7), 1, 9]);
    const buffer = new FrameBuffer(LIMIT);
    for (const at of [0, 50, 100, 150, 200]) buffer.push(wire.subarray(at, Math.min(at + 50, wire.length)));
    const frame = buffer.next()!;
    expect([frame.buffer, frame.byteOffset, frame.length]).toEqual([wire.buffer, 2, 200]);
    expect(buffer.next()).toEqual(Uint8Array.of(9));
    for (const at of [0, 102]) buffer.push(wire.slice(at, at + 102));
    expect(buffer.next()).toEqual(new Uint8Array(200).fill(7));
    expect(buffer.next()).toEqual(Uint8Array.of(9));
  });

  it.each([
    ['over the limit', [0xe9, 0x07]],
    ['far over any memory', [0xff, 0xff, 0xff, 0x7f]],
    ['without an end', [0x80, 0x80, 0x80, 0x80]],
  ])('are refused %s before anything else arrives', (_, prefix) => {
    const buffer = new FrameBuffer(LIMIT);
    buffer.push(Uint8Array.from(prefix));
    expect(() => buffer.next()).toThrow(AppError);
  });

  it('are never trusted: random bytes give frames, nothing, or bad-frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (junk) => {
        const buffer = new FrameBuffer(LIMIT);
        buffer.push(junk);
        try {
          for (let frame = buffer.next(); frame; frame = buffer.next()) expect(frame.length).toBeLessThan(64);
        } catch (error) {
          expect(toAppError(error).code).toBe('bad-frame');
        }
      }),
    );
  });
});

describe('a stream channel', () => {
  it('takes the end of a stream within a frame for a loss, not for an end', async () => {
    const [a, b] = await streamPair();
    const channel = new StreamChannel(b, LIMIT);
    a.send(Uint8Array.of(5, 1, 2));
    await a.close();
    expect(await code(channel.receive())).toBe('closed');
  });

  it('delivers what arrived before a reset', async () => {
    const [a, b] = await streamPair();
    const channel = new StreamChannel(b, LIMIT);
    a.send(Uint8Array.of(1, 7));
    await new Promise((resolve) => b.addEventListener('message', resolve, { once: true }));
    a.abort(new Error('reset'));
    expect(await channel.receive()).toEqual(bytes(7));
    expect(await code(channel.receive())).toBe('closed');
  });

  it('rejects a sender that waits for room when the stream is reset', async () => {
    const [a, b] = await streamPair({ capacity: 4096 });
    const channel = new StreamChannel(a, 1 << 20);
    b.pause();
    const sends = Array.from({ length: 200 }, () => code(channel.send(new Uint8Array(60_000))));
    channel.abort(new Error('enough'));
    const codes = await Promise.all(sends);
    expect(codes.at(-1)).toBe('closed');
    await channel.ended;
  });
});

describe('reading ahead', () => {
  it.each([
    [0, 'paused'],
    [10_000, 'readable'],
  ] as const)('by %i bytes leaves a stream with 5,000 unread %s', async (readAhead, status) => {
    const [a, b] = await streamPair();
    const sender = new StreamChannel(a, LIMIT);
    const reader = new StreamChannel(b, LIMIT, readAhead);
    for (let i = 0; i < 5; i++) await sender.send(new Uint8Array(LIMIT).fill(i));
    expect(await reader.receive()).toEqual(new Uint8Array(LIMIT));
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(b.readStatus).toBe(status);
    for (let i = 1; i < 5; i++) expect(await reader.receive()).toEqual(new Uint8Array(LIMIT).fill(i));
  });
});
