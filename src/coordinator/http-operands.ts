/** `/v1/operands`: raw streams of .npy and .safetensors in, operands out. */
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../core/errors.ts';
import { getOperand, listOperands } from '../store/operands.ts';
import type { HttpContext } from './http-context.ts';
import { operandView } from './views.ts';

interface UploadQuery {
  readonly side?: string;
  readonly as?: string;
  readonly tensor?: string;
  readonly name?: string;
}

export function operandRoutes(app: FastifyInstance, { db, operands }: HttpContext): void {
  // The body stays a stream, whatever the client calls it: an operand may be larger than memory.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  );
  app.addContentTypeParser('*', (_request, payload, done) => {
    done(null, payload);
  });

  app.post<{ Querystring: UploadQuery; Body: Readable }>(
    '/operands',
    { bodyLimit: Number.MAX_SAFE_INTEGER },
    async (request, reply) => {
      const { side = 'rows', as, tensor, name = '' } = request.query;
      if (side !== 'rows' && side !== 'transpose')
        throw new AppError('bad-input', 'side is "rows" or "transpose"');
      if (as !== undefined && as !== 'f32') throw new AppError('bad-input', 'as can only be "f32"');
      if (name.length > 200) throw new AppError('bad-input', 'a name has at most 200 characters');
      if (typeof request.body?.pipe !== 'function') {
        throw new AppError('bad-input', 'send the file itself as the body, as application/octet-stream');
      }
      const gone = new AbortController();
      request.raw.once('close', () => {
        if (!request.raw.complete) gone.abort();
      });
      const { operand, created } = await operands.ingest(
        request.body,
        { side, as, tensor, name },
        gone.signal,
      );
      return reply.status(created ? 201 : 200).send(operandView(operand));
    },
  );

  app.get('/operands', async () => (await listOperands(db)).map(operandView));

  app.get<{ Params: { id: string } }>('/operands/:id', async (request) => {
    const operand = await getOperand(db, request.params.id);
    if (!operand) throw new AppError('not-found', 'there is no such operand');
    return operandView(operand);
  });
}
