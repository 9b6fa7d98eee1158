/** A requester works with its own operands and jobs; whoever operates sees all of them. */
import { AppError } from '../core/errors.ts';
import { belongsTo } from '../store/belongings.ts';
import type { Queries } from '../store/database.ts';
import type { Page } from '../store/pages.ts';
import { type PageQuery, pageSchema } from './page-query.ts';
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

/** `before` is an operand's or a job's id. */
export const PAGE_SCHEMA = pageSchema({ type: 'string', maxLength: 64 });

/** The page of a list that this requester may see. */
export function ownPage({ account, scopes }: Requester, { limit, before }: PageQuery): Page {
  return { limit, before, requester: scopes.has('operate') ? undefined : account };
}
