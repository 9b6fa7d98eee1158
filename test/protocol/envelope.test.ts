import { generateKeyPair } from '@libp2p/crypto/keys';
import { RecordEnvelope } from '@libp2p/peer-record';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes, concatBytes, sha256, toHex, utf8 } from '../../src/core/bytes.ts';
import { isAppError } from '../../src/core/errors.ts';
import {
  type Lease,
  envelopeDigest,
  openLease,
  openReceipt,
  openResult,
  sealLease,
  sealReceipt,
  sealResult,
} from '../../src/protocol/envelope.ts';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import {
  MAX_CELLS_PER_LEASE,
  MAX_ENVELOPE_BYTES,
  MAX_LEASE_MS,
  MAX_LEDGER_UNITS,
  MAX_ROW_BLOCKS,
} from '../../src/protocol/limits.ts';
import { leasePayload } from '../../src/protocol/signed.ts';
import { field } from './fixtures.ts';
import { aLease, aReceipt, aResult, hashOf } from './samples.ts';

const key = await generateKey();
const signer = peerIdOf(key);
const code = (...codes: Parameters<typeof isAppError>[1][]) =>
  expect.toSatisfy((error) => isAppError(error, ...codes));

/** Seals any payload under any domain and type, with any libp2p key. */
async function sealAs(
  payload: Bytes,
  { domain = 'tilework-lease/1', type = '/tilework/lease', by = key } = {},
): Promise<Uint8Array> {
  const record = { domain, codec: utf8.encode(type), marshal: () => payload, equals: () => false };
  return (await RecordEnvelope.seal(record, by)).marshal();
}

describe('what was sealed', () => {
  it('opens to the same statement, its signer and its digest', async () => {
    const lease = await sealLease(aLease, key);
    const digest = toHex(await sha256(lease));
    expect(await openLease(lease, signer)).toEqual({ value: aLease, signer, digest });
    expect(await envelopeDigest(lease)).toBe(digest);
    expect((await openResult(await sealResult(aResult, key), signer)).value).toEqual(aResult);
    expect((await openReceipt(await sealReceipt(aReceipt, key), signer)).value).toEqual(aReceipt);
  });

  it('opens for any lease that may be sealed', async () => {
    const block = fc.integer({ min: 0, max: MAX_ROW_BLOCKS - 1024 });
    const anyHash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
    const lease = fc.record({
      id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(toHex),
      job: fc.stringMatching(/^[a-z0-9-]{1,64}$/),
      project: fc.string({ minLength: 1, maxLength: 128 }),
      issuedMs: fc.integer({ min: 0, max: 2e12 }),
      lasts: fc.integer({ min: 1, max: MAX_LEASE_MS }),
      microcredits: fc.bigInt({ min: 0n, max: MAX_LEDGER_UNITS }),
      work: fc.record({
        kind: fc.constant('product' as const),
        a: anyHash,
        b: anyHash,
        rowBlock: block,
        colBlock: block,
        rowBlocks: fc.integer({ min: 1, max: 32 }),
        colBlocks: fc.integer({ min: 1, max: 32 }),
      }),
    });
    await fc.assert(
      fc.asyncProperty(lease, async ({ lasts, ...rest }) => {
        const value: Lease = { ...rest, contributor: signer, deadlineMs: rest.issuedMs + lasts };
        expect((await openLease(await sealLease(value, key), signer)).value).toEqual(value);
      }),
    );
  });

  it('keeps integers up to the last one below 2⁵³ exact', async () => {
    const receipt = { ...aReceipt, balanceMicrocredits: MAX_LEDGER_UNITS, multiplyAdds: 2n ** 52n + 1n };
    expect((await openReceipt(await sealReceipt(receipt, key))).value).toEqual(receipt);
  });
});

describe('an envelope is refused', () => {
  it('with any one bit flipped', async () => {
    const envelope = await sealResult(aResult, key);
    for (let bit = 0; bit < 8 * envelope.length; bit++) {
      const flipped = envelope.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      await expect(openResult(flipped)).rejects.toThrow(code('bad-frame', 'bad-signature'));
    }
  });

  it('when a bit of its payload or its signature is flipped, as a bad signature', async () => {
    const envelope = await sealLease(aLease, key);
    for (const at of [envelope.length - 1, envelope.length - 64, envelope.length - 70]) {
      const flipped = envelope.slice();
      flipped[at]! ^= 1;
      await expect(openLease(flipped)).rejects.toThrow(code('bad-signature'));
    }
  });

  it('when signed under another domain', async () => {
    const envelope = await sealAs(leasePayload.encode(aLease), { domain: 'tilework-receipt/1' });
    await expect(openLease(envelope)).rejects.toThrow(code('bad-signature'));
    const control = await sealAs(leasePayload.encode(aLease));
    expect((await openLease(control)).value).toEqual(aLease);
  });

  it('when it holds another kind of statement', async () => {
    const envelope = await sealLease(aLease, key);
    await expect(openReceipt(envelope, signer)).rejects.toThrow(code('bad-frame'));
    await expect(openResult(envelope, signer)).rejects.toThrow(code('bad-frame'));
    const relabelled = await sealAs(leasePayload.encode(aLease), { type: '/tilework/result' });
    await expect(openLease(relabelled)).rejects.toThrow(code('bad-frame'));
  });

  it('when another key signed it, though the signature is valid', async () => {
    const other = await generateKey();
    const envelope = await sealResult(aResult, other);
    await expect(openResult(envelope, signer)).rejects.toThrow(code('wrong-peer'));
    expect((await openResult(envelope)).signer).toBe(peerIdOf(other));
  });

  it('when the key was swapped for the expected one', async () => {
    const envelope = await sealResult(aResult, await generateKey());
    const mine = await sealResult(aResult, key);
    const swapped = concatBytes([mine.subarray(0, 38), envelope.subarray(38)]);
    await expect(openResult(swapped, signer)).rejects.toThrow(code('bad-signature'));
  });

  it.each(['RSA', 'secp256k1', 'ECDSA'] as const)('when an %s key signed it', async (type) => {
    const by = await generateKeyPair(type);
    const envelope = await sealAs(leasePayload.encode(aLease), { by });
    await expect(openLease(envelope)).rejects.toThrow(code('bad-signature'));
    await expect(sealLease(aLease, by)).rejects.toThrow(code('bad-input'));
  });

  it('under a key of small order, for which one signature fits every statement', async () => {
    // A = R = the neutral point, S = 0: S·B = R + h·A for every message.
    const neutral = Uint8Array.of(1, ...new Uint8Array(31));
    const signature = concatBytes([neutral, new Uint8Array(32)]);
    expect(ed25519.verify(signature, utf8.encode('anything'), neutral)).toBe(true);
    const publicKey = concatBytes([Uint8Array.of(8, 1), field(2, neutral)]);
    const forged = concatBytes([
      field(1, publicKey),
      field(2, utf8.encode('/tilework/lease')),
      field(3, leasePayload.encode(aLease)),
      field(5, signature),
    ]);
    await expect(openLease(forged)).rejects.toThrow(code('bad-signature'));
  });

  it('in any other encoding of the same fields, so that no third party can change its digest', async () => {
    const envelope = await sealLease(aLease, key);
    const others = [
      concatBytes([envelope, field(15, [1])]), // an unknown field
      concatBytes([envelope, envelope]), // every field twice
      concatBytes([envelope, Uint8Array.of(0)]), // trailing bytes
      concatBytes([envelope.subarray(38), envelope.subarray(0, 38)]), // another order
      concatBytes([envelope.subarray(0, 1), Uint8Array.of(0xa4, 0), envelope.subarray(2)]), // a padded length
    ];
    for (const other of others) await expect(openLease(other, signer)).rejects.toThrow(code('bad-frame'));
  });

  it('when it is empty, too long, or claims more than it has', async () => {
    const bomb = Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f);
    for (const bytes of [new Uint8Array(), new Uint8Array(MAX_ENVELOPE_BYTES + 1), bomb]) {
      await expect(openLease(bytes)).rejects.toThrow(code('bad-frame'));
    }
  });
});

describe('a lease is refused, by its maker and by its reader,', () => {
  const { work } = aLease;
  const cases: [string, Lease][] = [
    ['without cells', { ...aLease, work: { ...work, rowBlocks: 0 } }],
    ['with too many cells', { ...aLease, work: { ...work, rowBlocks: 33, colBlocks: 32 } }],
    ['outside the largest C', { ...aLease, work: { ...work, rowBlock: MAX_ROW_BLOCKS } }],
    ['with a short hash', { ...aLease, work: { ...work, a: 'aa' } }],
    ['with an id of another length', { ...aLease, id: hashOf(1) }],
    ['that ends before it begins', { ...aLease, deadlineMs: aLease.issuedMs }],
    ['that lasts for ever', { ...aLease, deadlineMs: aLease.issuedMs + MAX_LEASE_MS + 1 }],
    ['at no time that exists', { ...aLease, issuedMs: 8.64e15, deadlineMs: 8.64e15 + 1 }],
    ['for nobody', { ...aLease, contributor: '' }],
    ['for a PeerId that is not an Ed25519 key', { ...aLease, contributor: `Qm${'a'.repeat(44)}` }],
    ['for no job', { ...aLease, job: '' }],
    ['for credit below nothing', { ...aLease, microcredits: -1n }],
    ['for more credit than exists', { ...aLease, microcredits: MAX_LEDGER_UNITS + 1n }],
  ];

  it.each(cases)('%s', async (_, lease) => {
    await expect(sealLease(lease, key)).rejects.toThrow(code('bad-input'));
  });

  it('when it has a kind of work that is yet to come', async () => {
    const known = leasePayload.encode(aLease);
    const work = known.length - 79; // where field 8 starts: two hashes, four numbers and their tags
    expect(Array.from(known.subarray(work, work + 2))).toEqual([0x42, 77]);
    const future = concatBytes([known.subarray(0, work), field(9, [8, 1])]);
    await expect(openLease(await sealAs(future), signer)).rejects.toThrow(
      expect.toSatisfy((error) => isAppError(error, 'bad-frame') && error.message.includes('kind of work')),
    );
  });

  it('unless it is at the very edge', async () => {
    const edge = {
      ...aLease,
      work: {
        ...work,
        rowBlocks: MAX_CELLS_PER_LEASE,
        colBlocks: 1,
        rowBlock: MAX_ROW_BLOCKS - MAX_CELLS_PER_LEASE,
      },
    };
    expect((await openLease(await sealLease(edge, key))).value).toEqual(edge);
  });

  it('but not for a field that is yet to come', async () => {
    const future = concatBytes([leasePayload.encode(aLease), field(20, utf8.encode('new'))]);
    expect((await openLease(await sealAs(future), signer)).value).toEqual(aLease);
  });
});
