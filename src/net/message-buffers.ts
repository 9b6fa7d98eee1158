/**
 * Buffers of encrypted messages, used again once the socket has taken them: new ones cost as much as the cipher, in
 * pages to clear and garbage to collect. Messages lie one behind the other, so that those of one block can leave
 * as one WebSocket message without being joined.
 */
import { viewOf } from '../core/bytes.ts';
import { MAX_WEBSOCKET_MESSAGE_BYTES } from '../protocol/limits.ts';

/** Of the length that Noise sends before each message, big-endian. */
export const PREFIX_BYTES = 2;
/** The longest Noise message, with its length before it. */
export const MESSAGE_BYTES = PREFIX_BYTES + 65_535;
/** Shorter ones come out of the JavaScript heap, which is cheap, unless there is room behind another. */
const LEAST_BYTES = 16 * 1024;
/** 5 MiB: more than may wait in a socket. Most sockets need one. */
const MAX_KEPT = 16;

const free: ArrayBuffer[] = [];
/** Bytes of each buffer that were taken and not given back. */
const lent = new WeakMap<ArrayBufferLike, number>();
/** The one that is being filled. */
let open: { readonly buffer: ArrayBuffer; end: number } | undefined;

/** An array of this length, which holds anything: `give` it back when nobody will read it any more, or never. */
export function takeMessage(length: number): Uint8Array {
  if (open && open.end + length > MAX_WEBSOCKET_MESSAGE_BYTES) closeBuffer();
  if (!open) {
    if (length < LEAST_BYTES || length > MESSAGE_BYTES) return new Uint8Array(length);
    open = { buffer: free.pop() ?? new ArrayBuffer(MAX_WEBSOCKET_MESSAGE_BYTES), end: 0 };
  }
  const { buffer, end } = open;
  open.end += length;
  lent.set(buffer, open.end);
  return new Uint8Array(buffer, end, length);
}

/** Room for a Noise message of this length, which is written before it already. */
export function takeSealed(length: number): Uint8Array {
  const message = takeMessage(PREFIX_BYTES + length);
  viewOf(message).setUint16(0, length);
  return message.subarray(PREFIX_BYTES);
}

/** What is taken from now on does not lie behind what was taken before. */
export function closeBuffer(): void {
  open = undefined;
}

/** Does nothing with arrays that are not from here. To be called once for each byte taken. */
export function giveMessage({ buffer, length }: Uint8Array): void {
  const left = (lent.get(buffer) ?? Number.NaN) - length;
  if (left > 0) lent.set(buffer, left);
  if (left !== 0) return;
  lent.delete(buffer);
  if (buffer === open?.buffer) open.end = 0;
  else if (free.length < MAX_KEPT) free.push(buffer as ArrayBuffer);
}
