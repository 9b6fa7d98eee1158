/** Those who wait for a frame, first come first served, and how the waiting ends. */
import { AppError } from '../core/errors.ts';

interface Receiver {
  resolve(frame: Uint8Array | undefined): void;
  reject(error: Error): void;
}

export class Receivers {
  readonly #next: () => Uint8Array | undefined;
  readonly #waiting: Receiver[] = [];
  #ended: { readonly error: Error | undefined } | undefined;
  #pumping = false;

  /** `next` takes the next frame that is there; it may call `finish`. */
  constructor(next: () => Uint8Array | undefined) {
    this.#next = next;
  }

  get waiting(): boolean {
    return this.#waiting.length > 0;
  }

  receive(signal?: AbortSignal): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        const at = this.#waiting.indexOf(receiver);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(new AppError('aborted', 'the wait was aborted', { cause: signal?.reason }));
      };
      const settle = (): void => signal?.removeEventListener('abort', abort);
      const receiver: Receiver = {
        resolve: (frame) => {
          settle();
          resolve(frame);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      if (signal?.aborted) {
        abort();
        return;
      }
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(receiver);
      this.pump();
    });
  }

  /** Call when there may be a frame. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
        const frame = this.#next();
        // What had arrived before the end is still delivered.
        if (!frame && !this.#ended) break;
        this.#waiting.shift();
        if (frame || !this.#ended?.error) first.resolve(frame);
        else first.reject(this.#ended.error);
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** No frame will be added: an orderly end, or `error` for everybody who asks. The first call counts. */
  finish(error?: Error): void {
    this.#ended ??= { error };
    this.pump();
  }
}
