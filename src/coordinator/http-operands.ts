/** `/v1/operands`: raw streams of .npy and .safetensors in, operands out. */
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../core/errors.ts';
import { addBelonging } from '../store/belongings.ts';
import { getOperand, listOperands } from '../store/operands.ts';
import { DEFAULT_MAX_UPLOAD_BYTES, requesterOf } from './doors.ts';
import type { HttpContext } from './http-context.ts';
import { assertOwn, ownOf } from './ownership.ts';
import { assertUploadSize, steadyBody } from './slow-body.ts';
import { operandView } from './views.ts';

interface UploadQuery {
  readonly side?: string;
  readonly as?: string;
  readonly tensor?: string;
  readonly name?: string;
}

const NO_OPERAND = 'there is no such operand';
const READ = { config: { scope: 'read' } } as const;

export function operandRoutes(app: FastifyInstance, { db, operands, doors, clock }: HttpContext): void {
  const { maxUploadBytes = DEFAULT_MAX_UPLOAD_BYTES } = doors;
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
    { config: { scope: 'submit', upload: true }, bodyLimit: Number.MAX_SAFE_INTEGER },
    async (request, reply) => {
      const { side = 'rows', as, tensor, name = '' } = request.query;
      if (side !== 'rows' && side !== 'transpose')
        throw new AppError('bad-input', 'side is "rows" or "transpose"');
      if (as !== undefined && as !== 'f32') throw new AppError('bad-input', 'as can only be "f32"');
      if (name.length > 200) throw new AppError('bad-input', 'a name has at most 200 characters');
      if (typeof request.body?.pipe !== 'function') {
        throw new AppError('bad-input', 'send the file itself as the body, as application/octet-stream');
      }
      // Where the size is stated, it is refused before a byte of it is read.
      assertUploadSize(Number(request.headers['content-length'] ?? 0), maxUploadBytes);
      const gone = new AbortController();
      request.raw.once('close', () => {
        if (!request.raw.complete) gone.abort();
      });
      const { operand, created } = await operands.ingest(
        steadyBody(request.body, maxUploadBytes, clock),
        { side, as, tensor, name },
        gone.signal,
      );
      await addBelonging(db, requesterOf(request).account, operand.id);
      return reply.status(created ? 201 : 200).send(operandView(operand));
    },
  );

  app.get('/operands', READ, async (request) => {
    const own = await ownOf(db, requesterOf(request));
    return (await listOperands(db)).filter(({ id }) => own(id)).map(operandView);
  });

  app.get<{ Params: { id: string } }>('/operands/:id', READ, async (request) => {
    await assertOwn(db, requesterOf(request), request.params.id, NO_OPERAND);
    const operand = await getOperand(db, request.params.id);
    if (!operand) throw new AppError('not-found', NO_OPERAND);
    return operandView(operand);
  });
}
