/** `POST /v1/jobs/estimate`: what a job would take, of stored operands or of shapes alone. Nothing is stored. */
import type { FastifyInstance } from 'fastify';
import { about } from './api-doc.ts';
import { AppError } from '../core/errors.ts';
import type { EstimateRequest, EstimateView } from '../core/v1.ts';
import { creditMode } from '../ledger/credit-settings.ts';
import { assertShape } from '../matrix/blocks.ts';
import { VALUE_BYTES } from '../matrix/dtype.ts';
import { decodeManifest } from '../matrix/manifest.ts';
import { isSeeded } from '../matrix/seeded.ts';
import { fetchFrom } from '../store/blocks.ts';
import { requesterOf } from './doors.ts';
import { type EstimatedJob, estimate } from './estimate.ts';
import type { HttpContext } from './http-context.ts';
import { operandOf, productType } from './job-request.ts';
import { assertOwn } from './ownership.ts';
import type { Requester } from './tokens.ts';

const SIZE = { type: 'integer', minimum: 1, maximum: 2 ** 31 - 1 } as const;
const RATE = { type: 'number', exclusiveMinimum: 0, maximum: 1e18 } as const;

const ESTIMATE_SCHEMA = {
  body: {
    type: 'object',
    additionalProperties: false,
    properties: {
      a: { type: 'string', description: 'Stored operands, both…' },
      b: { type: 'string' },
      dtype: {
        type: 'string',
        enum: ['i8', 'f16', 'f32', 'f32x'],
        description: '…or what they would be: C is rows × cols.',
      },
      rows: SIZE,
      cols: SIZE,
      k: SIZE,
      seeded: {
        type: 'array',
        items: { type: 'string', enum: ['a', 'b'] },
        maxItems: 2,
        description: 'With shapes: operands that would be made from a seed.',
      },
      same: { type: 'boolean', description: 'With shapes: A and B are one operand, sent once.' },
      project: { type: 'string', maxLength: 200 },
      localMultiplyAddsPerSecond: { ...RATE, description: 'What your own machine does. Default: 5e10.' },
      bytesPerSecond: { ...RATE, description: 'What your link carries. Default: 12.5e6.' },
    },
  },
} as const;

export function estimateRoutes(app: FastifyInstance, context: HttpContext): void {
  const { db, jobs } = context;
  app.post<{ Body: EstimateRequest }>(
    '/jobs/estimate',
    {
      config: { scope: 'submit' },
      schema: about(
        'Jobs',
        'What a job would take: seconds, bytes, credit, and whether it is worth sending',
        { 200: 'Estimate' },
        {
          ...ESTIMATE_SCHEMA,
          problems: { 404: 'There is no such operand of yours.', 410: 'An operand was deleted.' },
        },
      ),
    },
    async (request): Promise<EstimateView> => {
      const { body } = request;
      const job = isStored(body) ? await ofOperands(body, requesterOf(request), context) : ofShapes(body);
      const present = {
        capacities: context.capacities(job.dtype === 'f32x' ? 'i8' : job.dtype, body.project),
        jobsRunning: jobs.runningCount,
        charged: (await creditMode(db)) === 'paid',
      };
      return estimate(job, present, body);
    },
  );
}

function isStored(body: EstimateRequest): body is EstimateRequest & { a: string; b: string } {
  return body.a !== undefined && body.b !== undefined;
}

async function ofOperands(
  { a, b, dtype: asked }: EstimateRequest & { a: string; b: string },
  requester: Requester,
  { db, blocks }: HttpContext,
): Promise<EstimatedJob> {
  for (const id of [a, b]) await assertOwn(db, requester, id, `there is no operand ${id}; upload it first`);
  const [left, right] = [await operandOf(db, a), await operandOf(db, b)];
  const dtype = productType(left, right, asked);
  const fetch = fetchFrom(blocks);
  const [aSeeded, bSeeded] = [
    isSeeded(decodeManifest(await fetch(a))),
    isSeeded(decodeManifest(await fetch(b))),
  ];
  const { rows, k } = left;
  return { dtype, rows, cols: right.rows, k, aSeeded, bSeeded, uploadBytes: 0 };
}

function ofShapes(request: EstimateRequest): EstimatedJob {
  const { dtype: asked, rows, cols, k, seeded = [], same = false } = request;
  if (asked === undefined || rows === undefined || cols === undefined || k === undefined)
    throw new AppError(
      'bad-input',
      'give either a and b, two stored operands, or dtype, rows, cols and k: C is rows × cols, sums over k',
    );
  const stored = asked === 'f32x' ? 'f32' : asked;
  assertShape({ dtype: stored, rows, cols });
  const side = { dtype: stored, k, maxAbs: 0 };
  const dtype = productType({ ...side, rows }, { ...side, rows: cols }, asked);
  const [aSeeded, bSeeded] = [seeded.includes('a'), seeded.includes('b')];
  const values = (aSeeded ? 0 : rows * k) + (bSeeded || same ? 0 : cols * k);
  return { dtype, rows, cols, k, aSeeded, bSeeded, uploadBytes: values * VALUE_BYTES[stored] };
}
