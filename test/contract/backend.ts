/** The backend contract as vitest tests. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Backend } from '../../src/gpu/backend.ts';
import { type MakeBackend, backendCases } from './backend-cases.ts';
import { SHARED_BYTES } from './backend-product.ts';

/** Software adapters do 1–3 GFLOP/s, on machines that do other things too. */
const CASE_TIMEOUT_MS = 60_000;

export function describeBackend(name: string, make: MakeBackend): void {
  describe(`backend contract: ${name}`, () => {
    let shared: Backend;
    beforeAll(async () => {
      shared = await make(SHARED_BYTES);
    }, CASE_TIMEOUT_MS);
    afterAll(() => shared.destroy());

    it.each(backendCases)(
      '$name',
      async ({ memoryBytes, run }) => {
        const backend = memoryBytes === undefined ? shared : await make(memoryBytes);
        try {
          await run(backend);
        } finally {
          if (backend !== shared) await backend.destroy();
        }
      },
      CASE_TIMEOUT_MS,
    );
  });
}
