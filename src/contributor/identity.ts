/**
 * Who this contributor is: an Ed25519 key made on the spot and kept in IndexedDB. Where the browser
 * has Ed25519 in WebCrypto, the key is non-extractable: a script may use it, none can steal it.
 */
import { AppError } from '../core/errors.ts';
import {
  type SigningKey,
  generateKey,
  generateNonExtractable,
  keyFromBytes,
  keyToBytes,
  supportsEd25519,
  wrapCryptoKey,
} from '../protocol/keys.ts';
import { openDatabase, request } from './indexed-db.ts';

const DATABASE = 'tilework';
const STORE = 'keys';
const NAME = 'contributor';

type Stored = CryptoKeyPair | Uint8Array;

/** The key of this browser profile, made at the first call. @throws AppError 'unsupported-key'. */
export async function loadIdentity(): Promise<SigningKey> {
  const database = await open();
  try {
    const read = (): Promise<Stored | undefined> =>
      request(database.transaction(STORE).objectStore(STORE).get(NAME));
    const stored = await read();
    if (stored) return await revive(stored);
    const made = (await supportsEd25519()) ? await generateNonExtractable() : keyToBytes(await generateKey());
    // Another tab may have been quicker: `add` leaves its key in place, and it is the one that counts.
    await request(database.transaction(STORE, 'readwrite').objectStore(STORE).add(made, NAME)).catch(
      () => {},
    );
    return await revive((await read())!);
  } catch (error) {
    throw new AppError(
      'unsupported-key',
      'This browser cannot make or keep the Ed25519 key that signs results.',
      {
        cause: error,
      },
    );
  } finally {
    database.close();
  }
}

function revive(stored: Stored): Promise<SigningKey> {
  return stored instanceof Uint8Array ? Promise.resolve(keyFromBytes(stored)) : wrapCryptoKey(stored);
}

async function open(): Promise<IDBDatabase> {
  try {
    return await openDatabase(DATABASE, (database) => {
      database.createObjectStore(STORE);
    });
  } catch (error) {
    throw new AppError(
      'unsupported-key',
      'This browser does not let the page store its key (private mode?).',
      {
        cause: error,
      },
    );
  }
}
