/** Files in parts, by tus 1.0.0 (https://tus.io/protocols/resumable-upload): what has arrived is never sent again. */
import type { Clock } from '../core/clock.ts';
import { type Bytes, utf8 } from '../core/bytes.ts';
import { AppError, isAppError, toAppError } from '../core/errors.ts';
import type { UploadView } from '../core/v1-uploads.ts';
import { inTime } from './calls.ts';
import type { Transport } from './http.ts';
import type { UploadOptions } from './options.ts';
import type { PartSource } from './part-source.ts';
import { Patience, isPassing, retrying } from './retry.ts';

/** What a stream keeps in memory, and between two reports of progress. A part that breaks off keeps what arrived of it. */
export const PART_BYTES = 8 * 2 ** 20;
const TUS = { 'tus-resumable': '1.0.0' } as const;

export interface Uploading {
  readonly http: Transport;
  readonly clock: Clock;
  readonly parts: PartSource;
  readonly size: number;
}

/**
 * The id of the operand that it became. Goes on from the byte that is missing when the connection breaks, or the
 * coordinator starts anew; gives the upload up at its end otherwise, so that it takes no room.
 * @throws AppError 'bad-file', 'non-finite', 'k-too-large', 'too-large', 'no-room', 'unauthorized', 'not-found' for an
 *   upload that the coordinator has no more, 'aborted', and as PartSource
 */
export async function uploadInParts(uploading: Uploading, options: UploadOptions): Promise<string> {
  const { http, clock, parts } = uploading;
  const { signal } = options;
  // What cannot be read is not begun with.
  await parts.from(0);
  const { id } = await retrying(() => begin(uploading, options), { clock, signal });
  const path = `v1/uploads/${id}`;
  try {
    return await sendAll(path, uploading, options);
  } catch (error) {
    // Otherwise it would hold its room for a day.
    if (!isPassing(toAppError(error)))
      await http.request({ method: 'DELETE', path, headers: TUS, signal: inTime(undefined) }).catch(() => {});
    throw error;
  }
}

async function sendAll(
  path: string,
  { http, clock, parts, size }: Uploading,
  { signal, onProgress }: UploadOptions,
): Promise<string> {
  const patience = new Patience({ clock, signal });
  /** Undefined where it may work later. */
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      const failure = http.failure(error, signal);
      // Of another offset: a request that we gave up was still being read.
      const passing = isAppError(failure, 'conflict') ? new AppError('closed', failure.message) : failure;
      await patience.after(passing);
      return undefined;
    }
  };
  let arrived = 0;
  const reached = (offset: number): void => {
    if (offset <= arrived) return;
    arrived = offset;
    patience.renew();
    onProgress?.(offset);
  };
  for (let offset: number | undefined = 0; ;) {
    if (offset === undefined) {
      const view = await attempt(() => http.json<UploadView>({ path, signal: inTime(signal) }));
      if (!view) continue;
      reached(view.offset);
      if (view.operand !== null) return view.operand;
      offset = view.offset;
    }
    const sent: number = offset;
    // With nothing left to send, what became of it is asked for.
    const body = sent < size ? await parts.from(sent) : undefined;
    const answer: Headers | undefined = await attempt(() => sendPart(http, path, sent, body, signal));
    const operand = answer?.get('tilework-operand');
    offset = answer && Number(answer.get('upload-offset') ?? Number.NaN);
    if (offset !== undefined && Number.isSafeInteger(offset)) reached(offset);
    else offset = undefined;
    if (operand) return operand;
    if (answer && arrived <= sent)
      await patience.after(new AppError('closed', `${http.url} takes no more of this upload`));
  }
}

/** The headers of the answer. */
async function sendPart(
  http: Transport,
  path: string,
  offset: number,
  body: Blob | Bytes | undefined,
  signal: AbortSignal | undefined,
): Promise<Headers> {
  const headers: Record<string, string> = { ...TUS, 'upload-offset': String(offset) };
  if (body) headers['content-type'] = 'application/offset+octet-stream';
  return (await http.request({ method: 'PATCH', path, headers, body, signal })).headers;
}

function begin({ http, size }: Uploading, options: UploadOptions): Promise<UploadView> {
  const { side, as, tensor, name, signal } = options;
  const metadata = Object.entries({ side, as, tensor, name }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} ${base64(value)}`],
  );
  return http.json<UploadView>({
    method: 'POST',
    path: 'v1/uploads',
    headers: { ...TUS, 'upload-length': String(size), 'upload-metadata': metadata.join(',') },
    signal: inTime(signal),
  });
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...utf8.encode(text)));
}
