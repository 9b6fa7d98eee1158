/** Answers the blocks of the known product from the tags in the pages of its operands. */
import type { PagedRange } from '../../../src/gpu/plan.ts';
import type { Answers } from '../links/stub-backend.ts';
import { blockOf, tagIn } from './known-product.ts';

export function knownAnswers(): Answers {
  const tags: Int8Array[] = [];
  return {
    write(page: number, bytes: Uint8Array): void {
      tags[page] = tagIn(bytes);
    },
    product({ a, b }: PagedRange): () => Uint8Array[] {
      const [rows, cols] = [a[0]!.map((page) => tags[page]!), b[0]!.map((page) => tags[page]!)];
      return () => rows.flatMap((row) => cols.map((col) => blockOf(row, col)));
    },
  };
}
