/**
 * A device may go at any moment (driver reset, GPU process crash, our own destroy). What waits for it then
 * rejects at once, whatever the browser does with its promises, and so does everything asked later.
 */
import { Emitter } from '../core/async.ts';
import { AppError } from '../core/errors.ts';

export class Lifeline {
  #end: AppError | undefined;
  readonly #ended = new Emitter<AppError>();

  constructor(device: GPUDevice) {
    void this.#watch(device.lost);
    // An error that no scope caught: a dispatch or a write may have done nothing, so no result can be trusted.
    device.addEventListener('uncapturederror', (event) => {
      const { error } = event;
      this.cut(new AppError('gpu-lost', `the GPU device failed: ${error.message}`));
    });
  }

  async #watch(lost: Promise<GPUDeviceLostInfo>): Promise<void> {
    const { message, reason } = await lost;
    this.cut(new AppError('gpu-lost', `the GPU device was lost: ${message || reason}`));
  }

  /** The first reason counts. */
  cut(reason: AppError): void {
    if (this.#end) return;
    this.#end = reason;
    this.#ended.emit(reason);
  }

  /** Calls back when the device goes by itself, not when it was closed. */
  onLost(listener: () => void): void {
    this.#ended.on(({ code }) => {
      if (code === 'gpu-lost') listener();
    });
  }

  /** @throws 'gpu-lost' or 'closed' once the device is gone. */
  assert(): void {
    if (this.#end) throw this.#end;
  }

  /** Settles as `work` does, or rejects as soon as the device is gone. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#end) {
        work.catch(() => {});
        reject(this.#end);
        return;
      }
      const off = this.#ended.on(reject);
      work
        .then(resolve, (error: unknown) => {
          const stopped = `the GPU stopped answering: ${String(error)}`;
          reject(error instanceof AppError ? error : new AppError('gpu-lost', stopped, { cause: error }));
        })
        .finally(off)
        .catch(() => {});
    });
  }
}
