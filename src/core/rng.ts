/** Randomness as a parameter: secret where it must be, seeded where a run must replay. */

export interface Rng {
  /** `length` bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer>;
  /** A float in [0, 1) with 32 bits. */
  float(): number;
}

/** WebCrypto asks for at most this many bytes a call. */
const MAX_RANDOM_BYTES = 65_536;

/** A CSPRNG: for keys, nonces and verification vectors. */
export const cryptoRng: Rng = {
  bytes(length) {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += MAX_RANDOM_BYTES) {
      crypto.getRandomValues(out.subarray(at, Math.min(length, at + MAX_RANDOM_BYTES)));
    }
    return out;
  },
  float: () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32,
};

/** Mulberry32 (T. Ettinger, public domain): the same seed replays the same run. Never for secrets. */
export function seededRng(seed: number): Rng {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  return {
    bytes: (length) => Uint8Array.from({ length }, () => next() & 255),
    float: () => next() / 2 ** 32,
  };
}

/** An integer in [0, below). */
export function randomInt(rng: Rng, below: number): number {
  return Math.floor(rng.float() * below);
}
