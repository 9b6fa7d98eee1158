/** One device of several to come: what waits for it when it is lost rejects at once. */
import { Emitter, orAborted } from '../core/async.ts';
import { AppError } from '../core/errors.ts';
import type { Backend, BackendInfo } from '../gpu/backend.ts';
import type { Hash } from '../matrix/manifest.ts';

export class OneDevice {
  readonly backend: Backend;
  /** Blocks that were put on it, but for those that it told to have evicted. */
  readonly held = new Set<Hash>();
  readonly #lost = new Emitter<AppError>();
  #loss: AppError | undefined;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  /** Why it is gone. */
  get loss(): AppError | undefined {
    return this.#loss;
  }

  /** False when it was lost already: the first reason counts. */
  lose(error: AppError): boolean {
    if (this.#loss) return false;
    this.#loss = error;
    this.#lost.emit(error);
    return true;
  }

  /** Settles as `work` does, or rejects as soon as the device is lost. Never touches a device that is lost. */
  call<T>(work: (backend: Backend) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#loss) {
        reject(this.#loss);
        return;
      }
      const off = this.#lost.on(reject);
      work(this.backend).then(resolve, reject).finally(off);
    });
  }
}

export interface BuildOptions {
  readonly open: () => Promise<Backend>;
  readonly signal: AbortSignal;
  /** Before anything is asked of it. */
  readonly onOpen: (backend: Backend) => void;
  /** The intensity wished for now. */
  readonly share: () => number;
  /** What is known of the device: when it is open, and again when it is tested, which chooses kernels. */
  readonly onInfo: (info: BackendInfo) => void;
}

/**
 * Opens and tests a device.
 * @throws AppError 'aborted' at once after the signal, and whatever opening and testing a device throws.
 */
export async function buildDevice({ open, signal, onOpen, share, onInfo }: BuildOptions): Promise<OneDevice> {
  const opening = open();
  // Drivers can take long to open; what opens after a stop is closed again.
  opening.then((late) => (signal.aborted ? late.destroy() : undefined)).catch(() => {});
  const backend = await orAborted(opening, signal);
  try {
    onOpen(backend);
    onInfo(backend.info);
    await orAborted(backend.selfTest(), signal);
    onInfo(backend.info);
    // It may change while the device is told.
    for (let told: number | undefined; told !== share();) {
      told = share();
      await orAborted(backend.setIntensity(told), signal);
    }
    return new OneDevice(backend);
  } catch (error) {
    await discard(backend);
    throw error;
  }
}

/** A device that is gone cannot be closed either. */
export async function discard(backend: Backend): Promise<void> {
  await backend.destroy().catch(() => {});
}

/** The error that ends it for good, with a sentence on what to do. */
export function leftAlone({ code, message }: AppError): AppError {
  const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
  return new AppError(code, `${sentence} The GPU is left alone now; reload the page to try again.`);
}
