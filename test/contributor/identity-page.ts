/** In the browser: the key of this profile, and what it can be made to do. */
import { loadIdentity } from '../../src/contributor/identity.ts';
import { sealResult } from '../../src/protocol/envelope.ts';
import { keyToBytes, peerIdOf, supportsEd25519 } from '../../src/protocol/keys.ts';

export const peerId = async (): Promise<string> => peerIdOf(await loadIdentity());

/** Two loads at once, as two tabs make them. */
export async function race(): Promise<string[]> {
  return (await Promise.all([1, 2, 3].map(() => loadIdentity()))).map(peerIdOf);
}

/** The same again in a worker, where the session lives. */
export async function inWorker(): Promise<string> {
  const worker = new Worker(new URL('./identity-worker.ts', import.meta.url), { type: 'module' });
  try {
    return await new Promise<string>((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<string>) => resolve(data));
      worker.addEventListener('error', (event) => reject(new Error(event.message)));
    });
  } finally {
    worker.terminate();
  }
}

/** A result signed with the key. */
export async function signed(): Promise<number[]> {
  const result = { leaseDigest: '11'.repeat(32), manifest: '22'.repeat(32), gpuMs: 3, client: 'a test' };
  return Array.from(await sealResult(result, await loadIdentity()));
}

export interface Stored {
  /** WebCrypto has Ed25519 here. */
  readonly native: boolean;
  readonly kind: string;
  readonly extractable: boolean | undefined;
  readonly exportFails: string[];
}

/** What IndexedDB holds, and whether any way leads to its private half. */
export async function stored(): Promise<Stored> {
  const key = await loadIdentity();
  const kept = await read();
  const privateKey = kept instanceof Uint8Array ? undefined : kept.privateKey;
  const exportFails: string[] = [];
  for (const format of ['pkcs8', 'jwk', 'raw'] as const) {
    if (!privateKey) continue;
    const failed = await crypto.subtle.exportKey(format, privateKey).then(
      () => false,
      () => true,
    );
    if (failed) exportFails.push(format);
  }
  try {
    keyToBytes(key);
  } catch {
    exportFails.push('libp2p');
  }
  return {
    native: await supportsEd25519(),
    kind: privateKey ? 'CryptoKey' : 'bytes',
    extractable: privateKey?.extractable,
    exportFails,
  };
}

function read(): Promise<CryptoKeyPair | Uint8Array> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('tilework');
    opening.addEventListener('error', () => reject(new Error('cannot open')));
    opening.addEventListener('success', () => {
      const getting = opening.result.transaction('keys').objectStore('keys').get('contributor');
      getting.addEventListener('success', () => {
        opening.result.close();
        resolve(getting.result as CryptoKeyPair | Uint8Array);
      });
    });
  });
}

/** As in a browser whose WebCrypto does not know Ed25519. */
export async function withoutNativeKeys(): Promise<{ peerId: string; stored: Stored }> {
  await forget();
  Object.defineProperty(crypto.subtle, 'generateKey', {
    configurable: true,
    value: () => Promise.reject(new DOMException('no such algorithm', 'NotSupportedError')),
  });
  try {
    return { peerId: await peerId(), stored: await stored() };
  } finally {
    Reflect.deleteProperty(crypto.subtle, 'generateKey');
  }
}

/** As in a window that may not store anything. */
export async function withoutStorage(): Promise<{ code: unknown; message: unknown }> {
  const newer = indexedDB.open('tilework-refused', 2);
  await new Promise((resolve) => newer.addEventListener('success', resolve));
  newer.result.close();
  Object.defineProperty(indexedDB, 'open', {
    configurable: true,
    // A version below the stored one is refused: a real error event from a real request.
    value: () => IDBFactory.prototype.open.call(indexedDB, 'tilework-refused', 1),
  });
  try {
    await loadIdentity();
    return { code: 'none', message: '' };
  } catch (error) {
    const { code, message } = error as { code: unknown; message: unknown };
    return { code, message };
  } finally {
    Reflect.deleteProperty(indexedDB, 'open');
  }
}

export function forget(): Promise<void> {
  return new Promise((resolve, reject) => {
    const deleting = indexedDB.deleteDatabase('tilework');
    deleting.addEventListener('success', () => resolve());
    deleting.addEventListener('blocked', () => reject(new Error('a connection was left open')));
  });
}
