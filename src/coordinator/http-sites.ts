/** `/v1/sites`: the sites that embed the widget, what was verified for them, and how their owners claim them. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { about } from './api-doc.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { MAX_ORIGIN_CHARS } from '../core/origin.ts';
import type { NewSiteClaimView, SiteFiguresView, SiteOwnerTokenView, SiteView } from '../core/v1-sites.ts';
import { RateLimit, addressKey } from './rate-limit.ts';
import type { SiteClaims } from './site-claims.ts';
import type { Sites } from './sites.ts';

export interface SiteRoutesContext {
  readonly clock: Clock;
  readonly sites: Sites;
  readonly claims: SiteClaims;
}

/** Somebody who sets a site up, and tries again now and then. */
const CLAIMS = { burst: 10, perSecond: 1 / 10 } as const;

const PUBLIC = { config: { scope: 'public' } } as const;
const ORIGIN = { type: 'string', maxLength: MAX_ORIGIN_CHARS } as const;
const ORIGIN_BODY = {
  body: {
    type: 'object',
    required: ['origin'],
    additionalProperties: false,
    properties: { origin: ORIGIN },
  },
} as const;
const SITE = { ...PUBLIC, bodyLimit: 1024 } as const;

interface SiteBody {
  readonly origin: string;
}

export function siteRoutes(app: FastifyInstance, { clock, sites, claims }: SiteRoutesContext): void {
  const limit = new RateLimit(clock, CLAIMS);
  const pass = (request: FastifyRequest, reply: FastifyReply): void => {
    void reply.header('cache-control', 'no-store');
    if (limit.take(addressKey(request.ip))) return;
    void reply.header('retry-after', limit.retryAfterS);
    throw new AppError('rate-limited', `too many claims from this address; go on in ${limit.retryAfterS} s`);
  };

  app.get(
    '/sites',
    { ...PUBLIC, schema: about('Sites', 'Sites that may embed the widget', { 200: ['Site'] }) },
    (): Promise<readonly SiteView[]> => sites.list(),
  );

  app.get<{ Params: { origin: string } }>(
    '/sites/:origin',
    {
      ...PUBLIC,
      schema: about(
        'Sites',
        'What was verified on a site',
        { 200: 'SiteFigures' },
        {
          params: { type: 'object', properties: { origin: ORIGIN } },
          description: 'The owner’s token, in Authorization, shows more.',
        },
      ),
    },
    async ({ params, headers }, reply): Promise<SiteFiguresView> => {
      const claimedMs = await claims.owner(params.origin, headers.authorization);
      if (claimedMs !== undefined) void reply.header('cache-control', 'no-store');
      return sites.figures(params.origin, claimedMs);
    },
  );

  app.post<{ Body: SiteBody }>(
    '/sites/claims',
    {
      ...SITE,
      schema: about(
        'Sites',
        'Claim a site: what is to be published there',
        { 201: 'SiteClaim' },
        ORIGIN_BODY,
      ),
    },
    async (request, reply) => {
      pass(request, reply);
      const begun: NewSiteClaimView = claims.begin(request.body.origin);
      return reply.status(201).send(begun);
    },
  );

  app.post<{ Body: SiteBody; Params: { id: string } }>(
    '/sites/claims/:id/check',
    {
      ...SITE,
      schema: about(
        'Sites',
        'Check a claim; the owner’s token, once',
        { 200: 'SiteOwnerToken' },
        ORIGIN_BODY,
      ),
    },
    async (request, reply) => {
      pass(request, reply);
      const made: SiteOwnerTokenView = await claims.check(request.params.id, request.body.origin);
      return reply.send(made);
    },
  );
}
