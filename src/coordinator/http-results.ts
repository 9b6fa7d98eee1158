/**
 * `/v1/jobs/:id/result`: C as a .npy file, a rectangle of it, any bytes of either (RFC 9110 ranges), or the largest
 * entries of its rows. Read block by block as the reader takes it.
 */
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { about } from './api-doc.ts';
import { AppError } from '../core/errors.ts';
import type { TopView } from '../core/v1.ts';
import { type FetchBytes, type Manifest, decodeManifest } from '../matrix/manifest.ts';
import { npyHeader } from '../matrix/npy.ts';
import { type Part, npyOfPart } from '../matrix/part.ts';
import { topRows } from '../matrix/top.ts';
import { fetchFrom } from '../store/blocks.ts';
import { getJob } from '../store/jobs.ts';
import { byteRange, isKnown } from './byte-range.ts';
import { requesterOf } from './doors.ts';
import type { HttpContext } from './http-context.ts';
import { assertOwn } from './ownership.ts';
import { type ResultQuery, partOf, topOf } from './result-query.ts';

/** Entries of a top-k in JSON: about 2 MB. */
const MAX_JSON_ENTRIES = 100_000;

const NPY = { type: 'application/octet-stream', what: 'A .npy file of int32 or float32' } as const;
const SPAN = { type: 'string', maxLength: 24 } as const;
const RESULT_SCHEMA = {
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      rows: {
        ...SPAN,
        description: 'Rows FROM:TO, counted from 0, TO not included; either may be left out.',
      },
      cols: { ...SPAN, description: 'Columns FROM:TO.' },
      top: { type: 'integer', minimum: 1, maximum: 1000, description: 'Of each row the largest entries.' },
      part: {
        type: 'string',
        enum: ['values', 'indices'],
        description: 'With top: one .npy of them; without, JSON of both.',
      },
    },
  },
} as const;

interface ResultRoute {
  readonly Params: { readonly id: string };
  readonly Querystring: ResultQuery;
}

interface Product {
  readonly id: string;
  readonly hash: string;
  readonly manifest: Manifest;
  readonly part: Part;
}

export function resultRoutes(app: FastifyInstance, { db, blocks }: HttpContext): void {
  const fetch = fetchFrom(blocks);
  app.get<ResultRoute>(
    '/jobs/:id/result',
    {
      config: { scope: 'read' },
      schema: about(
        'Jobs',
        'The product as .npy; part of it with rows and cols, or its largest entries with top',
        { 200: [NPY, 'Top'], 206: NPY, 304: null },
        {
          ...RESULT_SCHEMA,
          problems: {
            409: 'The job is not done.',
            410: 'The result is not kept any more.',
            416: 'The file has no such bytes.',
          },
        },
      ),
    },
    async (request, reply) => {
      const { id } = request.params;
      await assertOwn(db, requesterOf(request), id, 'there is no such job');
      const job = await getJob(db, id);
      if (!job) throw new AppError('not-found', 'there is no such job');
      if (job.resultManifest === null)
        throw new AppError('conflict', `this job is ${job.state}; its result exists once it is done`);
      if (job.removedMs !== null)
        throw new AppError(
          'gone',
          `this result was kept until ${new Date(job.removedMs).toISOString()}; submit the product again`,
        );
      const manifest = decodeManifest(await fetch(job.resultManifest));
      const product = { id, hash: job.resultManifest, manifest, part: partOf(request.query, manifest) };
      const top = topOf(request.query, product.part);
      if (top === undefined) return sendFile(request, reply, product, fetch);
      const { part } = request.query;
      return part ? sendTop(request, reply, product, { top, part, fetch }) : jsonTop(product, top, fetch);
    },
  );
}

function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { id, hash, manifest, part }: Product,
  fetch: FetchBytes,
): FastifyReply {
  const file = npyOfPart(manifest, part, fetch);
  // A result never changes: its manifest's hash names its bytes.
  const etag = `"${hash}${suffixOf(part, manifest)}"`;
  void reply.headers({ etag, 'accept-ranges': 'bytes' });
  if (isKnown(request.headers, etag)) return reply.status(304).send();
  void reply.header('content-range', `bytes */${file.size}`);
  const range = byteRange(request.headers, etag, file.size);
  void reply.removeHeader('content-range');
  const { from, to } = range ?? { from: 0, to: file.size };
  if (range) void reply.status(206).header('content-range', `bytes ${from}-${to - 1}/${file.size}`);
  return sendBytes(request, reply, `${id}.npy`, to - from, file.bytes(from, to));
}

function sendTop(
  request: FastifyRequest,
  reply: FastifyReply,
  { id, manifest, part: of }: Product,
  { top, part, fetch }: { top: number; part: 'values' | 'indices'; fetch: FetchBytes },
): FastifyReply {
  const dtype = part === 'indices' ? 'i32' : manifest.dtype;
  const header = npyHeader({ dtype, rows: of.rowEnd - of.row, cols: top });
  async function* file(): AsyncGenerator<Uint8Array, void, undefined> {
    yield header;
    for await (const rows of topRows(manifest, fetch, { part: of, k: top, pause: setImmediate }))
      yield new Uint8Array(rows[part].buffer);
  }
  const size = header.length + (of.rowEnd - of.row) * top * 4;
  return sendBytes(request, reply, `${id}-top-${part}.npy`, size, file());
}

async function jsonTop({ manifest, part }: Product, top: number, fetch: FetchBytes): Promise<TopView> {
  const count = (part.rowEnd - part.row) * top;
  if (count > MAX_JSON_ENTRIES)
    throw new AppError(
      'too-large',
      `JSON holds at most ${MAX_JSON_ENTRIES} entries, and these are ${count}: ask with part=indices and part=values for two .npy files, or for fewer rows`,
    );
  const indices: number[][] = [];
  const values: number[][] = [];
  for await (const piece of topRows(manifest, fetch, { part, k: top, pause: setImmediate })) {
    for (let row = 0; row < piece.rows; row++) {
      indices.push(Array.from(piece.indices.subarray(row * top, (row + 1) * top)));
      values.push(Array.from(piece.values.subarray(row * top, (row + 1) * top)));
    }
  }
  return { firstRow: part.row, top, indices, values };
}

function sendBytes(
  { method }: FastifyRequest,
  reply: FastifyReply,
  name: string,
  size: number,
  bytes: AsyncGenerator<Uint8Array>,
): FastifyReply {
  return reply
    .type('application/octet-stream')
    .header('content-length', size)
    .header('content-disposition', `attachment; filename="${name}"`)
    .send(Readable.from(method === 'HEAD' ? [] : bytes, { objectMode: false }));
}

/** What tells a part of a product from all of it. */
function suffixOf({ row, rowEnd, col, colEnd }: Part, { rows, cols }: Manifest): string {
  const whole = row === 0 && rowEnd === rows && col === 0 && colEnd === cols;
  return whole ? '' : `-${row}:${rowEnd},${col}:${colEnd}`;
}
