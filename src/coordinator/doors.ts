/**
 * Every request passes here first: from where it may come, how often, with what token, and for how long.
 * Routes below /v1 and /log say in their config which scope they need; one that says nothing does not start.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Rate } from '../core/allowance.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { TokenScope } from '../core/v1.ts';
import { OPEN_TO_ALL, letOriginsIn } from './cross-origin.ts';
import { addressList, isFromOperator } from './local-only.ts';
import { RateLimit, addressKey } from './rate-limit.ts';
import { securityHeaders } from './security-headers.ts';
import { LINGER_MS, SMALL_BODY_MS, expectBody } from './slow-body.ts';
import type { Requester, Tokens } from './tokens.ts';

export type RouteScope = TokenScope | 'public';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a request's token must allow. Required below /v1 and /log. */
    scope?: RouteScope;
    /** Answers this machine, and addresses named with --operate-from, only. Always so with scope 'operate'. */
    operatorOnly?: boolean;
    /** The body is a stream that its route watches over. */
    upload?: boolean;
  }
  interface FastifyRequest {
    /** Whose token the request came with; null on public routes. */
    requester: Requester | null;
  }
  interface FastifyInstance {
    /** Every route and what it asks for: what the API's table is checked against. */
    doors: readonly Door[];
  }
}

/** What a coordinator's operator may say about its doors. */
export interface DoorOptions {
  /** Requests below /v1 and /log from one address, IPv6 by /64. @default DEFAULT_RATES.address */
  readonly addressRate?: Rate | undefined;
  /** …and with one token. The data folder's token is never refused. @default DEFAULT_RATES.token */
  readonly tokenRate?: Rate | undefined;
  /** Addresses and networks that reach operator routes and /metrics, besides this machine. */
  readonly operateFrom?: readonly string[] | undefined;
  /** Proxies whose X-Forwarded-For and X-Forwarded-Proto count. */
  readonly trustProxy?: readonly string[] | undefined;
  /** Origins whose pages may use `/v1` with a token. @default none */
  readonly allowOrigin?: readonly string[] | undefined;
  /** Bytes of one upload. @default DEFAULT_MAX_UPLOAD_BYTES */
  readonly maxUploadBytes?: number | undefined;
}

/** Far above what people and the CLI do, and far below what keeps the database busy. */
const DEFAULT_RATES = {
  address: { burst: 1000, perSecond: 100 },
  token: { burst: 500, perSecond: 50 },
} as const;
/** Room for a million rows of 4,096 float32 values. */
export const DEFAULT_MAX_UPLOAD_BYTES = 16 * 2 ** 30;
/** Answers that one token may have under way: streams of events stay open as long as their jobs run. */
const MAX_OPEN_REQUESTS = 64;

export interface Door {
  readonly method: string;
  readonly url: string;
  readonly scope: RouteScope | undefined;
  readonly operatorOnly: boolean;
}

/**
 * Call before any route is added.
 * @throws AppError 'bad-input' for an address or an origin that is none; adding a route below /v1 or /log without a scope throws
 */
export function guardDoors(app: FastifyInstance, tokens: Tokens, clock: Clock, options: DoorOptions): void {
  const doors: Door[] = [];
  app.decorate('doors', doors);
  const byAddress = new RateLimit(clock, options.addressRate ?? DEFAULT_RATES.address);
  const byToken = new RateLimit(clock, options.tokenRate ?? DEFAULT_RATES.token);
  const operators = addressList(options.operateFrom ?? [], '--operate-from');

  letOriginsIn(app, options.allowOrigin ?? []);
  app.addHook('onRoute', ({ method, url, config }) => {
    if (/^\/(v1|log)(\/|$)/.test(url) && config?.scope === undefined)
      throw new AppError('internal', `the route ${url} does not say which scope it needs`);
    const operatorOnly = config?.operatorOnly === true || config?.scope === 'operate';
    for (const each of [method].flat()) doors.push({ method: each, url, scope: config?.scope, operatorOnly });
  });
  app.decorateRequest('requester', null);
  app.addHook('onRequest', async (request, reply) => {
    const { scope, operatorOnly, upload } = request.routeOptions.config;
    if (upload !== true && hasBody(request)) expectBody(request.raw, SMALL_BODY_MS, clock);
    if (operatorOnly === true || scope === 'operate') assertOperator(request, operators);
    if (scope === undefined) return;
    const { authorization } = request.headers;
    const operator = tokens.isOperator(authorization);
    if (!operator) pass(byAddress, addressKey(request.ip), reply, 'requests from this address');
    if (scope === 'public') return;
    const requester = await tokens.authenticate(authorization);
    if (!operator) {
      pass(byToken, requester.id, reply, 'requests with this token');
      if (tokens.openRequests(requester.id) >= MAX_OPEN_REQUESTS)
        throw new AppError('rate-limited', `this token has ${MAX_OPEN_REQUESTS} requests open already`);
    }
    assertScope(requester, scope, reply);
    request.requester = requester;
    const release = tokens.hold(requester, () => request.raw.socket.destroy());
    reply.raw.once('close', release);
  });
  app.addHook('onSend', async (request, reply) => {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (reads && request.routeOptions.config.scope === 'public') void reply.headers(OPEN_TO_ALL);
    for (const [name, value] of Object.entries(securityHeaders(request)))
      if (!reply.hasHeader(name)) void reply.header(name, value);
  });
  // An answer that needed no more of the body: the rest is read for a while, so that the answer arrives.
  app.addHook('onResponse', async (request) => {
    if (!hasBody(request) || request.raw.complete) return;
    request.raw.resume();
    expectBody(request.raw, LINGER_MS, clock);
  });
}

/** The requester of a route that is not public. */
export function requesterOf(request: FastifyRequest): Requester {
  if (!request.requester) throw new AppError('internal', 'a public route has no requester');
  return request.requester;
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function pass(limit: RateLimit, key: string, reply: FastifyReply, what: string): void {
  if (limit.take(key)) return;
  void reply.header('retry-after', limit.retryAfterS);
  throw new AppError('rate-limited', `too many ${what}; go on in ${limit.retryAfterS} s, and slower`);
}

function assertScope(requester: Requester, scope: TokenScope, reply: FastifyReply): void {
  if (requester.scopes.has(scope)) return;
  // RFC 6750 §3.1
  void reply.header('www-authenticate', `Bearer error="insufficient_scope", scope="${scope}"`);
  const held = [...requester.scopes].join(', ');
  throw new AppError('forbidden', `this needs a token with the scope "${scope}"; yours has: ${held}`);
}

function assertOperator(request: FastifyRequest, named: ReturnType<typeof addressList>): void {
  if (isFromOperator(request, named)) return;
  throw new AppError(
    'forbidden',
    'this answers the coordinator’s own machine only, at http://127.0.0.1; start it with --operate-from and your address to open it to you',
  );
}
