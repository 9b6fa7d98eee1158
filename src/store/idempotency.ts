/** Keys by which a requester's request that is sent twice is carried out once. */
import { AppError } from '../core/errors.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Queries } from './database.ts';

/** For so long a repetition is known. */
export const KEY_LIFETIME_MS = 24 * 60 * 60 * 1000;

export interface RequestKey {
  readonly requester: string;
  readonly key: string;
  /** SHA-256 of what is asked. */
  readonly fingerprint: Hash;
}

/**
 * The job of an earlier request with this key; undefined when there is none.
 * @throws AppError 'key-reused' when that asked for something else
 */
export async function jobOfKey(
  db: Queries,
  { requester, key, fingerprint }: RequestKey,
  nowMs: number,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('idempotencyKeys')
    .select(['fingerprint', 'job'])
    .where('requester', '=', requester)
    .where('key', '=', key)
    .where('createdMs', '>', nowMs - KEY_LIFETIME_MS)
    .executeTakeFirst();
  if (row && row.fingerprint !== fingerprint)
    throw new AppError(
      'key-reused',
      'this Idempotency-Key came with another request before; make a new key for every new request',
    );
  return row?.job;
}

/**
 * Takes the key for this job. One of several at once gets it; the others wait until that has been carried out.
 * @param trx - the transaction that carries the request out: with it the key is given back
 * @returns as `jobOfKey`, whose errors it throws: then nothing was taken
 */
export async function takeKey(
  trx: Queries,
  { requester, key, fingerprint }: RequestKey,
  job: string,
  nowMs: number,
): Promise<string | undefined> {
  await trx
    .deleteFrom('idempotencyKeys')
    .where('createdMs', '<=', nowMs - KEY_LIFETIME_MS)
    .execute();
  const taken = await trx
    .insertInto('idempotencyKeys')
    .values({ requester, key, fingerprint, job, createdMs: nowMs })
    .onConflict((conflict) => conflict.columns(['requester', 'key']).doNothing())
    .executeTakeFirst();
  if (taken.numInsertedOrUpdatedRows === 1n) return undefined;
  return jobOfKey(trx, { requester, key, fingerprint }, nowMs);
}
