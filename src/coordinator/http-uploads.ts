/**
 * `/v1/uploads`: files that come in parts, by tus 1.0.0 (https://tus.io/protocols/resumable-upload) with its extensions
 * creation, expiration and termination. Beyond it: GET tells all of an upload as JSON, and the answer to the last part
 * names the operand in Tilework-Operand.
 */
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { about } from './api-doc.ts';
import { AppError } from '../core/errors.ts';
import type { UploadView } from '../core/v1-uploads.ts';
import { DEFAULT_MAX_UPLOAD_BYTES, requesterOf } from './doors.ts';
import type { HttpContext } from './http-context.ts';
import type { UploadSpec } from './operands.ts';
import { assertUploadSize, steadyBody } from './slow-body.ts';
import { metadataOf, uploadSpecOf } from './upload-metadata.ts';

const TUS = '1.0.0';
const OFFSET = /^\d{1,15}$/;
const PART = 'application/offset+octet-stream';

const SUBMIT = { scope: 'submit' } as const;
/** A reader of SSE has no use for it, and HEAD has a meaning of its own here. */
const NO_HEAD = { exposeHeadRoute: false } as const;

/** Told only; what they hold is checked with better sentences below. */
const CREATE_HEADERS = {
  type: 'object',
  properties: { 'upload-length': { type: 'string' }, 'upload-metadata': { type: 'string' } },
} as const;
const PART_HEADERS = { type: 'object', properties: { 'upload-offset': { type: 'string' } } } as const;

interface UploadRoute {
  Params: { id: string };
  Body: unknown;
}

export function uploadRoutes(app: FastifyInstance, { uploads, doors, clock }: HttpContext): void {
  const { maxUploadBytes = DEFAULT_MAX_UPLOAD_BYTES } = doors;
  const own = (request: FastifyRequest<UploadRoute>): UploadView =>
    uploads.view(request.params.id, requesterOf(request).account);

  app.options(
    '/uploads',
    { config: { scope: 'public' }, schema: about('Uploads', 'What of tus is spoken here', { 204: null }) },
    (_request, reply) =>
      reply
        .header('tus-resumable', TUS)
        .header('tus-version', TUS)
        .header('tus-extension', 'creation,expiration,termination')
        .header('tus-max-size', maxUploadBytes)
        .status(204)
        .send(),
  );

  app.post(
    '/uploads',
    {
      config: SUBMIT,
      schema: about(
        'Uploads',
        'Begin an upload',
        { 201: 'Upload' },
        {
          description:
            'Upload-Metadata: name, side, as, tensor as for POST /v1/operands, and sha256 of the whole file if you like. Location says where the parts go.',
          headers: CREATE_HEADERS,
          problems: { 413: 'The file is larger than --max-upload.', 507: 'There is no room for it now.' },
        },
      ),
    },
    async (request, reply) => {
      assertVersion(request, reply);
      const length = numberIn(request, 'upload-length');
      if (length === 0) throw new AppError('bad-input', 'upload-length is 0: an empty file is no operand');
      assertUploadSize(length, maxUploadBytes);
      const { sha256, ...spec } = uploadSpecOf(metadataOf(request.headers['upload-metadata']));
      const view = await uploads.create({
        owner: requesterOf(request).account,
        length,
        spec: spec satisfies UploadSpec,
        sha256,
      });
      // Relative to this URL, because a proxy may serve this below a folder.
      const folder = request.url.split('?')[0]?.endsWith('/') ? '' : 'uploads/';
      return told(reply, view).header('location', `${folder}${view.id}`).status(201).send(view);
    },
  );

  app.head<UploadRoute>(
    '/uploads/:id',
    { config: SUBMIT, schema: about('Uploads', 'Where to go on: Upload-Offset', { 200: null }) },
    (request, reply) => {
      assertVersion(request, reply);
      return told(reply, own(request)).status(200).send();
    },
  );

  app.get<UploadRoute>(
    '/uploads/:id',
    {
      config: SUBMIT,
      ...NO_HEAD,
      schema: about('Uploads', 'One upload, and what became of it', { 200: 'Upload' }),
    },
    (request, reply) => {
      const view = own(request);
      return told(reply, view).send(view);
    },
  );

  app.patch<UploadRoute>(
    '/uploads/:id',
    {
      config: { ...SUBMIT, upload: true },
      schema: about(
        'Uploads',
        'Send the next part',
        { 204: null },
        {
          description:
            'With the last byte the file becomes an operand, whose id the header Tilework-Operand of the answer tells. No bytes at the end of an upload try that again.',
          headers: PART_HEADERS,
          bodies: { [PART]: { type: 'string', format: 'binary' } },
          problems: {
            409: 'Another byte is next: Upload-Offset says which.',
            413: 'More bytes than were promised.',
            507: 'The disk is full.',
          },
        },
      ),
    },
    async (request, reply) => {
      assertVersion(request, reply);
      const view = own(request);
      const offset = numberIn(request, 'upload-offset');
      const size = Number(request.headers['content-length'] ?? 0);
      if (request.headers['content-type'] !== PART && hasBody(request))
        throw new AppError('bad-input', `a part of an upload is sent as ${PART}`);
      // Where the size is stated, it is refused before a byte of it is read.
      if (offset + size > view.length)
        throw new AppError(
          'too-large',
          `this upload was to have ${view.length} bytes, and ${offset + size} would be there; begin it again with its real length`,
        );
      const gone = new AbortController();
      request.raw.once('close', () => {
        if (!request.raw.complete) gone.abort();
      });
      try {
        const made = await uploads.append(
          view.id,
          requesterOf(request).account,
          offset,
          hasBody(request) ? steadyBody(request.body as Readable, maxUploadBytes, clock) : nothing(),
          gone.signal,
        );
        if (made.operand !== null) void reply.header('tilework-operand', made.operand);
        return told(reply, made).status(204).send();
      } catch (error) {
        // What the next request has to know, whatever came in the way of this one.
        told(reply, own(request));
        throw error;
      }
    },
  );

  app.delete<UploadRoute>(
    '/uploads/:id',
    { config: SUBMIT, schema: about('Uploads', 'Give an upload up', { 204: null }) },
    async (request, reply) => {
      assertVersion(request, reply);
      await uploads.delete(request.params.id, requesterOf(request).account);
      return reply.header('tus-resumable', TUS).status(204).send();
    },
  );
}

function told(reply: FastifyReply, { offset, length, expiresMs }: UploadView): FastifyReply {
  return reply
    .header('tus-resumable', TUS)
    .header('upload-offset', offset)
    .header('upload-length', length)
    .header('upload-expires', new Date(expiresMs).toUTCString())
    .header('cache-control', 'no-store');
}

/** A client that names no version means this one. @throws AppError 'bad-version' */
function assertVersion({ headers }: FastifyRequest, reply: FastifyReply): void {
  const version = headers['tus-resumable'];
  if (version === undefined || version === TUS) return;
  void reply.header('tus-version', TUS);
  throw new AppError('bad-version', `this speaks tus ${TUS}; send Tus-Resumable: ${TUS}, or leave it out`);
}

function numberIn({ headers }: FastifyRequest, name: string): number {
  const text = headers[name];
  if (typeof text === 'string' && OFFSET.test(text)) return Number(text);
  const said = text === undefined ? 'it is missing' : `it is ${JSON.stringify(String(text).slice(0, 40))}`;
  throw new AppError('bad-input', `the header ${name} has to be a whole number of bytes; ${said}`);
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

// oxlint-disable-next-line require-yield
async function* nothing(): AsyncGenerator<Uint8Array> {}
