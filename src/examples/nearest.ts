/** Questions about words, and the words nearest to them. Pure. */
import { AppError } from '../core/errors.ts';
import type { Embeddings } from './embeddings.ts';

export interface Question {
  readonly plus: readonly string[];
  readonly minus: readonly string[];
  /** What is expected first, where there is something to expect. */
  readonly answer?: string;
}

/** The sum of each question's words, of length 1: questions × dimensions. @throws AppError 'not-found' for an unknown word */
export function questionVectors(
  { words, vectors, dimensions }: Embeddings,
  questions: readonly Question[],
): Float64Array {
  const places = new Map(words.map((word, i) => [word, i]));
  const out = new Float64Array(questions.length * dimensions);
  for (const [q, { plus, minus }] of questions.entries()) {
    const sum = out.subarray(q * dimensions, (q + 1) * dimensions);
    for (const [sign, list] of [
      [1, plus],
      [-1, minus],
    ] as const) {
      for (const word of list) {
        const place = places.get(word);
        if (place === undefined) throw new AppError('not-found', `"${word}" is not among the words`);
        for (let x = 0; x < dimensions; x++) sum[x]! += sign * vectors[place * dimensions + x]!;
      }
    }
    const length = Math.hypot(...sum) || 1;
    for (let x = 0; x < dimensions; x++) sum[x]! /= length;
  }
  return out;
}

/** The words of the largest scores, largest first, without the question's own; ties go to the commoner. */
export function topWords(
  words: readonly string[],
  { plus, minus }: Question,
  score: (word: number) => number,
  count: number,
): string[] {
  const own = new Set([...plus, ...minus]);
  const top: { word: string; value: number }[] = [];
  for (const [i, word] of words.entries()) {
    const value = score(i);
    if (own.has(word) || (top.length === count && value <= top.at(-1)!.value)) continue;
    const at = top.findIndex((one) => value > one.value);
    top.splice(at < 0 ? top.length : at, 0, { word, value });
    if (top.length > count) top.pop();
  }
  return top.map(({ word }) => word);
}

/** Which share of the second lists' words is in the first lists of the same questions: 0…1. */
export function shared(
  found: readonly (readonly string[])[],
  wanted: readonly (readonly string[])[],
): number {
  const all = wanted.flat().length;
  const kept = wanted.flatMap((list, q) => list.filter((word) => found[q]!.includes(word))).length;
  return all === 0 ? 1 : kept / all;
}
