/**
 * Buffers of encrypted messages, used again once the socket has taken them: a new one for every 64 KiB costs as much
 * as the cipher, in pages to clear and garbage to collect.
 */

/** The longest Noise message, with its length before it. */
export const MESSAGE_BYTES = 2 + 65_535;
/** Shorter ones come out of the JavaScript heap, which is cheap. */
const LEAST_BYTES = 16 * 1024;
/** 4 MiB: as much as may wait in a socket. Most sockets need one. */
const MAX_KEPT = 64;

const free: ArrayBuffer[] = [];
const lent = new WeakSet<ArrayBufferLike>();

/** An array of this length, which holds anything: `give` it back when nobody will read it any more, or never. */
export function takeMessage(length: number): Uint8Array {
  if (length < LEAST_BYTES || length > MESSAGE_BYTES) return new Uint8Array(length);
  const buffer = free.pop() ?? new ArrayBuffer(MESSAGE_BYTES);
  lent.add(buffer);
  return new Uint8Array(buffer, 0, length);
}

/** Does nothing with arrays that are not from here, or were given back before. */
export function giveMessage({ buffer }: Uint8Array): void {
  if (lent.delete(buffer) && free.length < MAX_KEPT) free.push(buffer as ArrayBuffer);
}
