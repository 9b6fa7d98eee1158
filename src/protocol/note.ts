/**
 * Signed notes (c2sp.org/signed-note): text, an empty line, and signatures a line each:
 * `— <key name> <base64 of a 4-byte key id and the signature>`. Ed25519 only.
 */
import type { Ed25519PublicKey } from '@libp2p/interface';
import { type Bytes, bytesEqual, concatBytes, sha256, utf8 } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { ensure } from './fields.ts';
import { type SigningKey, verifySignature } from './keys.ts';
import { MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES } from './limits.ts';

/** A key and the name that it signs under. */
export interface NoteVerifier {
  readonly name: string;
  readonly publicKey: Ed25519PublicKey;
}

const KEY_ID_BYTES = 4;
/** The signature type of Ed25519, in key ids and in the `vkey` of other tools. */
const ED25519_TYPE = 1;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** SHA-256(name ‖ "\n" ‖ 0x01 ‖ public key), the first four bytes. */
export async function noteKeyId({ name, publicKey }: NoteVerifier): Promise<Bytes> {
  const hashed = concatBytes([utf8.encode(`${name}\n`), Uint8Array.of(ED25519_TYPE), publicKey.raw]);
  return (await sha256(hashed)).slice(0, KEY_ID_BYTES);
}

/**
 * The note with one signature.
 * @param text - ends with a newline
 * @param name - neither white space nor "+"
 */
export async function signNote(text: string, name: string, key: SigningKey): Promise<string> {
  if (key.type !== 'Ed25519') throw new AppError('bad-input', `only Ed25519 keys may sign, not ${key.type}`);
  if (!isKeyName(name)) throw new AppError('bad-input', `"${name}" cannot be the name of a key`);
  if (!text.endsWith('\n')) throw new AppError('bad-input', 'the text of a note ends with a newline');
  const id = await noteKeyId({ name, publicKey: key.publicKey });
  const signature = await key.sign(utf8.encode(text));
  return `${text}\n— ${name} ${toBase64(concatBytes([id, signature]))}\n`;
}

/**
 * The note's text. Signatures of other keys are not looked at.
 * @throws AppError 'bad-frame' unless it is a note, 'bad-signature' unless this key signed it
 */
export async function openNote(bytes: Uint8Array, by: NoteVerifier): Promise<string> {
  const { text, signatures } = parse(bytes);
  const id = await noteKeyId(by);
  const own = signatures.filter(
    ({ name, value }) => name === by.name && bytesEqual(value.subarray(0, KEY_ID_BYTES), id),
  );
  const signed = utf8.encode(text);
  for (const { value } of own) {
    if (!(await verifySignature(by.publicKey, signed, value.subarray(KEY_ID_BYTES)))) {
      throw new AppError('bad-signature', `the signature of ${by.name} under this note is not valid`);
    }
  }
  if (own.length === 0) throw new AppError('bad-signature', `this note is not signed by ${by.name}`);
  return text;
}

interface Parsed {
  readonly text: string;
  readonly signatures: readonly { readonly name: string; readonly value: Uint8Array }[];
}

function parse(bytes: Uint8Array): Parsed {
  ensure(bytes.length <= MAX_NOTE_BYTES, `a note has at most ${MAX_NOTE_BYTES} bytes`);
  const note = decodeText(bytes);
  const end = note.lastIndexOf('\n\n');
  ensure(end >= 0 && note.endsWith('\n'), 'a note is text, an empty line and signatures');
  const lines = note.slice(end + 2, -1).split('\n');
  ensure(lines.length <= MAX_NOTE_SIGNATURES, `a note has at most ${MAX_NOTE_SIGNATURES} signatures`);
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): { name: string; value: Uint8Array } {
  const [dash, name, base64, ...rest] = line.split(' ');
  const holds = dash === '—' && name !== undefined && isKeyName(name) && rest.length === 0;
  const value = holds && base64 !== undefined ? fromBase64(base64) : undefined;
  if (!value || value.length <= KEY_ID_BYTES) throw new AppError('bad-frame', 'not a signature of a note');
  return { name: name!, value };
}

function decodeText(bytes: Uint8Array): string {
  let text: string;
  try {
    text = strictUtf8.decode(bytes);
  } catch (error) {
    throw new AppError('bad-frame', 'a note is UTF-8', { cause: error });
  }
  const isControl = (char: string): boolean => char < ' ' && char !== '\n';
  ensure(!Array.from(text).some(isControl), 'a note holds no control characters');
  return text;
}

const isKeyName = (name: string): boolean => /^[^\s+\p{White_Space}]+$/u.test(name);

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Undefined unless it is standard base64 with its padding, in the one spelling that `toBase64` gives. */
export function fromBase64(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  return toBase64(bytes) === text ? bytes : undefined;
}
