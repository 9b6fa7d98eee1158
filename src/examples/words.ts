/** Nearest words and analogies among 50,000 words: cosines of int8 vectors, one exact product. */
import { quantiseRows } from '../client/quantise.ts';
import { type Embeddings, installEmbeddings, loadEmbeddings } from './embeddings.ts';
import { type Question, questionVectors, shared, topWords } from './nearest.ts';
import type { Example } from './world.ts';

const WORDS = 50_000;
const TOP = 5;
/** Of the words that float64 cosines find among the five nearest, int8 ones find at least this share. */
const MIN_SHARED = 0.85;
const MIN_RIGHT = 0.6;

const near = (word: string): Question => ({ plus: [word], minus: [] });
/** a is to b as c is to which? */
const analogy = (a: string, b: string, c: string, answer: string): Question => ({
  plus: [b, c],
  minus: [a],
  answer,
});

const QUESTIONS: readonly Question[] = [
  ...['physics', 'guitar', 'computer', 'rain', 'bread', 'economy', 'seven', 'laughing'].map(near),
  analogy('man', 'king', 'woman', 'queen'),
  analogy('man', 'actor', 'woman', 'actress'),
  analogy('france', 'paris', 'japan', 'tokyo'),
  analogy('france', 'paris', 'germany', 'berlin'),
  analogy('italy', 'rome', 'spain', 'madrid'),
  analogy('france', 'french', 'sweden', 'swedish'),
  analogy('big', 'bigger', 'small', 'smaller'),
  analogy('go', 'went', 'take', 'took'),
  analogy('dog', 'dogs', 'child', 'children'),
  analogy('uncle', 'aunt', 'brother', 'sister'),
];

export const wordsExample: Example = {
  about: 'finds nearest words and analogies among 50,000 (installs 233 MB at its first run)',
  prepare: installEmbeddings,
  async run(world) {
    const embeddings = await loadEmbeddings(WORDS);
    const { words, vectors, dimensions: k } = embeddings;
    const questions = questionVectors(embeddings, QUESTIONS);
    const rows = quantiseRows(vectors, words.length, k);
    const asked = quantiseRows(questions, QUESTIONS.length, k);
    const a = { values: rows.values, rows: words.length, k };
    const b = { values: asked.values, rows: QUESTIONS.length, k };
    const c = await world.product(
      await world.upload(a, 'word vectors'),
      await world.upload(b, 'questions about words'),
      'nearest words',
    );
    const exact = await world.compare([{ a, b, c }]);
    const cosine = (word: number, question: number): number =>
      c[word * QUESTIONS.length + question]! * rows.scales[word]! * asked.scales[question]!;
    const found = QUESTIONS.map((question, q) => topWords(words, question, (word) => cosine(word, q), TOP));
    const plain = inFloat64(embeddings, questions);
    const kept = shared(found, plain);
    const analogies = QUESTIONS.flatMap(({ answer }, q) =>
      answer === undefined ? [] : [found[q]![0] === answer],
    );
    const right = analogies.filter(Boolean).length;
    return {
      lines: QUESTIONS.map((question, q) => `  ${asText(question).padEnd(28)} ${found[q]!.join(', ')}`),
      checks: [
        exact,
        {
          claim: `${(100 * kept).toFixed(0)} % of the ${TOP} nearest by float64 cosines, computed here, are found`,
          holds: kept >= MIN_SHARED,
        },
        {
          claim: `${right} of ${analogies.length} analogies have the expected answer first`,
          holds: right >= MIN_RIGHT * analogies.length,
        },
      ],
      figures: { words: words.length, shared: kept, analogiesRight: right, analogies: analogies.length },
    };
  },
};

/** The same from the vectors as they are: no int8, nothing of the network. */
function inFloat64({ words, vectors, dimensions }: Embeddings, questions: Float64Array): string[][] {
  return QUESTIONS.map((question, q) =>
    topWords(
      words,
      question,
      (word) => {
        let sum = 0;
        for (let x = 0; x < dimensions; x++)
          sum += vectors[word * dimensions + x]! * questions[q * dimensions + x]!;
        return sum;
      },
      TOP,
    ),
  );
}

function asText({ plus, minus }: Question): string {
  return minus.length === 0 ? plus.join(' ') : `${plus[0]} − ${minus[0]} + ${plus[1]}`;
}
