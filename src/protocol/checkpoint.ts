/**
 * Checkpoints (c2sp.org/tlog-checkpoint): a log's size and root, signed by its coordinator as a note.
 * The log's origin names the coordinator's PeerId, so whoever knows the one can check the other.
 */
import { type Bytes, SHA256_BYTES, utf8 } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { ensure } from './fields.ts';
import { type SigningKey, peerIdOf, publicKeyOf } from './keys.ts';
import { fromBase64, openNote, signNote, toBase64 } from './note.ts';

export interface Checkpoint {
  /** Which log: see `logOrigin`. */
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  /** RFC 6962 root of these leaves. */
  readonly root: Bytes;
}

/** The origin of a coordinator's log, and the name of its key: "tilework/12D3KooW…". */
export const logOrigin = (peerId: string): string => `tilework/${peerId}`;

/** The text that is signed. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  const holds = origin.length > 0 && !/\s/.test(origin) && Number.isSafeInteger(size) && size >= 0;
  if (!holds || root.length !== SHA256_BYTES) throw new AppError('bad-input', 'not a checkpoint of a log');
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/** @throws AppError 'bad-frame' unless the text is a checkpoint's; lines that extend it are not looked at. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', root = '', ...extension] = text.split('\n');
  ensure(text.endsWith('\n') && !extension.slice(0, -1).includes(''), 'a checkpoint has no empty lines');
  ensure(origin.length > 0, 'a checkpoint begins with its origin');
  ensure(/^(0|[1-9]\d{0,15})$/.test(size) && Number.isSafeInteger(Number(size)), 'a checkpoint has a size');
  const bytes = fromBase64(root);
  ensure(bytes?.length === SHA256_BYTES, 'a checkpoint has a root of 32 bytes');
  return { origin, size: Number(size), root: bytes! };
}

/** The signed note of the log of this key's coordinator. */
export function signCheckpoint(size: number, root: Bytes, key: SigningKey): Promise<string> {
  const origin = logOrigin(peerIdOf(key));
  return signNote(formatCheckpoint({ origin, size, root }), origin, key);
}

/**
 * @param coordinator - the PeerId whose log it must be
 * @throws AppError 'bad-frame' (not a checkpoint), 'bad-signature' (not of this coordinator, or forged) or
 *   'wrong-peer' (signed by it for another log)
 */
export async function openCheckpoint(note: string | Uint8Array, coordinator: string): Promise<Checkpoint> {
  const name = logOrigin(coordinator);
  const bytes = typeof note === 'string' ? utf8.encode(note) : note;
  const checkpoint = parseCheckpoint(await openNote(bytes, { name, publicKey: publicKeyOf(coordinator) }));
  if (checkpoint.origin !== name) {
    throw new AppError('wrong-peer', `this checkpoint is of the log ${checkpoint.origin}, not of ${name}`);
  }
  return checkpoint;
}
