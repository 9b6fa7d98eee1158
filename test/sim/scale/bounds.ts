/**
 * The bounds for contributors that come and go: the least seconds T for which what all stays allow up to T adds up to
 * C. Every stay begins with an empty cache and is bounded by itself; those who lie or become slow count as honest and
 * quick. Where all stay, this is `productBound`.
 */
import { type BoundedProduct, type Capacity, areaWithin, receivedBytes } from '../../../src/core/bound.ts';

export interface BoundedStay {
  readonly fromMs: number;
  readonly toMs: number;
  readonly capacity: Capacity;
}

const HALVINGS = 60;

/** @returns Infinity for both when even everybody together never ends it. */
export function churnBound(
  product: BoundedProduct,
  stays: readonly BoundedStay[],
): { readonly seconds: number; readonly bytes: number } {
  const area = product.rows * product.cols;
  const areas = (seconds: number): number[] =>
    stays.map(({ fromMs, toMs, capacity }) =>
      areaWithin(product, capacity, Math.max(0, Math.min(seconds, toMs / 1000) - fromMs / 1000)),
    );
  const within = (seconds: number): number => areas(seconds).reduce((sum, part) => sum + part, 0);
  let high = 1;
  while (within(high) < area) {
    high *= 2;
    if (high > 1e9) return { seconds: Infinity, bytes: Infinity };
  }
  for (let low = 0, i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (within(middle) < area) low = middle;
    else high = middle;
  }
  const parts = areas(high);
  const excess = parts.reduce((sum, part) => sum + part, 0) / area;
  const received = stays.map(({ capacity }, i) =>
    receivedBytes(product, parts[i]! / excess, capacity.memory),
  );
  return { seconds: high, bytes: received.reduce((sum, bytes) => sum + bytes, area * product.cBytes) };
}
