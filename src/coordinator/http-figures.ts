/** The public figures over HTTP: ranks, contributors' lines, projects, mosaics, and what happens, live. */
import type { FastifyInstance } from 'fastify';
import { about } from './api-doc.ts';
import { PEER_ID } from '../core/peer-id.ts';
import type {
  ContributorFiguresView,
  LeaderboardBy,
  LeaderboardView,
  LeaderboardWindow,
  ProjectView,
} from '../core/v1-figures.ts';
import { OPEN_TO_ALL } from './cross-origin.ts';
import { EventStream } from './event-stream.ts';
import { type Figures, MAX_ROWS } from './figures.ts';
import type { Mosaics } from './mosaics.ts';
import type { PublicEvents } from './public-events.ts';
import { addressKey } from './rate-limit.ts';

export interface FiguresRoutesContext {
  readonly figures: Figures;
  readonly mosaics: Mosaics;
  readonly events: PublicEvents;
}

/** A reader with so much unread is dropped: it may come again, and say what it read last. */
const MAX_BACKLOG_BYTES = 256 * 1024;

const PUBLIC = { config: { scope: 'public' } } as const;
const PEER = { type: 'string', pattern: PEER_ID.source } as const;
const JOB = { type: 'string', maxLength: 64 } as const;
const LEADERBOARD = {
  type: 'object',
  properties: {
    by: { type: 'string', enum: ['contributor', 'team'], default: 'contributor' },
    window: { type: 'string', enum: ['day', 'week', 'all'], default: 'all' },
    limit: { type: 'integer', minimum: 1, maximum: MAX_ROWS, default: 50 },
  },
} as const;
const EVENTS = { type: 'object', properties: { after: { type: 'string', maxLength: 64 } } } as const;

interface LeaderboardQuery {
  readonly by: LeaderboardBy;
  readonly window: LeaderboardWindow;
  readonly limit: number;
}

export function figuresRoutes(app: FastifyInstance, context: FiguresRoutesContext): void {
  app.get<{ Querystring: LeaderboardQuery }>(
    '/leaderboard',
    {
      ...PUBLIC,
      schema: about(
        'Network',
        'Ranks of contributors or teams',
        { 200: 'Leaderboard' },
        { querystring: LEADERBOARD },
      ),
    },
    ({ query: { by, window, limit } }): Promise<LeaderboardView> =>
      context.figures.leaderboard(by, window, limit),
  );

  app.get<{ Params: { peerId: string } }>(
    '/contributors/:peerId',
    {
      ...PUBLIC,
      schema: about(
        'Network',
        'One contributor’s line',
        { 200: 'ContributorFigures' },
        { params: { type: 'object', properties: { peerId: PEER } } },
      ),
    },
    ({ params }): Promise<ContributorFiguresView> => context.figures.contributor(params.peerId),
  );

  app.get(
    '/projects',
    { ...PUBLIC, schema: about('Network', 'Projects with jobs that run', { 200: ['Project'] }) },
    (): Promise<readonly ProjectView[]> => context.figures.projects(),
  );

  app.get(
    '/mosaic',
    { ...PUBLIC, schema: about('Network', 'The mosaic of the job that is shown', { 200: 'Mosaic' }) },
    async (_request, reply) => {
      const { mosaics } = context;
      return reply.type('application/json').send(await mosaics.json(await mosaics.shown()));
    },
  );

  app.get<{ Params: { id: string } }>(
    '/jobs/:id/mosaic',
    {
      ...PUBLIC,
      schema: about(
        'Network',
        'Who verified which part of a job’s C',
        { 200: 'Mosaic' },
        { params: { type: 'object', properties: { id: JOB } } },
      ),
    },
    async ({ params }, reply) => reply.type('application/json').send(await context.mosaics.json(params.id)),
  );

  app.get<{ Querystring: { after?: string } }>(
    '/events',
    {
      ...PUBLIC,
      exposeHeadRoute: false,
      schema: about(
        'Network',
        'What happens, as it happens',
        {
          200: {
            type: 'text/event-stream',
            what: 'Events verified, job, network and reset; ?after= and Last-Event-ID resume',
          },
        },
        { querystring: EVENTS },
      ),
    },
    (request, reply) => {
      const { events } = context;
      const address = addressKey(request.ip);
      // A browser that connects again by itself says it in the header; a page that does it better, in the query.
      const header = request.headers['last-event-id'];
      const after = request.query.after ?? (typeof header === 'string' ? header : undefined);
      events.assertRoom(address);
      const stream = new EventStream(request, reply, OPEN_TO_ALL);
      const write = (text: string): void => {
        stream.write(text);
        if (stream.backlog > MAX_BACKLOG_BYTES) stream.drop();
      };
      const leave = events.listen({ address, write }, after);
      stream.gone.addEventListener('abort', leave, { once: true });
    },
  );
}
