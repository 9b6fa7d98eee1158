/** `/v1/openapi.json`: what this coordinator's routes are, in OpenAPI 3.1, made of the routes themselves. */
import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema } from 'fastify';
import type { RouteScope } from './doors.ts';
import type { JsonSchema } from './api-doc.ts';
import { about } from './api-doc.ts';
import { API_SCHEMAS } from './api-schemas.ts';

const SUMMARY = `Products of matrices, computed by visitors' browsers and checked to the last number.

Submitting and reading one's own jobs needs a token (Authorization: Bearer …), which the operator hands out; public
figures, receipts and the log need none. Lists come newest first: ?limit= and ?before= go on from there. Numbers that
may pass 2^53 are decimal text. Errors are problem documents (RFC 9457) whose detail says what to change; their types
are explained at /docs. Pages of other origins read public figures, and all of this where the operator has named them
(--allow-origin), with the same tokens and no cookies. Fields may be added to answers at any time; none is taken away within /v1.`;

const TAGS = [
  { name: 'Operands', description: 'Matrices, cut into blocks and named by their hash' },
  {
    name: 'Uploads',
    description: 'Files that come in parts (tus 1.0.0), and survive a restart of either side',
  },
  { name: 'Jobs', description: 'Products C = A·Bᵀ over operands, and their results' },
  { name: 'Network', description: 'Public figures: who contributes what' },
  { name: 'Audit', description: 'The public log, receipts and blocks: what anybody can check again' },
  { name: 'Credit', description: 'Statements for everybody, orders of the operator' },
  { name: 'Sites', description: 'Sites that embed the widget' },
  { name: 'Keys', description: 'Keys of one visitor that count as one contributor' },
  { name: 'Tokens', description: 'Who may submit' },
  { name: 'Operator', description: 'For whoever runs the network' },
] as const;

/** Call before any route is added. */
export async function documentApi(app: FastifyInstance): Promise<void> {
  // Schemas of answers are told, not applied: a field that one forgets is never dropped, and nothing is slower.
  app.setSerializerCompiler(() => (data: unknown) => JSON.stringify(data));
  for (const schema of API_SCHEMAS) app.addSchema(schema);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Tilework', version: '1', description: SUMMARY },
      // Relative: whatever host and folder it was read from.
      servers: [{ url: '..' }],
      tags: [...TAGS],
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'From the data folder, or `tilework token create`',
          },
        },
      },
    },
    // Pages and their files are not the API.
    hideUntagged: true,
    stripBasePath: false,
    refResolver: { buildLocalReference: ({ $id }) => ($id as string | undefined) ?? 'Unnamed' },
    transform: ({ schema, url, route }) => ({
      schema: told(schema as FastifySchema | undefined, url, route.config?.scope),
      url: url.replace(/\*$/, ':tile'),
    }),
  });
}

/** Call within the prefix `/v1`. */
export function apiRoutes(app: FastifyInstance): void {
  app.get(
    '/openapi.json',
    {
      config: { scope: 'public' },
      schema: about('Network', 'This document', { 200: { type: 'application/json', what: 'OpenAPI 3.1' } }),
    },
    async (_request, reply) => reply.header('cache-control', 'no-cache').send(app.swagger()),
  );
}

/** What every route of its kind has besides what stands beside it: its token, and how it may fail. */
function told(schema: FastifySchema | undefined, url: string, scope: RouteScope | undefined): FastifySchema {
  if (!schema?.tags) return schema ?? {};
  const { problems = {}, bodies, response, ...rest } = schema;
  const asks = [rest.body, rest.querystring, rest.params, bodies].some((part) => part !== undefined);
  const failures: Record<string, string> = {
    ...(asks && { 400: 'The request cannot be used as it is; the detail names the field.' }),
    ...(scope !== undefined && scope !== 'public' && NEEDS_TOKEN),
    ...(/[:*]/.test(url) && { 404: 'There is no such thing, or it belongs to somebody else.' }),
    ...(scope !== undefined && { 429: 'Too many requests; Retry-After says when to go on.' }),
    ...problems,
    default: 'A problem document',
  };
  const all: Record<string, JsonSchema> = { ...(response as Record<string, JsonSchema>) };
  for (const [status, description] of Object.entries(failures)) {
    all[status] ??= {
      description,
      content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
    };
  }
  const description = [rest.description, scopeText(scope)].filter((text) => text !== undefined).join('\n\n');
  return {
    ...rest,
    ...(description !== '' && { description }),
    ...(bodies && { body: { content: Object.fromEntries(Object.entries(bodies).map(media)) } }),
    ...(scope !== undefined && scope !== 'public' && { security: [{ token: [] }] }),
    response: all,
  };
}

const media = ([type, schema]: [string, JsonSchema]): [string, unknown] => [type, { schema }];

const NEEDS_TOKEN = {
  401: 'No token, or one that is unknown, expired or revoked.',
  403: 'The token is good, but not for this; or this answers the coordinator’s own machine only.',
} as const;

function scopeText(scope: RouteScope | undefined): string | undefined {
  if (scope === undefined || scope === 'public') return undefined;
  const place =
    scope === 'operate' ? ', from the coordinator’s own machine or an address of --operate-from' : '';
  return `Needs a token with the scope ${scope}${place}.`;
}
