/**
 * A contributor without its surroundings: given a backend, a key and a way to connect, it tests the
 * GPU, stays connected, computes leases and reports statuses. Runs in the session worker, and in Node
 * for tests and headless use.
 */
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError, toAppError } from '../core/errors.ts';
import type { Backend } from '../gpu/backend.ts';
import type { ContributorNode } from '../net/contributor-node.ts';
import type { Link } from '../net/link.ts';
import type { ConnectionState } from '../net/reconnect.ts';
import type { SigningKey } from '../protocol/keys.ts';
import { type ContributorStatus, STOPPED } from './api.ts';
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
  #status: ContributorStatus = STOPPED;
  #backend: Backend | undefined;
  /** Bytes moved over earlier connections. */
  readonly #moved = { down: 0, up: 0 };
  readonly #losses: number[] = [];

  constructor(options: EngineOptions) {
    this.#options = options;
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
        signal: this.#stop.signal,
        onLink: (link) => this.#serve(link),
        onState: (state) => {
          this.#onConnection(state);
        },
      });
      this.#apply({ type: 'stopped' });
    } catch (thrown) {
      const error = toAppError(thrown);
      if (this.#stop.signal.aborted) this.#apply({ type: 'stopped' });
      else this.#apply({ type: 'failed', problem: { code: error.code, message: error.message } });
    } finally {
      await node.stop();
      await this.#backend?.destroy();
    }
  }

  /** The GPU stops within one slice; `run` resolves afterwards. */
  stop(): void {
    this.#stop.abort();
  }

  wake(): void {
    this.#options.node.wake();
  }

  async #serve(link: Link): Promise<void> {
    if (!this.#backend) await this.#rebuild();
    const { key, peerId, clock, outbox, onReceipt } = this.#options;
    const session = new ContributorSession(link, {
      backend: this.#backend!,
      key,
      peerId,
      clock,
      client: CLIENT,
      outbox,
      signal: this.#stop.signal,
      emit: (event) => {
        if (event.type === 'receipt') onReceipt?.(event.envelope);
        if (event.type === 'notice' && event.code === 'replaced') this.#yield();
        this.#apply(event);
        const { bytesDown, bytesUp } = link.blocks;
        this.#apply({ type: 'bytes', down: this.#moved.down + bytesDown, up: this.#moved.up + bytesUp });
      },
    });
    try {
      await session.run();
    } catch (error) {
      if (!isAppError(error, 'gpu-lost', 'gpu-wrong')) throw error;
      await this.#lost(error);
    } finally {
      this.#moved.down += link.blocks.bytesDown;
      this.#moved.up += link.blocks.bytesUp;
    }
  }

  async #rebuild(): Promise<void> {
    this.#apply({ type: 'testing' });
    const backend = await this.#options.openBackend();
    this.#backend = backend;
    this.#apply({ type: 'adapter', adapter: backend.info.adapter, kernel: backend.info.kernels.i8 });
    await backend.selfTest();
  }

  /** Forgets the lost device; the next connection builds a new one. @throws 'gpu-lost' after too many. */
  async #lost(error: AppError): Promise<void> {
    const now = this.#options.clock.now();
    this.#losses.push(now);
    await this.#backend?.destroy().catch(() => {});
    this.#backend = undefined;
    const recent = this.#losses.filter((time) => now - time < LOSS_PERIOD_MS);
    if (recent.length >= MAX_LOSSES || error.code === 'gpu-wrong') {
      this.#stop.abort();
      this.#apply({
        type: 'failed',
        problem: {
          code: error.code,
          message: `${error.message}. The GPU is left alone now; reload the page to try again.`,
        },
      });
    }
  }

  /** The same key contributes from elsewhere: two of them would throw each other out for ever. */
  #yield(): void {
    const message = 'This browser contributes in another tab already. Start here to move it to this one.';
    this.#apply({ type: 'failed', problem: { code: 'conflict', message } });
    this.#stop.abort();
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
