/**
 * POST /v1/leases/return: a page that is about to be frozen hands its leases back by `navigator.sendBeacon`, so that
 * others get them before their deadline. A lease's id is 128 random bits which only its holder and the coordinator know
 * until it is settled, so whoever names it may end it. The answer is the same whether it exists or not.
 */
import type { FastifyInstance } from 'fastify';
import { about } from './api-doc.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { RateLimit, addressKey } from './rate-limit.ts';

export interface LeaseReturnContext {
  readonly clock: Clock;
  /** Opens the cells of those of these leases that are this contributor's and not committed. */
  readonly returnLeases: (contributor: string, leases: readonly string[]) => void;
}

/** Some pages of one household, each every few seconds at worst: a freeze, a resume, a freeze. */
const RATE = { burst: 30, perSecond: 1 } as const;
const MAX_LEASES = 64;
/** As many ids in JSON, and a PeerId. */
const MAX_BYTES = 4096;

const LEASE = /^[0-9a-f]{32}$/;
const PEER = /^[1-9A-HJ-NP-Za-km-z]{40,64}$/;

export function leaseRoutes(app: FastifyInstance, { clock, returnLeases }: LeaseReturnContext): void {
  const limit = new RateLimit(clock, RATE);
  app.post(
    '/leases/return',
    {
      config: { scope: 'public' },
      bodyLimit: MAX_BYTES,
      schema: about(
        'Network',
        'A page hands its leases back before it is frozen',
        { 204: null },
        {
          bodies: {
            'text/plain': { type: 'string', description: 'JSON: {"contributor":"12D3…","leases":["0123…"]}' },
          },
        },
      ),
    },
    async (request, reply) => {
      if (!limit.take(addressKey(request.ip))) {
        void reply.header('retry-after', limit.retryAfterS);
        throw new AppError('rate-limited', 'too many leases are handed back from this address');
      }
      const { contributor, leases } = parseReturn(request.body);
      returnLeases(contributor, leases);
      return reply.status(204).send();
    },
  );
}

/** Text, because a beacon to another origin may carry nothing else without asking first. @throws AppError 'bad-input' */
export function parseReturn(body: unknown): {
  readonly contributor: string;
  readonly leases: readonly string[];
} {
  const { contributor, leases } = fieldsOf(body);
  const good =
    typeof contributor === 'string' &&
    PEER.test(contributor) &&
    Array.isArray(leases) &&
    leases.length <= MAX_LEASES &&
    leases.every((id): id is string => typeof id === 'string' && LEASE.test(id));
  if (!good) {
    throw new AppError(
      'bad-input',
      `this takes text/plain like {"contributor":"12D3…","leases":["0123…"]} with at most ${MAX_LEASES} leases`,
    );
  }
  return { contributor, leases };
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = typeof body === 'string' ? JSON.parse(body) : undefined;
    return (parsed ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
