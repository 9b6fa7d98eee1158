/** The page's side of the two workers: spawns them, joins them, and reports their death as a status. */
import { systemClock } from '../core/clock.ts';
import { AppError, toAppError } from '../core/errors.ts';
import { Emitter } from '../core/async.ts';
import { assertShare } from '../gpu/duty.ts';
import { type Contributor, type ContributorOptions, type ContributorStatus, STOPPED } from './api.ts';
import { Peer, proxy, transfer } from './remote.ts';
import type { SessionHost } from './session-worker.ts';

/** Stopping waits this long for an orderly goodbye; then the workers are simply ended. */
const STOP_MS = 3000;

interface Workers {
  readonly session: Worker;
  readonly gpu: Worker;
  readonly peer: Peer<SessionHost>;
}

class BrowserContributor implements Contributor {
  #status: ContributorStatus = STOPPED;
  #workers: Workers | undefined;
  readonly #statuses = new Emitter<ContributorStatus>();

  get status(): ContributorStatus {
    return this.#status;
  }

  onStatus(listener: (status: ContributorStatus) => void): () => void {
    return this.#statuses.on(listener);
  }

  async start(options: ContributorOptions): Promise<void> {
    if (this.#workers) return;
    const workers = spawn();
    this.#workers = workers;
    this.#publish({ ...STOPPED, stage: 'testing', detail: 'Preparing the GPU.' });
    workers.peer.died.catch((error: unknown) => {
      this.#fail(workers, error);
    });
    try {
      const { port1, port2 } = new MessageChannel();
      workers.gpu.postMessage({ port: port1 }, [port1]);
      const onStatus = proxy((status: ContributorStatus) => {
        if (this.#workers === workers) this.#publish(status);
      });
      const starting = workers.peer.api.start(options, transfer(port2, [port2]), onStatus);
      await workers.peer.call('starting', starting);
    } catch (error) {
      this.#fail(workers, error);
    }
  }

  async stop(): Promise<void> {
    const workers = this.#workers;
    if (!workers) return;
    await workers.peer.call('stopping', workers.peer.api.stop(), STOP_MS).catch(() => {});
    if (this.#workers !== workers) return;
    this.#end(workers);
    this.#publish({ ...this.#status, stage: 'stopped', detail: '', progress: 0, problem: undefined });
  }

  setIntensity(share: number): void {
    assertShare(share);
    void this.#workers?.peer.api.setIntensity(share);
  }

  wake(): void {
    void this.#workers?.peer.api.wake();
  }

  #fail(workers: Workers, thrown: unknown): void {
    if (this.#workers !== workers) return;
    const { code, message } = toAppError(thrown);
    this.#publish({
      ...this.#status,
      stage: 'failed',
      detail: message,
      progress: 0,
      problem: { code, message },
    });
  }

  #publish(status: ContributorStatus): void {
    this.#status = status;
    this.#statuses.emit(status);
    // A failed contributor holds nothing: the next start is a fresh one.
    if (status.stage === 'failed' && this.#workers) this.#end(this.#workers);
  }

  #end({ session, gpu }: Workers): void {
    this.#workers = undefined;
    session.terminate();
    gpu.terminate();
  }
}

function spawn(): Workers {
  const session = new Worker(new URL('./session-worker.ts', import.meta.url), {
    type: 'module',
    name: 'session',
  });
  const gpu = new Worker(new URL('./gpu-worker.ts', import.meta.url), { type: 'module', name: 'gpu' });
  const peer = new Peer<SessionHost>(session, systemClock);
  gpu.addEventListener('error', (event) => {
    peer.die(new AppError('gpu-lost', `the GPU worker failed${event.message ? `: ${event.message}` : ''}`));
  });
  return { session, gpu, peer };
}

/** A contributor that does nothing until `start`. */
export function createContributor(): Contributor {
  return new BrowserContributor();
}
