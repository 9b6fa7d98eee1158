import { describe, expect, it } from 'vitest';
import { decodeFromCoordinator, encodeFromCoordinator } from '../../src/protocol/control.ts';
import { receiptPayload, resultPayload } from '../../src/protocol/signed.ts';
import { aReceipt, aResult } from './samples.ts';

// Every length of a varint up to 2⁵³, and both sides of where 32 bits end: protons-runtime writes
// bigints from 2³¹ to 2³² − 1 wrongly, which a receipt for 2.4 · 10⁹ multiply-adds ran into.
const EDGES = Array.from({ length: 53 }, (_, bit) => 2 ** bit).flatMap((power) => [
  power - 1,
  power,
  power + 1,
]);
const VALUES = Array.from(new Set([...EDGES, 2_359_296_000, Number.MAX_SAFE_INTEGER]));

describe('whole numbers of up to 53 bits', () => {
  it('come back from a receipt as they went in', () => {
    for (const value of VALUES) {
      const units = BigInt(value);
      const receipt = { ...aReceipt, multiplyAdds: units, microcredits: units, balanceMicrocredits: units };
      expect(receiptPayload.decode(receiptPayload.encode(receipt))).toEqual(receipt);
    }
  });

  it('come back from a result and a welcome as they went in', () => {
    for (const value of VALUES) {
      const result = { ...aResult, gpuMs: value };
      expect(resultPayload.decode(resultPayload.encode(result))).toEqual(result);
      const welcome = {
        type: 'welcome' as const,
        version: 1,
        network: 'test',
        window: 1,
        balanceMicrocredits: BigInt(value),
      };
      expect(decodeFromCoordinator(encodeFromCoordinator(welcome))).toEqual(welcome);
    }
  });

  it('are refused beyond that instead of being rounded', () => {
    const receipt = { ...aReceipt, microcredits: 2n ** 53n };
    expect(() => receiptPayload.encode(receipt)).toThrow('microcredits must be at most');
  });
});
