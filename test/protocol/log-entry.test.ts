import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import { openCheckpoint, signCheckpoint } from '../../src/protocol/checkpoint.ts';
import {
  type Lease,
  type Receipt,
  type Result,
  envelopeDigest,
  sealLease,
  sealReceipt,
  sealResult,
} from '../../src/protocol/envelope.ts';
import { MAX_ENVELOPE_BYTES, MAX_LOG_ENTRY_BYTES } from '../../src/protocol/limits.ts';
import { decodeLogEntry, encodeLogEntry, openLogEntry } from '../../src/protocol/log-entry.ts';
import { leafHash } from '../../src/protocol/merkle.ts';
import { decodeEntries, encodeEntries } from '../../src/protocol/tiles.ts';
import { mutateBytes as mutate } from '../fuzz/bytes.ts';
import { field, fixture } from './fixtures.ts';
import { aLease, aReceipt, aResult, anOldReceipt, hashOf } from './samples.ts';

const golden = fixture('log') as Record<
  'coordinatorSeed' | 'contributorSeed' | 'coordinator' | 'entry' | 'leaf' | 'bundle' | 'checkpoint',
  string
>;
const coordinator = await generateKeyPairFromSeed('Ed25519', fromHex(golden.coordinatorSeed));
const contributor = await generateKeyPairFromSeed('Ed25519', fromHex(golden.contributorSeed));

interface Changes {
  readonly lease?: Partial<Lease>;
  readonly result?: Partial<Result>;
  readonly receipt?: Partial<Receipt>;
}

/** An entry that holds, but for these changes. */
async function entryWith({ lease, result, receipt }: Changes, base: Receipt = { ...aReceipt, logIndex: 0 }) {
  const leased = await sealLease({ ...aLease, ...lease }, coordinator);
  const leaseDigest = await envelopeDigest(leased);
  const answered = await sealResult({ ...aResult, leaseDigest, ...result }, contributor);
  const resultDigest = await envelopeDigest(answered);
  const settled = await sealReceipt({ ...base, leaseDigest, resultDigest, ...receipt }, coordinator);
  return encodeLogEntry({ receipt: settled, result: answered, lease: leased });
}

describe('the golden log', () => {
  it('has the entry, the leaf, the bundle and the checkpoint that it always had', async () => {
    const entry = await entryWith({});
    expect(toHex(entry)).toBe(golden.entry);
    expect(toHex(leafHash(entry))).toBe(golden.leaf);
    expect(toHex(encodeEntries([entry]))).toBe(golden.bundle);
    expect(await signCheckpoint(1, leafHash(entry), coordinator)).toBe(golden.checkpoint);
  });

  it('is checked from its files alone', async () => {
    const [entry] = decodeEntries(fromHex(golden.bundle), 1);
    const { size, root } = await openCheckpoint(golden.checkpoint, golden.coordinator);
    expect(size).toBe(1);
    expect(leafHash(entry!)).toEqual(root);
    const opened = await openLogEntry(entry!, golden.coordinator, 0);
    expect(opened.receipt.value).toMatchObject({ logIndex: 0, multiplyAdds: aReceipt.multiplyAdds });
  });

  it('is plain protobuf', () => {
    const { receipt, result, lease } = decodeLogEntry(fromHex(golden.entry));
    expect(toHex(concatBytes([field(1, receipt), field(2, result), field(3, lease)]))).toBe(golden.entry);
  });
});

describe('an entry of the log', () => {
  it('of a receipt that is older than the log opens at any index', async () => {
    const entry = await entryWith({}, anOldReceipt);
    const { receipt } = await openLogEntry(entry, golden.coordinator, 17);
    expect(receipt.value.logIndex).toBeUndefined();
  });

  it.each<[string, Changes]>([
    ['names another leaf', { receipt: { logIndex: 1 } }],
    ['is for another lease', { receipt: { leaseDigest: hashOf(9) } }],
    ['is for another result', { receipt: { resultDigest: hashOf(9) } }],
    ['names another lease', { receipt: { lease: hashOf(9).slice(0, 32) } }],
    ['names another job', { receipt: { job: 'another' } }],
    ['goes with a result for another lease', { result: { leaseDigest: hashOf(9) } }],
    ['goes with a lease of somebody else', { lease: { contributor: golden.coordinator } }],
  ])('is refused when its receipt %s', async (_, changes) => {
    const entry = await entryWith(changes);
    await expect(openLogEntry(entry, golden.coordinator, 0)).rejects.toMatchObject({ code: 'bad-frame' });
  });

  it('is refused when somebody else signed any of it', async () => {
    const entry = decodeLogEntry(fromHex(golden.entry));
    const other = await entryWith({ receipt: { contributor: golden.coordinator } });
    await expect(openLogEntry(other, golden.coordinator, 0)).rejects.toMatchObject({ code: 'wrong-peer' });
    await expect(openLogEntry(fromHex(golden.entry), aLease.contributor, 0)).rejects.toMatchObject({
      code: 'wrong-peer',
    });
    const swapped = encodeLogEntry({ ...entry, receipt: entry.lease });
    await expect(openLogEntry(swapped, golden.coordinator, 0)).rejects.toMatchObject({ code: 'bad-frame' });
  });

  it('has one encoding', () => {
    const { receipt, result, lease } = decodeLogEntry(fromHex(golden.entry));
    const [one, two, three] = [field(1, receipt), field(2, result), field(3, lease)];
    for (const parts of [
      [two, one, three],
      [one, two],
      [one, two, three, field(4, [1])],
      [one, two, three, three],
      [one, field(2, []), three],
    ]) {
      expect(() => decodeLogEntry(concatBytes(parts))).toThrow(/one encoding|missing|too often|has 0 bytes/);
    }
    expect(() => decodeLogEntry(new Uint8Array(0))).toThrow(/missing/);
  });

  it('holds envelopes of the largest size, and none that is larger', () => {
    const largest = new Uint8Array(MAX_ENVELOPE_BYTES).fill(1);
    const entry = encodeLogEntry({ receipt: largest, result: largest, lease: largest });
    expect(entry).toHaveLength(MAX_LOG_ENTRY_BYTES);
    expect(decodeLogEntry(entry).lease).toEqual(largest);
    const larger = new Uint8Array(MAX_ENVELOPE_BYTES + 1).fill(1);
    expect(() => encodeLogEntry({ receipt: larger, result: largest, lease: largest })).toThrow(
      /cannot be sent/,
    );
  });

  it('that was damaged is bad-frame or an entry that encodes to the same bytes', () => {
    const rng = seededRng(7);
    const seeds = [
      fromHex(golden.entry),
      encodeLogEntry({ receipt: Uint8Array.of(1), result: Uint8Array.of(2), lease: Uint8Array.of(3) }),
    ];
    for (let n = 0; n < 5000; n++) {
      const bytes = mutate(rng, seeds);
      try {
        expect(toHex(encodeLogEntry(decodeLogEntry(bytes)))).toBe(toHex(bytes));
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-frame' });
      }
    }
  });
});
