/** A requester works with its own operands and jobs; whoever operates sees all of them. */
import { AppError } from '../core/errors.ts';
import { belongingsOf, belongsTo } from '../store/belongings.ts';
import type { Queries } from '../store/database.ts';
import type { Requester } from './tokens.ts';

/** @throws AppError 'not-found' for somebody else's, as for one that is not there. */
export async function assertOwn(
  db: Queries,
  requester: Requester,
  thing: string,
  sentence: string,
): Promise<void> {
  if (requester.scopes.has('operate') || (await belongsTo(db, requester.account, thing))) return;
  throw new AppError('not-found', sentence);
}

/** What this requester may see of a list. */
export async function ownOf(db: Queries, requester: Requester): Promise<(thing: string) => boolean> {
  if (requester.scopes.has('operate')) return () => true;
  const own = await belongingsOf(db, requester.account);
  return (thing) => own.has(thing);
}
