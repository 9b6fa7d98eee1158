import { describe, expect, it } from 'vitest';
import { parseEmbeddings } from '../../src/examples/embeddings.ts';
import { questionVectors, shared, topWords } from '../../src/examples/nearest.ts';

const file = JSON.stringify({
  dimensions: 2,
  words: ['king', 'man', 'woman', 'queen', 'rare'],
  // Behind the dimensions: a length and an index.
  vectors: {
    king: [3, 4, 9, 0],
    man: [3, 0, 9, 1],
    woman: [0, 2, 9, 2],
    queen: [0, 5, 9, 3],
    rare: [0, 0, 9, 4],
  },
});

describe('Word vectors', () => {
  it('are the commonest, of length 1', () => {
    expect(parseEmbeddings(file, 2)).toEqual({
      words: ['king', 'man'],
      dimensions: 2,
      vectors: Float64Array.of(0.6, 0.8, 1, 0),
    });
    expect(parseEmbeddings(file, 9).vectors.slice(8)).toEqual(Float64Array.of(0, 0));
  });

  it('of another format are refused', () => {
    expect(() => parseEmbeddings('{"vectors":{}}', 5)).toThrow('another format');
  });
});

describe('Questions about words', () => {
  const embeddings = parseEmbeddings(file, 5);

  it('are sums of length 1', () => {
    const [x, y] = questionVectors(embeddings, [{ plus: ['king', 'woman'], minus: ['man'] }]);
    expect(Math.hypot(x!, y!)).toBeCloseTo(1, 12);
    expect(y! / x!).toBeCloseTo(1.8 / -0.4, 9);
  });

  it('about words that are not there are refused by name', () => {
    expect(() => questionVectors(embeddings, [{ plus: ['emperor'], minus: [] }])).toThrow('"emperor"');
  });

  it('are answered by the largest scores, the commoner first among equals, without their own words', () => {
    const scores = [9, 5, 7, 7, 1];
    const top = (count: number): string[] =>
      topWords(embeddings.words, { plus: ['king'], minus: [] }, (i) => scores[i]!, count);
    expect(top(2)).toEqual(['woman', 'queen']);
    expect(top(9)).toEqual(['woman', 'queen', 'man', 'rare']);
  });

  it('share what both lists have', () => {
    expect(shared([['a', 'b'], ['c']], [['b', 'x'], ['c']])).toBeCloseTo(2 / 3, 12);
    expect(shared([], [])).toBe(1);
  });
});
