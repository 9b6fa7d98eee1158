/**
 * `/v1/joins`: a visitor's keys become one contributor. Everything here is signed by the keys that it is about, so no
 * token is asked for; JSON bodies keep other origins' pages from posting without asking first.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { about } from './api-doc.ts';
import type { Rate } from '../core/allowance.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { PEER_ID } from '../core/peer-id.ts';
import type {
  JoinCodeRequest,
  JoinCodeView,
  JoinOfferView,
  JoinRequest,
  JoinView,
  JoinsView,
  LeaveRequest,
  LeaveView,
} from '../core/v1-joins.ts';
import { MAX_ENVELOPE_BYTES } from '../protocol/limits.ts';
import type { Joins } from './joins.ts';
import { RateLimit, addressKey } from './rate-limit.ts';

export interface JoinRoutesContext {
  readonly clock: Clock;
  readonly joins: Joins;
}

/** A household that joins all that it has, at once. */
const STATEMENTS: Rate = { burst: 20, perSecond: 1 / 10 };
/** Typing errors. */
const CODES: Rate = { burst: 10, perSecond: 1 / 10 };
/** Two envelopes in base64, and their names. */
const MAX_BYTES = 12 * 1024;

const PUBLIC = { scope: 'public' } as const;
const ENVELOPE = {
  type: 'string',
  minLength: 4,
  maxLength: Math.ceil(MAX_ENVELOPE_BYTES / 3) * 4,
  pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
} as const;

function bodyOf(
  names: readonly string[],
  summary: string,
  answers: Readonly<Record<number, string>>,
): object {
  const properties = Object.fromEntries(names.map((name) => [name, ENVELOPE]));
  const body = { type: 'object', required: names, additionalProperties: false, properties };
  return { config: PUBLIC, bodyLimit: MAX_BYTES, schema: about('Keys', summary, answers, { body }) };
}

const CODE = {
  config: PUBLIC,
  exposeHeadRoute: false,
  schema: about('Keys', 'The offer of a code, once', { 200: 'JoinOffer' }),
} as const;
const PEER = { type: 'string', pattern: PEER_ID.source } as const;

export function joinRoutes(app: FastifyInstance, { clock, joins }: JoinRoutesContext): void {
  const limits = { statements: new RateLimit(clock, STATEMENTS), codes: new RateLimit(clock, CODES) };
  const pass = (limit: RateLimit, request: FastifyRequest, reply: FastifyReply): void => {
    void reply.header('cache-control', 'no-store');
    if (limit.take(addressKey(request.ip))) return;
    void reply.header('retry-after', limit.retryAfterS);
    throw new AppError('rate-limited', `too often from this address; go on in ${limit.retryAfterS} s`);
  };

  app.post<{ Body: JoinCodeRequest }>(
    '/joins/codes',
    bodyOf(['offer'], 'Get a code for an offer', { 201: 'JoinCode' }),
    async (request, reply) => {
      pass(limits.statements, request, reply);
      const made: JoinCodeView = await joins.code(bytesOf(request.body.offer));
      return reply.status(201).send(made);
    },
  );

  // Reading it uses it up: no HEAD.
  app.get<{ Params: { code: string } }>('/joins/codes/:code', CODE, async (request, reply) => {
    pass(limits.codes, request, reply);
    const offer: JoinOfferView = await joins.takeOffer(request.params.code);
    return reply.send(offer);
  });

  app.post<{ Body: JoinRequest }>(
    '/joins',
    bodyOf(['offer', 'join'], 'Join two keys, signed by both', { 200: 'Join' }),
    async (request, reply) => {
      pass(limits.statements, request, reply);
      const { offer, join } = request.body;
      const made: JoinView = await joins.join(bytesOf(offer), bytesOf(join));
      return reply.send(made);
    },
  );

  app.post<{ Body: LeaveRequest }>(
    '/joins/leave',
    bodyOf(['leave'], 'End a join, signed by either key', { 200: 'Leave' }),
    async (request, reply) => {
      pass(limits.statements, request, reply);
      const ended: LeaveView = await joins.leave(bytesOf(request.body.leave));
      return reply.send(ended);
    },
  );

  app.get<{ Params: { peerId: string } }>(
    '/joins/:peerId',
    {
      config: PUBLIC,
      schema: about(
        'Keys',
        'Under which key one counts, and which count under it',
        { 200: 'Joins' },
        { params: { type: 'object', properties: { peerId: PEER } } },
      ),
    },
    ({ params }): Promise<JoinsView> => joins.of(params.peerId),
  );
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
