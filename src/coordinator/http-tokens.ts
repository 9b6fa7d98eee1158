/** `/v1/tokens`: the operator hands out tokens and takes them back. */
import type { FastifyInstance } from 'fastify';
import { about } from './api-doc.ts';
import type { NewTokenRequest } from '../core/v1.ts';
import { ALL_SCOPES, type Tokens } from './tokens.ts';

/** A century: what is meant to last longer is meant to last for ever. */
const MAX_LIFETIME_MS = 100 * 366 * 24 * 60 * 60 * 1000;

const CREATE_SCHEMA = {
  body: {
    type: 'object',
    required: ['scopes', 'label'],
    additionalProperties: false,
    properties: {
      scopes: {
        type: 'array',
        minItems: 1,
        maxItems: ALL_SCOPES.length,
        items: { type: 'string', enum: ALL_SCOPES },
      },
      label: { type: 'string', maxLength: 100 },
      lifetimeMs: { type: 'integer', minimum: 1000, maximum: MAX_LIFETIME_MS },
    },
  },
} as const;

const OPERATE = { config: { scope: 'operate' } } as const;

export function tokenRoutes(app: FastifyInstance, { tokens }: { readonly tokens: Tokens }): void {
  app.post<{ Body: NewTokenRequest }>(
    '/tokens',
    { ...OPERATE, schema: about('Tokens', 'Make a token', { 201: 'NewToken' }, CREATE_SCHEMA) },
    async (request, reply) => {
      const made = await tokens.create(request.body);
      return reply.status(201).header('cache-control', 'no-store').send(made);
    },
  );

  app.get(
    '/tokens',
    { ...OPERATE, schema: about('Tokens', 'All tokens, without their secrets', { 200: ['Token'] }) },
    () => tokens.list(),
  );

  app.delete<{ Params: { id: string } }>(
    '/tokens/:id',
    { ...OPERATE, schema: about('Tokens', 'Revoke a token, with whatever it has open', { 204: null }) },
    async (request, reply) => {
      const cut = await tokens.revoke(request.params.id);
      // A token may revoke itself; then this answer is the last thing that it gets.
      reply.raw.once('close', cut);
      return reply.status(204).send();
    },
  );
}
