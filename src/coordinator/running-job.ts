/** What a running job needs besides the database. */
import type { Rng } from '../core/rng.ts';
import type { Dtype } from '../matrix/dtype.ts';
import { type FetchBytes, decodeManifest } from '../matrix/manifest.ts';
import { isSeeded } from '../matrix/seeded.ts';
import type { Queries } from '../store/database.ts';
import { cellsOf } from '../store/jobs.ts';
import type { Job } from '../store/schema.ts';
import type { Rect } from './grid.ts';
import { JobSecrets, type VerifyPool } from './verify-pool.ts';
import type { JobSpec } from './work.ts';

export interface RunningJob {
  readonly spec: JobSpec;
  readonly secrets: JobSecrets;
}

/** @throws AppError 'internal' when the block store does not have its operands' manifests */
export async function prepareJob(
  pool: VerifyPool,
  rng: Rng,
  fetch: FetchBytes,
  job: Job,
  dtype: Dtype,
  kin: JobSpec['kin'],
): Promise<RunningJob> {
  const { id, a, b, rows, cols, k, project, priority, createdMs, deadlineMs } = job;
  const [aManifest, bManifest] = (await Promise.all([fetch(a), fetch(b)])).map(decodeManifest);
  const seeded = { a: isSeeded(aManifest!), b: isSeeded(bManifest!) };
  const named = { id, a, b, dtype, rows, cols, k, project, priority, createdMs, seeded, kin };
  const spec: JobSpec = { ...named, ...(deadlineMs !== null && { deadlineMs }) };
  return { spec, secrets: new JobSecrets(pool, rng, aManifest!, bManifest!, fetch) };
}

/** What is verified of it, cell by cell. */
export async function verifiedCells(db: Queries, job: string): Promise<Rect[]> {
  const cells = await cellsOf(db, job);
  return cells.map(({ rowBlock: row, colBlock: col }) => ({ row, col, rows: 1, cols: 1 }));
}
