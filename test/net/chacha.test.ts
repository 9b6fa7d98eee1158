import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { Uint8ArrayList } from 'uint8arraylist';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex, utf8 } from '../../src/core/bytes.ts';
import { toAppError } from '../../src/core/errors.ts';
import { seededRng } from '../../src/core/rng.ts';
import { OpenSslCipher } from '../../src/net/chacha.node.ts';
import { ChaCha20Poly1305, type Cipher } from '../../src/net/chacha.ts';
import { AT, loadChaCha } from '../../src/net/chacha-module.ts';
import { type Five, type Four, TAG_BYTES, limbsOfR, tagOf } from '../../src/net/poly1305.ts';

const CIPHERS: [string, Cipher][] = [
  ['in WebAssembly', new ChaCha20Poly1305()],
  ['of OpenSSL', new OpenSslCipher()],
];
const NOTHING = new Uint8Array();
/** A Noise message without its tag. */
const LONGEST = 65_519;

/** What OpenSSL makes of it. */
function sealed(text: Uint8Array, nonce: Uint8Array, associated: Uint8Array, key: Uint8Array): Uint8Array {
  const openssl = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  openssl.setAAD(associated, { plaintextLength: text.length });
  return Uint8Array.from(Buffer.concat([openssl.update(text), openssl.final(), openssl.getAuthTag()]));
}

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'ok';
  } catch (error) {
    return toAppError(error).code;
  }
};

describe.each(CIPHERS)('the cipher %s', (_name, cipher) => {
  it('seals the example of RFC 8439, section 2.8.2', () => {
    const text = utf8.encode(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
    const nonce = fromHex('070000004041424344454647');
    const out = cipher.encrypt(text, nonce, fromHex('50515253c0c1c2c3c4c5c6c7'), key);
    expect(toHex(out).slice(0, 32)).toBe('d31a8d34648e60db7b86afbc53ef7ec2');
    expect(toHex(out).slice(-32)).toBe('1ae10b594f09e26a7e902ecbd0600691');
  });

  it('agrees with OpenSSL and opens what it sealed, whole or in pieces, whatever the length', () => {
    const length = fc.oneof(
      fc.nat(600),
      fc.constantFrom(0, 1, 15, 16, 17, 255, 256, 257, LONGEST - 1, LONGEST),
    );
    fc.assert(
      fc.property(length, fc.nat(70), fc.nat(), fc.nat(600), (length, extra, seed, cut) => {
        const rng = seededRng(seed);
        const [text, associated] = [rng.bytes(length), rng.bytes(extra)];
        const [key, nonce] = [rng.bytes(32), rng.bytes(12)];
        const pieces = new Uint8ArrayList(text.subarray(0, cut), text.subarray(cut));
        const expected = sealed(text, nonce, associated, key);
        expect(Buffer.compare(cipher.encrypt(text, nonce, associated, key), expected)).toBe(0);
        expect(Buffer.compare(cipher.encrypt(pieces, nonce, associated, key), expected)).toBe(0);
        const list = new Uint8ArrayList(expected.subarray(0, cut), expected.subarray(cut));
        expect(Buffer.compare(cipher.decrypt(list, nonce, associated, key), text)).toBe(0);
        expect(cipher.decrypt(expected, nonce, associated, key, expected.subarray(0, length))).toHaveLength(
          length,
        );
        expect(Buffer.compare(expected.subarray(0, length), text)).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it('writes the length of a message before it', () => {
    for (const length of [0, 300, LONGEST]) {
      const out = cipher.encrypt(new Uint8Array(length), new Uint8Array(12), NOTHING, new Uint8Array(32));
      expect(new DataView(out.buffer, out.byteOffset - 2).getUint16(0)).toBe(out.length);
    }
  });

  it('refuses a change of any bit and a cut, leaves the place for the text alone, and goes on', () => {
    const rng = seededRng(3);
    const [text, key, nonce] = [rng.bytes(40), rng.bytes(32), rng.bytes(12)];
    const associated = rng.bytes(5);
    const message = sealed(text, nonce, associated, key);
    for (let bit = 0; bit < 8 * message.length; bit++) {
      const changed = message.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const out = new Uint8Array(text.length).fill(7);
      expect(codeOf(() => cipher.decrypt(changed, nonce, associated, key, out))).toBe('bad-frame');
      expect(out).toEqual(new Uint8Array(text.length).fill(7));
    }
    for (const length of [0, 15, 16, 55]) {
      expect(codeOf(() => cipher.decrypt(message.subarray(0, length), nonce, associated, key))).toBe(
        'bad-frame',
      );
    }
    expect(codeOf(() => cipher.decrypt(message, nonce, associated.subarray(1), key))).toBe('bad-frame');
    expect(cipher.decrypt(message, nonce, associated, key)).toEqual(text);
  });

  it('refuses a change of a long message as well', () => {
    const rng = seededRng(4);
    const [text, key, nonce] = [rng.bytes(LONGEST), rng.bytes(32), rng.bytes(12)];
    const message = sealed(text, nonce, NOTHING, key);
    for (const at of [0, LONGEST - 1, LONGEST, LONGEST + TAG_BYTES - 1]) {
      const changed = message.slice();
      changed[at]! ^= 1;
      const out = new Uint8Array(LONGEST).fill(7);
      expect(codeOf(() => cipher.decrypt(changed, nonce, NOTHING, key, out))).toBe('bad-frame');
      expect(out.every((byte) => byte === 7)).toBe(true);
    }
  });

  it('makes one piece of the texts of messages that lie one behind the other, and of no others', () => {
    const rng = seededRng(5);
    const [key, nonce] = [rng.bytes(32), rng.bytes(12)];
    const texts = [LONGEST, LONGEST, 100, 20_000].map((length) => rng.bytes(length));
    const messages = texts.map((text) => sealed(text, nonce, NOTHING, key));
    const wire = concatBytes(messages.flatMap((message) => [new Uint8Array(2), message]));
    let at = 0;
    const opened = messages.map(({ length }) => {
      const message = wire.subarray(at + 2, at + 2 + length);
      at += 2 + length;
      return cipher.decrypt(message, nonce, NOTHING, key, message.subarray(0, length - TAG_BYTES));
    });
    expect(opened.map(({ buffer }) => buffer === wire.buffer)).toEqual([true, true, true, true]);
    const first = opened[0]!;
    const whole = concatBytes(texts);
    expect(Buffer.compare(wire.subarray(2, 2 + whole.length), whole)).toBe(0);
    expect(opened.map(({ byteOffset }) => byteOffset - first.byteOffset)).toEqual([
      0,
      LONGEST,
      2 * LONGEST,
      2 * LONGEST + 100,
    ]);

    const apart = concatBytes([new Uint8Array(3), messages[2]!, new Uint8Array(3), messages[2]!]);
    const size = messages[2]!.length;
    for (const start of [3, 6 + size]) {
      const message = apart.subarray(start, start + size);
      const out = message.subarray(0, size - TAG_BYTES);
      expect(cipher.decrypt(message, nonce, NOTHING, key, out).byteOffset).toBe(start);
    }
    expect(apart.subarray(3, 103)).toEqual(texts[2]);
  });
});

describe('Poly1305', () => {
  const module = loadChaCha();
  const words = new Uint32Array(module.memory.buffer);
  const P = 2n ** 130n - 5n;
  const four = (value: bigint): Four =>
    [0n, 32n, 64n, 96n].map((at) => Number((value >> at) & 0xffff_ffffn)) as unknown as Four;
  const number = (bytes: Uint8Array): bigint =>
    bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

  /** By the definition, RFC 8439 section 2.5. */
  function expected(blocks: Uint8Array, r: bigint, s: bigint): bigint {
    let h = 0n;
    for (let at = 0; at < blocks.length; at += 16) {
      h = ((h + number(blocks.subarray(at, at + 16)) + 2n ** 128n) * r) % P;
    }
    return (h + s) % 2n ** 128n;
  }

  function actual(blocks: Uint8Array, r: bigint, s: bigint): bigint {
    words.set([0, 0, 0, 0, 0, ...limbsOfR(four(r))], AT.hash / 4);
    new Uint8Array(module.memory.buffer).set(blocks, AT.text);
    module.absorb(AT.text, blocks.length);
    const h = Array.from(words.subarray(AT.hash / 4, AT.hash / 4 + 5)) as unknown as Five;
    return number(tagOf(h, four(s)));
  }

  const CLAMP = 0x0ffffffc_0ffffffc_0ffffffc_0fffffffn;
  const ALL_ONES = 2n ** 128n - 1n;

  it('reduces numbers just below, at and above the prime, and carries through every limb', () => {
    const full = new Uint8Array(16).fill(255);
    const blocks = [
      full,
      Uint8Array.from(full).fill(0xfd, 0, 1),
      Uint8Array.from(full).fill(0xfb, 0, 1),
      Uint8Array.of(...full, 0xfb, ...new Uint8Array(15).fill(0xfe), ...new Uint8Array(16).fill(1)),
      Uint8Array.of(...full, 0xf0, ...full.subarray(1), 0x11, ...new Uint8Array(15)),
      new Uint8Array(64).fill(255),
      new Uint8Array(),
    ];
    for (const block of blocks) {
      for (const r of [0n, 1n, 2n, 4n << 32n, CLAMP]) {
        for (const s of [0n, 1n, ALL_ONES]) expect(actual(block, r, s)).toBe(expected(block, r, s));
      }
    }
  });

  it('is what its definition says for any key and any blocks', () => {
    const key = fc.bigInt({ min: 0n, max: ALL_ONES });
    const blocks = fc
      .array(fc.uint8Array({ minLength: 16, maxLength: 16 }), { maxLength: 6 })
      .map((parts) => Uint8Array.from(parts.flatMap((part) => Array.from(part))));
    fc.assert(
      fc.property(blocks, key, key, (blocks, r, s) => {
        expect(actual(blocks, r & CLAMP, s)).toBe(expected(blocks, r & CLAMP, s));
      }),
    );
  });
});
