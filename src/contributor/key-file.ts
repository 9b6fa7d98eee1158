/**
 * A contributor's key as a text file that a person keeps: a note, the id, and one line with the key and a checksum
 * against what happens to text on its way. It has no password. Reading is total; whatever the file holds, it
 * is a key or one of two faults. This file needs nothing of libp2p, so that the page can load it by itself.
 */
import { type Bytes, bytesEqual, concatBytes, fromHex, sha256, toHex, utf8 } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';

export interface KeyFile {
  readonly peerId: string;
  /** libp2p's protobuf form, as the key store keeps it. */
  readonly key: Bytes;
}

/** 'damaged': there is a key in it, but not all of it, or another one than was written. */
export type KeyFileFault = 'not-a-key' | 'damaged';

const MARK = 'tilework-key-1';
const SUM_BYTES = 4;
/** libp2p's PrivateKey message: type Ed25519, then 64 bytes of data (peer-ids specification). */
const KEY_HEAD = fromHex('08011240');
const SEED_BYTES = 32;
const KEY_BYTES = KEY_HEAD.length + 2 * SEED_BYTES;
/** Identity multihash of libp2p's PublicKey message of an Ed25519 key. */
const ID_HEAD = fromHex('002408011220');
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** Far more than the note and the key take; a larger file is another one. */
export const MAX_KEY_FILE_CHARS = 8192;

/** The form in which libp2p and the key store hold a key. @param seed,publicKey - 32 bytes each, as RFC 8032 has them */
export function keyBytes(seed: Uint8Array, publicKey: Uint8Array): Bytes {
  const key = concatBytes([KEY_HEAD, seed, publicKey]);
  if (seed.length !== SEED_BYTES || key.length !== KEY_BYTES)
    throw new AppError('bad-input', 'an Ed25519 key has 32 bytes on either side');
  return key;
}

/** The id of a key. @throws AppError 'bad-input' for bytes of another form */
export function peerIdOfBytes(key: Uint8Array): string {
  const { publicKey } = halvesOf(key);
  return peerIdOfPublic(publicKey);
}

/** "12D3KooW…" of 32 bytes. */
export function peerIdOfPublic(publicKey: Uint8Array): string {
  let value = BigInt(`0x${toHex(concatBytes([ID_HEAD, publicKey]))}`);
  let text = '';
  for (; value > 0n; value /= 58n) text = BASE58[Number(value % 58n)]! + text;
  // The first byte is zero, which base58 writes as its own digit of zero.
  return `1${text}`;
}

/** @throws AppError 'bad-input' for bytes of another form */
export function halvesOf(key: Uint8Array): { readonly seed: Bytes; readonly publicKey: Bytes } {
  if (key.length !== KEY_BYTES || !bytesEqual(key.subarray(0, KEY_HEAD.length), KEY_HEAD))
    throw new AppError('bad-input', 'this is no Ed25519 key');
  const half = KEY_HEAD.length + SEED_BYTES;
  return { seed: key.slice(KEY_HEAD.length, half), publicKey: key.slice(half) };
}

/** @param note - one line for whoever finds the file. @throws AppError 'bad-input' for bytes of another form */
export async function writeKeyFile(key: Uint8Array, note: string): Promise<string> {
  const peerId = peerIdOfBytes(key);
  const line = `${MARK}:${toHex(key)}:${await checksum(key)}`;
  return `${note.replaceAll(/\s+/g, ' ')}\n\n${peerId}\n\n${line}\n`;
}

/** Of any text. Lines that were broken or indented on the way are put together again. */
export async function readKeyFile(text: string): Promise<KeyFile | KeyFileFault> {
  if (text.length > MAX_KEY_FILE_CHARS) return 'not-a-key';
  const at = text.indexOf(`${MARK}:`);
  if (at < 0) return 'not-a-key';
  const line = text.slice(at + MARK.length + 1).replaceAll(/[\s>]+/g, '');
  const [, hex, sum] = /^([0-9a-f]{136}):([0-9a-f]{8})/i.exec(line) ?? [];
  if (hex === undefined || sum === undefined) return 'damaged';
  const key = fromHex(hex);
  if (sum.toLowerCase() !== (await checksum(key))) return 'damaged';
  try {
    return { key, peerId: peerIdOfBytes(key) };
  } catch {
    return 'damaged';
  }
}

async function checksum(key: Uint8Array): Promise<string> {
  return toHex((await sha256(concatBytes([utf8.encode(MARK), key]))).subarray(0, SUM_BYTES));
}
