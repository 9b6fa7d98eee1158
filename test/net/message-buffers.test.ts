import { beforeEach, describe, expect, it } from 'vitest';
import { MESSAGE_BYTES, closeBuffer, giveMessage, takeMessage } from '../../src/net/message-buffers.ts';
import { MAX_WEBSOCKET_MESSAGE_BYTES } from '../../src/protocol/limits.ts';

/** One that nothing lies behind. */
function takeAlone(length: number): Uint8Array {
  closeBuffer();
  const message = takeMessage(length);
  closeBuffer();
  return message;
}

describe('buffers of messages', () => {
  beforeEach(closeBuffer);

  it('are used again once they are given back', () => {
    const first = takeAlone(20_000);
    expect(first.length).toBe(20_000);
    giveMessage(first);
    const second = takeAlone(MESSAGE_BYTES);
    expect(second.buffer).toBe(first.buffer);
    expect(second.length).toBe(MESSAGE_BYTES);
  });

  it('never have two users, also when one is given back twice', () => {
    const one = takeAlone(30_000);
    giveMessage(one);
    giveMessage(one);
    expect(takeAlone(30_000).buffer).not.toBe(takeAlone(30_000).buffer);
  });

  it('hold messages one behind the other, short ones too, until they are closed or full', () => {
    const first = takeMessage(MESSAGE_BYTES);
    const tail = takeMessage(100);
    expect([tail.buffer, tail.byteOffset]).toEqual([first.buffer, MESSAGE_BYTES]);
    closeBuffer();
    let last = takeMessage(MESSAGE_BYTES);
    expect(last.buffer).not.toBe(first.buffer);
    for (let end = last.length; end + MESSAGE_BYTES <= MAX_WEBSOCKET_MESSAGE_BYTES; end += MESSAGE_BYTES) {
      const next = takeMessage(MESSAGE_BYTES);
      expect([next.buffer, next.byteOffset]).toEqual([last.buffer, end]);
      last = next;
    }
    expect(takeMessage(MESSAGE_BYTES).buffer).not.toBe(last.buffer);
  });

  it('are used again only when all that lies in them was given back, together or one by one', () => {
    const first = takeMessage(MESSAGE_BYTES);
    const second = takeMessage(20_000);
    closeBuffer();
    giveMessage(second);
    expect(takeAlone(MESSAGE_BYTES).buffer).not.toBe(first.buffer);
    giveMessage(first);
    expect(takeMessage(MESSAGE_BYTES).buffer).toBe(first.buffer);
    takeMessage(20_000);
    closeBuffer();
    giveMessage(new Uint8Array(first.buffer, 0, MESSAGE_BYTES + 20_000));
    expect(takeAlone(MESSAGE_BYTES).buffer).toBe(first.buffer);
  });

  it('are filled from the start again when all was given back before they were closed', () => {
    const first = takeMessage(MESSAGE_BYTES);
    giveMessage(first);
    const second = takeMessage(MESSAGE_BYTES);
    expect([second.buffer, second.byteOffset]).toEqual([first.buffer, 0]);
    closeBuffer();
    expect(takeAlone(MESSAGE_BYTES).buffer).not.toBe(first.buffer);
  });

  it('are not made of what somebody else made', () => {
    const foreign = new Uint8Array(MAX_WEBSOCKET_MESSAGE_BYTES);
    giveMessage(foreign);
    expect(takeAlone(MESSAGE_BYTES).buffer).not.toBe(foreign.buffer);
  });

  it('are new ones for what is small and lies alone, and for what does not fit', () => {
    for (const length of [0, 100, MESSAGE_BYTES + 1]) {
      const bytes = takeMessage(length);
      giveMessage(bytes);
      expect(bytes.length).toBe(length);
      expect(takeMessage(length).buffer).not.toBe(bytes.buffer);
    }
  });
});
