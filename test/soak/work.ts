/** Something to compute, all the time: small products over more operands than a small GPU cache holds. */
import { cryptoRng } from '../../src/core/rng.ts';
import type { JobView } from '../../src/core/v1.ts';
import { npyHeader } from '../../src/matrix/npy.ts';
import { concatBytes } from '../../src/core/bytes.ts';
import { api, ended, upload } from '../helpers/product.ts';

/** int8, ROWS × K: 1 MiB each, so that all of them are twice what 64 MiB of GPU memory keep of operands. */
const OPERANDS = 64;
const ROWS = 512;
const K = 2048;
/** So that there is always another when one ends. */
const JOBS_AT_ONCE = 3;

interface Api {
  readonly url: string;
  readonly token: string;
}

/** Submits one job after another until the signal fires. Resolves when the last one has ended or was given up. */
export async function keepBusy(to: Api, signal: AbortSignal): Promise<void> {
  const ids: string[] = [];
  for (let i = 0; i < OPERANDS; i++) {
    const body = concatBytes([npyHeader({ dtype: 'i8', rows: ROWS, cols: K }), cryptoRng.bytes(ROWS * K)]);
    ids.push((await upload(to, body)).id);
  }
  let next = 0;
  const lane = async (): Promise<void> => {
    while (!signal.aborted) {
      // Every pair comes again after 4,096 jobs, so the disk holds some gigabytes of results at most.
      const [a, b] = [ids[next % OPERANDS], ids[(next * 7 + Math.floor(next / OPERANDS)) % OPERANDS]];
      next += 1;
      const job = await api<JobView>(to, '/v1/jobs', {
        method: 'POST',
        body: JSON.stringify({ a, b, project: 'soak' }),
        headers: { 'content-type': 'application/json' },
      });
      await Promise.race([ended(to, job.id), new Promise((stop) => signal.addEventListener('abort', stop))]);
    }
  };
  await Promise.all(Array.from({ length: JOBS_AT_ONCE }, lane));
}
