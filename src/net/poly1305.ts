/** What begins and ends Poly1305 (RFC 8439 §2.5), around the blocks that poly1305-code.ts takes in. */

/** Of words and limbs: the least first. */
export type Four = readonly [number, number, number, number];
export type Five = readonly [number, number, number, number, number];

export const TAG_BYTES = 16;
const LIMB = 0x3ffffff;

/** r, "clamped", in limbs of 26 bits. @param words the first half of the one-time key */
export const limbsOfR = ([k0, k1, k2, k3]: Four): Five => [
  k0 & LIMB,
  ((k0 >>> 26) | (k1 << 6)) & 0x3ffff03,
  ((k1 >>> 20) | (k2 << 12)) & 0x3ffc0ff,
  ((k2 >>> 14) | (k3 << 18)) & 0x3f03fff,
  (k3 >>> 8) & 0x00fffff,
];

/** (h mod 2¹³⁰ − 5) + s mod 2¹²⁸, without a branch on either. @param s the second half of the one-time key */
export function tagOf(h: Five, s: Four): Uint8Array {
  const [l0, l1, l2, l3, l4] = reduced(carried(h));
  const words = [l0 | (l1 << 26), (l1 >>> 6) | (l2 << 20), (l2 >>> 12) | (l3 << 14), (l3 >>> 18) | (l4 << 8)];
  const tag = new Uint8Array(TAG_BYTES);
  const view = new DataView(tag.buffer);
  let carry = 0;
  for (const [i, word] of words.entries()) {
    const sum = (word >>> 0) + s[i]! + carry;
    view.setUint32(4 * i, sum, true);
    carry = Math.floor(sum / 2 ** 32);
  }
  return tag;
}

/** Limbs of 26 bits, where the second may have had more. */
function carried([h0, h1, h2, h3, h4]: Five): Five {
  const c2 = h2 + (h1 >>> 26);
  const c3 = h3 + (c2 >>> 26);
  const c4 = h4 + (c3 >>> 26);
  const c0 = h0 + 5 * (c4 >>> 26);
  return [c0 & LIMB, (h1 & LIMB) + (c0 >>> 26), c2 & LIMB, c3 & LIMB, c4 & LIMB];
}

/** h − p = h + 5 − 2¹³⁰, or h where that is negative. */
function reduced([h0, h1, h2, h3, h4]: Five): Five {
  const g0 = h0 + 5;
  const g1 = h1 + (g0 >>> 26);
  const g2 = h2 + (g1 >>> 26);
  const g3 = h3 + (g2 >>> 26);
  const g4 = h4 + (g3 >>> 26) - 2 ** 26;
  const keep = g4 >> 31;
  const pick = (h: number, g: number): number => (h & keep) | (g & LIMB & ~keep);
  return [pick(h0, g0), pick(h1, g1), pick(h2, g2), pick(h3, g3), pick(h4, g4)];
}
