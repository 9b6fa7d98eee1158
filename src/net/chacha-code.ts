/** ChaCha20 (RFC 8439 §2.4) in WebAssembly: four blocks at once, word i of all of them in the lanes of local i. */
import {
  type Code,
  BR_IF,
  END,
  I32,
  I32X4_ADD,
  I32X4_SHL,
  I32X4_SHR_U,
  I32_ADD,
  I32_GT_S,
  I32_SUB,
  LOOP,
  V128,
  V128_OR,
  V128_XOR,
  body,
  get,
  i32,
  i32Load,
  i32Store,
  join,
  set,
  shuffle,
  tee,
  v128Const,
  v128Load,
  v128Load32Splat,
  v128Store,
} from './wasm-code.ts';

const AT = 0;
const LENGTH = 1;
const ROUNDS_LEFT = 2;
const x = (word: number): number => 3 + word;
const spare = (i: number): number => 19 + i;
const LOCALS = [
  [1, I32],
  [20, V128],
] as const;

const COUNTER_WORD = 12;
const QUARTER = [0, 1, 2, 3];
const FOUR_COUNTERS = v128Const(QUARTER.flatMap((i) => [i, 0, 0, 0]));
const WORDS = Array.from({ length: 16 }, (_, i) => i);

/**
 * (at, length): XORs the key stream onto the memory there, and onto what follows up to a multiple of 256. The 16
 * words at `stateAt` are constants, key, counter and nonce; the counter goes on.
 */
export function cipherCode(stateAt: number): Code {
  const counterAt = stateAt + 4 * COUNTER_WORD;
  const initial = (word: number): Code => {
    const lanes = join(i32(0), v128Load32Splat(stateAt + 4 * word));
    return word === COUNTER_WORD ? join(lanes, FOUR_COUNTERS, I32X4_ADD) : lanes;
  };
  const code = join(
    LOOP,
    WORDS.flatMap((word) => join(initial(word), set(x(word)))),
    TWENTY_ROUNDS,
    WORDS.flatMap((word) => join(get(x(word)), initial(word), I32X4_ADD, set(x(word)))),
    QUARTER.flatMap(writeWords),
    join(i32(0), i32(0), i32Load(counterAt), i32(4), I32_ADD, i32Store(counterAt)),
    join(get(AT), i32(256), I32_ADD, set(AT)),
    join(get(LENGTH), i32(256), I32_SUB, tee(LENGTH), i32(0), I32_GT_S, BR_IF, 0),
    END,
  );
  return body(LOCALS, code);
}

/** To the left; by whole bytes it is a shuffle. */
function rotate(local: number, bits: number): Code {
  if (bits % 8 === 0) {
    const bytes = Array.from({ length: 16 }, (_, i) => (i & ~3) | ((i - bits / 8) & 3));
    return join(get(local), get(local), shuffle(bytes), set(local));
  }
  const high = join(get(local), i32(bits), I32X4_SHL);
  const low = join(get(local), i32(32 - bits), I32X4_SHR_U);
  return join(high, low, V128_OR, set(local));
}

/** RFC 8439 §2.1. */
function quarterRound(a: number, b: number, c: number, d: number): Code {
  const step = (to: number, from: number, turned: number, bits: number): Code => {
    const sum = join(get(x(to)), get(x(from)), I32X4_ADD, tee(x(to)));
    return join(sum, get(x(turned)), V128_XOR, set(x(turned)), rotate(x(turned), bits));
  };
  return join(step(a, b, d, 16), step(c, d, b, 12), step(a, b, d, 8), step(c, d, b, 7));
}

const TWENTY_ROUNDS = join(
  join(i32(10), set(ROUNDS_LEFT)),
  LOOP,
  QUARTER.flatMap((i) => quarterRound(i, 4 + i, 8 + i, 12 + i)),
  QUARTER.flatMap((i) => quarterRound(i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4))),
  join(get(ROUNDS_LEFT), i32(1), I32_SUB, tee(ROUNDS_LEFT), BR_IF, 0),
  END,
);

/** Four words of four blocks, transposed: the 16 bytes of each block that they are. */
function writeWords(group: number): Code {
  const word = (i: number): number => x(4 * group + i);
  const from = (first: number, second: number, ...words: number[]): Code =>
    join(get(first), get(second), shuffle(words.flatMap((lane) => QUARTER.map((i) => 4 * lane + i))));
  const row = (block: number, half: number, ...words: number[]): Code => {
    const offset = 64 * block + 16 * group;
    const stream = from(spare(half), spare(2 + half), ...words);
    return join(get(AT), get(AT), v128Load(offset), stream, V128_XOR, v128Store(offset));
  };
  return join(
    join(from(word(0), word(1), 0, 4, 1, 5), set(spare(0))),
    join(from(word(0), word(1), 2, 6, 3, 7), set(spare(1))),
    join(from(word(2), word(3), 0, 4, 1, 5), set(spare(2))),
    join(from(word(2), word(3), 2, 6, 3, 7), set(spare(3))),
    row(0, 0, 0, 1, 4, 5),
    row(1, 0, 2, 3, 6, 7),
    row(2, 1, 0, 1, 4, 5),
    row(3, 1, 2, 3, 6, 7),
  );
}
