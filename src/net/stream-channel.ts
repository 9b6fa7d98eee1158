/**
 * A FrameChannel over a libp2p stream. It uses the stream's events itself, because of three things that
 * js-libp2p 3.3 does (@libp2p/utils 7.4, abstract-message-stream.ts): onDrain() holds writers back once and
 * never again; for-await over a stream buffers without bound; and pausing from within resume() leaves the
 * stream paused while it goes on granting window to the sender. test/net/back-pressure.test.ts guards it.
 */
import type { Stream } from '@libp2p/interface';
import { Uint8ArrayList } from 'uint8arraylist';
import { Semaphore } from '../core/async.ts';
import { AppError, throwIfAborted, toAppError } from '../core/errors.ts';
import { type EndingChannel, type Frame, closedError } from './channel.ts';
import { FrameBuffer, encodeLength } from './length-prefix.ts';
import { Receivers } from './receivers.ts';

/** A burst of control messages fits. */
const READ_AHEAD_BYTES = 64 * 1024;

export class StreamChannel implements EndingChannel {
  bytesOut = 0;
  readonly #stream: Stream;
  readonly #pauseAbove: number;
  readonly #unread: FrameBuffer;
  readonly #receivers = new Receivers(() => this.#take());
  readonly #turn = new Semaphore(1);
  readonly #over = Promise.withResolvers<void>();
  #bytesRead = 0;
  #remoteEnded = false;
  /** The other end said that it is done; without that, the end of the transport is no orderly end. */
  #remoteDone: boolean;
  #resuming = false;
  #closing: Promise<void> | undefined;
  #aborted: Error | undefined;

  /** @param readAheadBytes unread bytes beyond one whole frame at which the stream is paused */
  constructor(stream: Stream, maxFrameBytes: number, readAheadBytes = READ_AHEAD_BYTES) {
    this.#stream = stream;
    this.#unread = new FrameBuffer(maxFrameBytes);
    this.#pauseAbove = maxFrameBytes + readAheadBytes;
    this.#remoteDone = stream.status === 'open' && stream.remoteWriteStatus === 'closed';
    stream.addEventListener('remoteCloseWrite', () => {
      this.#remoteDone = true;
    });
    stream.addEventListener('message', (event) => this.#arrived(event.data));
    stream.addEventListener('end', () => this.#ended());
    // A transport reset can emit 'close' twice; every handler here may be repeated.
    stream.addEventListener('close', (event) => {
      if (event.error) this.#failed(closedError(event.error));
      else this.#ended();
      this.#over.resolve();
    });
    if (stream.status === 'aborted' || stream.status === 'reset') this.#failed(closedError());
    else if (stream.status === 'closed' || stream.readableEnded) this.#ended();
    if (['aborted', 'reset', 'closed'].includes(stream.status)) this.#over.resolve();
  }

  /** What the paused stream still holds has arrived as well: a slow reader's peer is alive. */
  get bytesIn(): number {
    return this.#bytesRead + this.#stream.readBufferLength;
  }

  get ended(): Promise<void> {
    return this.#over.promise;
  }

  async send(frame: Frame, signal?: AbortSignal): Promise<void> {
    this.#assertWritable();
    const release = await this.#turn.acquire(1, signal);
    try {
      await this.#room(signal);
      this.#write(frame);
    } finally {
      release();
    }
  }

  receive(signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const frame = this.#receivers.receive(signal);
    this.#regulate();
    return frame;
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAfterSends();
    return this.#closing;
  }

  abort(error: Error): void {
    if (!this.#aborted) this.#unread.clear();
    this.#failed(error);
    this.#stream.abort(error);
  }

  async #closeAfterSends(): Promise<void> {
    try {
      const release = await this.#turn.acquire();
      release();
      await this.#stream.close();
    } catch (error) {
      this.abort(closedError(error));
    }
  }

  #write(frame: Frame): void {
    try {
      const pieces = frame instanceof Uint8Array ? [frame] : frame;
      const bytes = new Uint8ArrayList(...pieces);
      bytes.prepend(encodeLength(bytes.length));
      this.#stream.send(bytes);
      this.bytesOut += bytes.length;
    } catch (error) {
      throw closedError(error);
    }
  }

  async #room(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      throwIfAborted(signal);
      this.#assertOpen();
      if (!this.#stream.writableNeedsDrain) return;
      await nextEvent(this.#stream, ['drain', 'close'], signal);
    }
  }

  #assertWritable(): void {
    if (this.#closing) throw closedError();
    this.#assertOpen();
  }

  #assertOpen(): void {
    if (this.#aborted) throw closedError(this.#aborted);
    if (this.#stream.writeStatus !== 'writable') throw closedError();
  }

  #arrived(chunk: Uint8Array | Uint8ArrayList): void {
    if (this.#aborted) return;
    this.#bytesRead += chunk.byteLength;
    this.#unread.push(chunk);
    this.#receivers.pump();
    this.#regulate();
  }

  #take(): Uint8Array | undefined {
    try {
      const frame = this.#unread.next();
      if (!frame && this.#remoteEnded) {
        const whole = this.#remoteDone && this.#unread.byteLength === 0;
        this.#receivers.finish(whole ? undefined : closedError());
      }
      return frame;
    } catch (error) {
      this.abort(toAppError(error));
      return undefined;
    }
  }

  /** Stops the sender while a whole frame and more lies unread, and lets it go on when there is room. */
  #regulate(): void {
    if (this.#resuming) return;
    const full = (): boolean => this.#unread.byteLength > this.#pauseAbove && !this.#receivers.waiting;
    const { readStatus } = this.#stream;
    if (readStatus === 'readable' && full()) this.#stream.pause();
    if (readStatus !== 'paused' || full()) return;
    this.#resuming = true;
    try {
      this.#stream.resume();
    } catch {
      // The window update found the connection gone; what had arrived has been delivered.
    }
    this.#resuming = false;
    if (full() && this.#stream.readStatus === 'readable') this.#stream.pause();
  }

  #ended(): void {
    const { status } = this.#stream;
    if (status === 'aborted' || status === 'reset') return; // 'close' follows, with the reason
    this.#remoteEnded = true;
    this.#receivers.pump();
  }

  #failed(error: Error): void {
    if (this.#aborted) return;
    this.#aborted = error instanceof AppError ? error : closedError(error);
    this.#receivers.finish(this.#aborted);
  }
}

/** Resolves at the first of these events. @throws 'aborted' */
function nextEvent(target: EventTarget, names: readonly string[], signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void =>
    reject(new AppError('aborted', 'the wait was aborted', { cause: signal?.reason }));
  const done = (): void => resolve();
  for (const name of names) target.addEventListener(name, done);
  signal?.addEventListener('abort', abort, { once: true });
  return promise.finally(() => {
    for (const name of names) target.removeEventListener(name, done);
    signal?.removeEventListener('abort', abort);
  });
}
