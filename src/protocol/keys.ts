/**
 * Ed25519 keys: libp2p's own, and a WebCrypto key that can sign but never leave the browser.
 * libp2p and envelopes only ever call `sign()` and read `publicKey`; `raw` is for exporters.
 */
import {
  generateKeyPair,
  privateKeyFromProtobuf,
  privateKeyToProtobuf,
  publicKeyFromRaw,
} from '@libp2p/crypto/keys';
import type { AbortOptions, Ed25519PrivateKey, Ed25519PublicKey, PrivateKey } from '@libp2p/interface';
import { ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js';
import type { Uint8ArrayList } from 'uint8arraylist';
import { type Bytes, fromHex, toHex } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';

export type SigningKey = PrivateKey;

const ALGORITHM = 'Ed25519';

/** A new extractable key. Works in every browser: libp2p makes and uses it with noble where WebCrypto cannot. */
export function generateKey(): Promise<SigningKey> {
  return generateKeyPair('Ed25519');
}

/** libp2p's protobuf form. @throws AppError 'bad-input' for a key that was made to stay where it is. */
export function keyToBytes(key: SigningKey): Bytes {
  return new Uint8Array(privateKeyToProtobuf(key));
}

/** @throws AppError 'bad-input' unless the bytes are an Ed25519 key in libp2p's protobuf form. */
export function keyFromBytes(bytes: Uint8Array): SigningKey {
  let key: SigningKey;
  try {
    key = privateKeyFromProtobuf(bytes);
  } catch (error) {
    throw new AppError('bad-input', 'this is not a libp2p private key', { cause: error });
  }
  if (key.type !== 'Ed25519') throw new AppError('bad-input', `an Ed25519 key is needed, not ${key.type}`);
  return key;
}

/** The text of the key's PeerId, "12D3KooW…". */
export function peerIdOf(key: SigningKey): string {
  return key.publicKey.toString();
}

/** Without its sign, x's lowest bit, in the last byte. */
const unsigned = (raw: Uint8Array): string => toHex(raw.with(31, raw[31]! & 0x7f));
const SMALL_ORDER = new Set(ED25519_TORSION_SUBGROUP.map((point) => unsigned(fromHex(point))));

/** p = 2²⁵⁵ − 19 and more, little-endian. */
const NOT_BELOW_P = /^(?:e[d-f]|f.)(?:ff){30}7f$/;

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** Identity multihash of libp2p's protobuf of an Ed25519 key (its first zero is the text's leading "1"). */
const PEER_ID_HEAD = '002408011220';

/** The public key that an Ed25519 PeerId holds. @throws AppError 'bad-input' for any other text. */
export function publicKeyOf(peerId: string): Ed25519PublicKey {
  let value = 0n;
  for (const char of peerId.slice(0, 52)) value = value * 58n + BigInt(BASE58.indexOf(char));
  const hex = value.toString(16).padStart(PEER_ID_HEAD.length + 64, '0');
  try {
    const key = publicKeyFromRaw(fromHex(hex.slice(PEER_ID_HEAD.length))) as Ed25519PublicKey;
    // Another spelling of the same number, or another number, has another PeerId.
    if (key.toString() === peerId) return key;
  } catch {
    // not a key
  }
  throw new AppError('bad-input', `"${peerId.slice(0, 64)}" is not the PeerId of an Ed25519 key`);
}

/**
 * Strict Ed25519. Under a key of small order one signature fits every statement. RFC 8032 leaves it open
 * whether to accept it: Node's OpenSSL does not, noble (libp2p's fallback in browsers) does. Here nobody does.
 */
export async function verifySignature(
  key: Ed25519PublicKey,
  signed: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    if (signature.length !== 64 || isWeak(key)) return false;
    return await key.verify(signed, signature);
  } catch {
    return false;
  }
}

/**
 * Whether no signature of this key means anything (a point of small order), or it is written otherwise than RFC 8032
 * §5.1.3 has it (y not below p). Told by its bytes alone: making a point of them takes longer than a signature.
 */
export function isWeak({ raw }: { readonly raw: Uint8Array }): boolean {
  const y = unsigned(raw);
  return SMALL_ORDER.has(y) || NOT_BELOW_P.test(y);
}

/** Whether WebCrypto knows Ed25519 here (Chrome 137, Firefox 129, Safari 17; never outside a secure context). */
export async function supportsEd25519(): Promise<boolean> {
  try {
    await generateNonExtractable();
    return true;
  } catch {
    return false;
  }
}

/**
 * A key whose private half no script can read; IndexedDB stores it as it is.
 * @throws AppError 'unsupported-key' where WebCrypto lacks Ed25519: use generateKey there.
 */
export async function generateNonExtractable(): Promise<CryptoKeyPair> {
  try {
    return await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  } catch (error) {
    throw new AppError('unsupported-key', 'this browser cannot make Ed25519 keys of its own', {
      cause: error,
    });
  }
}

/**
 * A libp2p key over a WebCrypto pair, extractable or not.
 * @throws AppError 'unsupported-key' unless it is an Ed25519 pair that may sign.
 */
export async function wrapCryptoKey(pair: CryptoKeyPair): Promise<SigningKey> {
  const { privateKey, publicKey } = pair;
  if (privateKey.algorithm.name !== ALGORITHM || !privateKey.usages.includes('sign')) {
    throw new AppError(
      'unsupported-key',
      `an Ed25519 key that may sign is needed, not ${privateKey.algorithm.name}`,
    );
  }
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey));
  return new SealedKey(privateKey, publicKeyFromRaw(raw) as Ed25519PublicKey);
}

class SealedKey implements Ed25519PrivateKey {
  readonly type = 'Ed25519';
  readonly publicKey: Ed25519PublicKey;
  readonly #key: CryptoKey;

  constructor(key: CryptoKey, publicKey: Ed25519PublicKey) {
    this.#key = key;
    this.publicKey = publicKey;
  }

  get raw(): Uint8Array {
    throw new AppError('bad-input', 'this key was made to stay in the browser and cannot be exported');
  }

  equals(other?: { publicKey?: unknown }): boolean {
    return this.publicKey.equals(other?.publicKey);
  }

  async sign(data: Uint8Array | Uint8ArrayList, options?: AbortOptions): Promise<Uint8Array> {
    options?.signal?.throwIfAborted();
    // subarray() of a list is its bytes in one array.
    const signature = await crypto.subtle.sign(ALGORITHM, this.#key, data.subarray() as Bytes);
    options?.signal?.throwIfAborted();
    return new Uint8Array(signature);
  }
}
