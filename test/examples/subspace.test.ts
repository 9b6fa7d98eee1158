import { describe, expect, it } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import { choleskyFactor, solvePositive, symmetricEigen } from '../../src/examples/linear.node.ts';
import {
  columnsOf,
  combined,
  dot,
  gramOf,
  joined,
  orthonormal,
  solveLower,
} from '../../src/examples/subspace.ts';

const rng = seededRng(3);
const random = (length: number): Float64Array => Float64Array.from({ length }, () => rng.float() - 0.5);
const identity = (n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0));

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(found.length).toBe(wanted.length);
  for (let i = 0; i < found.length; i++) expect(found[i]).toBeCloseTo(wanted[i]!, 9);
}

describe('An orthonormal basis', () => {
  it('spans what was given', () => {
    const columns = [random(50), random(50), random(50)];
    const basis = orthonormal(columns);
    expectClose(gramOf(basis), identity(3));
    for (const column of columns) {
      expectClose(
        combined(
          basis,
          Float64Array.from(basis, (q) => dot(q, column)),
        ),
        column,
      );
    }
  });

  it('leaves out a column that adds nothing', () => {
    const [a, b] = [random(20), random(20)];
    const sum = combined([a, b], Float64Array.of(2, -3));
    expect(orthonormal([a, b, sum, new Float64Array(20)])).toHaveLength(2);
  });
});

describe('Thin matrices', () => {
  it('are their columns, and their columns one after the other are the transpose', () => {
    expect(columnsOf([1, 2, 3, 4, 5, 6], 2, 3)).toEqual([
      Float64Array.of(1, 4),
      Float64Array.of(2, 5),
      Float64Array.of(3, 6),
    ]);
    expect(joined([Float64Array.of(1, 4), Float64Array.of(2, 5)])).toEqual(Float64Array.of(1, 4, 2, 5));
  });
});

describe('The dense problems', () => {
  it('come back to the matrix that they took apart', () => {
    const columns = [random(30), random(30), random(30), random(30)];
    const s = gramOf(columns);
    const { values, vectors } = symmetricEigen(s, 4);
    expect([...values].toSorted((a, b) => b - a)).toEqual([...values]);
    for (const [i, v] of vectors.entries()) {
      const product = Float64Array.from({ length: 4 }, (_, row) => dot(s.slice(row * 4, row * 4 + 4), v));
      expectClose(
        product,
        v.map((value) => value * values[i]!),
      );
    }
    const l = choleskyFactor(s, 4);
    const rows = [0, 1, 2, 3].map((i) => l.slice(i * 4, i * 4 + 4));
    expectClose(gramOf(rows), s);
    // L⁻¹ times what has the Gram matrix L·Lᵀ is orthonormal.
    expectClose(gramOf(solveLower(l, columns)), identity(4));
    const y = random(8);
    const x = solvePositive(s, 4, y, 2);
    const back = Float64Array.from({ length: 8 }, (_, i) =>
      dot(
        s.slice((i >> 1) * 4, (i >> 1) * 4 + 4),
        Float64Array.of(0, 1, 2, 3).map((j) => x[2 * j + (i & 1)]!),
      ),
    );
    expectClose(back, y);
  });
});
