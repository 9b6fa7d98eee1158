/** What anybody may read: the network's state, who contributed, and every receipt. */
import type { FastifyInstance } from 'fastify';
import { about } from './api-doc.ts';
import type { ContributorView, NetworkView } from '../core/v1.ts';
import { everybody } from '../store/figures.ts';
import { receiptsOf } from '../store/shards.ts';
import { Cached } from './cached.ts';
import type { HttpContext } from './http-context.ts';
import { figuresRoutes } from './http-figures.ts';
import { joinRoutes } from './http-joins.ts';
import { recheckRoutes } from './http-recheck.ts';
import { siteRoutes } from './http-sites.ts';
import { receiptView } from './views.ts';

const RECEIPTS_SCHEMA = {
  querystring: {
    type: 'object',
    required: ['contributor'],
    properties: {
      contributor: { type: 'string', maxLength: 100 },
      limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
      beforeMs: { type: 'integer' },
      beforeShard: { type: 'string', maxLength: 32 },
    },
  },
} as const;

interface ReceiptsQuery {
  readonly contributor: string;
  readonly limit: number;
  readonly beforeMs?: number;
  readonly beforeShard?: string;
}

/** It is as long as there are contributors. */
const EVERYBODY_MS = 2000;

const PUBLIC = { config: { scope: 'public' } } as const;

export function publicRoutes(app: FastifyInstance, context: HttpContext): void {
  const { db, contributorsNow } = context;
  const all = new Cached(context.clock, EVERYBODY_MS, 1, () => everybody(db));

  recheckRoutes(app, context);
  figuresRoutes(app, context);
  siteRoutes(app, context);
  joinRoutes(app, context);

  app.get(
    '/network',
    { ...PUBLIC, schema: about('Network', 'The network’s state', { 200: 'Network' }) },
    (): Promise<NetworkView> => context.figures.network(contributorsNow()),
  );

  app.get(
    '/contributors',
    { ...PUBLIC, schema: about('Network', 'Everybody’s work of all time', { 200: ['Contributor'] }) },
    async (): Promise<ContributorView[]> =>
      (await all.get()).map(({ contributor, shards, multiplyAdds, microcredits }) => ({
        contributor,
        shards,
        multiplyAdds,
        microcredits: microcredits.toString(),
      })),
  );

  app.get<{ Querystring: ReceiptsQuery }>(
    '/receipts',
    {
      ...PUBLIC,
      schema: about('Audit', 'A contributor’s receipts, newest first', { 200: ['Receipt'] }, RECEIPTS_SCHEMA),
    },
    async (request) => {
      const { contributor, limit, beforeMs, beforeShard } = request.query;
      const before = beforeMs === undefined ? undefined : { verifiedMs: beforeMs, id: beforeShard ?? '' };
      return (await receiptsOf(db, contributor, { limit, ...(before && { before }) })).map(receiptView);
    },
  );
}
