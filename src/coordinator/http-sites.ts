/** `/v1/sites`: the sites that embed the widget, and what was verified for them. */
import type { FastifyInstance } from 'fastify';
import { MAX_ORIGIN_CHARS } from '../core/origin.ts';
import type { SiteFiguresView, SiteView } from '../core/v1-sites.ts';
import type { Sites } from './sites.ts';

export interface SiteRoutesContext {
  readonly sites: Sites;
}

const PUBLIC = { config: { scope: 'public' } } as const;
const ORIGIN = { type: 'string', maxLength: MAX_ORIGIN_CHARS } as const;

export function siteRoutes(app: FastifyInstance, context: SiteRoutesContext): void {
  app.get('/sites', PUBLIC, (): Promise<readonly SiteView[]> => context.sites.list());

  app.get<{ Params: { origin: string } }>(
    '/sites/:origin',
    { ...PUBLIC, schema: { params: { type: 'object', properties: { origin: ORIGIN } } } },
    ({ params }): Promise<SiteFiguresView> => context.sites.figures(params.origin),
  );
}
