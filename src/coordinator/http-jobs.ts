/** `/v1/jobs`: create, watch, cancel, and stream the result. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { JobRequest, JobView, RetryRequest } from '../core/v1.ts';
import { jobOfKey } from '../store/idempotency.ts';
import { about } from './api-doc.ts';
import { requesterOf } from './doors.ts';
import { EventStream } from './event-stream.ts';
import type { HttpContext } from './http-context.ts';
import { PAGE_SCHEMA, assertOwn, ownPage } from './ownership.ts';
import type { PageQuery } from './page-query.ts';
import { requestKey } from './request-key.ts';

const DEADLINE = {
  type: 'integer',
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'When it ends unfinished, in ms since 1970.',
} as const;

const CREATE_SCHEMA = {
  body: {
    type: 'object',
    required: ['a', 'b'],
    additionalProperties: false,
    properties: {
      a: { type: 'string' },
      b: { type: 'string' },
      dtype: {
        type: 'string',
        enum: ['i8', 'f16', 'f32', 'f32x'],
        description: 'f32x multiplies f32 operands exactly; else the operands’ own, which is the default.',
      },
      project: { type: 'string', maxLength: 200, description: 'What it is for; contributors see it.' },
      title: { type: 'string', maxLength: 200, description: 'What this job in particular is.' },
      priority: { type: 'integer', minimum: -100, maximum: 100, description: 'The highest first.' },
      deadlineMs: DEADLINE,
      maxMicrocredits: {
        type: 'string',
        pattern: '^[0-9]{1,16}$',
        description: 'A job that could cost more is refused with its price.',
      },
    },
  },
} as const;

const RETRY_SCHEMA = {
  body: {
    // No body at all is as good as an empty one.
    type: ['object', 'null'],
    additionalProperties: false,
    properties: { deadlineMs: DEADLINE },
  },
} as const;

interface JobParams {
  readonly Params: { readonly id: string };
}

const SUBMIT = { config: { scope: 'submit' } } as const;
const READ = { config: { scope: 'read' } } as const;

export function jobRoutes(app: FastifyInstance, { db, jobs, reports, clock }: HttpContext): void {
  const own = (request: FastifyRequest<JobParams>): Promise<void> =>
    assertOwn(db, requesterOf(request), request.params.id, 'there is no such job');

  app.post<{ Body: JobRequest }>(
    '/jobs',
    {
      ...SUBMIT,
      schema: about(
        'Jobs',
        'Multiply two stored operands: C = A·Bᵀ',
        { 201: 'Job' },
        {
          ...CREATE_SCHEMA,
          description:
            'With an Idempotency-Key, the same request again is answered with the job of the first.',
          problems: {
            402: 'Your account does not hold what it costs, or it could cost more than maxMicrocredits.',
            404: 'There is no such operand of yours.',
            410: 'An operand was deleted.',
            413: 'C is too large for one job.',
            422: 'The Idempotency-Key stands for another request.',
          },
        },
      ),
    },
    async (request, reply) => {
      const requester = requesterOf(request);
      const key = await requestKey(request);
      // Before its operands are looked for: the answer is the same when they are gone.
      const known = key && (await jobOfKey(db, key, clock.now()));
      if (known !== undefined) return reply.status(201).send(await reports.view(known));
      for (const id of [request.body.a, request.body.b])
        await assertOwn(db, requester, id, `there is no operand ${id}; upload it first`);
      const job = await jobs.create(request.body, requester.account, key);
      return reply.status(201).send(await reports.view(job.id));
    },
  );

  app.get<{ Querystring: PageQuery }>(
    '/jobs',
    { ...READ, schema: about('Jobs', 'Your jobs, newest first', { 200: ['Job'] }, PAGE_SCHEMA) },
    (request) => reports.list(ownPage(requesterOf(request), request.query)),
  );

  app.get<JobParams>(
    '/jobs/:id',
    { ...READ, schema: about('Jobs', 'One job', { 200: 'Job' }) },
    async (request) => {
      await own(request);
      return reports.view(request.params.id);
    },
  );

  app.post<JobParams & { Body: RetryRequest | null }>(
    '/jobs/:id/retry',
    {
      ...SUBMIT,
      schema: about(
        'Jobs',
        'Run a job that was cancelled, failed or expired again from where it stood',
        { 200: 'Job' },
        {
          ...RETRY_SCHEMA,
          problems: {
            409: 'It is running, or done.',
            410: 'What it had verified, or an operand, is not kept any more.',
            422: 'The Idempotency-Key stands for another request.',
          },
        },
      ),
    },
    async (request) => {
      await own(request);
      const key = await requestKey(request);
      const job = await jobs.retry(request.params.id, request.body ?? {}, key);
      return reports.view(job.id);
    },
  );

  app.delete<JobParams>(
    '/jobs/:id',
    {
      ...SUBMIT,
      schema: about('Jobs', 'Cancel a job', { 204: null }, { problems: { 409: 'It has ended already.' } }),
    },
    async (request, reply) => {
      await own(request);
      await jobs.cancel(request.params.id);
      return reply.status(204).send();
    },
  );

  app.get<JobParams>(
    '/jobs/:id/events',
    {
      ...READ,
      schema: about('Jobs', 'The job at each change, to its end', {
        200: { type: 'text/event-stream', what: 'event: job, with a Job as data; Last-Event-ID resumes' },
        204: null,
      }),
    },
    async (request, reply) => {
      await own(request);
      const { id } = request.params;
      const now = await reports.view(id); // an unknown job is a 404, not an empty stream
      let told = request.headers['last-event-id'];
      // It knows how the job ended: 204 keeps a browser's EventSource from coming back for ever.
      if (now.state !== 'running' && told === eventId(now)) return reply.status(204).send();
      const stream = new EventStream(request, reply);
      try {
        for await (const view of reports.watch(id, stream.gone)) {
          if (eventId(view) === told) continue;
          told = eventId(view);
          // A reader that stops reading gets the latest state later, not all of them from our memory.
          if (!stream.write(`id: ${told}\nevent: job\ndata: ${JSON.stringify(view)}\n\n`))
            await stream.drained();
        }
      } catch (error) {
        if (!stream.gone.aborted) throw error;
      } finally {
        stream.end();
      }
      return reply;
    },
  );
}

/**
 * Every event is the whole job, so whoever knows the last one has missed nothing. The id follows from the job alone:
 * it means the same after a restart, and from another coordinator of the network.
 */
function eventId({ state, cellsVerified, parts = [] }: JobView): string {
  const split = parts.length > 0 ? '-parts' : '';
  return `${state}-${cellsVerified}${split}`;
}
