/** `/v1/operands`: raw streams of .npy and .safetensors in, or how an operand is to be made; operands out. */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { about } from './api-doc.ts';
import { mapLimit } from '../core/async.ts';
import { AppError } from '../core/errors.ts';
import type { OperandView } from '../core/v1.ts';
import { DISTRIBUTIONS } from '../matrix/seeded.ts';
import { belongsTo } from '../store/belongings.ts';
import { getOperand } from '../store/operands.ts';
import { newestOperands } from '../store/pages.ts';
import type { Operand } from '../store/schema.ts';
import { DEFAULT_MAX_UPLOAD_BYTES, requesterOf } from './doors.ts';
import type { HttpContext } from './http-context.ts';
import type { MadeOperand } from './operands.ts';
import { PAGE_SCHEMA, assertOwn, ownPage } from './ownership.ts';
import type { PageQuery } from './page-query.ts';
import { parseSeeded } from './seeded-request.ts';
import { MAX_NAME_CHARS } from './upload-metadata.ts';
import { SMALL_BODY_MS, assertUploadSize, expectBody, steadyBody } from './slow-body.ts';
import { operandView } from './views.ts';

interface UploadQuery {
  readonly side?: 'rows' | 'transpose';
  readonly as?: 'f32';
  readonly tensor?: string;
  readonly name?: string;
}

interface UploadRoute {
  Querystring: UploadQuery;
  Body: unknown;
}

const QUERY = {
  type: 'object',
  properties: {
    side: {
      type: 'string',
      enum: ['rows', 'transpose'],
      description: 'rows (default): the array is rows × K. transpose: it is K × N, and is turned over.',
    },
    as: { type: 'string', enum: ['f32'], description: 'Convert to float32; float64 needs it.' },
    tensor: { type: 'string', maxLength: 1000, description: 'Which tensor of a .safetensors file.' },
    name: { type: 'string', maxLength: MAX_NAME_CHARS, description: 'For people.' },
  },
} as const;

const SEEDED = {
  type: 'object',
  required: ['dtype', 'rows', 'cols', 'seed'],
  additionalProperties: false,
  properties: {
    dtype: { type: 'string', enum: ['i8', 'f16', 'f32'] },
    rows: { type: 'integer', minimum: 1 },
    cols: { type: 'integer', minimum: 1, description: 'Values of K in each row' },
    seed: {
      type: ['integer', 'string'],
      description: '0 to 2^64 − 1; as text where a number cannot hold it',
    },
    distribution: { type: 'string', enum: DISTRIBUTIONS, default: 'uniform' },
    name: { type: 'string', maxLength: MAX_NAME_CHARS },
  },
} as const;

/** Manifests of seeded operands, for a list. */
const READS_AT_ONCE = 8;
const NO_OPERAND = 'there is no such operand';
const READ = { config: { scope: 'read' } } as const;
const SUBMIT = { config: { scope: 'submit' } } as const;

export function operandRoutes(app: FastifyInstance, { db, operands, doors, clock }: HttpContext): void {
  const { maxUploadBytes = DEFAULT_MAX_UPLOAD_BYTES } = doors;
  const viewOf = async (operand: Operand): Promise<OperandView> =>
    operandView(operand, await operands.seedOf(operand));

  const upload = async (request: FastifyRequest<UploadRoute>): Promise<MadeOperand> => {
    const { side = 'rows', as, tensor, name = '' } = request.query;
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
      requesterOf(request).account,
      gone.signal,
    );
  };

  const seeded = (request: FastifyRequest<UploadRoute>): Promise<MadeOperand> => {
    if (Object.keys(request.query).length > 0)
      throw new AppError('bad-input', 'what a seeded operand is stands in its body; a query is for files');
    const wanted = parseSeeded(request.body);
    if (wanted.name.length > MAX_NAME_CHARS)
      throw new AppError('bad-input', `name has at most ${MAX_NAME_CHARS} characters`);
    return operands.seeded(wanted, requesterOf(request).account);
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
      schema: about(
        'Operands',
        'Upload a matrix, or say how it is made',
        { 200: 'Operand', 201: 'Operand' },
        {
          description:
            'The file itself is the body: .npy, or .safetensors with one tensor or ?tensor=. Or JSON that says how the values of a seeded operand are made. 200: it was there already.',
          querystring: QUERY,
          bodies: {
            'application/octet-stream': { type: 'string', format: 'binary' },
            'application/json': SEEDED,
          },
          problems: {
            408: 'The file came in too slowly.',
            413: 'The file is larger than --max-upload.',
            507: 'The disk is full.',
          },
        },
      ),
      // What is no file is small, and comes at once.
      preParsing: async (request, _reply, payload) => {
        if (isJson(request)) expectBody(request.raw, SMALL_BODY_MS, clock);
        return payload;
      },
    },
    async (request, reply) => {
      const { operand, created } = await (isJson(request) ? seeded(request) : upload(request));
      return reply.status(created ? 201 : 200).send(await viewOf(operand));
    },
  );

  app.get<{ Querystring: PageQuery }>(
    '/operands',
    { ...READ, schema: about('Operands', 'Your operands, newest first', { 200: ['Operand'] }, PAGE_SCHEMA) },
    async (request) =>
      mapLimit(await newestOperands(db, ownPage(requesterOf(request), request.query)), READS_AT_ONCE, viewOf),
  );

  app.get<{ Params: { id: string } }>(
    '/operands/:id',
    { ...READ, schema: about('Operands', 'One operand', { 200: 'Operand' }) },
    async (request) => {
      await assertOwn(db, requesterOf(request), request.params.id, NO_OPERAND);
      const operand = await getOperand(db, request.params.id);
      if (!operand || operand.removedMs !== null) throw new AppError('not-found', NO_OPERAND);
      return viewOf(operand);
    },
  );

  app.delete<{ Params: { id: string } }>(
    '/operands/:id',
    {
      ...SUBMIT,
      schema: about(
        'Operands',
        'Delete an operand',
        { 204: null },
        {
          description: 'It stops being yours; it goes when nobody else has uploaded the same. Results stay.',
          problems: { 409: 'Running jobs need it; the detail names them.' },
        },
      ),
    },
    async (request, reply) => {
      const { id } = request.params;
      const { account, scopes } = requesterOf(request);
      // Whoever operates deletes its own first, and what is others' when it has none.
      const all = scopes.has('operate') && !(await belongsTo(db, account, id));
      await operands.delete(id, all ? undefined : account);
      return reply.status(204).send();
    },
  );
}

function isJson({ headers }: FastifyRequest<UploadRoute>): boolean {
  return /^application\/json(;|$)/i.test(headers['content-type'] ?? '');
}
