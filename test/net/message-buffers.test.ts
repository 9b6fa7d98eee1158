import { describe, expect, it } from 'vitest';
import { MESSAGE_BYTES, giveMessage, takeMessage } from '../../src/net/message-buffers.ts';

describe('buffers of messages', () => {
  it('are used again once they are given back, whatever part of them was in use', () => {
    const first = takeMessage(20_000);
    expect(first.length).toBe(20_000);
    giveMessage(first.subarray(2));
    const second = takeMessage(MESSAGE_BYTES);
    expect(second.buffer).toBe(first.buffer);
    expect(second.length).toBe(MESSAGE_BYTES);
  });

  it('never have two users, also when one is given back twice', () => {
    const one = takeMessage(30_000);
    giveMessage(one);
    giveMessage(one);
    expect(takeMessage(30_000).buffer).not.toBe(takeMessage(30_000).buffer);
  });

  it('are not made of what somebody else made', () => {
    const foreign = new Uint8Array(MESSAGE_BYTES);
    giveMessage(foreign);
    expect(takeMessage(MESSAGE_BYTES).buffer).not.toBe(foreign.buffer);
  });

  it('are new ones for what is small, and for what does not fit', () => {
    for (const length of [0, 100, MESSAGE_BYTES + 1]) {
      const bytes = takeMessage(length);
      giveMessage(bytes);
      expect(bytes.length).toBe(length);
      expect(takeMessage(length).buffer).not.toBe(bytes.buffer);
    }
  });
});
