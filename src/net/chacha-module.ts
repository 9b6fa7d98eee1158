/** The WebAssembly that chacha.ts runs, assembled when it is needed: no binary file, and nothing to download. */
import { cipherCode } from './chacha-code.ts';
import { absorbCode } from './poly1305-code.ts';
import { I32, exported, join, section, vector } from './wasm-code.ts';

/** Where the module keeps what, in its memory. */
export const AT = {
  /** 16 words: constants, key, counter, nonce. */
  state: 0,
  /** Poly1305's five limbs of h, then five of r, a word each. */
  hash: 64,
  /** A block of key stream, and then the text. */
  stream: 128,
  text: 192,
  /** Behind the longest text, with what `cipher` may write past its end. */
  associated: 66_048,
} as const;

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const PAGES = 2; // of 64 KiB

export interface ChaChaModule {
  readonly memory: WebAssembly.Memory;
  /** XORs the key stream onto `length` bytes at `at`, and onto what follows up to a multiple of 256. */
  cipher(at: number, length: number): void;
  /** Adds `length` bytes at `at` to the hash, whole blocks of 16. */
  absorb(at: number, length: number): void;
}

/** @throws WebAssembly.CompileError where a content security policy forbids it */
export function loadChaCha(): ChaChaModule {
  const bytes = join(
    MAGIC_AND_VERSION,
    section(1, [join(0x60, vector([[I32], [I32]]), 0)]),
    section(3, [[0], [0]]),
    section(5, [[1, PAGES, PAGES]]),
    section(7, [exported('memory', 2, 0), exported('cipher', 0, 0), exported('absorb', 0, 1)]),
    section(10, [cipherCode(AT.state), absorbCode(AT.hash)]),
  );
  const module = new WebAssembly.Module(Uint8Array.from(bytes));
  return new WebAssembly.Instance(module).exports as unknown as ChaChaModule;
}
