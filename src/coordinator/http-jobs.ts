/** `/v1/jobs`: create, watch, cancel, and stream the result. */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../core/errors.ts';
import { decodeManifest } from '../matrix/manifest.ts';
import { npyHeader } from '../matrix/npy.ts';
import { streamRows } from '../matrix/read.ts';
import { fetchFrom } from '../store/blocks.ts';
import { getJob } from '../store/jobs.ts';
import { requesterOf } from './doors.ts';
import { EventStream } from './event-stream.ts';
import type { HttpContext } from './http-context.ts';
import { PAGE_SCHEMA, assertOwn, ownPage } from './ownership.ts';
import type { PageQuery } from './page-query.ts';

const CREATE_SCHEMA = {
  body: {
    type: 'object',
    required: ['a', 'b'],
    additionalProperties: false,
    properties: {
      a: { type: 'string' },
      b: { type: 'string' },
      project: { type: 'string', maxLength: 200 },
      priority: { type: 'integer', minimum: -100, maximum: 100 },
    },
  },
} as const;

interface JobParams {
  readonly Params: { readonly id: string };
}

const SUBMIT = { config: { scope: 'submit' } } as const;
const READ = { config: { scope: 'read' } } as const;

export function jobRoutes(app: FastifyInstance, { db, blocks, jobs, reports }: HttpContext): void {
  const own = (request: FastifyRequest<JobParams>): Promise<void> =>
    assertOwn(db, requesterOf(request), request.params.id, 'there is no such job');

  app.post<{ Body: { a: string; b: string; project?: string; priority?: number } }>(
    '/jobs',
    { ...SUBMIT, schema: CREATE_SCHEMA },
    async (request, reply) => {
      const requester = requesterOf(request);
      for (const id of [request.body.a, request.body.b])
        await assertOwn(db, requester, id, `there is no operand ${id}; upload it first`);
      const job = await jobs.create(request.body, requester.account);
      return reply.status(201).send(await reports.view(job.id));
    },
  );

  app.get<{ Querystring: PageQuery }>('/jobs', { ...READ, schema: PAGE_SCHEMA }, (request) =>
    reports.list(ownPage(requesterOf(request), request.query)),
  );

  app.get<JobParams>('/jobs/:id', READ, async (request) => {
    await own(request);
    return reports.view(request.params.id);
  });

  app.delete<JobParams>('/jobs/:id', SUBMIT, async (request, reply) => {
    await own(request);
    await jobs.cancel(request.params.id);
    return reply.status(204).send();
  });

  app.get<JobParams>('/jobs/:id/events', READ, async (request, reply) => {
    await own(request);
    await reports.view(request.params.id); // an unknown job is a 404, not an empty stream
    const stream = new EventStream(request, reply);
    try {
      for await (const view of reports.watch(request.params.id, stream.gone)) {
        // A reader that stops reading gets the latest state later, not all of them from our memory.
        if (!stream.write(`event: job\ndata: ${JSON.stringify(view)}\n\n`)) await stream.drained();
      }
    } catch (error) {
      if (!stream.gone.aborted) throw error;
    } finally {
      stream.end();
    }
  });

  app.get<JobParams>('/jobs/:id/result', READ, async (request, reply) => {
    await own(request);
    const job = await getJob(db, request.params.id);
    if (!job) throw new AppError('not-found', 'there is no such job');
    if (job.resultManifest === null) {
      throw new AppError('conflict', `this job is ${job.state}; its result exists once it is done`);
    }
    const fetch = fetchFrom(blocks);
    const manifest = decodeManifest(await fetch(job.resultManifest));
    const header = npyHeader(manifest);
    async function* file(): AsyncGenerator<Uint8Array> {
      yield header;
      yield* streamRows(manifest, fetch);
    }
    return reply
      .type('application/octet-stream')
      .header('content-length', header.length + manifest.rows * manifest.cols * 4)
      .header('content-disposition', `attachment; filename="${job.id}.npy"`)
      .send(Readable.from(file(), { objectMode: false }));
  });
}
