/** What comes over libp2p: control messages, block frames, statements and their envelopes. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { RecordEnvelope } from '@libp2p/peer-record';
import { concatBytes, fromHex, toHex, utf8 } from '../../src/core/bytes.ts';
import { isAppError } from '../../src/core/errors.ts';
import { type Rng, randomInt } from '../../src/core/rng.ts';
import { FrameBuffer, encodeLength } from '../../src/net/length-prefix.ts';
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
import { type Opened, openLease, openProfile, openReceipt, openResult } from '../../src/protocol/envelope.ts';
import {
  joinOfferPayload,
  joinPayload,
  leavePayload,
  openJoin,
  openJoinOffer,
  openLeave,
} from '../../src/protocol/join.ts';
import { MAX_CONTROL_BYTES } from '../../src/protocol/limits.ts';
import { profilePayload } from '../../src/protocol/profile.ts';
import { packBlock, unpackBlock } from '../../src/protocol/pack.ts';
import { type Payload, leasePayload, receiptPayload, resultPayload } from '../../src/protocol/signed.ts';
import { fixture } from '../protocol/fixtures.ts';
import {
  aJoin,
  aJoinOfferForOne,
  aLease,
  aLeave,
  aProfile,
  aReceipt,
  aResult,
  contributorMessages,
  coordinatorMessages,
  hashOf,
} from '../protocol/samples.ts';
import { editBytes, mutateBytes } from './bytes.ts';
import { mutateProtobuf } from './protobuf.ts';
import {
  type Target,
  type TargetFactory,
  decoderTarget,
  oneIn,
  pick,
  ready,
  sameValue,
  showBytes,
} from './target.ts';

/** What was accepted must be something that we could have sent, and mean the same when it is read again. */
function confirmed<T>(decode: (bytes: Uint8Array) => T, encode: (value: T) => Uint8Array) {
  return (value: T): void => {
    if (!sameValue(decode(encode(value)), value)) throw new Error('accepted, but not what would be sent');
  };
}

/** One target for each type of message, which starts from all samples of it and is spliced with the others. */
function messages<T extends { readonly type: string }>(
  from: string,
  samples: Readonly<Record<string, T>>,
  decode: (bytes: Uint8Array) => T,
  encode: (value: T) => Uint8Array,
): Target<Uint8Array>[] {
  const all = Object.values(samples);
  const others = all.map((sample) => encode(sample));
  return Array.from(new Set(all.map(({ type }) => type)), (type) => {
    const own = all.filter((sample) => sample.type === type).map((sample) => encode(sample));
    const make = (rng: Rng): Uint8Array => mutateProtobuf(rng, oneIn(rng, 4) ? others : own);
    return decoderTarget(`${from}-${type}`, make, ['bad-frame'], decode, confirmed(decode, encode));
  });
}

/** Small, so that a million are soon unpacked; the largest blocks are for the tests. */
const MAX_UNPACKED_BYTES = 8192;

const HASHES = [hashOf(1), hashOf(2), hashOf(0xff)];

function encodeFrame(frame: BlockFrame): Uint8Array {
  if (frame.type === 'block') return concatBytes(encodeBlock(frame.hash, frame.bytes));
  if (frame.type === 'packed') return concatBytes(encodePacked(frame.hash, frame.packed));
  return { want: encodeWant, cancel: encodeCancel, missing: encodeMissing }[frame.type](frame.hashes);
}

const blockSeeds: Record<string, Uint8Array[]> = {
  want: [encodeWant(HASHES), encodeWant(Array.from({ length: 512 }, () => hashOf(7)))],
  cancel: [encodeCancel(HASHES)],
  missing: [encodeMissing(HASHES.slice(0, 1))],
  block: [encodeBlock(hashOf(3), new Uint8Array(64).fill(9)), encodeBlock(hashOf(4), Uint8Array.of(1))].map(
    concatBytes,
  ),
  packed: [
    encodePacked(hashOf(3), new Uint8Array(64).fill(9)),
    encodePacked(hashOf(4), Uint8Array.of(1)),
  ].map(concatBytes),
};

function blockFrames(): Target<Uint8Array>[] {
  const whole = concatBytes(encodeBlock(hashOf(5), new Uint8Array(256 * 1024)));
  const all = Object.values(blockSeeds).flat();
  return Object.entries(blockSeeds).map(([type, seeds]) => {
    const make = (rng: Rng): Uint8Array => {
      // Just at and just over the largest frame: too large to make often.
      if (type === 'block' && oneIn(rng, 2000)) return editBytes(rng, whole, seeds);
      return mutateBytes(rng, oneIn(rng, 8) ? all : seeds);
    };
    return decoderTarget(
      `blocks-${type}`,
      make,
      ['bad-frame'],
      decodeBlockFrame,
      confirmed(decodeBlockFrame, encodeFrame),
    );
  });
}

/** Blocks that a contributor has packed, or says so: whatever unpacks is as large as allowed, and packs again. */
function packedBlocks(): Target<Uint8Array> {
  const { vectors } = fixture('packed-blocks') as { vectors: { packed: Uint8Array }[] };
  const seeds = vectors.map(({ packed }) => packed);
  const confirm = (bytes: Uint8Array): void => {
    if (bytes.length === 0 || bytes.length > MAX_UNPACKED_BYTES)
      throw new Error('of a size that was not allowed');
    const packed = packBlock(bytes);
    if (packed && !sameValue(unpackBlock(packed), bytes))
      throw new Error('packed again, it is something else');
  };
  const unpack = (bytes: Uint8Array): Uint8Array => unpackBlock(bytes, MAX_UNPACKED_BYTES);
  return decoderTarget('packed-block', (rng) => mutateBytes(rng, seeds), ['bad-frame'], unpack, confirm);
}

/** A byte stream cut anywhere: length prefixes that lie, have no end, or come a byte at a time. */
function frameStream(): Target<Uint8Array[]> {
  const frame = new Uint8Array(300).fill(5);
  const seeds = [
    concatBytes([encodeLength(frame.length), frame, encodeLength(0), encodeLength(3), frame.subarray(0, 3)]),
    concatBytes([encodeLength(MAX_CONTROL_BYTES), frame]),
    concatBytes([encodeLength(MAX_CONTROL_BYTES + 1), frame]),
    encodeLength(2 ** 27),
  ];
  return {
    name: 'stream-frames',
    make(rng) {
      const bytes = mutateBytes(rng, seeds);
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length;) {
        const size = oneIn(rng, 2) ? 1 : 1 + randomInt(rng, bytes.length);
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      return chunks;
    },
    check(chunks) {
      const buffer = new FrameBuffer(MAX_CONTROL_BYTES);
      let pushed = 0;
      let read = 0;
      try {
        for (const chunk of chunks) {
          buffer.push(chunk);
          pushed += chunk.length;
          for (let next = buffer.next(); next; next = buffer.next()) {
            read += next.length;
            if (next.length > MAX_CONTROL_BYTES) throw new Error('a frame over the limit');
          }
        }
      } catch (error) {
        if (!isAppError(error, 'bad-frame')) throw error;
        return false;
      }
      if (read + buffer.byteLength > pushed) throw new Error('more came out than went in');
      return true;
    },
    show: (chunks) => chunks.map(showBytes).join(' | '),
  };
}

function payloadTarget<T>(name: string, sample: T, payload: Payload<T>): Target<Uint8Array> {
  const encode = (value: T): Uint8Array => payload.encode(value);
  const decode = (bytes: Uint8Array): T => payload.decode(bytes);
  const seeds = [encode(sample)];
  return decoderTarget(
    `payload-${name}`,
    (rng) => mutateProtobuf(rng, seeds),
    ['bad-frame'],
    decode,
    confirmed(decode, encode),
  );
}

interface EnvelopeInput {
  readonly bytes: Uint8Array;
  /** A payload to be signed as it is, so that damage gets past the signature. */
  readonly signed?: Uint8Array;
}

/** An envelope is accepted only as its signer made it; a signed payload only as its decoder would have it. */
async function envelopeTarget<T>(
  name: string,
  sample: T,
  payload: Payload<T>,
  open: (bytes: Uint8Array) => Promise<Opened<T>>,
): Promise<Target<EnvelopeInput>> {
  const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(7));
  const domain = `tilework-${name}/1`;
  const codec = utf8.encode(`/tilework/${name}`);
  const seal = async (bytes: Uint8Array): Promise<Uint8Array> =>
    (await RecordEnvelope.seal({ domain, codec, marshal: () => bytes, equals: () => false }, key)).marshal();
  const { vectors } = fixture('envelopes') as { vectors: { hex: string }[] };
  const seeds = vectors.map(({ hex }) => fromHex(hex));
  const honest = new Set(seeds.map(toHex));
  const payloads = [payload.encode(sample)];
  return {
    name: `envelope-${name}`,
    make: (rng) =>
      oneIn(rng, 8)
        ? { bytes: new Uint8Array(), signed: mutateProtobuf(rng, payloads) }
        : { bytes: oneIn(rng, 64) ? pick(rng, seeds) : mutateProtobuf(rng, seeds) },
    async check({ bytes, signed }) {
      const envelope = signed ? await seal(signed) : bytes;
      let opened: Opened<T>;
      try {
        opened = await open(envelope);
      } catch (error) {
        if (!isAppError(error, 'bad-frame', 'bad-signature')) throw error;
        return false;
      }
      if (signed) {
        if (!sameValue(payload.decode(signed), opened.value))
          throw new Error('another value than was signed');
      } else if (!honest.has(toHex(bytes))) {
        throw new Error('accepted what nobody signed');
      }
      return true;
    },
    show: ({ bytes, signed }) => (signed ? `signed: ${showBytes(signed)}` : showBytes(bytes)),
  };
}

export const wireTargets: readonly TargetFactory[] = [
  ...messages('up', contributorMessages, decodeFromContributor, encodeFromContributor).map((target) =>
    ready(target),
  ),
  ...messages('down', coordinatorMessages, decodeFromCoordinator, encodeFromCoordinator).map((target) =>
    ready(target),
  ),
  ...blockFrames().map((target) => ready(target)),
  ready(packedBlocks()),
  ready(frameStream()),
  ready(payloadTarget('lease', aLease, leasePayload)),
  ready(payloadTarget('result', aResult, resultPayload)),
  ready(payloadTarget('receipt', aReceipt, receiptPayload)),
  ready(payloadTarget('profile', aProfile, profilePayload)),
  ready(payloadTarget('join-offer', aJoinOfferForOne, joinOfferPayload)),
  ready(payloadTarget('join', aJoin, joinPayload)),
  ready(payloadTarget('leave', aLeave, leavePayload)),
  { name: 'envelope-lease', open: () => envelopeTarget('lease', aLease, leasePayload, openLease) },
  { name: 'envelope-result', open: () => envelopeTarget('result', aResult, resultPayload, openResult) },
  { name: 'envelope-receipt', open: () => envelopeTarget('receipt', aReceipt, receiptPayload, openReceipt) },
  { name: 'envelope-profile', open: () => envelopeTarget('profile', aProfile, profilePayload, openProfile) },
  {
    name: 'envelope-join-offer',
    open: () => envelopeTarget('join-offer', aJoinOfferForOne, joinOfferPayload, openJoinOffer),
  },
  { name: 'envelope-join', open: () => envelopeTarget('join', aJoin, joinPayload, openJoin) },
  { name: 'envelope-leave', open: () => envelopeTarget('leave', aLeave, leavePayload, openLeave) },
];
