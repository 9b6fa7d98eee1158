/**
 * Signed leases, results, receipts and profiles as libp2p envelopes (RFC 0002). The signature covers the exact
 * payload bytes, the payload type, and a domain string that is never sent, so that no statement can be
 * taken for another. An envelope has one encoding only: nobody but its signer can change its digest.
 */
import { RecordEnvelope } from '@libp2p/peer-record';
import { type Bytes, bytesEqual, sha256, toHex, utf8 } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import type { Hash } from '../matrix/manifest.ts';
import { encoding, ensure, owned, total } from './fields.ts';
import { type SigningKey, isWeak } from './keys.ts';
import { MAX_ENVELOPE_BYTES } from './limits.ts';
import { type Profile, profilePayload } from './profile.ts';
import {
  type Lease,
  type Payload,
  type Receipt,
  type Result,
  leasePayload,
  receiptPayload,
  resultPayload,
} from './signed.ts';
import { type FieldRule, checkMessage } from './wire.ts';

export type { Profile } from './profile.ts';
export type { Lease, Receipt, Result } from './signed.ts';

export interface Opened<T> {
  readonly value: T;
  /** The PeerId of the key that signed. */
  readonly signer: string;
  /** SHA-256 of the envelope's bytes: how later statements name this one. */
  readonly digest: Hash;
}

/** What join.ts has more of. */
export interface Kind<T> {
  readonly name: string;
  readonly domain: string;
  readonly type: Bytes;
  readonly payload: Payload<T>;
}

const LEASE: Kind<Lease> = kind('lease', leasePayload);
const RESULT: Kind<Result> = kind('result', resultPayload);
const RECEIPT: Kind<Receipt> = kind('receipt', receiptPayload);
const PROFILE: Kind<Profile> = kind('profile', profilePayload);

const SIGNATURE_BYTES = 64;
const part: FieldRule = { kind: 'bytes', min: 1, max: MAX_ENVELOPE_BYTES };
const ENVELOPE_FIELDS = { 1: part, 2: part, 3: part, 5: part };

/** The envelope's bytes. @throws AppError 'bad-input' for a lease that openLease would refuse. */
export const sealLease = (lease: Lease, key: SigningKey): Promise<Bytes> => seal(LEASE, lease, key);
/** The envelope's bytes. @throws AppError 'bad-input' for a result that openResult would refuse. */
export const sealResult = (result: Result, key: SigningKey): Promise<Bytes> => seal(RESULT, result, key);
/** The envelope's bytes. @throws AppError 'bad-input' for a receipt that openReceipt would refuse. */
export const sealReceipt = (receipt: Receipt, key: SigningKey): Promise<Bytes> => seal(RECEIPT, receipt, key);
/** The envelope's bytes. @throws AppError 'bad-input' for names that openProfile would refuse. */
export const sealProfile = (profile: Profile, key: SigningKey): Promise<Bytes> => seal(PROFILE, profile, key);

/**
 * @param expectedSigner - the PeerId whose statement it must be
 * @throws AppError 'bad-frame' (not such an envelope), 'wrong-peer' (another key) or 'bad-signature'
 */
export const openLease = (envelope: Uint8Array, expectedSigner?: string): Promise<Opened<Lease>> =>
  open(LEASE, envelope, expectedSigner);
/** As openLease. */
export const openResult = (envelope: Uint8Array, expectedSigner?: string): Promise<Opened<Result>> =>
  open(RESULT, envelope, expectedSigner);
/** As openLease. */
export const openReceipt = (envelope: Uint8Array, expectedSigner?: string): Promise<Opened<Receipt>> =>
  open(RECEIPT, envelope, expectedSigner);
/** As openLease. */
export const openProfile = (envelope: Uint8Array, expectedSigner?: string): Promise<Opened<Profile>> =>
  open(PROFILE, envelope, expectedSigner);

/** What `Opened.digest` says, for envelopes that were just sealed. */
export async function envelopeDigest(envelope: Uint8Array): Promise<Hash> {
  return toHex(await sha256(envelope));
}

export function kind<T>(name: string, payload: Payload<T>): Kind<T> {
  return { name, domain: `tilework-${name}/1`, type: utf8.encode(`/tilework/${name}`), payload };
}

export async function seal<T>({ domain, type, payload }: Kind<T>, value: T, key: SigningKey): Promise<Bytes> {
  if (key.type !== 'Ed25519') throw new AppError('bad-input', `only Ed25519 keys may sign, not ${key.type}`);
  const bytes = payload.encode(value);
  const record = { domain, codec: type, marshal: () => bytes, equals: () => false };
  const envelope = owned((await RecordEnvelope.seal(record, key)).marshal());
  return encoding(() => {
    ensure(envelope.length <= MAX_ENVELOPE_BYTES, `an envelope has at most ${MAX_ENVELOPE_BYTES} bytes`);
    return envelope;
  });
}

export async function open<T>(kind: Kind<T>, bytes: Uint8Array, expectedSigner?: string): Promise<Opened<T>> {
  const envelope = parse(bytes, kind);
  const signer = envelope.publicKey.toString();
  if (expectedSigner !== undefined && signer !== expectedSigner) {
    throw new AppError('wrong-peer', `this ${kind.name} is signed by ${signer}, not by ${expectedSigner}`);
  }
  // Signature before payload: the payload's decoder sees nothing that its signer did not mean.
  if (!(await verifies(envelope, kind.domain))) {
    throw new AppError('bad-signature', `the signature of this ${kind.name} is not valid`);
  }
  return { value: kind.payload.decode(envelope.payload), signer, digest: await envelopeDigest(bytes) };
}

function parse(bytes: Uint8Array, { name, type }: Kind<unknown>): RecordEnvelope {
  return total(() => {
    ensure(bytes.length <= MAX_ENVELOPE_BYTES, `an envelope has at most ${MAX_ENVELOPE_BYTES} bytes`);
    checkMessage(bytes, ENVELOPE_FIELDS);
    const envelope = RecordEnvelope.createFromProtobuf(bytes);
    if (envelope.publicKey.type !== 'Ed25519') {
      throw new AppError('bad-signature', `only Ed25519 keys may sign, not ${envelope.publicKey.type}`);
    }
    ensure(bytesEqual(envelope.marshal(), bytes), 'an envelope has one encoding, and this is another');
    ensure(bytesEqual(envelope.payloadType, type), `this envelope does not hold a ${name}`);
    ensure(envelope.signature.length === SIGNATURE_BYTES, 'an Ed25519 signature has 64 bytes');
    return envelope;
  });
}

async function verifies(envelope: RecordEnvelope, domain: string): Promise<boolean> {
  try {
    if (isWeak(envelope.publicKey)) return false; // see keys.ts
    return await envelope.validate(domain);
  } catch {
    return false;
  }
}
