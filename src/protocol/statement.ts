/**
 * A contributor's statement as a file that proves itself: CSV whose last line is the coordinator's Ed25519
 * signature over everything before it (README, "Statements").
 */
import { type Bytes, concatBytes, utf8 } from '../core/bytes.ts';
import { type SigningKey, publicKeyOf, verifySignature } from './keys.ts';

/** The first line of the file, and what the signature is for. */
export const STATEMENT_TITLE = 'tilework-statement/1';
export const CSV_COLUMNS = 'event,time,kind,shard,microcredits,balance_microcredits,memo';

const BASE64 = /^[A-Za-z0-9+/]{86}==$/;

/** @param digest - SHA-256 of the file's bytes before the line of the signature. @returns base64 */
export async function signStatement(digest: Uint8Array, key: SigningKey): Promise<string> {
  const signature = await key.sign(signed(digest));
  return btoa(String.fromCharCode(...signature));
}

/**
 * Whether the coordinator with this PeerId has signed a file with this digest.
 * @throws AppError 'bad-input' unless it is the PeerId of an Ed25519 key
 */
export async function verifyStatement(
  digest: Uint8Array,
  signature: string,
  coordinator: string,
): Promise<boolean> {
  const key = publicKeyOf(coordinator);
  if (!BASE64.test(signature)) return false;
  const bytes = Uint8Array.from(atob(signature), (char) => char.codePointAt(0)!);
  return verifySignature(key, signed(digest), bytes);
}

/** As with envelopes, what is signed begins with what it is for: no other statement has these bytes. */
function signed(digest: Uint8Array): Bytes {
  return concatBytes([utf8.encode(`${STATEMENT_TITLE}\n`), digest]);
}
