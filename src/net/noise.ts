/** Noise with a faster cipher where the browser allows WebAssembly; everything else, and the wire, is the package's. */
import { noise } from '@chainsafe/libp2p-noise'; // its successor is @libp2p/noise: the same wire, one line here
import { ChaCha20Poly1305, type Cipher } from './chacha.ts';

/** The cipher is the package's choice between several, so it can be chosen from outside as well. */
interface WithCipher {
  crypto: Cipher;
}

/** One for all connections, as each call to it ends before the next begins; null where there cannot be one. */
let shared: ChaCha20Poly1305 | null | undefined;

/** @param own a faster one still */
export function quickNoise(own?: Cipher): ReturnType<typeof noise> {
  const make = noise();
  return (components) => {
    const encrypter = make(components);
    const cipher = own ?? sharedCipher();
    if (cipher) {
      const { crypto } = encrypter as unknown as WithCipher;
      const encrypt = cipher.encrypt.bind(cipher);
      const decrypt = cipher.decrypt.bind(cipher);
      (encrypter as unknown as WithCipher).crypto = { ...crypto, encrypt, decrypt };
    }
    return encrypter;
  };
}

function sharedCipher(): ChaCha20Poly1305 | null {
  if (shared === undefined) shared = quickCipher();
  return shared;
}

function quickCipher(): ChaCha20Poly1305 | null {
  // A page's policy allows no WebAssembly and reports who asks; over WebRTC Noise encrypts only its handshake.
  if ('document' in globalThis) return null;
  try {
    return new ChaCha20Poly1305();
  } catch {
    // A content security policy without 'wasm-unsafe-eval'; the package's own cipher is only slower.
    return null;
  }
}
