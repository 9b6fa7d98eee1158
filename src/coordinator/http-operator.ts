/** `/v1/operator`: what the operator's console shows and does. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, about } from './api-doc.ts';
import { AppError } from '../core/errors.ts';
import { PEER_ID } from '../core/peer-id.ts';
import type {
  BanRequest,
  DrainRequest,
  HideRequest,
  HiddenNameView,
  OperatorEntryView,
  OperatorView,
  PauseRequest,
} from '../core/v1-operator.ts';
import { requesterOf } from './doors.ts';
import type { By, Operator } from './operator.ts';
import type { Overview } from './operator-overview.ts';

export interface OperatorRoutesContext {
  readonly operator: Operator;
  readonly overview: Overview;
}

const MAX_REASON_CHARS = 200;
const REASON = { type: 'string', maxLength: MAX_REASON_CHARS, default: '' } as const;
const PEER = { type: 'string', pattern: PEER_ID.source } as const;
const PROJECT = { type: 'string', minLength: 1, maxLength: 80 } as const;
const KIND = { type: 'string', enum: ['contributor', 'team'] } as const;
const SUBJECT = { type: 'string', minLength: 1, maxLength: 200 } as const;

const object = <T extends object>(required: readonly string[], properties: T) =>
  ({ type: 'object', required, additionalProperties: false, properties }) as const;
const OPERATE = { config: { scope: 'operate' } } as const;
const DONE = { 204: null } as const;
type Answers = Readonly<Record<number, Answer>>;
const body = (summary: string, schema: object) => ({
  ...OPERATE,
  schema: about('Operator', summary, DONE, { body: schema }),
});
const query = (summary: string, schema: object, answers: Answers = DONE) => ({
  ...OPERATE,
  schema: about('Operator', summary, answers, { querystring: schema }),
});

interface Reasoned {
  readonly reason: string;
}

export function operatorRoutes(app: FastifyInstance, { operator, overview }: OperatorRoutesContext): void {
  const done = (reply: FastifyReply): FastifyReply => {
    overview.forget();
    return reply.status(204).send();
  };

  app.get<{ Querystring: { search: string } }>(
    '/operator',
    query(
      'All that the console shows',
      object([], { search: { type: 'string', maxLength: 200, default: '' } }),
      {
        200: { type: 'application/json', what: 'OperatorView of src/core/v1-operator.ts' },
      },
    ),
    (request, reply): Promise<OperatorView> => {
      void reply.header('cache-control', 'no-store');
      return overview.view(request.query.search);
    },
  );

  app.get<{ Querystring: { limit: number; before?: string } }>(
    '/operator/log',
    query(
      'What operators ordered, newest first',
      object([], {
        limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
        before: { type: 'string', pattern: '^\\d{1,18}$' },
      }),
      { 200: ['OperatorEntry'] },
    ),
    ({ query: { limit, before } }): Promise<OperatorEntryView[]> =>
      overview.log({ limit, before: before === undefined ? undefined : BigInt(before) }),
  );

  app.post<{ Body: Required<DrainRequest> }>(
    '/operator/drain',
    body(
      'Drain the coordinator, or end that',
      object(['draining'], { draining: { type: 'boolean' }, reason: REASON }),
    ),
    async (request, reply) => {
      await operator.drain(request.body.draining, by(request, request.body));
      return done(reply);
    },
  );

  app.get(
    '/operator/bans',
    { ...OPERATE, schema: about('Operator', 'Who is banned', { 200: ['Ban'] }) },
    async () => (await overview.view()).bans,
  );

  app.post<{ Body: BanRequest }>(
    '/operator/bans',
    body(
      'Ban a contributor',
      object(['contributor', 'reason'], { contributor: PEER, reason: { ...REASON, minLength: 1 } }),
    ),
    async (request, reply) => {
      await operator.ban(request.body.contributor, by(request, request.body, true));
      return done(reply);
    },
  );

  app.delete<{ Querystring: Reasoned & { contributor: string } }>(
    '/operator/bans',
    query('End a ban', object(['contributor'], { contributor: PEER, reason: REASON })),
    async (request, reply) => {
      await operator.unban(request.query.contributor, by(request, request.query));
      return done(reply);
    },
  );

  app.post<{ Body: Required<PauseRequest> }>(
    '/operator/pauses',
    body('Pause a project', object(['project'], { project: PROJECT, reason: REASON })),
    async (request, reply) => {
      await operator.pause(line(request.body.project, 'a project'), by(request, request.body));
      return done(reply);
    },
  );

  app.delete<{ Querystring: Reasoned & { project: string } }>(
    '/operator/pauses',
    query('Let a project go on', object(['project'], { project: PROJECT, reason: REASON })),
    async (request, reply) => {
      await operator.resume(line(request.query.project, 'a project'), by(request, request.query));
      return done(reply);
    },
  );

  app.post<{ Body: Required<HideRequest> }>(
    '/operator/hidden',
    body(
      'Hide a name from everybody',
      object(['kind', 'subject'], { kind: KIND, subject: SUBJECT, reason: REASON }),
    ),
    async (request, reply) => {
      const { kind, subject } = request.body;
      await operator.hide(kind, named(kind, subject), by(request, request.body));
      return done(reply);
    },
  );

  app.delete<{ Querystring: Required<HideRequest> }>(
    '/operator/hidden',
    query('Show a name again', object(['kind', 'subject'], { kind: KIND, subject: SUBJECT, reason: REASON })),
    async (request, reply) => {
      const { kind, subject } = request.query;
      await operator.show(kind, named(kind, subject), by(request, request.query));
      return done(reply);
    },
  );

  app.delete<{ Params: { id: string }; Querystring: Reasoned }>(
    '/operator/jobs/:id',
    query('Cancel anybody’s job, on record', object([], { reason: REASON })),
    async (request, reply) => {
      await operator.cancel(request.params.id, by(request, request.query));
      return done(reply);
    },
  );
}

function by(request: FastifyRequest, { reason }: Reasoned, needed = false): By {
  const { id } = requesterOf(request);
  return { token: id, reason: reason.trim() === '' && !needed ? '' : line(reason, 'a reason') };
}

/** @throws AppError 'bad-input' */
function line(text: string, what: string): string {
  const trimmed = text.trim();
  if (trimmed === '' || /\p{Cc}/u.test(trimmed) || !trimmed.isWellFormed())
    throw new AppError('bad-input', `${what} is one line of text`);
  return trimmed;
}

function named(kind: HiddenNameView['kind'], subject: string): string {
  if (kind === 'contributor' && !PEER_ID.test(subject))
    throw new AppError(
      'bad-input',
      'a contributor is named by its id: 52 characters that begin with 12D3KooW',
    );
  return line(subject, 'a team');
}
