import { describe, expect, it } from 'vitest';
import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js';
import { Uint8ArrayList } from 'uint8arraylist';
import { fromHex, utf8 } from '../../src/core/bytes.ts';
import { isAppError } from '../../src/core/errors.ts';
import { openLease, sealLease } from '../../src/protocol/envelope.ts';
import {
  generateKey,
  generateNonExtractable,
  isWeak,
  keyFromBytes,
  keyToBytes,
  peerIdOf,
  supportsEd25519,
  wrapCryptoKey,
} from '../../src/protocol/keys.ts';
import { aLease } from './samples.ts';

describe('keys whose signatures mean nothing', () => {
  const P = 2n ** 255n - 19n;
  const encoded = (y: bigint, sign: 0 | 1): Uint8Array => {
    const hex = (y + (BigInt(sign) << 255n)).toString(16).padStart(64, '0');
    return fromHex(hex).reverse();
  };

  it('are the eight points of small order, whatever their sign', () => {
    for (const point of ED25519_TORSION_SUBGROUP) {
      const raw = fromHex(point);
      expect(ed25519.Point.fromBytes(raw).isSmallOrder()).toBe(true);
      expect(isWeak({ raw })).toBe(true);
      expect(isWeak({ raw: raw.with(31, raw[31]! ^ 0x80) })).toBe(true);
    }
  });

  it('are those that are not written the shortest way', () => {
    for (const sign of [0, 1] as const) {
      for (let more = 0n; more < 19n; more++) expect(isWeak({ raw: encoded(P + more, sign) })).toBe(true);
      // The largest below it that are points of the curve and of no small order.
      for (const less of [2n, 3n, 4n]) expect(isWeak({ raw: encoded(P - less, sign) })).toBe(false);
    }
  });

  it('are none that anybody makes', async () => {
    for (let i = 0; i < 20; i++) expect(isWeak((await generateKey()).publicKey)).toBe(false);
  });
});

describe('extractable keys', () => {
  it('survive the trip through bytes with their PeerId', async () => {
    const key = await generateKey();
    const again = keyFromBytes(keyToBytes(key));
    expect(peerIdOf(again)).toBe(peerIdOf(key));
    expect(again.equals(key)).toBe(true);
  });

  it('have the PeerId that libp2p gives them', async () => {
    const key = await generateKey();
    expect(peerIdOf(key)).toBe(peerIdFromPrivateKey(key).toString());
    expect(peerIdOf(key)).toMatch(/^12D3KooW/);
  });

  it('are refused when the bytes are not a key, or a key of another type', async () => {
    const secp = privateKeyToProtobuf(await generateKeyPair('secp256k1'));
    const ed = keyToBytes(await generateKey());
    for (const bytes of [new Uint8Array(), utf8.encode('no key'), secp, ed.subarray(0, 40)]) {
      expect(() => keyFromBytes(bytes)).toThrow(expect.toSatisfy((error) => isAppError(error, 'bad-input')));
    }
  });
});

describe('non-extractable keys', () => {
  it('exist where WebCrypto knows Ed25519', async () => {
    expect(await supportsEd25519()).toBe(true);
    const pair = await generateNonExtractable();
    expect(pair.privateKey.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('pkcs8', pair.privateKey)).rejects.toThrow(/extractable/);
  });

  it('sign envelopes that open, again and again', async () => {
    const key = await wrapCryptoKey(await generateNonExtractable());
    for (const job of ['first', 'second']) {
      const envelope = await sealLease({ ...aLease, job }, key);
      const { value, signer } = await openLease(envelope, peerIdOf(key));
      expect(value).toEqual({ ...aLease, job });
      expect(signer).toBe(peerIdOf(key));
    }
  });

  it('survive structured cloning, as into IndexedDB', async () => {
    const pair = await generateNonExtractable();
    const clone = structuredClone(pair);
    const key = await wrapCryptoKey(clone);
    expect(peerIdOf(key)).toBe(peerIdOf(await wrapCryptoKey(pair)));
    await openLease(await sealLease(aLease, key), peerIdOf(key));
  });

  it('sign byte lists as libp2p passes them', async () => {
    const key = await wrapCryptoKey(await generateNonExtractable());
    const list = new Uint8ArrayList(utf8.encode('in two'), utf8.encode(' parts'));
    const signature = await key.sign(list);
    expect(await key.publicKey.verify(utf8.encode('in two parts'), signature)).toBe(true);
    expect(await key.publicKey.verify(utf8.encode('in two part'), signature)).toBe(false);
  });

  it('stop signing when the signal has fired', async () => {
    const key = await wrapCryptoKey(await generateNonExtractable());
    await expect(async () => key.sign(utf8.encode('x'), { signal: AbortSignal.abort() })).rejects.toThrow(
      /abort/,
    );
  });

  it('never give their bytes away', async () => {
    const key = await wrapCryptoKey(await generateNonExtractable());
    const refusal = expect.toSatisfy((error) => isAppError(error, 'bad-input'));
    expect(() => key.raw).toThrow(refusal);
    expect(() => keyToBytes(key)).toThrow(refusal);
    expect(Object.values(key).some((value) => value instanceof CryptoKey)).toBe(false);
  });

  it('equal themselves by public key and no other', async () => {
    const pair = await generateNonExtractable();
    const [one, same, other] = await Promise.all([
      wrapCryptoKey(pair),
      wrapCryptoKey(pair),
      wrapCryptoKey(await generateNonExtractable()),
    ]);
    expect(one.equals(same)).toBe(true);
    expect(one.equals(other)).toBe(false);
  });

  it('are refused when they are of another algorithm', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
      'sign',
      'verify',
    ]);
    await expect(wrapCryptoKey(pair)).rejects.toSatisfy((error) => isAppError(error, 'unsupported-key'));
  });
});
