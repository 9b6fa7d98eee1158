/**
 * API tokens at rest: what they may do, until when, and the SHA-256 of each. The token itself is shown once
 * and kept nowhere.
 *
 * Why SHA-256 and not bcrypt or Argon2: those slow down the guessing of secrets that people choose. A token
 * holds 256 random bits, so there is nothing to guess, and a slow hash on every request would only give
 * strangers a way to keep the coordinator busy.
 */
import type { Queries } from './database.ts';
import type { Token } from './schema.ts';

export type NewToken = Pick<Token, 'id' | 'hash' | 'label' | 'scopes' | 'createdMs' | 'expiresMs'>;

export async function insertToken(db: Queries, token: NewToken): Promise<Token> {
  return db
    .insertInto('tokens')
    .values({ ...token, lastUsedMs: null, revokedMs: null })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function getToken(db: Queries, id: string): Promise<Token | undefined> {
  return db.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Newest first, those that no longer open anything included. */
export function listTokens(db: Queries): Promise<Token[]> {
  return db.selectFrom('tokens').selectAll().orderBy('createdMs', 'desc').orderBy('id').execute();
}

/** False when there is no such token, or it was revoked before; then nothing changes. */
export async function revokeToken(db: Queries, id: string, timeMs: number): Promise<boolean> {
  const result = await db
    .updateTable('tokens')
    .set({ revokedMs: timeMs })
    .where('id', '=', id)
    .where('revokedMs', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function noteTokenUse(db: Queries, id: string, timeMs: number): Promise<void> {
  await db.updateTable('tokens').set({ lastUsedMs: timeMs }).where('id', '=', id).execute();
}
