/** Blocks of real products: 256 × 256 entries over all of K. */
import { type Rng, seededRng } from '../../../src/core/rng.ts';

export interface ProductBlock {
  /** int32 or float32, as `dtype` says. */
  readonly bytes: Uint8Array;
  readonly dtype: 'i8' | 'f32';
  readonly k: number;
  readonly operands: string;
}

const SIDE = 256;

type Draw = () => number;

function gaussian(rng: Rng): Draw {
  return () => Math.sqrt(-2 * Math.log(1 - rng.float())) * Math.cos(2 * Math.PI * rng.float());
}

const toI8 = (value: number): number => Math.max(-127, Math.min(127, Math.round(value)));

/** How one row of an operand is drawn, which may differ from the next. */
const OPERANDS: Readonly<Record<string, (rng: Rng) => () => Draw>> = {
  uniform: (rng) => () => () => rng.float() * 254 - 127,
  gaussian: (rng) => () => {
    const draw = gaussian(rng);
    return () => 32 * draw();
  },
  // As in trained models: each row has a scale of its own.
  'gaussian, rows differ': (rng) => () => {
    const draw = gaussian(rng);
    const scale = 25 * Math.exp(draw() / 2);
    return () => scale * draw();
  },
};

/** Every kind of operand at every K, in integers; in floats, whose entries depend little on K, at the first. */
export function* productBlocks(ks: readonly number[]): Generator<ProductBlock> {
  for (const [dtype, k, operands] of [
    ...ks.flatMap((k) => Object.keys(OPERANDS).map((name) => ['i8', k, name] as const)),
    ...Object.keys(OPERANDS).map((name) => ['f32', ks[0]!, name] as const),
  ]) {
    const rows = OPERANDS[operands]!(seededRng(k));
    const operand = (): number[][] =>
      Array.from({ length: SIDE }, () => {
        const draw = rows();
        return Array.from({ length: k }, () => (dtype === 'i8' ? toI8(draw()) : draw()));
      });
    yield {
      bytes: dtype === 'i8' ? intProduct(operand(), operand()) : floatProduct(operand(), operand()),
      dtype,
      k,
      operands,
    };
  }
}

function intProduct(a: number[][], b: number[][]): Uint8Array {
  const left = a.map((row) => Int8Array.from(row));
  const right = b.map((row) => Int8Array.from(row));
  const c = new Int32Array(SIDE * SIDE);
  for (const [i, x] of left.entries()) {
    for (const [j, y] of right.entries()) {
      let sum = 0;
      for (let k = 0; k < x.length; k++) sum = (sum + x[k]! * y[k]!) | 0;
      c[i * SIDE + j] = sum;
    }
  }
  return new Uint8Array(c.buffer);
}

function floatProduct(a: number[][], b: number[][]): Uint8Array {
  const c = new Float32Array(SIDE * SIDE);
  for (const [i, x] of a.entries()) {
    for (const [j, y] of b.entries()) {
      let sum = 0;
      for (let k = 0; k < x.length; k++) sum = Math.fround(sum + x[k]! * y[k]!);
      c[i * SIDE + j] = sum;
    }
  }
  return new Uint8Array(c.buffer);
}
