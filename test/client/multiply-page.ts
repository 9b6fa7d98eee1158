/** What a page does with the SDK: a product, its best entries, and an error. */
import { TileworkClient } from '../../src/client/client.ts';
import { multiply } from '../../src/client/multiply.ts';
import { toAppError } from '../../src/core/errors.ts';

async function* rows(values: Int8Array, cols: number): AsyncGenerator<Int8Array> {
  for (let at = 0; at < values.length; at += cols) {
    await Promise.resolve();
    yield values.subarray(at, at + cols);
  }
}

export async function run(url: string, token: string) {
  const client = new TileworkClient({ url, token });
  const a = Int8Array.from({ length: 6 }, (_, i) => i - 2);
  const b = Int8Array.from({ length: 12 }, (_, i) => 5 - i);
  const phases = new Set<string>();
  const product = await multiply(
    { rows: 2, cols: 3, data: a },
    { rows: 4, cols: 3, data: rows(b, 3) },
    {
      client,
      dtype: 'i8',
      transposedB: true,
      project: 'in a browser',
      onProgress: ({ phase }) => phases.add(phase),
    },
  );
  const best = await client.top(product.job.id, 2);
  const wrong = await new TileworkClient({ url, token: 'wrong' })
    .jobs()
    .catch((error: unknown) => toAppError(error).code);
  return { values: Array.from(product.values), phases: [...phases], best, wrong };
}

// The page's policy allows no script in it.
Reflect.set(globalThis, 'ready', Promise.resolve({ run }));
