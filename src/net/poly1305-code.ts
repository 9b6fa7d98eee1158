/** Poly1305 (RFC 8439 §2.5) in WebAssembly: numbers of 130 bits in five limbs of 26, products of 64. */
import {
  type Code,
  BLOCK,
  BR_IF,
  END,
  I32_ADD,
  I32_EQZ,
  I32_SUB,
  I64,
  I64_ADD,
  I64_AND,
  I64_MUL,
  I64_OR,
  I64_SHL,
  I64_SHR_U,
  LOOP,
  body,
  get,
  i32,
  i64,
  i64Load32U,
  i64Store32,
  join,
  set,
  tee,
} from './wasm-code.ts';

const AT = 0;
const LENGTH = 1;
const h = (limb: number): number => 2 + limb;
const r = (limb: number): number => 7 + limb;
/** 5 · r: what passes 2¹³⁰ comes back five times, as 2¹³⁰ ≡ 5. */
const fiveR = (limb: number): number => 12 + limb;
const d = (limb: number): number => 17 + limb;
const LOCALS = [[20, I64]] as const;

const LIMBS = [0, 1, 2, 3, 4];
const MASK = join(i64(0x3ffffff), I64_AND);
/** Every block of 16 bytes has a bit behind it. */
const BIT_128 = join(i64(2 ** 24), I64_OR);

/** (at, length): h = (h + block) · r for whole blocks of 16 bytes. A word for each limb of h, then of r, is at `hashAt`. */
export function absorbCode(hashAt: number): Code {
  const load = (i: number): Code => join(i32(0), i64Load32U(hashAt + 4 * i));
  const code = join(
    LIMBS.flatMap((i) => join(load(i), set(h(i)))),
    LIMBS.flatMap((i) => join(load(5 + i), tee(r(i)), i64(5), I64_MUL, set(fiveR(i)))),
    BLOCK,
    LOOP,
    join(get(LENGTH), I32_EQZ, BR_IF, 1),
    LIMBS.flatMap((i) => join(get(h(i)), messageLimb(i), I64_ADD, set(h(i)))),
    LIMBS.flatMap((i) => join(product(i), set(d(i)))),
    // Two chains of carries that hardly wait for each other.
    [0, 3, 1, 4, 2, 0, 3].flatMap(carry),
    LIMBS.flatMap((i) => join(get(d(i)), set(h(i)))),
    join(get(AT), i32(16), I32_ADD, set(AT)),
    join(get(LENGTH), i32(16), I32_SUB, tee(LENGTH), BR_IF, 0),
    join(END, END),
    LIMBS.flatMap((i) => join(i32(0), get(h(i)), i64Store32(hashAt + 4 * i))),
  );
  return body(LOCALS, code);
}

/** Bits 26 · i and on of the block: of one word, or of two neighbours. */
function messageLimb(limb: number): Code {
  const load = (word: number): Code => join(get(AT), i64Load32U(4 * word));
  const word = (26 * limb) >>> 5;
  const shift = (26 * limb) & 31;
  const low = join(load(word), i64(shift), I64_SHR_U);
  if (limb === 4) return join(low, BIT_128);
  if (shift + 26 <= 32) return join(low, MASK);
  return join(low, load(word + 1), i64(32 - shift), I64_SHL, I64_OR, MASK);
}

/** Of h and r, the limb of weight 2 to the 26 · limb. */
function product(limb: number): Code {
  return LIMBS.flatMap((i) => {
    const term = join(get(h(i)), get(i <= limb ? r(limb - i) : fiveR(5 + limb - i)), I64_MUL);
    return i > 0 ? join(term, I64_ADD) : term;
  });
}

function carry(limb: number): Code {
  const next = d((limb + 1) % 5);
  const high = join(get(d(limb)), i64(26), I64_SHR_U);
  // 2¹³⁰ comes back as 5.
  const carried = limb === 4 ? join(high, i64(5), I64_MUL) : high;
  return join(carried, get(next), I64_ADD, set(next), get(d(limb)), MASK, set(d(limb)));
}
