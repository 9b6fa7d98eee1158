/**
 * ChaCha20-Poly1305 (RFC 8439) for Noise, in WebAssembly. The JavaScript that the Noise package brings along for
 * browsers took half of a contributor's processor time on the wire (test/bench/results/transport.md).
 */
import type { Uint8ArrayList } from 'uint8arraylist';
import { AppError } from '../core/errors.ts';
import { AT, type ChaChaModule, loadChaCha } from './chacha-module.ts';
import { takeSealed } from './message-buffers.ts';
import { type Four, TAG_BYTES, limbsOfR, tagOf } from './poly1305.ts';
import { TextPlace } from './text-place.ts';

export type ByteList = Uint8Array | Uint8ArrayList;

/** What Noise has a cipher do. */
export interface Cipher {
  /**
   * The ciphertext and its tag. The two bytes before it are its length, big-endian: Noise puts that before each of
   * its messages, and what lies together already need not be joined.
   * @param text 65,519 bytes at most
   */
  encrypt(text: ByteList, nonce: Uint8Array, associated: Uint8Array, key: Uint8Array): Uint8Array;
  /**
   * @param out where the text lies sealed, its tag behind it: it goes there, or right behind the text before it. A
   *   new array without it
   * @throws AppError 'bad-frame' unless the tag fits; `out` is not touched then
   */
  decrypt(
    sealed: ByteList,
    nonce: Uint8Array,
    associated: Uint8Array,
    key: Uint8Array,
    out?: Uint8Array,
  ): Uint8Array;
}

/** "expand 32-byte k", RFC 8439 §2.3. */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;
const KEY_AT = AT.state + 16;
const COUNTER_AT = AT.state + 48;
const NONCE_AT = AT.state + 52;

export class ChaCha20Poly1305 implements Cipher {
  readonly #module: ChaChaModule;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #place: TextPlace;

  /** @throws WebAssembly.CompileError where a content security policy forbids WebAssembly */
  constructor(place = new TextPlace()) {
    this.#place = place;
    this.#module = loadChaCha();
    this.#bytes = new Uint8Array(this.#module.memory.buffer);
    this.#words = new Uint32Array(this.#module.memory.buffer);
    this.#words.set(CONSTANTS, AT.state / 4);
  }

  encrypt(text: ByteList, nonce: Uint8Array, associated: Uint8Array, key: Uint8Array): Uint8Array {
    const { length } = text;
    this.#begin(key, nonce);
    this.#load(text);
    this.#module.cipher(AT.stream, AT.text - AT.stream + length);
    const tag = this.#tag(associated, length);
    const out = takeSealed(length + TAG_BYTES);
    out.set(this.#bytes.subarray(AT.text, AT.text + length));
    out.set(tag, length);
    return out;
  }

  decrypt(
    sealed: ByteList,
    nonce: Uint8Array,
    associated: Uint8Array,
    key: Uint8Array,
    out?: Uint8Array,
  ): Uint8Array {
    const length = sealed.length - TAG_BYTES;
    if (length < 0) throw new AppError('bad-frame', 'an encrypted message without a tag');
    this.#begin(key, nonce);
    this.#module.cipher(AT.stream, AT.text - AT.stream);
    this.#load(sealed);
    const given = this.#bytes.slice(AT.text + length, AT.text + sealed.length);
    const tag = this.#tag(associated, length);
    let difference = 0;
    for (let i = 0; i < TAG_BYTES; i++) difference |= tag[i]! ^ given[i]!;
    if (difference !== 0) throw new AppError('bad-frame', 'an encrypted message was changed on its way');
    // The first block's stream made the key of the tag, and four blocks were made at once.
    this.#words[COUNTER_AT / 4] = 1;
    this.#module.cipher(AT.text, length);
    const text = this.#bytes.subarray(AT.text, AT.text + length);
    return out ? this.#place.put(text, out) : text.slice();
  }

  #begin(key: Uint8Array, nonce: Uint8Array): void {
    this.#bytes.set(key, KEY_AT);
    this.#bytes.set(nonce, NONCE_AT);
    this.#words[COUNTER_AT / 4] = 0;
    this.#bytes.fill(0, AT.stream, AT.text);
  }

  #load(data: ByteList): void {
    let at: number = AT.text;
    for (const piece of data instanceof Uint8Array ? [data] : data) {
      this.#bytes.set(piece, at);
      at += piece.length;
    }
  }

  /** Of the ciphertext at AT.text, whose padding and lengths it writes behind it: RFC 8439 §2.8. */
  #tag(associated: Uint8Array, length: number): Uint8Array {
    const end = this.#pad(AT.text + length);
    new DataView(this.#bytes.buffer).setUint32(end, associated.length, true);
    new DataView(this.#bytes.buffer).setUint32(end + 8, length, true);
    this.#startHash();
    if (associated.length > 0) {
      this.#bytes.set(associated, AT.associated);
      const after = this.#pad(AT.associated + associated.length);
      this.#module.absorb(AT.associated, after - AT.associated);
    }
    this.#module.absorb(AT.text, end + 16 - AT.text);
    return this.#hash();
  }

  /** Zeros up to a multiple of 16, and for 16 bytes more. */
  #pad(from: number): number {
    const end = (from + 15) & ~15;
    this.#bytes.fill(0, from, end + 16);
    return end;
  }

  /** The first half of the first block's stream is the one-time key: RFC 8439 §2.6. */
  #startHash(): void {
    const r = limbsOfR(this.#four(AT.stream));
    this.#words.set([0, 0, 0, 0, 0, ...r], AT.hash / 4);
  }

  #hash(): Uint8Array {
    const [h0 = 0, h1 = 0, h2 = 0, h3 = 0, h4 = 0] = this.#words.subarray(AT.hash / 4);
    return tagOf([h0, h1, h2, h3, h4], this.#four(AT.stream + 16));
  }

  #four(at: number): Four {
    const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = this.#words.subarray(at / 4);
    return [w0, w1, w2, w3];
  }
}
