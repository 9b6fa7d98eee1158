/**
 * A contributor without its surroundings: given a backend, a key and a way to connect, it tests the
 * GPU, stays connected, computes leases and reports statuses. Runs in the session worker, and in Node
 * for tests and headless use.
 */
import type { Clock } from '../core/clock.ts';
import { type ErrorCode, toAppError } from '../core/errors.ts';
import type { Backend } from '../gpu/backend.ts';
import { assertShare } from '../gpu/duty.ts';
import type { ContributorNode } from '../net/contributor-node.ts';
import type { Link } from '../net/link.ts';
import type { ConnectionState } from '../net/reconnect.ts';
import type { SigningKey } from '../protocol/keys.ts';
import { type ContributorStatus, type PublicName, type RateCaps, STOPPED } from './api.ts';
import type { BlockDisk } from './block-disk.ts';
import { Drift } from './drift.ts';
import { FinishWatch } from './finish-watch.ts';
import { Introduction } from './introduction.ts';
import { LinkEstimate } from './link-estimate.ts';
import { LinkShare } from './link-share.ts';
import type { LogWatch } from './log-watch.ts';
import type { Outbox } from './outbox.ts';
import { type RecoveryEvent, RecoveringBackend } from './recovering-backend.ts';
import { ContributorSession } from './session.ts';
import type { SessionEvent } from './session-events.ts';
import { type Moved, type StatusEvent, nextStatus, plus } from './status.ts';
import { Wishes } from './wishes.ts';

const CLIENT = 'tilework/0.1.0';

type ReceiptEvent = Extract<SessionEvent, { readonly type: 'receipt' }>;

export interface EngineOptions {
  readonly key: SigningKey;
  readonly peerId: string;
  readonly node: Pick<ContributorNode, 'connectForever' | 'wake' | 'stop'>;
  /** What `node` serves to the coordinator. */
  readonly outbox: Outbox;
  /** `node` paces what it serves by `wishes.up`. @default its own, whose cap on uploads nobody heeds */
  readonly wishes?: Wishes | undefined;
  /** Operand blocks of earlier leases and visits. */
  readonly disk?: BlockDisk | undefined;
  /** Called again after the GPU was lost: see RecoveringBackend. */
  readonly openBackend: () => Promise<Backend>;
  readonly clock: Clock;
  readonly onStatus: (status: ContributorStatus) => void;
  /** See ContributorOptions. */
  readonly site?: string | undefined;
  /** When C is copied out for the next device: see ShardContext. */
  readonly copyAfter?: ((lastCopyMs: number) => number) | undefined;
  /** Watches the coordinator's public log while the engine runs. */
  readonly log?: Pick<LogWatch, 'start' | 'credited' | 'stop'> | undefined;
  readonly onReceipt?: ((envelope: Uint8Array) => void) | undefined;
}

export class Engine {
  readonly #options: EngineOptions;
  readonly #share: LinkShare;
  readonly #stop = new AbortController();
  /** Ends the connection as well: only after the session has said goodbye over it. */
  readonly #leave = new AbortController();
  #serving = false;
  #status: ContributorStatus = STOPPED;
  readonly #backend: RecoveringBackend;
  readonly #linkEstimate = new LinkEstimate();
  readonly #wishes: Wishes;
  readonly #introduction: Introduction;
  readonly #finishWatch: FinishWatch;
  readonly #drift = new Drift();
  #intensity = 1;
  /** Over earlier connections. */
  #moved: Moved = { bytesDown: 0, bytesUp: 0, downBusyMs: 0, upBusyMs: 0 };

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#share = new LinkShare(options.clock);
    this.#wishes = options.wishes ?? new Wishes(options.clock);
    this.#introduction = new Introduction(options.key, options.clock);
    this.#finishWatch = new FinishWatch(options.clock);
    this.#backend = new RecoveringBackend({
      open: options.openBackend,
      clock: options.clock,
      signal: this.#stop.signal,
      onEvent: (event) => {
        this.#onRecovery(event);
      },
    });
    options.outbox.onPulled = (lease, share) => {
      this.#finishWatch.moved();
      this.#apply({ type: 'pulled', lease, share });
    };
  }

  get status(): ContributorStatus {
    return this.#status;
  }

  /** Runs until `stop`, or until something that waiting cannot mend; then the status is 'failed'. */
  async run(): Promise<void> {
    const { node, peerId, log, disk } = this.#options;
    this.#apply({ type: 'started', peerId });
    this.#tellWishes();
    this.#tellDisk();
    try {
      await this.#backend.start();
      void log?.start((view) => {
        this.#apply({ type: 'log', log: view });
      });
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
      log?.stop();
      await node.stop();
      await this.#backend.destroy();
      disk?.close();
    }
  }

  /** The GPU stops within one slice; `run` resolves afterwards. */
  stop(): void {
    this.#finishWatch.end();
    this.#stop.abort();
    if (!this.#serving) this.#leave.abort();
  }

  wake(): void {
    this.#options.node.wake();
  }

  /**
   * Also before `run`. The GPU stops within one slice and no lease is asked for; those in flight are kept for
   * HAND_BACK_MS and then declined. The connection stays, and results still leave.
   */
  setPaused(paused: boolean): void {
    this.#wishes.paused = paused;
    void this.#backend.setPaused(paused).catch(() => {}); // as below
    this.#tellWishes();
  }

  /**
   * Takes no lease any more, and stops after the last receipt for those in flight, or when the coordinator lets it
   * wait for too long; when asked again, at once.
   */
  finish(): void {
    if (this.#stop.signal.aborted || this.#wishes.finishing) {
      this.stop();
      return;
    }
    this.#finishWatch.begin(() => this.stop());
    this.#wishes.finish();
    this.#tellWishes();
    if (!this.#serving) this.#stopIfIdle();
  }

  /** Bytes a second of blocks, from now on. @throws AppError 'bad-input' below LEAST_RATE_CAP. */
  setRateCaps(caps: RateCaps): void {
    this.#wishes.caps = caps;
  }

  #tellWishes(): void {
    const { paused, finishing } = this.#wishes;
    if (this.#status.stage !== 'stopped') this.#apply({ type: 'wishes', paused, finishing });
  }

  /** Between connections nothing is in flight but results that nobody has taken. */
  #stopIfIdle(): void {
    if (this.#wishes.finishing && this.#options.outbox.pending().length === 0) this.stop();
  }

  /**
   * The share of time, 0.05 to 1, that the GPU may compute: from now on, on every device to come.
   * @throws AppError 'bad-input' outside.
   */
  setIntensity(share: number): void {
    assertShare(share);
    this.#intensity = share;
    void this.#backend.setIntensity(share).catch(() => {}); // a device that fails at this is told again, or over
  }

  /** To be said now, or with the next connection. @throws AppError 'bad-input' */
  setProfile(name: PublicName): Promise<void> {
    // What was answered was about another name.
    if (this.#status.nameAnswer) this.#apply({ type: 'renamed' });
    return this.#introduction.setProfile(name);
  }

  /** From the next lease on; none: any. @param projects - as `assertProjects` wants them */
  setProjects(projects: readonly string[]): void {
    this.#introduction.setProjects(projects);
  }

  /** Of the disk, from now on; nothing where there is none. */
  setDiskBudget(bytes: number): void {
    this.#options.disk?.setBudget(bytes);
    this.#tellDisk();
  }

  clearDisk(): void {
    this.#options.disk?.clear();
    this.#tellDisk();
  }

  #tellDisk(): void {
    const { disk } = this.#options;
    const told = this.#status.disk;
    if (!disk || (told?.usedBytes === disk.usedBytes && told.budgetBytes === disk.budgetBytes)) return;
    const { usedBytes, budgetBytes } = disk;
    this.#apply({ type: 'disk', disk: { usedBytes, budgetBytes } });
  }

  async #serve(link: Link): Promise<void> {
    const { key, peerId, clock, outbox, disk, copyAfter, site } = this.#options;
    const session = new ContributorSession(link, {
      backend: this.#backend,
      key,
      peerId,
      clock,
      client: CLIENT,
      site,
      outbox,
      disk,
      linkEstimate: this.#linkEstimate,
      wishes: this.#wishes,
      introduction: this.#introduction,
      onFinished: () => this.stop(),
      copyAfter,
      signal: this.#stop.signal,
      emit: (event) => {
        if (event.type === 'receipt') this.#onReceipt(event);
        if (event.type === 'notice') this.#noticed(event);
        this.#apply(event);
        this.#account(event);
        const moved = plus(this.#moved, link.blocks);
        const linkShare = this.#share.of({ ...moved, gpuBusyMs: this.#status.gpuBusyMs });
        this.#apply({ type: 'moved', ...moved, linkShare });
        this.#tellDisk();
      },
    });
    this.#serving = true;
    try {
      await session.run();
    } finally {
      this.#moved = plus(this.#moved, link.blocks);
      this.#share.disconnected();
      this.#serving = false;
      this.#stopIfIdle();
      if (this.#stop.signal.aborted) this.#leave.abort();
    }
  }

  #account(event: SessionEvent): void {
    if (event.type !== 'notice') this.#finishWatch.moved();
    if (event.type === 'lease') this.#share.leased(event.lease);
    else if (event.type === 'committed') this.#committed(event);
    else if (event.type === 'receipt') this.#share.verified(event.receipt.lease);
    else if (event.type === 'ended') this.#share.ended(event.lease);
  }

  #committed({ lease, shard, dtype, rate, gpuMs }: SessionEvent & { type: 'committed' }): void {
    this.#share.committed(lease, shard);
    const kernel = `${this.#status.kernel}/${dtype}`;
    this.#drift.add({ ...shard, kernel, rate, gpuMs, intensity: this.#intensity });
    this.#apply({ type: 'drift', drift: this.#drift.value });
  }

  #onReceipt({ envelope, receipt: { logIndex: index }, lease, result }: ReceiptEvent): void {
    const { log, onReceipt } = this.#options;
    onReceipt?.(envelope);
    // Receipts that are older than the log name no leaf.
    if (index !== undefined) void log?.credited({ index, receipt: envelope, result, lease });
  }

  #onRecovery(event: RecoveryEvent): void {
    if (event.type === 'over') this.#fail(event.error.code, event.error.message);
    else if (event.type !== 'recovered') this.#apply(event);
    // What waited goes on, and says so itself; without work the visitor reads that it is waited for.
    else if (this.#serving) this.#apply({ type: 'self-tested' });
  }

  /** Two of one key would throw each other out for ever, and a ban does not pass by trying again. */
  #noticed({ code, text }: SessionEvent & { type: 'notice' }): void {
    if (code === 'banned') this.#fail('banned', text);
    const elsewhere =
      'This contributor has connected from elsewhere, perhaps from another tab of this browser.';
    if (code === 'replaced') this.#fail('conflict', elsewhere);
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
