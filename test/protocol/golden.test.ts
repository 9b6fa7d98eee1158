/** Byte-for-byte vectors. A change here is a change of the wire: bump the protocol id instead. */
import { createPublicKey, verify } from 'node:crypto';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, sha256, toHex, utf8, viewOf } from '../../src/core/bytes.ts';
import { type Manifest, buildList, decodeManifest, encodeManifest } from '../../src/matrix/manifest.ts';
import {
  type BlockFrame,
  decodeBlockFrame,
  encodeBlock,
  encodeCancel,
  encodeMissing,
  encodePacked,
  encodeWant,
} from '../../src/protocol/block-frames.ts';
import {
  decodeFromContributor,
  decodeFromCoordinator,
  encodeFromContributor,
  encodeFromCoordinator,
} from '../../src/protocol/control.ts';
import {
  openLease,
  openProfile,
  openReceipt,
  openResult,
  sealLease,
  sealProfile,
  sealReceipt,
  sealResult,
} from '../../src/protocol/envelope.ts';
import {
  type Join,
  type JoinOffer,
  type Leave,
  openJoin,
  openJoinOffer,
  openLeave,
  sealJoin,
  sealJoinOffer,
  sealLeave,
} from '../../src/protocol/join.ts';
import * as limits from '../../src/protocol/limits.ts';
import type { FromContributor, FromCoordinator } from '../../src/protocol/messages.ts';
import { packBlock, unpackBlock } from '../../src/protocol/pack.ts';
import type { Profile } from '../../src/protocol/profile.ts';
import type { Lease, Receipt, Result } from '../../src/protocol/signed.ts';
import { field, fixture } from './fixtures.ts';
import { unpackedByTheLetter } from './pack-samples.ts';
import * as samples from './samples.ts';

interface Vectors<T> {
  readonly vectors: readonly T[];
}
interface MessageVector<T> {
  readonly name: string;
  readonly message: T;
  readonly hex: string;
}
interface EnvelopeVector {
  readonly name: string;
  readonly value: Lease | Result | Receipt | Profile | JoinOffer | Join | Leave;
  readonly seed: string;
  readonly signer: string;
  readonly hex: string;
  readonly digest: string;
}

describe('control messages', () => {
  const up = (fixture('from-contributor') as Vectors<MessageVector<FromContributor>>).vectors;
  const down = (fixture('from-coordinator') as Vectors<MessageVector<FromCoordinator>>).vectors;

  it.each(up)('contributor to coordinator: $name', ({ message, hex }) => {
    expect(toHex(encodeFromContributor(message))).toBe(hex);
    expect(decodeFromContributor(fromHex(hex))).toEqual(message);
  });

  it.each(down)('coordinator to contributor: $name', ({ message, hex }) => {
    expect(toHex(encodeFromCoordinator(message))).toBe(hex);
    expect(decodeFromCoordinator(fromHex(hex))).toEqual(message);
  });

  it('have a vector for every sample', () => {
    const byName = <T>(vectors: readonly MessageVector<T>[]): object =>
      Object.fromEntries(vectors.map(({ name, message }) => [name, message]));
    expect(byName(up)).toEqual(samples.contributorMessages);
    expect(byName(down)).toEqual(samples.coordinatorMessages);
  });
});

describe('envelopes', () => {
  const { vectors } = fixture('envelopes') as Vectors<EnvelopeVector>;
  const KINDS = {
    lease: { seal: sealLease, open: openLease, domain: 'tilework-lease/1', type: '/tilework/lease' },
    result: { seal: sealResult, open: openResult, domain: 'tilework-result/1', type: '/tilework/result' },
    receipt: {
      seal: sealReceipt,
      open: openReceipt,
      domain: 'tilework-receipt/1',
      type: '/tilework/receipt',
    },
    profile: {
      seal: sealProfile,
      open: openProfile,
      domain: 'tilework-profile/1',
      type: '/tilework/profile',
    },
    'join offer': {
      seal: sealJoinOffer,
      open: openJoinOffer,
      domain: 'tilework-join-offer/1',
      type: '/tilework/join-offer',
    },
    join: { seal: sealJoin, open: openJoin, domain: 'tilework-join/1', type: '/tilework/join' },
    leave: { seal: sealLeave, open: openLeave, domain: 'tilework-leave/1', type: '/tilework/leave' },
  };
  const kindOf = (name: string) => KINDS[name.split(',')[0] as keyof typeof KINDS];

  it.each(vectors)('a $name', async ({ name, value, seed, signer, hex, digest }) => {
    const key = await generateKeyPairFromSeed('Ed25519', fromHex(seed));
    const { seal, open } = kindOf(name);
    expect(toHex(await seal(value as never, key))).toBe(hex);
    expect(await open(fromHex(hex), signer)).toEqual({ value, signer, digest });
    expect(toHex(await sha256(fromHex(hex)))).toBe(digest);
  });

  it.each(vectors)(
    'a $name is what RFC 0002 says, by hand and with another Ed25519',
    ({ name, seed, hex }) => {
      const { domain, type } = kindOf(name);
      const bytes = fromHex(hex);
      const signature = bytes.subarray(-64);
      // public_key = 1: a protobuf of { Type = 1 (Ed25519), Data }; payload_type = 2; payload = 3; signature = 5.
      const publicKey = bytes.subarray(6, 38);
      const head = concatBytes([
        field(1, concatBytes([Uint8Array.of(8, 1), field(2, publicKey)])),
        field(2, utf8.encode(type)),
      ]);
      const tail = field(5, signature);
      const third = bytes.subarray(head.length, bytes.length - tail.length);
      const payload = third.subarray(third[1]! < 128 ? 2 : 3);
      expect(toHex(concatBytes([head, field(3, payload), tail]))).toBe(hex);

      // uvarint(length) ‖ bytes is what follows the one-byte tag of a field.
      const parts = [utf8.encode(domain), utf8.encode(type), payload];
      const signed = concatBytes(parts.map((part) => field(1, part).subarray(1)));
      const x = Buffer.from(publicKey).toString('base64url');
      const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
      expect(seed).toHaveLength(64);
      expect(verify(null, signed, key, signature)).toBe(true);
    },
  );

  it('hold every sample', () => {
    const { aLease, aResult, anOldReceipt, aReceipt, aProfile, aProfileTakenBack } = samples;
    const { aJoinOffer, aJoinOfferForOne, aJoin, aLeave } = samples;
    const older = [aLease, aResult, anOldReceipt, aReceipt, aProfile, aProfileTakenBack];
    const all = [...older, aJoinOffer, aJoinOfferForOne, aJoin, aLeave];
    expect(vectors.map(({ value }) => value)).toEqual(all);
  });
});

describe('block frames', () => {
  const encode = (frame: BlockFrame): Uint8Array => {
    if (frame.type === 'block') return concatBytes(encodeBlock(frame.hash, frame.bytes));
    if (frame.type === 'packed') return concatBytes(encodePacked(frame.hash, frame.packed));
    return { want: encodeWant, cancel: encodeCancel, missing: encodeMissing }[frame.type](frame.hashes);
  };

  const { vectors } = fixture('block-frames') as Vectors<{ name: string; frame: BlockFrame; hex: string }>;
  it.each(vectors)('$name', ({ frame, hex }) => {
    expect(toHex(encode(frame))).toBe(hex);
    expect(decodeBlockFrame(fromHex(hex))).toEqual(frame);
  });
});

describe('packed blocks', () => {
  type Vector = { name: string; bytes: Uint8Array; packed: Uint8Array };
  const { vectors } = fixture('packed-blocks') as Vectors<Vector>;
  it.each(vectors)('$name', ({ bytes, packed }) => {
    expect(unpackBlock(packed)).toEqual(bytes);
    expect(unpackedByTheLetter(packed)).toEqual(bytes);
    // Any code that is complete would do; ours changes only on purpose.
    expect(packBlock(bytes)).toEqual(packed);
  });
});

describe('manifests', () => {
  type ManifestVector = { manifest: Omit<Manifest, 'root'> & { root: string }; hex: string; hash: string };
  type ListVector = { length: number; nodes: number; root: string };
  const { vectors, lists } = fixture('manifests') as Vectors<ManifestVector> & { lists: ListVector[] };

  it.each(vectors)('$manifest.dtype, $manifest.rows × $manifest.cols', async ({ manifest, hex, hash }) => {
    const value = { ...manifest, root: fromHex(manifest.root) };
    expect(toHex(encodeManifest(value))).toBe(hex);
    expect(decodeManifest(fromHex(hex))).toEqual(value);
    expect(toHex(await sha256(fromHex(hex)))).toBe(hash);
  });

  it.each(lists)('a list of $length hashes', async ({ length, nodes, root }) => {
    const hashes = await Promise.all(
      Array.from({ length }, (_, i) => {
        const four = new Uint8Array(4);
        viewOf(four).setUint32(0, i, true);
        return sha256(four);
      }),
    );
    const built = await buildList(hashes);
    expect(built).toHaveLength(nodes);
    expect(toHex(built.at(-1)!.hash)).toBe(root);
  });
});

describe('protocol ids', () => {
  it('change only with the major version', () => {
    expect([limits.CONTROL_PROTOCOL, limits.BLOCKS_PROTOCOL, limits.PROTOCOL_VERSION]).toEqual([
      '/tilework/control/1.0.0',
      '/tilework/blocks/1.0.0',
      1,
    ]);
  });
});
