/** Codes that stand for an offer to join two keys: for some minutes, and once. */
import type { Database, Queries } from './database.ts';
import type { JoinCodesTable } from './schema.ts';

/** A code ends after this; one that would end later is of a clock that was set back since. */
export interface CodeLife {
  readonly nowMs: number;
  readonly lastsMs: number;
}

/**
 * Keeps a code; a key has one, the last. The oldest go where there are more than `most`.
 * @returns false when the code stands for something already
 */
export function putJoinCode(
  db: Database,
  code: Omit<JoinCodesTable, 'expiresMs'>,
  { nowMs, lastsMs }: CodeLife,
  most: number,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    await trx
      .deleteFrom('joinCodes')
      .where((eb) =>
        eb.or([
          eb('expiresMs', '<=', nowMs),
          eb('expiresMs', '>', nowMs + lastsMs),
          eb('joined', '=', code.joined),
        ]),
      )
      .execute();
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('joinCodes')
      .values({ ...code, expiresMs: nowMs + lastsMs })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    await trx
      .deleteFrom('joinCodes')
      .where('code', 'in', (eb) =>
        eb.selectFrom('joinCodes').select('code').orderBy('expiresMs', 'desc').orderBy('code').offset(most),
      )
      .execute();
    return numInsertedOrUpdatedRows === 1n;
  });
}

/** What the code stands for; from now on it stands for nothing. */
export function takeJoinCode(
  db: Queries,
  code: string,
  { nowMs, lastsMs }: CodeLife,
): Promise<Pick<JoinCodesTable, 'joined' | 'offer'> | undefined> {
  return db
    .deleteFrom('joinCodes')
    .where('code', '=', code)
    .where('expiresMs', '>', nowMs)
    .where('expiresMs', '<=', nowMs + lastsMs)
    .returning(['joined', 'offer'])
    .executeTakeFirst();
}
