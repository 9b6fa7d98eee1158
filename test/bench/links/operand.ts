/** Operands that nobody looks into: random bytes, every block different, made as fast as they are sent. */
import { randomFillSync } from 'node:crypto';
import type { JobView, OperandView } from '../../../src/core/v1.ts';
import { BLOCK_ROWS, BLOCK_ROW_BYTES } from '../../../src/matrix/blocks.ts';
import { npyHeader } from '../../../src/matrix/npy.ts';
import { api } from '../../helpers/product.ts';

export interface Api {
  readonly url: string;
  readonly token: string;
}

/** An int8 operand; `mark` tells it from others of its shape. @param rows - whole strips of 256 */
export async function uploadOperand(to: Api, rows: number, k: number, mark: number): Promise<OperandView> {
  return api<OperandView>(to, '/v1/operands', {
    method: 'POST',
    // Node's fetch takes iterables; a body that streams must say "half" (fetch.spec.whatwg.org). lib.dom knows neither.
    body: npyOf(rows, k, mark) as unknown as ReadableStream,
    duplex: 'half',
    headers: { 'content-type': 'application/octet-stream' },
  } as RequestInit);
}

async function* npyOf(rows: number, k: number, mark: number): AsyncGenerator<Uint8Array> {
  yield npyHeader({ dtype: 'i8', rows, cols: k });
  const strip = randomFillSync(Buffer.alloc(BLOCK_ROWS * k));
  for (let at = 0; at < rows; at += BLOCK_ROWS) {
    // The first row of a strip crosses all of its blocks.
    for (let block = 0; block < k; block += BLOCK_ROW_BYTES)
      strip.writeUInt32LE(mark + at * k + block, block);
    yield Uint8Array.from(strip);
  }
}

export function submitJob(to: Api, a: string, b: string): Promise<JobView> {
  return api<JobView>(to, '/v1/jobs', {
    method: 'POST',
    body: JSON.stringify({ a, b, project: 'a measurement' }),
    headers: { 'content-type': 'application/json' },
  });
}
