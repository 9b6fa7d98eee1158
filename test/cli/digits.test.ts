/** The handwritten digits: always the same bytes, and a product that recognises them. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Digits,
  PIXELS,
  TEST_DIGITS,
  TRAINING_DIGITS,
  loadDigits,
  nearestAccuracy,
  submitDigits,
} from '../../src/cli/digits.ts';
import { decodeProduct } from '../../src/client/arrays.ts';
import { TileworkClient } from '../../src/client/client.ts';
import { sha256, toHex } from '../../src/core/bytes.ts';
import { multiplyReference } from '../../src/matrix/reference.ts';
import { bodyOf, jobView, sendJson, serve } from '../client/server.ts';

/** A tenth of the test digits: a second of work, and within half a percent of the whole. */
const SUBSET = 100;

describe('the digits', () => {
  let digits: Digits;

  beforeAll(async () => {
    digits = await loadDigits();
  });

  it('are the same bytes every time', async () => {
    const hash = async (values: Int8Array | Uint8Array): Promise<string> =>
      toHex(await sha256(new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength)));
    expect({
      a: await hash(digits.a),
      b: await hash(digits.b),
      aLabels: await hash(digits.aLabels),
      bLabels: await hash(digits.bLabels),
    }).toMatchInlineSnapshot(`
      {
        "a": "03049d9afa79676f65733d72fce58b210be7d1eb2675baa69c6e50f6734eac9c",
        "aLabels": "76f55cfd2ff202edf7055987cb60687e065b2aa2c7faeb3423e9b3034c72ba4f",
        "b": "6003112f1a42e626fdb795269a79c513638dd2c356b48217ac007d3ca7ba9f72",
        "bLabels": "c54b47d1faf97825a41b1cf3ee39c242d067245b4006d259801dd33fe7aa02c8",
      }
    `);
  });

  it('are 10,000 pictures of every digit, from black to white', () => {
    expect(digits.a).toHaveLength(TEST_DIGITS * PIXELS);
    expect(digits.b).toHaveLength(TRAINING_DIGITS * PIXELS);
    expect(new Set(digits.aLabels).size).toBe(10);
    expect(new Set(digits.bLabels).size).toBe(10);
    expect(digits.a.reduce((least, value) => Math.min(least, value), 127)).toBe(0);
    expect(digits.a.reduce((most, value) => Math.max(most, value), 0)).toBe(127);
  });

  it('are recognised by their nearest neighbour', () => {
    const a = digits.a.subarray(0, SUBSET * PIXELS);
    const products = multiplyReference('i8', a, digits.b, SUBSET, TRAINING_DIGITS, PIXELS);
    expect(nearestAccuracy(products, digits)).toBeGreaterThanOrEqual(0.9);
    // A product of nothing recognises only what the first of the shortest pictures happens to be.
    expect(nearestAccuracy(new Int32Array(SUBSET * TRAINING_DIGITS), digits)).toBeLessThan(0.3);
  });

  it('are submitted as two operands of int8 and one job', async () => {
    const uploads: string[] = [];
    let asked: unknown;
    const { url, seen } = await serve(async (request, response) => {
      const body = await bodyOf(request);
      if (request.url === '/v1/jobs') {
        asked = JSON.parse(body.toString());
        sendJson(response, jobView(), 201);
        return;
      }
      uploads.push(body.toString('latin1', 10, 80));
      expect(() => decodeProduct(body)).toThrow('|i1'); // an operand, and not a product
      sendJson(response, { id: `operand ${uploads.length}` }, 201);
    });
    await submitDigits(new TileworkClient({ url, token: 't' }), digits, { priority: -10 });
    expect(uploads[0]).toContain("'|i1', 'fortran_order': False, 'shape': (1000, 784)");
    expect(uploads[1]).toContain("'|i1', 'fortran_order': False, 'shape': (9000, 784)");
    expect(asked).toMatchObject({ a: 'operand 1', b: 'operand 2', priority: -10 });
    expect(seen.map((line) => line.split('?')[0])).toEqual([
      'POST /v1/operands',
      'POST /v1/operands',
      'POST /v1/jobs',
    ]);
  });
});
