/** Draws from distributions, each from a seeded source: the same seed gives the same numbers. */
import type { Rng } from '../../../src/core/rng.ts';

/** Box–Muller; mean 0, standard deviation 1. */
export function normal(rng: Rng): number {
  const radius = Math.sqrt(-2 * Math.log(1 - rng.float()));
  return radius * Math.cos(2 * Math.PI * rng.float());
}

/** `spread` is the standard deviation of the logarithm: at 0.7 two thirds lie within a factor of two. */
export function logNormal(rng: Rng, median: number, spread: number): number {
  return median * Math.exp(spread * normal(rng));
}

/** With a shape below 1, who has stayed long stays longer. */
export function weibull(rng: Rng, scale: number, shape: number): number {
  return scale * (-Math.log(1 - rng.float())) ** (1 / shape);
}

export function exponential(rng: Rng, mean: number): number {
  return -mean * Math.log(1 - rng.float());
}

/** One of them, each as often as its weight says. */
export function weighted<T>(rng: Rng, choices: readonly (readonly [weight: number, value: T])[]): T {
  const total = choices.reduce((sum, [weight]) => sum + weight, 0);
  let left = rng.float() * total;
  for (const [weight, value] of choices) {
    left -= weight;
    if (left < 0) return value;
  }
  return choices.at(-1)![1];
}
