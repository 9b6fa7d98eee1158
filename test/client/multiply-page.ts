/** What a page does with the SDK: a product, its best entries, an upload in parts, and an error. */
import { encodeNpy } from '../../src/client/arrays.ts';
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
  const parts: number[] = [];
  const file = encodeNpy('i8', 2, 76, new Uint8Array(152));
  const options = { side: 'rows', size: file.length, partBytes: 100 } as const;
  const again = await client.uploadOperand(new Blob([file]).stream(), {
    ...options,
    onProgress: (bytes) => parts.push(bytes),
  });
  const whole = await client.uploadOperand(file, { side: 'rows' });
  const wrong = await new TileworkClient({ url, token: 'wrong' })
    .jobs()
    .catch((error: unknown) => toAppError(error).code);
  return {
    values: Array.from(product.values),
    phases: [...phases],
    best,
    parts,
    again: again.id,
    whole: whole.id,
    wrong,
  };
}

export async function refusal(url: string, token: string): Promise<string> {
  try {
    await new TileworkClient({ url, token }).jobs();
    return 'none';
  } catch (error) {
    const { code, message } = toAppError(error);
    return `${code}: ${message}`;
  }
}

// The page's policy allows no script in it.
Reflect.set(globalThis, 'ready', Promise.resolve({ run, refusal }));
