/** What anybody may read: the network's state, who contributed, and every receipt. */
import type { FastifyInstance } from 'fastify';
import type { ContributorView, NetworkView } from '../core/v1.ts';
import { everybody, networkTotals } from '../store/figures.ts';
import { receiptsOf } from '../store/shards.ts';
import type { HttpContext } from './http-context.ts';
import { recheckRoutes } from './http-recheck.ts';
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

const PUBLIC = { config: { scope: 'public' } } as const;

export function publicRoutes(app: FastifyInstance, context: HttpContext): void {
  const { db, jobs, network, peerId, contributorsNow } = context;

  recheckRoutes(app, context);

  app.get('/network', PUBLIC, async (): Promise<NetworkView> => {
    const { shards, multiplyAdds } = await networkTotals(db);
    return {
      network,
      coordinator: peerId,
      contributorsNow: contributorsNow(),
      jobsRunning: jobs.runningCount,
      shardsVerified: shards,
      multiplyAddsVerified: multiplyAdds,
    };
  });

  app.get('/contributors', PUBLIC, async (): Promise<ContributorView[]> =>
    (await everybody(db)).map(({ contributor, shards, multiplyAdds, microcredits }) => ({
      contributor,
      shards,
      multiplyAdds,
      microcredits: microcredits.toString(),
    })),
  );

  app.get<{ Querystring: ReceiptsQuery }>(
    '/receipts',
    { ...PUBLIC, schema: RECEIPTS_SCHEMA },
    async (request) => {
      const { contributor, limit, beforeMs, beforeShard } = request.query;
      const before = beforeMs === undefined ? undefined : { verifiedMs: beforeMs, id: beforeShard ?? '' };
      return (await receiptsOf(db, contributor, { limit, ...(before && { before }) })).map(receiptView);
    },
  );
}
