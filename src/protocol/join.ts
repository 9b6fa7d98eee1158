/**
 * How a visitor's other keys (one in every site's frame, one in every browser) are joined to the visitor's main key:
 * the one key offers, the main key accepts, either may end it. Both have signed; nobody can join somebody else's key.
 */
import { SHA256_BYTES, toHex } from '../core/bytes.ts';
import type { Rng } from '../core/rng.ts';
import type { Hash } from '../matrix/manifest.ts';
import { type Opened, kind, open, seal } from './envelope.ts';
import * as f from './fields.ts';
import type { SigningKey } from './keys.ts';
import { MAX_NAME_BYTES, MAX_TIME_MS } from './limits.ts';
import * as pb from './pb/join.js';
import { type Payload, payload } from './signed.ts';
import type { FieldRule } from './wire.ts';

const CLAIM_BYTES = 16;

export interface JoinOffer {
  /** Random, so that no two offers are the same. */
  readonly claim: f.Hex;
  /** PeerId that alone may accept it; absent: whoever is handed it. */
  readonly main?: string;
  readonly issuedMs: number;
}

export interface Join {
  /** SHA-256 of the offer's envelope. */
  readonly offerDigest: Hash;
  /** PeerId that signed the offer. */
  readonly joined: string;
  readonly issuedMs: number;
}

export interface Leave {
  /** SHA-256 of the join's envelope. */
  readonly joinDigest: Hash;
  readonly issuedMs: number;
}

const time: FieldRule = { kind: 'u64' };
const digest: FieldRule = { kind: 'bytes', min: SHA256_BYTES, max: SHA256_BYTES };
const peer: FieldRule = { kind: 'text', min: 0, max: MAX_NAME_BYTES };
const timeOf = (ms: number): number => f.numberOf(ms, MAX_TIME_MS, 'issuedMs');

export const joinOfferPayload: Payload<JoinOffer> = payload<JoinOffer>(
  { 1: { kind: 'bytes', min: CLAIM_BYTES, max: CLAIM_BYTES }, 2: peer, 3: time },
  ({ claim, main = '', issuedMs }) =>
    pb.JoinOffer.encode({
      claim: f.bytesOf(claim, CLAIM_BYTES, 'the claim'),
      main,
      issuedMs: timeOf(issuedMs),
    }),
  (bytes) => {
    const { claim, main, issuedMs } = pb.JoinOffer.decode(bytes);
    return {
      claim: f.hexOf(claim, CLAIM_BYTES, 'the claim'),
      ...(main !== '' && { main: f.peerIdOf(main, 'the main key') }),
      issuedMs: timeOf(issuedMs),
    };
  },
);

export const joinPayload: Payload<Join> = payload<Join>(
  { 1: digest, 2: peer, 3: time },
  ({ offerDigest, joined, issuedMs }) =>
    pb.Join.encode({
      offerDigest: f.bytesOf(offerDigest, SHA256_BYTES, 'the offer'),
      joined,
      issuedMs: timeOf(issuedMs),
    }),
  (bytes) => {
    const { offerDigest, joined, issuedMs } = pb.Join.decode(bytes);
    return {
      offerDigest: f.hexOf(offerDigest, SHA256_BYTES, 'the offer'),
      joined: f.peerIdOf(joined, 'the joined key'),
      issuedMs: timeOf(issuedMs),
    };
  },
);

export const leavePayload: Payload<Leave> = payload<Leave>(
  { 1: digest, 2: time },
  ({ joinDigest, issuedMs }) =>
    pb.Leave.encode({
      joinDigest: f.bytesOf(joinDigest, SHA256_BYTES, 'the join'),
      issuedMs: timeOf(issuedMs),
    }),
  (bytes) => {
    const { joinDigest, issuedMs } = pb.Leave.decode(bytes);
    return { joinDigest: f.hexOf(joinDigest, SHA256_BYTES, 'the join'), issuedMs: timeOf(issuedMs) };
  },
);

const OFFER = kind('join-offer', joinOfferPayload);
const JOIN = kind('join', joinPayload);
const LEAVE = kind('leave', leavePayload);

/** The envelope's bytes. @throws AppError 'bad-input' for an offer that openJoinOffer would refuse. */
export const sealJoinOffer = (offer: JoinOffer, key: SigningKey): Promise<Uint8Array<ArrayBuffer>> =>
  seal(OFFER, offer, key);
/** As sealJoinOffer. */
export const sealJoin = (join: Join, key: SigningKey): Promise<Uint8Array<ArrayBuffer>> =>
  seal(JOIN, join, key);
/** As sealJoinOffer. */
export const sealLeave = (leave: Leave, key: SigningKey): Promise<Uint8Array<ArrayBuffer>> =>
  seal(LEAVE, leave, key);

/** As openLease. */
export const openJoinOffer = (envelope: Uint8Array, expectedSigner?: string): Promise<Opened<JoinOffer>> =>
  open(OFFER, envelope, expectedSigner);
/** As openLease. */
export const openJoin = (envelope: Uint8Array, expectedSigner?: string): Promise<Opened<Join>> =>
  open(JOIN, envelope, expectedSigner);
/** As openLease. */
export const openLeave = (envelope: Uint8Array, expectedSigner?: string): Promise<Opened<Leave>> =>
  open(LEAVE, envelope, expectedSigner);

/** A claim that nobody has made before. */
export function newClaim(rng: Rng): f.Hex {
  return toHex(rng.bytes(CLAIM_BYTES));
}
