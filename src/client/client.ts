/**
 * The requester's side of the HTTP API: upload operands, create a job, watch it, fetch the product.
 * Works wherever fetch does; the helpers for files are in files.node.ts.
 */
import { sleep } from '../core/clock.ts';
import { AppError, isAppError, throwIfAborted } from '../core/errors.ts';
import type {
  EstimateRequest,
  EstimateView,
  JobRequest,
  JobView,
  OperandView,
  RetryRequest,
  TopView,
} from '../core/v1.ts';
import { AccountClient } from './accounts.ts';
import { countedStream } from './counted-stream.ts';
import { serverSentEvents } from './events.ts';
import type {
  CallOptions,
  JobsQuery,
  KeyedOptions,
  OperandSource,
  PartOptions,
  ResultOptions,
  SeededOptions,
  Span,
  UploadOptions,
  WatchOptions,
} from './options.ts';
import { partsOf } from './part-source.ts';
import { retrying } from './retry.ts';
import { PART_BYTES, uploadInParts } from './upload-parts.ts';

/** A dropped event stream is opened again after these pauses, ms; the last one repeats. */
const RECONNECT_MS = [250, 1_000, 2_000, 5_000] as const;
/** Attempts in a row without an event: some two minutes, a restart of the coordinator takes seconds. */
const MAX_RECONNECTS = 25;

export class TileworkClient extends AccountClient {
  /**
   * Stores a matrix: the raw bytes of a .npy or .safetensors file. The same matrix twice is one operand, so what
   * breaks off is tried again, except a stream without `size`. Large files need the scope 'read' as well.
   * @throws AppError 'bad-file', 'non-finite', 'k-too-large', 'too-large', 'no-room', 'unauthorized', 'unreachable';
   *   'bad-input' for a stream of another size
   */
  async uploadOperand(source: OperandSource, options: UploadOptions): Promise<OperandView> {
    const { signal, onProgress, partBytes = PART_BYTES } = options;
    const patience = { clock: this.clock, signal };
    const size = sizeOf(source, options);
    if (size === undefined) return this.#stream(source as ReadableStream<Uint8Array>, options);
    const parts = partsOf(source, size, partBytes);
    try {
      if (size > partBytes) {
        const id = await uploadInParts({ http: this.http, clock: this.clock, parts, size }, options);
        return await retrying(() => this.operand(id, options), patience);
      }
      const body = await parts.from(0);
      const operand = await retrying(() => this.#send(body, options), patience);
      onProgress?.(size);
      return operand;
    } finally {
      parts.end();
    }
  }

  async #stream(source: ReadableStream<Uint8Array>, options: UploadOptions): Promise<OperandView> {
    const stream = countedStream(source, options.onProgress);
    try {
      return await this.#send(stream.body, options);
    } finally {
      stream.stop();
    }
  }

  #send(body: BodyInit, { side, as, tensor, name, signal }: UploadOptions): Promise<OperandView> {
    return this.http.json<OperandView>({
      method: 'POST',
      path: 'v1/operands',
      query: { side, as, tensor, name },
      headers: { 'content-type': 'application/octet-stream' },
      body,
      signal,
    });
  }

  /**
   * An operand of random values that is never sent: whoever needs a part of it makes it from the seed, the same on
   * every machine. The same one twice is one operand.
   * @throws AppError 'bad-input', 'k-too-large', 'unauthorized'.
   */
  seeded({ seed, ...rest }: SeededOptions, options?: CallOptions): Promise<OperandView> {
    return this.post('v1/operands', { ...rest, seed: String(seed) }, options);
  }

  operands(options?: CallOptions): Promise<OperandView[]> {
    return this.get('v1/operands', options);
  }

  operand(id: string, options?: CallOptions): Promise<OperandView> {
    return this.get(`v1/operands/${encodeURIComponent(id)}`, options);
  }

  /**
   * C = A·Bᵀ over two stored operands. Twice with one idempotency key is one job.
   * @throws AppError 'shape-mismatch', 'not-found', 'non-finite', 'no-credit', 'bad-input', 'key-reused'.
   */
  createJob(request: JobRequest, options?: KeyedOptions): Promise<JobView> {
    return this.post('v1/jobs', request, options);
  }

  /** What such a job would take now. Nothing is stored. @throws AppError as `createJob`. */
  estimate(request: EstimateRequest, options?: CallOptions): Promise<EstimateView> {
    return this.post('v1/jobs/estimate', request, options);
  }

  /** One's own, newest first. */
  jobs({ limit, before, signal }: JobsQuery = {}): Promise<JobView[]> {
    return this.get('v1/jobs', { signal }, { query: { limit: limit?.toString(), before } });
  }

  job(id: string, options?: CallOptions): Promise<JobView> {
    return this.get(jobPath(id), options);
  }

  /**
   * The job now, after every progress, and once it has ended; then the loop ends. A connection that
   * drops is opened again behind the last event: nothing is missed, and nothing comes twice.
   * @throws AppError 'unreachable' when the coordinator stays away, 'aborted', 'not-found'.
   */
  async *watch(id: string, options: WatchOptions = {}): AsyncGenerator<JobView, void, undefined> {
    const { signal } = options;
    let failures = 0;
    let last: string | undefined;
    for (let seen = options.known ?? false; ;) {
      let dropped: AppError;
      try {
        for await (const { id: eventId, view } of this.#events(id, last, signal)) {
          seen = true;
          last = eventId;
          failures = 0;
          yield view;
          if (view.state !== 'running') return;
        }
        dropped = new AppError('closed', `${this.url} ended the events of a job that is still running`);
      } catch (error) {
        dropped = this.http.failure(error, signal);
      }
      failures += 1;
      const passing = isAppError(dropped, 'unreachable', 'closed', 'timeout');
      if (!passing || !seen || failures > MAX_RECONNECTS) throw dropped;
      await sleep(this.clock, RECONNECT_MS[Math.min(failures, RECONNECT_MS.length) - 1]!, signal);
    }
  }

  async *#events(
    id: string,
    last: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ readonly id: string | undefined; readonly view: JobView }, void, undefined> {
    const accept = { accept: 'text/event-stream' };
    const headers = last === undefined ? accept : { ...accept, 'last-event-id': last };
    const response = await this.http.request({ path: `${jobPath(id)}/events`, headers, signal });
    if (!response.body) return;
    for await (const { id: eventId, event, data } of serverSentEvents(response.body, this.clock)) {
      throwIfAborted(signal);
      if (event === 'job') yield { id: eventId, view: jobOf(data) };
    }
  }

  /** @throws AppError 'conflict' when the job has ended already. */
  cancelJob(id: string, options?: CallOptions): Promise<void> {
    return this.delete(jobPath(id), options);
  }

  /**
   * Lets a job that was cancelled, failed or expired go on from where it stood.
   * @throws AppError 'conflict' for one that runs or is done, 'no-credit', 'not-found'.
   */
  retryJob(id: string, request: RetryRequest = {}, options?: KeyedOptions): Promise<JobView> {
    return this.post(`${jobPath(id)}/retry`, request, options);
  }

  /**
   * The product, or part of it, as a .npy file: int32 for int8 operands, else float32; C order. `downloadResult` goes
   * on where a connection breaks off.
   * @throws AppError 'conflict' while the job is not done, 'bad-input' for a part that is not there, 'bad-range'.
   */
  result(id: string, options: ResultOptions = {}): Promise<Response> {
    const { rows, cols, top, part, from, version, signal } = options;
    const headers: Record<string, string> = {};
    if (from !== undefined) headers['range'] = `bytes=${from}-`;
    if (version !== undefined) headers['if-range'] = version;
    const query = { rows: spanText(rows), cols: spanText(cols), top: top?.toString(), part };
    return this.http.request({ path: `${jobPath(id)}/result`, query, headers, signal });
  }

  /** The largest entries of each row, at most 100,000 in all. @throws AppError as `result`, and 'too-large'. */
  top(id: string, k: number, { rows, cols, signal }: PartOptions = {}): Promise<TopView> {
    const query = { rows: spanText(rows), cols: spanText(cols), top: k.toString() };
    // All of C may have to be read for it.
    return this.http.json({ path: `${jobPath(id)}/result`, query, signal });
  }
}

function sizeOf(source: OperandSource, { size }: UploadOptions): number | undefined {
  if (source instanceof ReadableStream) return size;
  return source instanceof Blob ? source.size : source.byteLength;
}

function jobPath(id: string): string {
  return `v1/jobs/${encodeURIComponent(id)}`;
}

function jobOf(data: string): JobView {
  try {
    return JSON.parse(data) as JobView;
  } catch (cause) {
    throw new AppError('bad-frame', 'an event of the coordinator is not JSON', { cause });
  }
}

function spanText(span: Span | undefined): string | undefined {
  return span && `${span[0]}:${span[1] ?? ''}`;
}
