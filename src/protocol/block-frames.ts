/**
 * Frames of the blocks stream (README.md, "Block frames"): one byte of type, then 32-byte hashes, or
 * one hash and the bytes of its block, raw or packed. A want is a credit for one block; nothing else is ever sent.
 */
import { type Bytes, SHA256_BYTES, toHex } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import type { Hash } from '../matrix/manifest.ts';
import { bytesOf, encoding, ensure } from './fields.ts';
import { MAX_WANTS_PER_FRAME } from './limits.ts';

export type BlockFrame =
  | { readonly type: 'want' | 'cancel' | 'missing'; readonly hashes: Hash[] }
  | { readonly type: 'block'; readonly hash: Hash; readonly bytes: Uint8Array }
  | { readonly type: 'packed'; readonly hash: Hash; readonly packed: Uint8Array };

/** Type and hash, and the bytes of the block itself, which must not change until they are sent. */
export type BlockPieces = readonly [head: Bytes, bytes: Uint8Array];

const WANT = 1;
const CANCEL = 2;
const MISSING = 3;
const BLOCK = 4;
const PACKED = 5;
const LISTS = new Map([
  [WANT, 'want'],
  [CANCEL, 'cancel'],
  [MISSING, 'missing'],
] as const);

const HASH_AT = 1;
const BYTES_AT = HASH_AT + SHA256_BYTES;

/** "Send me these": 1…512 hashes. @throws AppError 'bad-input' for any other number, or what is no hash. */
export const encodeWant = (hashes: readonly Hash[]): Bytes => encodeList(WANT, hashes);

/** "I no longer want these." */
export const encodeCancel = (hashes: readonly Hash[]): Bytes => encodeList(CANCEL, hashes);

/** "I have not got these": the answer to a want that cannot be met. */
export const encodeMissing = (hashes: readonly Hash[]): Bytes => encodeList(MISSING, hashes);

/** One block; its frame in two pieces, so that nothing is copied. @throws AppError 'bad-input' unless it has 1…262,144 bytes. */
export function encodeBlock(hash: Hash, bytes: Uint8Array): BlockPieces {
  return encodeBytes(BLOCK, hash, bytes);
}

/** A block as `packBlock` has made it; `hash` is of the unpacked bytes. @throws as `encodeBlock` */
export function encodePacked(hash: Hash, packed: Uint8Array): BlockPieces {
  return encodeBytes(PACKED, hash, packed);
}

/**
 * A block's bytes are a view of the frame. Whether they unpack, and hash to `hash`, is for the consumer to check.
 * @throws AppError 'bad-frame', never anything else.
 */
export function decodeBlockFrame(frame: Uint8Array): BlockFrame {
  const kind = frame[0];
  if (kind === BLOCK || kind === PACKED) {
    const bytes = frame.subarray(BYTES_AT);
    ensureSize(bytes);
    const hash = toHex(frame.subarray(HASH_AT, BYTES_AT));
    return kind === BLOCK ? { type: 'block', hash, bytes } : { type: 'packed', hash, packed: bytes };
  }
  const type = LISTS.get(kind as typeof WANT);
  if (!type) throw new AppError('bad-frame', 'not a block frame: unknown type');
  const count = (frame.length - HASH_AT) / SHA256_BYTES;
  ensure(Number.isInteger(count) && count >= 1, 'not a block frame: its hashes are cut short');
  ensure(count <= MAX_WANTS_PER_FRAME, `a block frame lists at most ${MAX_WANTS_PER_FRAME} hashes`);
  const hashes = Array.from({ length: count }, (_, i) => {
    const at = HASH_AT + i * SHA256_BYTES;
    return toHex(frame.subarray(at, at + SHA256_BYTES));
  });
  return { type, hashes };
}

function ensureSize(bytes: Uint8Array): void {
  ensure(bytes.length >= 1 && bytes.length <= BLOCK_BYTES, `a block has 1 to ${BLOCK_BYTES} bytes`);
}

function encodeBytes(kind: number, hash: Hash, bytes: Uint8Array): BlockPieces {
  return encoding(() => {
    ensureSize(bytes);
    const head = new Uint8Array(BYTES_AT);
    head[0] = kind;
    head.set(bytesOf(hash, SHA256_BYTES, 'a hash'), HASH_AT);
    return [head, bytes];
  });
}

function encodeList(kind: number, hashes: readonly Hash[]): Bytes {
  return encoding(() => {
    const { length } = hashes;
    ensure(length >= 1 && length <= MAX_WANTS_PER_FRAME, `a frame lists 1 to ${MAX_WANTS_PER_FRAME} hashes`);
    const frame = new Uint8Array(HASH_AT + length * SHA256_BYTES);
    frame[0] = kind;
    for (const [i, hash] of hashes.entries()) {
      frame.set(bytesOf(hash, SHA256_BYTES, 'a hash'), HASH_AT + i * SHA256_BYTES);
    }
    return frame;
  });
}
