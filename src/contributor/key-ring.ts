/**
 * The visitor's own dealings with the key that identity.ts keeps: to copy it, to put another in its place, and to
 * return to the one before. Keys that were in use are kept, a few of them: credit belongs to a key, and nobody
 * else has it. An engine that runs keeps the key that it began with; the next start takes the one in use.
 */
import { type Bytes, fromHex } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { inStore, request } from './indexed-db.ts';
import { halvesOf, keyBytes, peerIdOfBytes, peerIdOfPublic, readKeyFile, writeKeyFile } from './key-file.ts';

export interface KeyView {
  /** 'sealed' cannot be copied; 'none' until the first start. */
  readonly kind: 'none' | 'sealed' | 'portable';
  /** '' for none. */
  readonly peerId: string;
  /** The id to which `undo` returns; '' for none. */
  readonly former: string;
}

type Stored = CryptoKeyPair | Uint8Array;

/** As identity.ts has them. */
const KEYS = {
  database: 'tilework',
  store: 'keys',
  make: (database: IDBDatabase): void => {
    database.createObjectStore('keys');
  },
};
const CURRENT = 'contributor';
const FORMER = 'former';
const MAX_FORMER = 8;
const ALGORITHM = 'Ed25519';
/** PKCS #8 of an Ed25519 key, before its seed (RFC 8410 §7). */
const PKCS8_HEAD = fromHex('302e020100300506032b657004220420');

/** @throws AppError 'unsupported-key' where the browser keeps nothing, as do all others here */
export async function viewKeys(): Promise<KeyView> {
  const { current, former } = await read();
  return {
    kind: current === undefined ? 'none' : current instanceof Uint8Array ? 'portable' : 'sealed',
    peerId: current === undefined ? '' : await idOf(current),
    former: former[0] === undefined ? '' : await idOf(former[0]),
  };
}

/** The text of a key file. @throws AppError 'bad-input' unless the key is 'portable' */
export async function exportKey(note: string): Promise<string> {
  const { current } = await read();
  if (!(current instanceof Uint8Array)) throw new AppError('bad-input', 'there is no key that can be copied');
  return writeKeyFile(current, note);
}

/** Puts the key of a file in place of the present one. @throws AppError 'bad-input' for no key, or one that signs nothing */
export async function importKey(text: string): Promise<KeyView> {
  const file = await readKeyFile(text);
  if (typeof file === 'string') throw new AppError('bad-input', 'this file holds no key');
  await tryOut(file.key);
  return replace(file.key);
}

/** Puts a new key that can be copied in place of the present one. */
export async function renewKey(): Promise<KeyView> {
  let pair: CryptoKeyPair;
  try {
    pair = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  } catch (error) {
    throw new AppError('unsupported-key', 'this browser cannot make Ed25519 keys', { cause: error });
  }
  const [pkcs8, raw] = await Promise.all([
    crypto.subtle.exportKey('pkcs8', pair.privateKey),
    crypto.subtle.exportKey('raw', pair.publicKey),
  ]);
  return replace(keyBytes(new Uint8Array(pkcs8).slice(-32), new Uint8Array(raw)));
}

/** The former key and the present one change places; nothing without a former one. */
export async function undoKey(): Promise<KeyView> {
  await inKeys('readwrite', async (store) => {
    const [current, [back, ...former]] = await both(store);
    if (back === undefined) return;
    const kept = current === undefined ? former : [current, ...former];
    await request(store.put(back, CURRENT));
    await request(store.put(kept, FORMER));
  });
  return viewKeys();
}

async function replace(key: Bytes): Promise<KeyView> {
  const peerId = peerIdOfBytes(key);
  const { current, former } = await read();
  const ids = await Promise.all(
    [current, ...former].map((each) => (each ? idOf(each) : Promise.resolve(''))),
  );
  if (ids[0] === peerId) return viewKeys();
  await inKeys('readwrite', async (store) => {
    // Another tab may have been quicker; no key may be lost over it.
    const [now, then] = await both(store);
    const kept = then.length === former.length ? then.filter((_, i) => ids[i + 1] !== peerId) : then;
    await request(store.put(key, CURRENT));
    await request(store.put((now === undefined ? kept : [now, ...kept]).slice(0, MAX_FORMER), FORMER));
  });
  return viewKeys();
}

/** A file may hold two halves that do not belong together; its results would all be refused. */
async function tryOut(key: Bytes): Promise<void> {
  const { seed, publicKey } = halvesOf(key);
  const text = new Uint8Array(32);
  let fits: boolean;
  try {
    const pkcs8 = new Uint8Array([...PKCS8_HEAD, ...seed]);
    const [signs, checks] = await Promise.all([
      crypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']),
      crypto.subtle.importKey('raw', publicKey, ALGORITHM, false, ['verify']),
    ]);
    fits = await crypto.subtle.verify(
      ALGORITHM,
      checks,
      await crypto.subtle.sign(ALGORITHM, signs, text),
      text,
    );
  } catch {
    return; // No Ed25519 in WebCrypto here: the checksum has to do.
  }
  if (!fits) throw new AppError('bad-input', 'the two halves of this key do not belong together');
}

async function idOf(stored: Stored): Promise<string> {
  if (stored instanceof Uint8Array) return peerIdOfBytes(stored);
  return peerIdOfPublic(new Uint8Array(await crypto.subtle.exportKey('raw', stored.publicKey)));
}

interface Ring {
  readonly current: Stored | undefined;
  /** The latest first. */
  readonly former: readonly Stored[];
}

function read(): Promise<Ring> {
  return inKeys('readonly', async (store) => {
    const [current, former] = await both(store);
    return { current, former };
  });
}

async function both(store: IDBObjectStore): Promise<[Stored | undefined, readonly Stored[]]> {
  const current: Stored | undefined = await request(store.get(CURRENT));
  const former: unknown = await request(store.get(FORMER));
  return [current, Array.isArray(former) ? (former as Stored[]) : []];
}

async function inKeys<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => Promise<T>): Promise<T> {
  try {
    return await inStore(KEYS, mode, work);
  } catch (error) {
    throw new AppError('unsupported-key', 'This browser does not let the page keep a key.', { cause: error });
  }
}
