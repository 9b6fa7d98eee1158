/** The HTTP side: `/v1`, the static page, its coordinator.json, `/metrics`, `/healthz` and `/readyz`. */
import { existsSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import { AppError, toAppError } from '../core/errors.ts';
import { MAX_CONNECTIONS } from '../protocol/limits.ts';
import { apiRoutes, documentApi } from './api.ts';
import { HEADERS_MS, answerClientError } from './client-errors.ts';
import { guardDoors } from './doors.ts';
import { fileHeaders } from './embedding.ts';
import { backupRoutes } from './http-backup.ts';
import type { HttpContext } from './http-context.ts';
import { DRAIN_RETRY_S } from './intake.ts';
import { AWAY_RETRY_S } from './database-watch.ts';
import { creditRoutes, statementRoutes } from './http-credit.ts';
import { docsRoutes } from './http-docs.ts';
import { estimateRoutes } from './http-estimate.ts';
import { jobRoutes } from './http-jobs.ts';
import { leaseRoutes } from './http-leases.ts';
import { logRoutes } from './http-log.ts';
import { operandRoutes } from './http-operands.ts';
import { operatorRoutes } from './http-operator.ts';
import { publicRoutes } from './http-public.ts';
import { resultRoutes } from './http-results.ts';
import { tokenRoutes } from './http-tokens.ts';
import { isDiskFull } from '../store/away.ts';
import { uploadRoutes } from './http-uploads.ts';
import { addressList } from './local-only.ts';
import { AWAY, problemOf } from './problems.ts';
import { securityHeaders } from './security-headers.ts';
import { validationError } from './validation-text.ts';

/** @throws AppError 'bad-input' for a proxy's or an operator's address that is none. */
export async function createHttp(context: HttpContext): Promise<FastifyInstance> {
  const { trustProxy = [] } = context.doors;
  addressList(trustProxy, '--trust-proxy');
  const app = fastify({
    forceCloseConnections: true,
    bodyLimit: 64 * 1024,
    // Without a proxy of ours, X-Forwarded-For is what any client may write.
    trustProxy: trustProxy.length > 0 && [...trustProxy],
    // Node looks for late ones every half minute otherwise.
    http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: HEADERS_MS / 5 },
    clientErrorHandler: answerClientError,
    routerOptions: { ignoreTrailingSlash: true },
    // A field that we do not know is a mistake of the client's, better told than left out.
    ajv: { customOptions: { removeAdditional: false } },
    schemaErrorFormatter: validationError,
    // What fails before there is a route (a URL that cannot be decoded) gets the same kind of answer.
    frameworkErrors: (error, request, reply: FastifyReply) => {
      const problem = problemOf(error);
      void reply.headers(securityHeaders(request));
      void reply.status(problem.status).type('application/problem+json').send(problem);
    },
  });
  // As many as contributors: a crowd that says nothing must not take every file that a process may open.
  app.server.maxConnections = MAX_CONNECTIONS;
  app.addHook('onRequest', async (request) => {
    // PostgreSQL's text cannot hold it, and nothing of ours is named so.
    if (request.url.includes('%00')) throw new AppError('bad-input', 'a URL cannot hold a zero byte');
  });
  app.setErrorHandler(async (thrown, request, reply) => {
    const problem = problemOf(thrown);
    if (problem.status === 500 || isDiskFull(thrown)) {
      const { message, stack } = toAppError(thrown);
      // Not its URL, which may hold what only its sender knows.
      const { method, routeOptions } = request;
      context.log.error({ method, route: routeOptions.url, error: message, stack }, 'a request failed');
    }
    if (context.database.suspect(thrown)) void reply.header('retry-after', AWAY_RETRY_S);
    else if (problem.status === 503 && !reply.hasHeader('retry-after'))
      void reply.header('retry-after', DRAIN_RETRY_S);
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
    return reply.status(problem.status).type('application/problem+json').send(problem);
  });
  await documentApi(app);
  guardDoors(app, context.tokens, context.clock, context.doors);
  guardIntake(app, context);
  await app.register(
    async (v1) => {
      apiRoutes(v1);
      publicRoutes(v1, context);
      statementRoutes(v1, context);
      leaseRoutes(v1, context);
      await v1.register(async (guarded) => {
        operandRoutes(guarded, context);
        uploadRoutes(guarded, context);
        jobRoutes(guarded, context);
        estimateRoutes(guarded, context);
        resultRoutes(guarded, context);
        creditRoutes(guarded, context);
        tokenRoutes(guarded, context);
        backupRoutes(guarded, context);
        operatorRoutes(guarded, context);
      });
    },
    { prefix: '/v1' },
  );
  await app.register(
    (log, _options, done) => {
      logRoutes(log, context);
      done();
    },
    { prefix: '/log' },
  );
  docsRoutes(app);
  app.get('/coordinator.json', async (_request, reply) =>
    reply.header('cache-control', 'no-cache').send({ v: 1, addrs: context.peerAddresses() }),
  );
  // Alive: whoever restarts what is not healthy must not do so because the database is away.
  app.get('/healthz', () => ({ ok: true }));
  app.get('/readyz', async (_request, reply) => {
    const view = await context.readiness.view();
    if (!view.ok) void reply.header('retry-after', DRAIN_RETRY_S);
    return reply
      .code(view.ok ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(view);
  });
  app.get('/metrics', { config: { operatorOnly: true } }, async (_request, reply) =>
    reply.type(context.metrics.registry.contentType).send(await context.metrics.registry.metrics()),
  );
  if (context.pageDir !== undefined && existsSync(context.pageDir))
    await servePage(app, context.pageDir, context);
  app.setNotFoundHandler(async (request) => {
    throw new AppError('not-found', `there is nothing at ${request.url.split('?')[0]}`);
  });
  return app;
}

/** What cannot be answered now is refused at once, and what is handed in is kept account of. */
function guardIntake(app: FastifyInstance, { database, intake }: HttpContext): void {
  app.addHook('onRequest', async (request, reply) => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return;
    if (database.isAway) {
      void reply.header('retry-after', AWAY_RETRY_S);
      throw new AppError('unavailable', AWAY);
    }
    if (scope !== 'submit' || request.method === 'DELETE') return;
    reply.raw.once('close', intake.begin());
  });
}

/** The page may talk to itself and to this coordinator; nothing else. Who may frame it: see embedding.ts. */
async function servePage(app: FastifyInstance, root: string, context: HttpContext): Promise<void> {
  const policy = (scripts: string, frameAncestors: string): string => {
    const sockets = context.peerAddresses().map(socketOrigin);
    return [
      "default-src 'none'",
      `script-src ${scripts}`,
      "style-src 'self'",
      "img-src 'self' data:",
      "worker-src 'self'",
      "manifest-src 'self'",
      `connect-src 'self' ${sockets.filter((origin) => origin !== undefined).join(' ')}`,
      "base-uri 'none'",
      "form-action 'none'",
      `frame-ancestors ${frameAncestors}`,
      // No text becomes markup or code. Ours is src/core/trusted.ts; Lit's makes markup of its own templates only.
      "require-trusted-types-for 'script'",
      'trusted-types tilework lit-html',
    ].join('; ');
  };
  // For people who type it. Relative, because a proxy may serve this below a folder.
  for (const page of ['network', 'operator']) {
    app.get(`/${page}`, (request, reply) => {
      const deeper = request.url.split('?')[0]?.endsWith('/');
      return reply.redirect(`${deeper ? '../' : './'}${page}.html`);
    });
  }
  await app.register(fastifyStatic, {
    root,
    dotfiles: 'ignore',
    setHeaders: (reply, path) => {
      // Built assets carry their hash in their name; the page itself must be asked for anew.
      const immutable = /[/\\]assets[/\\]/.test(path);
      // A worker keeps to the policy of its own script; its cipher is WebAssembly (src/net/chacha.ts), which the
      // words allow without allowing JavaScript that is made of text.
      const scripts = immutable ? "'self' 'wasm-unsafe-eval'" : "'self'";
      const { frameAncestors, headers } = fileHeaders(root, path, reply.request.url, context.embed);
      void reply.header('content-security-policy', policy(scripts, frameAncestors)).headers(headers);
      void reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}

/** "/ip4/127.0.0.1/tcp/9001/ws/…" → "ws://127.0.0.1:9001". */
export function socketOrigin(address: string): string | undefined {
  const match = /^\/(ip4|ip6|dns[46]?)\/([\w.:-]+)\/tcp\/(\d+)\/(tls\/)?(wss?)(\/|$)/.exec(address);
  if (!match) return undefined;
  const host = match[1] === 'ip6' ? `[${match[2]}]` : match[2];
  return `${match[4] || match[5] === 'wss' ? 'wss' : 'ws'}://${host}:${match[3]}`;
}
