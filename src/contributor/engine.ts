/**
 * A contributor without its surroundings: given a backend, a key and a way to connect, it tests the
 * GPU, stays connected, computes leases and reports statuses. Runs in the session worker, and in Node
 * for tests and headless use.
 */
import type { Clock } from '../core/clock.ts';
import { AppError, type ErrorCode, isAppError, toAppError } from '../core/errors.ts';
import type { Backend } from '../gpu/backend.ts';
import { LEAST_SHARE } from '../gpu/duty.ts';
import type { ContributorNode } from '../net/contributor-node.ts';
import type { Link } from '../net/link.ts';
import type { ConnectionState } from '../net/reconnect.ts';
import type { SigningKey } from '../protocol/keys.ts';
import { type ContributorStatus, STOPPED } from './api.ts';
import { LinkEstimate } from './link-estimate.ts';
import type { Outbox } from './outbox.ts';
import { ContributorSession } from './session.ts';
import { type StatusEvent, nextStatus } from './status.ts';

export const CLIENT = 'tilework/0.1.0';

export interface EngineOptions {
  readonly key: SigningKey;
  readonly peerId: string;
  readonly node: Pick<ContributorNode, 'connectForever' | 'wake' | 'stop'>;
  /** What `node` serves to the coordinator. */
  readonly outbox: Outbox;
  /** Called again after the GPU was lost. */
  readonly openBackend: () => Promise<Backend>;
  readonly clock: Clock;
  readonly onStatus: (status: ContributorStatus) => void;
  readonly onReceipt?: ((envelope: Uint8Array) => void) | undefined;
}

/** After this many device losses within the period the GPU is left alone (DESIGN §5). */
const MAX_LOSSES = 3;
const LOSS_PERIOD_MS = 10 * 60_000;

export class Engine {
  readonly #options: EngineOptions;
  readonly #stop = new AbortController();
  /** Ends the connection as well: only after the session has said goodbye over it. */
  readonly #leave = new AbortController();
  #serving = false;
  #status: ContributorStatus = STOPPED;
  #backend: Backend | undefined;
  readonly #linkEstimate = new LinkEstimate();
  /** Bytes moved over earlier connections. */
  readonly #moved = { down: 0, up: 0 };
  readonly #losses: number[] = [];
  #intensity = 1;

  constructor(options: EngineOptions) {
    this.#options = options;
    options.outbox.onPulled = (lease, share) => {
      this.#apply({ type: 'pulled', lease, share });
    };
  }

  get status(): ContributorStatus {
    return this.#status;
  }

  /** Runs until `stop`, or until something that waiting cannot mend; then the status is 'failed'. */
  async run(): Promise<void> {
    const { node, peerId } = this.#options;
    this.#apply({ type: 'started', peerId });
    try {
      await this.#rebuild();
      await node.connectForever({
        signal: this.#leave.signal,
        onLink: (link) => this.#serve(link),
        onState: (state) => {
          this.#onConnection(state);
        },
      });
      this.#apply({ type: 'stopped' });
    } catch (thrown) {
      const { code, message } = toAppError(thrown);
      if (this.#stop.signal.aborted) this.#apply({ type: 'stopped' });
      else this.#apply({ type: 'failed', problem: { code, message } });
    } finally {
      await node.stop();
      await this.#discard();
    }
  }

  /** The GPU stops within one slice; `run` resolves afterwards. */
  stop(): void {
    this.#stop.abort();
    if (!this.#serving) this.#leave.abort();
  }

  wake(): void {
    this.#options.node.wake();
  }

  /**
   * The share of time, 0.05 to 1, that the GPU may compute: from now on, on every device to come.
   * @throws AppError 'bad-input' outside.
   */
  setIntensity(share: number): void {
    if (!(share >= LEAST_SHARE && share <= 1)) {
      throw new AppError('bad-input', `the intensity must be between ${LEAST_SHARE} and 1, not ${share}`);
    }
    this.#intensity = share;
    // A device that was lost meanwhile is told when it has been built anew.
    this.#backend?.setIntensity(share).catch(() => {});
  }

  async #serve(link: Link): Promise<void> {
    const { key, peerId, clock, outbox, onReceipt } = this.#options;
    const session = new ContributorSession(link, {
      backend: this.#backend!,
      key,
      peerId,
      clock,
      client: CLIENT,
      outbox,
      linkEstimate: this.#linkEstimate,
      signal: this.#stop.signal,
      emit: (event) => {
        if (event.type === 'receipt') onReceipt?.(event.envelope);
        if (event.type === 'notice' && event.code === 'replaced') this.#yield();
        this.#apply(event);
        const { bytesDown, bytesUp } = link.blocks;
        this.#apply({ type: 'bytes', down: this.#moved.down + bytesDown, up: this.#moved.up + bytesUp });
      },
    });
    this.#serving = true;
    try {
      await session.run();
    } catch (error) {
      if (!isAppError(error, 'gpu-lost', 'gpu-wrong')) throw error;
      await this.#lost(error);
    } finally {
      this.#moved.down += link.blocks.bytesDown;
      this.#moved.up += link.blocks.bytesUp;
      this.#serving = false;
      if (this.#stop.signal.aborted) this.#leave.abort();
    }
  }

  /** @throws AppError 'aborted' at once after a stop, and whatever opening and testing a device throws. */
  async #rebuild(): Promise<void> {
    const { signal } = this.#stop;
    this.#apply({ type: 'testing' });
    const opening = this.#options.openBackend();
    // Drivers can take long to open; what opens after a stop is closed again.
    opening
      .then((late) => (signal.aborted && late !== this.#backend ? late.destroy() : undefined))
      .catch(() => {});
    const backend = await orAborted(opening, signal);
    this.#backend = backend;
    this.#apply({ type: 'adapter', adapter: backend.info.adapter, kernel: backend.info.kernels.i8 });
    await orAborted(backend.selfTest(), signal);
    await backend.setIntensity(this.#intensity);
  }

  /** Builds a new device, here rather than under the coordinator's deadline for a Hello; fails after too many losses. */
  async #lost(error: AppError): Promise<void> {
    for (let loss: AppError | undefined = error; loss; loss = await this.#tryRebuild()) {
      const now = this.#options.clock.now();
      this.#losses.push(now);
      await this.#discard();
      const recent = this.#losses.filter((time) => now - time < LOSS_PERIOD_MS);
      if (loss.code === 'gpu-lost' && recent.length < MAX_LOSSES) continue;
      this.#fail(
        loss.code,
        `${sentence(loss.message)} The GPU is left alone now; reload the page to try again.`,
      );
      return;
    }
  }

  async #tryRebuild(): Promise<AppError | undefined> {
    try {
      await this.#rebuild();
      return undefined;
    } catch (thrown) {
      return this.#stop.signal.aborted ? undefined : toAppError(thrown);
    }
  }

  async #discard(): Promise<void> {
    const backend = this.#backend;
    this.#backend = undefined;
    await backend?.destroy().catch(() => {}); // a device that is gone cannot be closed either
  }

  /** The same key contributes from elsewhere: two of them would throw each other out for ever. */
  #yield(): void {
    this.#fail(
      'conflict',
      'This contributor has connected from elsewhere, perhaps from another tab of this browser.',
    );
  }

  #fail(code: ErrorCode, message: string): void {
    this.#apply({ type: 'failed', problem: { code, message } });
    this.stop();
  }

  #onConnection(state: ConnectionState): void {
    this.#apply({ type: 'connection', state });
  }

  #apply(event: StatusEvent): void {
    if (this.#status.stage === 'failed' && event.type !== 'started') return;
    const next = nextStatus(this.#status, event);
    if (next === this.#status) return;
    this.#status = next;
    this.#options.onStatus(next);
  }
}

/** Settles as `work` does, or rejects with 'aborted' as soon as the signal fires; the work itself goes on. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => {
    stopped.reject(new AppError('aborted', 'the contributor was stopped'));
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
