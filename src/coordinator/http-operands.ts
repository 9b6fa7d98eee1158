/** `/v1/operands`: raw streams of .npy and .safetensors in, or how an operand is to be made; operands out. */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { mapLimit } from '../core/async.ts';
import { AppError } from '../core/errors.ts';
import type { OperandView } from '../core/v1.ts';
import { addBelonging } from '../store/belongings.ts';
import { getOperand } from '../store/operands.ts';
import { newestOperands } from '../store/pages.ts';
import type { Operand } from '../store/schema.ts';
import { DEFAULT_MAX_UPLOAD_BYTES, requesterOf } from './doors.ts';
import type { HttpContext } from './http-context.ts';
import type { Operands } from './operands.ts';
import { PAGE_SCHEMA, assertOwn, ownPage } from './ownership.ts';
import type { PageQuery } from './page-query.ts';
import { parseSeeded } from './seeded-request.ts';
import { SMALL_BODY_MS, assertUploadSize, expectBody, steadyBody } from './slow-body.ts';
import { operandView } from './views.ts';

interface UploadQuery {
  readonly side?: string;
  readonly as?: string;
  readonly tensor?: string;
  readonly name?: string;
}

interface UploadRoute {
  Querystring: UploadQuery;
  Body: unknown;
}

type Made = Awaited<ReturnType<Operands['seeded']>>;

/** Manifests of seeded operands, for a list. */
const READS_AT_ONCE = 8;
const NO_OPERAND = 'there is no such operand';
const READ = { config: { scope: 'read' } } as const;

export function operandRoutes(app: FastifyInstance, { db, operands, doors, clock }: HttpContext): void {
  const { maxUploadBytes = DEFAULT_MAX_UPLOAD_BYTES } = doors;
  const viewOf = async (operand: Operand): Promise<OperandView> =>
    operandView(operand, await operands.seedOf(operand));

  const upload = async (request: FastifyRequest<UploadRoute>): Promise<Made> => {
    const { side = 'rows', as, tensor, name = '' } = request.query;
    if (side !== 'rows' && side !== 'transpose')
      throw new AppError('bad-input', 'side is "rows" or "transpose"');
    if (as !== undefined && as !== 'f32') throw new AppError('bad-input', 'as can only be "f32"');
    assertName(name);
    if (!(request.body instanceof Readable)) {
      throw new AppError('bad-input', 'send the file itself as the body, as application/octet-stream');
    }
    // Where the size is stated, it is refused before a byte of it is read.
    assertUploadSize(Number(request.headers['content-length'] ?? 0), maxUploadBytes);
    const gone = new AbortController();
    request.raw.once('close', () => {
      if (!request.raw.complete) gone.abort();
    });
    return operands.ingest(
      steadyBody(request.body, maxUploadBytes, clock),
      { side, as, tensor, name },
      gone.signal,
    );
  };

  const seeded = (request: FastifyRequest<UploadRoute>): Promise<Made> => {
    if (Object.keys(request.query).length > 0)
      throw new AppError('bad-input', 'what a seeded operand is stands in its body; a query is for files');
    const wanted = parseSeeded(request.body);
    assertName(wanted.name);
    return operands.seeded(wanted);
  };

  // A file stays a stream, whatever the client calls it: an operand may be larger than memory.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  );
  app.addContentTypeParser('*', (_request, payload, done) => {
    done(null, payload);
  });

  app.post<UploadRoute>(
    '/operands',
    {
      config: { scope: 'submit', upload: true },
      // What is no file is small, and comes at once.
      preParsing: async (request, _reply, payload) => {
        if (isJson(request)) expectBody(request.raw, SMALL_BODY_MS, clock);
        return payload;
      },
    },
    async (request, reply) => {
      const { operand, created } = await (isJson(request) ? seeded(request) : upload(request));
      await addBelonging(db, requesterOf(request).account, operand.id);
      return reply.status(created ? 201 : 200).send(await viewOf(operand));
    },
  );

  app.get<{ Querystring: PageQuery }>('/operands', { ...READ, schema: PAGE_SCHEMA }, async (request) =>
    mapLimit(await newestOperands(db, ownPage(requesterOf(request), request.query)), READS_AT_ONCE, viewOf),
  );

  app.get<{ Params: { id: string } }>('/operands/:id', READ, async (request) => {
    await assertOwn(db, requesterOf(request), request.params.id, NO_OPERAND);
    const operand = await getOperand(db, request.params.id);
    if (!operand) throw new AppError('not-found', NO_OPERAND);
    return viewOf(operand);
  });
}

function isJson({ headers }: FastifyRequest<UploadRoute>): boolean {
  return /^application\/json(;|$)/i.test(headers['content-type'] ?? '');
}

function assertName(name: string): void {
  if (name.length > 200) throw new AppError('bad-input', 'a name has at most 200 characters');
}
