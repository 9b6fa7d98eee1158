/** 20,000 damaged inputs per decoder: a typed error or a value that could have been sent, nothing else. */
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/core/bytes.ts';
import { isAppError } from '../../src/core/errors.ts';
import { seededRng } from '../../src/core/rng.ts';
import { decodeManifest, encodeManifest } from '../../src/matrix/manifest.ts';
import {
  decodeBlockFrame,
  encodeBlock,
  encodeCancel,
  encodeMissing,
  encodeWant,
} from '../../src/protocol/block-frames.ts';
import {
  decodeFromContributor,
  decodeFromCoordinator,
  encodeFromContributor,
  encodeFromCoordinator,
} from '../../src/protocol/control.ts';
import { openLease, openReceipt, openResult } from '../../src/protocol/envelope.ts';
import { leasePayload, receiptPayload, resultPayload } from '../../src/protocol/signed.ts';
import { fixture, mutate } from './fixtures.ts';
import { aLease, aReceipt, aResult } from './samples.ts';

const INPUTS = 20_000;

const bytesIn = (name: string): Uint8Array[] =>
  (fixture(name) as { vectors: { hex: string }[] }).vectors.map(({ hex }) => fromHex(hex));

interface Decoder {
  readonly name: string;
  readonly seeds: Uint8Array[];
  decode(this: void, bytes: Uint8Array): unknown;
  /** The value's own bytes: what was accepted must be something that we could have sent. */
  encode(this: void, value: never): Uint8Array;
}

const decoders: Decoder[] = [
  {
    name: 'decodeFromContributor',
    seeds: bytesIn('from-contributor'),
    decode: decodeFromContributor,
    encode: encodeFromContributor,
  },
  {
    name: 'decodeFromCoordinator',
    seeds: bytesIn('from-coordinator'),
    decode: decodeFromCoordinator,
    encode: encodeFromCoordinator,
  },
  {
    name: 'decodeBlockFrame',
    seeds: bytesIn('block-frames'),
    decode: decodeBlockFrame,
    encode: (frame: ReturnType<typeof decodeBlockFrame>) =>
      frame.type === 'block'
        ? encodeBlock(frame.hash, frame.bytes)
        : { want: encodeWant, cancel: encodeCancel, missing: encodeMissing }[frame.type](frame.hashes),
  },
  { name: 'a lease payload', seeds: [leasePayload.encode(aLease)], ...leasePayload },
  { name: 'a result payload', seeds: [resultPayload.encode(aResult)], ...resultPayload },
  { name: 'a receipt payload', seeds: [receiptPayload.encode(aReceipt)], ...receiptPayload },
];

describe('damaged bytes', () => {
  it.each(decoders)(
    '$name answers with bad-frame or a sendable value',
    ({ seeds, decode, encode }) => {
      const rng = seededRng(1);
      let accepted = 0;
      for (let i = 0; i < INPUTS; i++) {
        const bytes = mutate(rng, seeds);
        let value: unknown;
        try {
          value = decode(bytes);
        } catch (error) {
          if (!isAppError(error, 'bad-frame')) throw error;
          continue;
        }
        accepted += 1;
        expect(decode(encode(value as never))).toEqual(value);
      }
      // Both outcomes occur, or the mutations would prove nothing.
      expect(accepted).toBeGreaterThan(INPUTS / 1000);
      expect(accepted).toBeLessThan(INPUTS / 2);
    },
    60_000,
  );

  it('decodeManifest throws nothing but our errors', () => {
    const rng = seededRng(2);
    const seeds = bytesIn('manifests');
    for (let i = 0; i < INPUTS; i++) {
      const bytes = mutate(rng, seeds);
      try {
        expect(encodeManifest(decodeManifest(bytes))).toEqual(bytes);
      } catch (error) {
        if (!isAppError(error)) throw error;
      }
    }
  }, 60_000);

  it.each([
    { name: 'openLease', open: openLease },
    { name: 'openResult', open: openResult },
    { name: 'openReceipt', open: openReceipt },
  ])(
    '$name never accepts an envelope that its signer did not make',
    async ({ open }) => {
      const rng = seededRng(3);
      const seeds = bytesIn('envelopes');
      const honest = new Set(seeds.map((seed) => seed.join()));
      for (let i = 0; i < INPUTS; i++) {
        const bytes = mutate(rng, seeds);
        try {
          await open(bytes);
        } catch (error) {
          if (!isAppError(error, 'bad-frame', 'bad-signature')) throw error;
          continue;
        }
        expect(honest.has(bytes.join())).toBe(true);
      }
    },
    120_000,
  );
});
