import fc from 'fast-check';
import { Uint8ArrayList } from 'uint8arraylist';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { concatBytes } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import { MESSAGE_BYTES, closeBuffer, takeMessage } from '../../src/net/message-buffers.ts';
import { type SendingConnection, sendInFewMessages } from '../../src/net/websocket-sender.ts';
import { MAX_WEBSOCKET_MESSAGE_BYTES } from '../../src/protocol/limits.ts';

const ROOM = 1000;

/** A socket that keeps what it is sent until somebody takes it out. */
class Socket {
  readonly messages: Uint8Array[] = [];
  readyState = 1;
  bufferedAmount = 0;
  drains = 0;
  readonly connection: SendingConnection;

  constructor() {
    this.connection = {
      websocket: this,
      sendData: () => ({ sentBytes: 0, canSendMore: true }),
      safeDispatchEvent: () => (this.drains += 1),
    };
    sendInFewMessages(this.connection, ROOM);
  }

  send(bytes: Uint8Array): void {
    this.messages.push(bytes.slice());
    this.bufferedAmount += bytes.length;
  }
}

const bytesOf = (length: number): Uint8Array => seededRng(length).bytes(length);

describe('the messages of a WebSocket', () => {
  it('hold the same bytes in the same order, none longer than the other end takes', () => {
    const length = fc.oneof(fc.nat(5), fc.nat(MESSAGE_BYTES));
    fc.assert(
      fc.property(fc.array(length, { maxLength: 12 }), (lengths) => {
        const pieces = lengths.map(bytesOf);
        const socket = new Socket();
        const { sentBytes } = socket.connection.sendData(new Uint8ArrayList(...pieces));
        const all = concatBytes(pieces);
        expect(sentBytes).toBe(all.length);
        expect(Buffer.compare(concatBytes(socket.messages), all)).toBe(0);
        expect(socket.messages.every((message) => message.length <= MAX_WEBSOCKET_MESSAGE_BYTES)).toBe(true);
        // No two that would have fitted into one.
        const neighbours = socket.messages
          .slice(1)
          .map((message, i) => message.length + socket.messages[i]!.length);
        expect(neighbours.every((both) => both > MAX_WEBSOCKET_MESSAGE_BYTES)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('are one for a block, without a copy, where its Noise messages lie one behind the other', () => {
    closeBuffer();
    const socket = new Socket();
    const sent: Uint8Array[] = [];
    socket.send = (bytes) => sent.push(bytes);
    const pieces = [MESSAGE_BYTES, MESSAGE_BYTES, 300].flatMap((length) => {
      const message = takeMessage(length);
      message.set(bytesOf(length));
      return [message.slice(0, 2), message.subarray(2)];
    });
    const [, first] = pieces as [Uint8Array, Uint8Array];
    const whole = new Uint8Array(first.buffer, 0, 2 * MESSAGE_BYTES + 300);
    socket.connection.sendData(new Uint8ArrayList(...pieces));
    expect(sent).toHaveLength(1);
    expect(sent[0]?.buffer).toBe(first.buffer);
    expect(Buffer.compare(sent[0]!, whole)).toBe(0);
    // The next do not lie behind them, as they are on their way.
    expect(takeMessage(MESSAGE_BYTES).byteOffset).toBe(0);
  });

  it('are one for a length and a message that lie together, and only where the bytes before it are that length', () => {
    const whole = bytesOf(40_000);
    const socket = new Socket();
    const sent: Uint8Array[] = [];
    socket.send = (bytes) => sent.push(bytes);
    socket.connection.sendData(new Uint8ArrayList(whole.slice(0, 2), whole.subarray(2)));
    expect(sent[0]?.buffer).toBe(whole.buffer);
    expect(sent[0]).toEqual(whole);
    socket.connection.sendData(new Uint8ArrayList(Uint8Array.of(1, 2), whole.subarray(2)));
    expect(sent[1]).toEqual(Uint8Array.of(1, 2, ...whole.subarray(2)));
    // Nothing before it to look at.
    socket.connection.sendData(new Uint8ArrayList(Uint8Array.of(1, 2), whole, Uint8Array.of(3, 4)));
    expect(sent[2]).toEqual(Uint8Array.of(1, 2, ...whole, 3, 4));
    expect(sent).toHaveLength(3);
  });

  it('give their buffers back: at once by the standard, when they are written with the package ws', () => {
    const alone = (): Uint8Array => {
      closeBuffer();
      return takeMessage(MESSAGE_BYTES);
    };
    const standard = new Socket();
    const first = alone();
    standard.connection.sendData(new Uint8ArrayList(first));
    expect(alone().buffer).toBe(first.buffer);

    const ws = Object.assign(new Socket(), { terminate: () => {} });
    const written: (() => void)[] = [];
    ws.send = (_bytes: Uint8Array, sent?: () => void) => written.push(sent!);
    const second = alone();
    ws.connection.sendData(new Uint8ArrayList(second));
    expect(alone().buffer).not.toBe(second.buffer);
    written[0]!();
    expect(alone().buffer).toBe(second.buffer);
  });
});

describe('room in a WebSocket', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is reported once, when half of what may wait has left, and the second time too', () => {
    const socket = new Socket();
    const fill = (): boolean => socket.connection.sendData(new Uint8ArrayList(bytesOf(ROOM))).canSendMore;
    expect(socket.connection.sendData(new Uint8ArrayList(bytesOf(10))).canSendMore).toBe(true);
    for (const time of [1, 2]) {
      expect(fill()).toBe(false);
      expect(fill()).toBe(false);
      socket.bufferedAmount = ROOM / 2 + 1;
      vi.advanceTimersByTime(1000);
      expect(socket.drains).toBe(time - 1);
      socket.bufferedAmount = ROOM / 2;
      vi.advanceTimersByTime(10);
      expect(socket.drains).toBe(time);
      vi.advanceTimersByTime(1000);
      expect(socket.drains).toBe(time);
    }
  });

  it('grows on a link that is quicker than the looks, to eight times the first, and not beyond', () => {
    const socket = new Socket();
    const filled = (): number => {
      let sent = 0;
      do sent += 100;
      while (socket.connection.sendData(new Uint8ArrayList(bytesOf(100))).canSendMore);
      return sent;
    };
    const rooms: number[] = [];
    for (let i = 0; i < 6; i++) {
      rooms.push(filled());
      socket.bufferedAmount = 0;
      vi.advanceTimersByTime(1);
    }
    expect(rooms).toEqual([ROOM, 2 * ROOM, 4 * ROOM, 8 * ROOM, 8 * ROOM, 8 * ROOM]);
    expect(socket.drains).toBe(6);
    // The link has become slow.
    filled();
    vi.advanceTimersByTime(100);
    socket.bufferedAmount = 0;
    vi.advanceTimersByTime(10);
    expect(filled()).toBe(ROOM);
  });

  it('stays as it is on a link that takes longer than the first look', () => {
    const socket = new Socket();
    for (let i = 0; i < 3; i++) {
      expect(socket.connection.sendData(new Uint8ArrayList(bytesOf(ROOM))).canSendMore).toBe(false);
      vi.advanceTimersByTime(1);
      socket.bufferedAmount = 0;
      vi.advanceTimersByTime(2);
      expect(socket.drains).toBe(i + 1);
    }
  });

  it('is not looked for any more when the socket is closing', () => {
    const socket = new Socket();
    socket.connection.sendData(new Uint8ArrayList(bytesOf(ROOM)));
    socket.readyState = 2;
    socket.bufferedAmount = 0;
    vi.advanceTimersByTime(1000);
    expect(socket.drains).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
