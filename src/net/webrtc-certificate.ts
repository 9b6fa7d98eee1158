/**
 * The certificate of a webrtc-direct listener. Its SHA-256 stands in the address, so it is made once and kept; the
 * key that counts is the coordinator's, proven by Noise inside. DER by hand (ITU-T X.690, RFC 5280 §4.1): one
 * fixed shape of certificate needs no X.509 library.
 */
import { type Bytes, concatBytes, sha256, utf8 } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';

export interface WebRtcCertificate {
  readonly privateKey: string;
  readonly pem: string;
  /** Multibase base64url of a SHA-256 multihash, as multiaddrs have it. */
  readonly certhash: string;
  readonly expiresMs: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Nobody checks the dates (RFC 8122 §5 trusts the fingerprint); until then the address stays the same. */
const LIFETIME_MS = 5 * 365 * DAY_MS;
/** One that is older at a start is replaced: a coordinator may run that long without another start. */
const RENEW_BEFORE_MS = 365 * DAY_MS;

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };
/** 1.2.840.10045.4.3.2, ecdsa-with-SHA256. */
const ECDSA_SHA256 = der(0x30, der(0x06, Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)));
const NAME_BYTES = utf8.encode('tilework');
/** CN=tilework: what a certificate calls itself is not looked at. */
const NAME = der(0x30, der(0x31, der(0x30, der(0x06, Uint8Array.of(0x55, 4, 3)), der(0x0c, NAME_BYTES))));

/** Whether the kept certificate may serve from now on: see RENEW_BEFORE_MS. */
export function certificateServes(bytes: Uint8Array, nowMs: number): boolean {
  return readCertificate(bytes).expiresMs - nowMs > RENEW_BEFORE_MS;
}

/** @throws AppError 'bad-input' for a file that createCertificate did not write */
export function readCertificate(bytes: Uint8Array): WebRtcCertificate {
  let found: Partial<Record<keyof WebRtcCertificate, unknown>> | null;
  try {
    found = JSON.parse(utf8.decode(bytes)) as typeof found;
  } catch (error) {
    throw new AppError('bad-input', 'the certificate for webrtc-direct cannot be read', { cause: error });
  }
  const { privateKey, pem, certhash, expiresMs } = found ?? {};
  if (
    typeof privateKey !== 'string' ||
    typeof pem !== 'string' ||
    typeof certhash !== 'string' ||
    typeof expiresMs !== 'number'
  ) {
    throw new AppError('bad-input', 'the certificate for webrtc-direct is not one of ours');
  }
  return { privateKey, pem, certhash, expiresMs };
}

/** A new self-signed P-256 certificate with its key, as bytes to keep secret. */
export async function createCertificate(nowMs: number): Promise<Uint8Array> {
  const keys = await crypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
  const expiresMs = nowMs + LIFETIME_MS;
  const serial = crypto.getRandomValues(new Uint8Array(16));
  serial[0] = (serial[0]! & 0x7f) | 0x40; // positive, and without a leading zero
  const signed = der(
    0x30,
    der(0xa0, der(0x02, Uint8Array.of(2))), // version 3
    der(0x02, serial),
    ECDSA_SHA256,
    NAME,
    der(0x30, time(nowMs - DAY_MS), time(expiresMs)),
    NAME,
    new Uint8Array(await crypto.subtle.exportKey('spki', keys.publicKey)),
  );
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const signature = new Uint8Array(await crypto.subtle.sign(algorithm, keys.privateKey, signed));
  const pair = der(0x30, integer(signature.subarray(0, 32)), integer(signature.subarray(32)));
  const certificate = der(0x30, signed, ECDSA_SHA256, der(0x03, Uint8Array.of(0), pair));
  const key = new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const digest = await sha256(certificate);
  const kept: WebRtcCertificate = {
    privateKey: asPem('PRIVATE KEY', key),
    pem: asPem('CERTIFICATE', certificate),
    certhash: multihash(digest),
    expiresMs,
  };
  return utf8.encode(JSON.stringify(kept));
}

/** Tag, length, contents (X.690 §8.1). */
function der(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const contents = concatBytes(parts);
  const { length } = contents;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes([Uint8Array.of(tag, ...size), contents]);
}

/** A positive INTEGER: as short as can be, and its first bit is not set. */
function integer(bytes: Uint8Array): Bytes {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.subarray(start);
  return der(0x02, Uint8Array.of(...(digits[0]! < 0x80 ? [] : [0])), digits);
}

/** UTCTime, which RFC 5280 §4.1.2.5 asks for until 2049. */
function time(ms: number): Bytes {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return der(0x17, utf8.encode(digits.slice(2)));
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function asPem(label: string, bytes: Uint8Array): string {
  const lines = base64(bytes)
    .match(/.{1,64}/g)!
    .join('\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

function multihash(digest: Uint8Array): string {
  const sha2 = Uint8Array.of(0x12, digest.length, ...digest);
  return `u${base64(sha2).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}
